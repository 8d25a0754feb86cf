"""Costs of networks: bars and a table beside the paper's values, blocks, and shortcut options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from app import theme
from app.background import measurements
from app.background.measurements import Failed, Forward
from app.figures.architecture import block_figure, three_digits, work_figure
from app.language.texts import language, t
from app.page_data.runs import active_runs
from app.page_state.page import rerun
from app.widgets.architecture.block_card import table
from app.widgets.architecture.state import ArchitecturePage, title
from app.widgets.experiment_form.cost import short
from resnet_core.anatomy.describe import describe
from resnet_core.anatomy.facts import Anatomy, BlockFacts
from resnet_core.paper import imagenet as paper_imagenet
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.specs.names import Spec, spec_of

# Table 1 and what the paper compares it with, the costliest first.
FAMILY = (
    *("vgg-19", "vgg-16", "resnet-152", "resnet-101", "resnet-50"),
    *("resnet-34", "plain-34", "resnet-18", "plain-18", "googlenet"),
)
_PLOT = {"displayModeBar": False}


def costs(page: ArchitecturePage) -> None:
    """Show the answer first, then what it rests on."""
    st.header(t("architecture.cost.question"))
    st.markdown(_answer())
    scope = page.choice("scope", "architecture.scope", label_visibility="collapsed")
    specs = page.state.networks if scope == "chosen" else tuple(map(_spec, FAMILY))
    _bars(page, [describe(spec) for spec in dict.fromkeys(specs)])
    measured_table(tuple(dict.fromkeys(specs)))
    _blocks(page)
    _options()


def _spec(name: str) -> Spec:
    return spec_of(f"imagenet/{name}")


def _bars(page: ArchitecturePage, anatomies: list[Anatomy]) -> None:
    named = [(title(anatomy.spec), anatomy) for anatomy in anatomies]
    paper = paper_imagenet.BILLION_MULTIPLY_ADDS
    dark = theme.is_dark()
    work, weights = st.columns(2, gap="medium")
    figure = work_figure(named, "multiply_adds", paper, t, dark)
    work.plotly_chart(figure, theme=None, config=_PLOT, key=page.key("work"))
    figure = work_figure(named, "parameters", paper, t, dark)
    weights.plotly_chart(figure, theme=None, config=_PLOT, key=page.key("weights"))
    st.caption(f"{t('architecture.cost.parts')} {t('architecture.dashed')}")


def _answer() -> str:
    """Return the answer to the section's question; every figure in it is computed."""
    vgg, residual = Shares.of(_spec("vgg-19")), Shares.of(_spec("resnet-34"))
    plain = imagenet("plain-34")
    deep = imagenet("resnet-152")
    return t(
        "architecture.cost.answer",
        residual=short(residual.anatomy.multiply_adds),
        vgg=short(vgg.anatomy.multiply_adds),
        share=100 * residual.anatomy.multiply_adds / vgg.anatomy.multiply_adds,
        plain=short(plain.multiply_adds),
        deep=100 * deep.multiply_adds / vgg.anatomy.multiply_adds,
        large=vgg.large_share,
        residual_large=residual.large_share,
        dense=short(vgg.dense_parameters),
        dense_share=vgg.dense_share,
        residual_dense=short(residual.dense_parameters),
        weights=vgg.anatomy.parameters / residual.anatomy.parameters,
    )


def _blocks(page: ArchitecturePage) -> None:
    st.header(t("architecture.cost.blocks"))
    blocks = compared_blocks()
    bars, words = st.columns([3, 2], gap="large", vertical_alignment="center")
    with bars:
        named = [
            (
                t(f"architecture.cost.block.{name}"),
                block.multiply_adds,
                "other" if name == "basic_256" else "resnet",
            )
            for name, block in blocks.items()
        ]
        heading = t("architecture.cost.blocks_figure")
        figure = block_figure(
            named, heading, t("architecture.axis.multiply_adds_small"), theme.is_dark()
        )
        st.plotly_chart(figure, theme=None, config=_PLOT, key=page.key("blocks"))
    with words:
        _block_table(blocks)
    basic, bottleneck = blocks["basic_64"], blocks["bottleneck"]
    projection, wide = blocks["projection"], blocks["basic_256"]
    st.markdown(
        t(
            "architecture.cost.blocks_said",
            narrow=100 * bottleneck.multiply_adds / basic.multiply_adds,
            wide=wide.multiply_adds / bottleneck.multiply_adds,
            parameters=projection.parameters / bottleneck.parameters,
            multiply_adds=projection.multiply_adds / bottleneck.multiply_adds,
        )
    )


def _block_table(blocks: Mapping[str, BlockFacts]) -> None:
    table(
        [
            t("architecture.cost.block_name"),
            t("architecture.block.parameters"),
            t("architecture.block.multiply_adds"),
        ],
        [
            (
                t(f"architecture.cost.block.{name}"),
                f"{block.parameters:,}",
                short(block.multiply_adds),
            )
            for name, block in blocks.items()
        ],
        t("architecture.cost.blocks"),
    )


def _options() -> None:
    """Show options A, B and C for a network of basic blocks and one of bottlenecks (Table 3)."""
    st.header(t("architecture.cost.options"))
    rows, extra = [], {}
    for name in ("resnet-34", "resnet-50"):
        first = imagenet(name, shortcut="A")
        for option in ("A", "B", "C"):
            anatomy = imagenet(name, shortcut=option)
            extra[name, option] = 100 * (anatomy.multiply_adds / first.multiply_adds - 1)
            error = paper_imagenet.ERROR_BY_OPTION.get((name, option))
            rows.append(
                (
                    f"{title(_spec(name))} {option}",
                    f"{anatomy.parameters:,}",
                    f"+{100 * (anatomy.parameters / first.parameters - 1):.1f} %",
                    short(anatomy.multiply_adds),
                    f"+{extra[name, option]:.1f} %",
                    f"{error:.2f}" if error else "–",
                )
            )
    table(
        [
            t("architecture.cost.network"),
            t("architecture.block.parameters"),
            t("architecture.cost.over_a"),
            t("architecture.block.multiply_adds"),
            t("architecture.cost.over_a"),
            t("architecture.cost.paper_error"),
        ],
        rows,
        t("architecture.cost.options"),
    )
    st.markdown(
        t(
            "architecture.cost.options_said",
            basic=extra["resnet-34", "C"],
            bottleneck=extra["resnet-50", "C"],
        )
    )


LARGE = 112  # pixels: the maps that only VGG works on for long


@dataclass(frozen=True)
class Shares:
    """The parts of a network's cost that the page mentions.

    Attributes:
        dense_parameters: of the fully connected layers.
        large_multiply_adds: of the layers whose maps have 112 pixels a side or more.
    """

    anatomy: Anatomy
    dense_parameters: int
    large_multiply_adds: int

    @classmethod
    def of(cls, spec: Spec) -> Shares:
        anatomy = describe(spec)
        dense = [layer for layer in anatomy.layers if layer.kind == "fully-connected"]
        large = [layer for layer in anatomy.layers if layer.height >= LARGE]
        return cls(
            anatomy,
            sum(layer.parameters for layer in dense),
            sum(layer.multiply_adds for layer in large),
        )

    @property
    def dense_share(self) -> float:
        """Share of all parameters, percent."""
        return 100 * self.dense_parameters / self.anatomy.parameters

    @property
    def large_share(self) -> float:
        """Share of all multiply-adds, percent."""
        return 100 * self.large_multiply_adds / self.anatomy.multiply_adds


def imagenet(name: str, **settings: str) -> Anatomy:
    """Return a network for ImageNet, by its name without the folder."""
    return describe(spec_of(f"imagenet/{name}", **settings))


def block_of(anatomy: Anatomy, name: str) -> BlockFacts:
    return next(block for block in anatomy.blocks if block.name == name)


def compared_blocks() -> dict[str, BlockFacts]:
    """Blocks on 56 x 56 maps (Fig. 5): basic with 64 and with 256 channels, bottleneck with 256.

    The basic block with 256 channels on such maps is in no network of the paper; one of
    section 4.2's that is as wide has it.
    """
    wide = describe(NetworkSpec(depth=14, width=256, image_size=56))
    return {
        "basic_64": block_of(imagenet("resnet-34"), "layer1.1"),
        "bottleneck": block_of(imagenet("resnet-50"), "layer1.1"),
        "projection": block_of(imagenet("resnet-50", shortcut="C"), "layer1.1"),
        "basic_256": block_of(wide, "layer1.1"),
    }


_ASK_AGAIN = 1.5  # seconds, while something is being measured

Answer = Forward | Failed | None


def measured_table(specs: tuple[Spec, ...]) -> None:
    """Show the table, a row per network, and start the missing measurements."""
    waiting = any(answer is None for answer in _answers(specs))
    st.fragment(_show, run_every=_ASK_AGAIN if waiting else None)(specs, waiting)


def _answers(specs: tuple[Spec, ...]) -> list[Answer]:
    """Return the measurements; start none while a run trains, as both would slow down."""
    busy = any(run.state == "running" for run in active_runs())
    ask = measurements.forward.cached if busy else measurements.forward.measure
    return [ask(spec) for spec in specs]


def _show(specs: tuple[Spec, ...], waiting: bool) -> None:
    answers = _answers(specs)
    if waiting and all(answer is not None for answer in answers):
        rerun()  # the table stands still from now on
    table(
        [
            t("architecture.cost.network"),
            t("architecture.cost.layers"),
            t("architecture.block.parameters"),
            t("architecture.cost.billions"),
            t("architecture.cost.paper"),
            t("architecture.cost.seconds"),
            t("architecture.cost.memory"),
        ],
        [_row(spec, answer) for spec, answer in zip(specs, answers, strict=True)],
        t("architecture.cost.table"),
    )
    st.caption(_where(answers))


def _row(spec: Spec, answer: Answer) -> tuple[str, ...]:
    anatomy = describe(spec)
    paper = paper_imagenet.BILLION_MULTIPLY_ADDS.get(spec.name.removeprefix("imagenet/"))
    return (
        title(spec),
        str(anatomy.weighted_layers),
        f"{anatomy.parameters:,}",
        f"{anatomy.multiply_adds / 1e9:.3g}",
        f"{paper:g}" if paper else "–",
        *_measured(answer),
    )


def _measured(answer: Answer) -> tuple[str, str]:
    if answer is None:
        return t("architecture.cost.measuring"), "…"
    if isinstance(answer, Failed):
        return "–", "–"
    return f"{three_digits(answer.seconds * 1000)} ms", f"{answer.peak_bytes / 1e6:,.0f} MB"


def _where(answers: list[Answer]) -> str:
    """Show the hardware, the pending measurements and the errors."""
    parts = []
    measured = next((answer for answer in answers if isinstance(answer, Forward)), None)
    if measured is not None:
        parts.append(
            t("architecture.cost.hardware", hardware=measured.hardware, threads=measured.threads)
        )
    if any(isinstance(answer, Forward) and answer.busy for answer in answers):
        parts.append(t("architecture.cost.busy"))
    if any(answer is None for answer in answers):
        busy = any(run.state == "running" for run in active_runs())
        word = "waiting" if busy else "measuring_now"
        parts.append(t(f"architecture.cost.{word}"))
    parts += {
        answer.reason.text(language()): None for answer in answers if isinstance(answer, Failed)
    }
    return " ".join(parts)
