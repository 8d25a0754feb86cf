"""One block taken apart: its equation, the tensors that flow, what each layer costs, its code."""

from __future__ import annotations

import streamlit as st

from app.language.texts import t
from app.widgets.architecture.block_code import code_of
from app.widgets.architecture.networks import title
from app.widgets.architecture.table import table
from app.widgets.experiment_form.cost import short
from resnet_core.anatomy import Anatomy, BlockFacts, Layer


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
            st.caption(t("code.where", path=source.path, line=source.line))
            st.code(source.code, language="python", wrap_lines=False)


def _rows(anatomy: Anatomy, block: BlockFacts) -> list[tuple[str, ...]]:
    """A row a layer; a BN shares that of its convolution, which it comes before in a preresnet."""
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
    """A layer with its BN, named within its block."""
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


def _shape(shape: tuple[int, int, int]) -> str:
    return " × ".join(map(str, shape))
