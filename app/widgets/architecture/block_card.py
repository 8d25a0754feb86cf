"""One block taken apart: its equation, the tensors that flow, what each layer costs, its code."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.util import find_spec
from pathlib import Path

import streamlit as st

from app.language.texts import t
from app.widgets.architecture.state import title
from app.widgets.experiment_form.cost import short
from app.widgets.show_code import BLOCK_CLASSES, Source, show_block, show_source, source_of
from resnet_core.anatomy.facts import Anatomy, BlockFacts, Layer
from resnet_core.specs.names import Spec


def block_card(anatomy: Anatomy, block: BlockFacts) -> None:
    """Show everything about a block."""
    st.markdown(f"**{title(anatomy.spec)} · {block.name}**  \n**{block.equation}**")
    if block.gated:
        st.markdown(f":small[{t('architecture.block.gated')}]")
    elif anatomy.spec.family not in {"vgg", "googlenet"}:
        st.markdown(f":small[{t(f'drawing.details.{block.shortcut}')}]")
    total = ("y", _shape(block.out_shape), f"{block.parameters:,}", short(block.multiply_adds))
    table(
        [
            t("architecture.block.layer"),
            t("architecture.block.output"),
            t("architecture.block.parameters"),
            t("architecture.block.multiply_adds"),
        ],
        [("x", _shape(block.in_shape), "", ""), *_rows(anatomy, block), total],
        block.name,
        small=True,
    )
    with st.expander(t("architecture.block.code"), icon=":material/code:"):
        for source in code_of(anatomy.spec):
            show_source(source)


def _rows(anatomy: Anatomy, block: BlockFacts) -> list[tuple[str, ...]]:
    """Return a row per layer; a BN shares its convolution's (a preresnet has the BN first)."""
    before = anatomy.spec.family == "preresnet"
    groups: list[list[Layer]] = []
    for layer in block.layers:
        own = [one for one in groups[-1] if one.kind != "batch-norm"] if groups else []
        joins = bool(groups) and (not own if before else layer.kind == "batch-norm")
        if joins:
            groups[-1].append(layer)
        else:
            groups.append([layer])
    return [_row(group, block) for group in groups]


def _row(layers: list[Layer], block: BlockFacts) -> tuple[str, ...]:
    """Return the row of a layer with its BN, named within its block."""
    last = layers[-1]
    main = next((layer for layer in layers if layer.kind != "batch-norm"), last)
    kinds = ", ".join(filter(None, map(_kind, layers)))
    name = f"F{main.path}" if main.path else main.name.removeprefix(f"{block.name}.")
    return (
        f"{name} · {kinds}",
        _shape((last.out_channels, last.height, last.width)),
        f"{sum(layer.parameters for layer in layers):,}",
        short(sum(layer.multiply_adds for layer in layers)),
    )


def _kind(layer: Layer) -> str:
    """ "3×3, /2", "BN", "max pool 3×3"."""
    halves = ", /2" if layer.stride == 2 else ""
    size = f"{layer.kernel}×{layer.kernel}"
    match layer.kind:
        case "batch-norm":
            return "BN"
        case "max-pool" | "avg-pool":
            return f"{t('architecture.block.pool')} {size}{halves}"
        case "concat":
            return t("architecture.block.concat")
        case _:
            return f"{size}{halves}"


_BLOCKS = "resnet_core/networks/blocks.py"
_REFERENCES = "resnet_core/networks/references.py"


def code_of(spec: Spec) -> list[Source]:
    """Return the source of the network's block: its forward pass, and its layers."""
    if spec.family == "vgg":
        return [source_of(_REFERENCES, "_vgg"), *_torchvision("vgg.py", "make_layers")]
    if spec.family == "googlenet":
        return [
            *_torchvision("googlenet.py", "Inception"),
            source_of(_REFERENCES, "ConvolutionUnit"),
        ]
    order = "pre_activation" if spec.family == "preresnet" else "post_activation"
    return [
        source_of(_BLOCKS, BLOCK_CLASSES[spec.family]),
        source_of(_BLOCKS, "Block.residual"),
        source_of(_BLOCKS, spec.block),
        source_of(_BLOCKS, order),
    ]


def _torchvision(file: str, name: str) -> list[Source]:
    """Return a definition from torchvision's models; [] without torchvision."""
    package = find_spec("torchvision")
    if package is None or not package.submodule_search_locations:
        return []
    folder = Path(package.submodule_search_locations[0]).parent
    return [source_of(f"torchvision/models/{file}", name, folder)]


_STYLE = """<style>
.pg-table { overflow-x: auto; }
.pg-table table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.93rem; }
.pg-table :is(th, td) { padding: 0.3rem 0.8rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid color-mix(in srgb, currentColor 16%, transparent); }
.pg-table :is(th, td):first-child { text-align: left; padding-left: 0; }
.pg-table th { font-weight: 600; }
.pg-table thead th { opacity: 0.75; font-weight: 500; }
.pg-table.small table { font-size: 0.84rem; width: 100%; }
.pg-table.small :is(th, td) { padding: 0.12rem 0.32rem; }
.pg-table.small th { font-weight: 500; }
.pg-table.small :is(th, td):first-child { padding-left: 0; }
</style>"""  # noqa: E501


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    label: str = "",
    small: bool = False,
) -> None:
    """Show rows of texts; the first of each is its name, the others are figures.

    Args:
        small: for many rows beside other things.
        label: says what the table shows to those who do not see it.
    """
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in headings)
    body = "".join(_table_row(row) for row in rows)
    named = f' aria-label="{escape(label)}"' if label else ""
    style = "pg-table small" if small else "pg-table"
    st.html(
        f'{_STYLE}<div class="{style}" tabindex="0" role="region"{named}><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _table_row(cells: Sequence[str]) -> str:
    name, *figures = cells
    rest = "".join(f"<td>{escape(text)}</td>" for text in figures)
    return f'<tr><th scope="row">{escape(name)}</th>{rest}</tr>'


def block_details(anatomy: Anatomy, name: str) -> None:
    """Show the block of this name, which the drawing gave back."""
    block = next(block for block in anatomy.blocks if block.name == name)
    with st.container(border=True):
        facts, code = st.columns([2, 3], gap="large")
        with facts:
            st.markdown(f"## {block.name}")
            st.markdown(f"**{block.equation}**")
            st.markdown(_described(block))
        with code:
            show_block(anatomy.spec.family)


def _described(block: BlockFacts) -> str:
    """Return a line each for F, for the shapes, for the shortcut and for the cost."""
    lines = [
        t("drawing.details.branch", steps=" → ".join(block.branch)),
        t("drawing.details.shapes", before=_shape(block.in_shape), after=_shape(block.out_shape)),
        t(f"drawing.details.{block.shortcut}"),
        t(
            "drawing.details.cost",
            parameters=f"{block.parameters:,}",
            multiply_adds=short(block.multiply_adds),
        ),
    ]
    return "\n".join(f"- {line}" for line in lines)


def _shape(shape: tuple[int, int, int]) -> str:
    return " × ".join(map(str, shape))
