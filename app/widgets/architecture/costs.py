"""What networks cost: bars and a table beside the paper's values, blocks, and shortcut options."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.figures.architecture import block_figure, work_figure
from app.language.texts import t
from app.page_state.initial_value import start_of
from app.widgets.architecture.desk import Desk
from app.widgets.architecture.measured import measured_table
from app.widgets.architecture.networks import title
from app.widgets.architecture.shares import Shares, compared_blocks, imagenet
from app.widgets.architecture.state import SCOPES
from app.widgets.architecture.table import table
from app.widgets.experiment_form.cost import short
from resnet_core.anatomy import Anatomy, BlockFacts, describe
from resnet_core.paper import imagenet as paper_imagenet
from resnet_core.specs.names import Spec, spec_of

# Table 1 and what the paper compares it with, the costliest first.
FAMILY = (
    *("vgg-19", "vgg-16", "resnet-152", "resnet-101", "resnet-50"),
    *("resnet-34", "plain-34", "resnet-18", "plain-18", "googlenet"),
)
_PLOT = {"displayModeBar": False}


def costs(desk: Desk) -> None:
    """Show the answer first, then what it rests on."""
    st.subheader(t("architecture.cost.question"))
    st.markdown(_answer())
    key = desk.key("scope")
    scope = st.segmented_control(
        t("architecture.cost.scope"),
        SCOPES,
        default=start_of(key, desk.state.scope),
        required=True,
        format_func=lambda name: t(f"architecture.cost.scope_{name}"),
        key=key,
        label_visibility="collapsed",
    )
    desk.change(scope=scope)
    specs = desk.state.networks if scope == "chosen" else tuple(map(_spec, FAMILY))
    _bars(desk, [describe(spec) for spec in dict.fromkeys(specs)])
    measured_table(tuple(dict.fromkeys(specs)))
    _blocks(desk)
    _options()


def _spec(name: str) -> Spec:
    return spec_of(f"imagenet/{name}")


def _bars(desk: Desk, anatomies: list[Anatomy]) -> None:
    named = [(title(anatomy.spec), anatomy) for anatomy in anatomies]
    paper = paper_imagenet.BILLION_MULTIPLY_ADDS
    work, weights = st.columns(2, gap="medium")
    with work:
        figure = work_figure(named, "multiply_adds", paper, desk.say, desk.dark)
        st.plotly_chart(figure, theme=None, config=_PLOT, key=desk.key("work"))
    with weights:
        figure = work_figure(named, "parameters", paper, desk.say, desk.dark)
        st.plotly_chart(figure, theme=None, config=_PLOT, key=desk.key("weights"))
    st.caption(f"{t('architecture.cost.parts')} {t('architecture.dashed')}")


def _answer() -> str:
    """Yes, and why: every figure in it is computed."""
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


def _blocks(desk: Desk) -> None:
    st.subheader(t("architecture.cost.blocks"))
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
        figure = block_figure(named, heading, t("architecture.axis.multiply_adds_small"), desk.dark)
        st.plotly_chart(figure, theme=None, config=_PLOT, key=desk.key("blocks"))
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
    """Options A, B and C for a network of basic blocks and one of bottlenecks (Table 3)."""
    st.subheader(t("architecture.cost.options"))
    rows, extra = [], {}
    for name in ("resnet-34", "resnet-50"):
        first = imagenet(name, shortcut="A")
        for option in ("A", "B", "C"):
            found = imagenet(name, shortcut=option)
            extra[name, option] = 100 * (found.multiply_adds / first.multiply_adds - 1)
            error = paper_imagenet.ERROR_BY_OPTION.get((name, option))
            rows.append(
                (
                    f"{title(_spec(name))} {option}",
                    f"{found.parameters:,}",
                    f"+{100 * (found.parameters / first.parameters - 1):.1f} %",
                    short(found.multiply_adds),
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
