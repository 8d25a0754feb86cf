"""The networks drawn beside each other at one scale; blocks that are clicked are taken apart."""

from __future__ import annotations

import streamlit as st

from app import theme
from app.figures.architecture import steps_figure
from app.language.texts import t
from app.page_state.controls import Control
from app.widgets.architecture.block_card import block_card
from app.widgets.architecture.costs import Shares, imagenet
from app.widgets.architecture.state import STEPS, ArchitecturePage, described, title, token
from app.widgets.experiment_form.cost import short
from app.widgets.network_drawing.layout import Scale, common_scale
from app.widgets.network_drawing.network_drawing import Clicked, legend, standing_drawing
from app.widgets.network_drawing.svg import BREADTH
from resnet_core.anatomy.describe import describe
from resnet_core.anatomy.facts import Anatomy
from resnet_core.paper import imagenet as paper_imagenet

_DETAILS = "architecture-details"
# The chosen blocks stay in sight at the page's foot while the drawings scroll behind them.
_STYLE = """<style>
[data-testid="stLayoutWrapper"]:has(> .st-key-architecture-details) {
  position: sticky; bottom: 0; z-index: 90; }
.st-key-architecture-details { background: %s; padding: 0.8rem 0 1rem;
  border-top: 1px solid color-mix(in srgb, currentColor 25%%, transparent);
  max-height: min(46vh, 30rem); overflow-y: auto; }
</style>"""


def side_by_side(page: ArchitecturePage) -> None:
    """Draw the chosen networks, and below them the blocks that are chosen in them."""
    anatomies = [describe(spec) for spec in page.state.networks]
    scale = _scale(anatomies)
    st.caption(t("architecture.scale.common" if scale else "architecture.scale.own"))
    clicked = []
    for place, column in enumerate(st.columns(len(anatomies), gap="medium")):
        with column:
            clicked.append(_drawn(page, place, anatomies[place], scale))
    page.change(blocks=tuple(one.block or "" for one in clicked))
    _fold(page, clicked)
    _details(page, anatomies)


def _scale(anatomies: list[Anatomy]) -> Scale | None:
    """Return a scale for all, or None where the sizes of their images differ."""
    sizes = {anatomy.spec.image_size for anatomy in anatomies}
    return common_scale(anatomies, BREADTH) if len(sizes) == 1 else None


def _drawn(page: ArchitecturePage, place: int, anatomy: Anatomy, scale: Scale | None) -> Clicked:
    state = page.state
    spec = anatomy.spec
    st.markdown(f"#### {described(spec)}")
    totals = t(
        "architecture.totals",
        layers=anatomy.weighted_layers,
        parameters=short(anatomy.parameters),
        multiply_adds=short(anatomy.multiply_adds),
    )
    st.markdown(f":small[{totals}]")
    clicked = standing_drawing(
        anatomy,
        page.key(f"drawing.{place}.{token(spec)}"),
        state.blocks[place] or None,
        state.open_stages(place),
        scale,
        page.touch,
    )
    st.caption(legend(anatomy, t))
    return clicked


def _fold(page: ArchitecturePage, clicked: list[Clicked]) -> None:
    """Open or fold the stage that was clicked, and run the page again: it is drawn already."""
    for place, one in enumerate(clicked):
        if one.fold is not None:
            stage = {f"{place}-{one.fold}"}
            page.change(open=tuple(stage ^ set(page.state.open)))
            st.rerun()


def _details(page: ArchitecturePage, anatomies: list[Anatomy]) -> None:
    selection = [
        (anatomy, block)
        for anatomy, name in zip(anatomies, page.state.blocks, strict=False)
        for block in anatomy.blocks
        if block.name == name
    ]
    if not selection:
        return
    st.html(_STYLE % ("#10151C" if theme.is_dark() else "#FFFFFF"))
    with st.container(key=_DETAILS):
        for (anatomy, block), column in zip(
            selection, st.columns(len(selection), gap="medium"), strict=True
        ):
            with column:
                block_card(anatomy, block)
        st.button(
            t("architecture.close"),
            icon=":material/close:",
            key=page.key("close"),
            on_click=lambda: page.load(blocks=()),
        )


def steps(page: ArchitecturePage) -> None:
    """Show the network of the step beside the one before, and what changed between them."""
    step = page.control(
        "step",
        t("architecture.steps.label"),
        Control("buttons", STEPS),
        format_func=lambda step: t(f"architecture.steps.name_{step}"),
    )
    networks = _networks()
    visible = networks[max(0, step - 2) : step]
    scale = common_scale(networks, BREADTH)
    words, *drawings = st.columns([1.15] + [1] * len(visible), gap="medium")
    for column, anatomy in zip(drawings, visible, strict=True):
        with column:
            st.markdown(f"#### {title(anatomy.spec).removesuffix(' A')}")
            name = page.key(f"step.{anatomy.spec.name}")
            standing_drawing(anatomy, name, None, None, scale)
    with words:
        _words(page, step, networks)


def _words(page: ArchitecturePage, step: int, networks: list[Anatomy]) -> None:
    st.markdown(f"#### {t(f'architecture.steps.title_{step}')}")
    st.markdown(_changes(step))
    so_far = [(title(one.spec).removesuffix(" A"), one) for one in networks[:step]]
    figure = steps_figure(so_far, paper_imagenet.BILLION_MULTIPLY_ADDS, t, theme.is_dark())
    st.plotly_chart(figure, theme=None, config={"displayModeBar": False}, key=page.key("bars"))
    st.caption(t("architecture.dashed"))
    ways = (("back", "arrow_back", step - 1), ("next", "arrow_forward", step + 1))
    for column, (name, icon, other) in zip(st.columns(2), ways, strict=True):
        column.button(
            t(f"architecture.steps.{name}"),
            icon=f":material/{icon}:",
            disabled=other not in STEPS,
            type="primary" if name == "next" else "secondary",
            width="stretch",
            key=page.key(name),
            on_click=lambda other=other: page.load(step=other),
        )


def _networks() -> list[Anatomy]:
    """Option A on ResNet-34, as in Table 2, so that the last step adds nothing but shortcuts."""
    return [imagenet("vgg-19"), imagenet("plain-34"), imagenet("resnet-34", shortcut="A")]


def _changes(step: int) -> str:
    """The step's changes, their figures computed."""
    vgg, plain, residual = _networks()
    if step == 1:
        shares = Shares.of(vgg.spec)
        return t(
            "architecture.steps.vgg",
            multiply_adds=short(vgg.multiply_adds),
            parameters=short(vgg.parameters),
            dense=shares.dense_share,
            large=shares.large_share,
        )
    if step == 2:
        before, after = Shares.of(vgg.spec), Shares.of(plain.spec)
        layer = next(one for one in plain.layers if one.name == "layer1.1.conv1")
        return t(
            "architecture.steps.plain",
            large_before=short(before.large_multiply_adds),
            large_after=short(after.large_multiply_adds),
            layer=short(layer.multiply_adds),
            dense_before=short(before.dense_parameters),
            dense_after=short(after.dense_parameters),
            share=100 * plain.multiply_adds / vgg.multiply_adds,
            paper=100 * paper_imagenet.PLAIN_OF_VGG,
        )
    kinds = [block.shortcut for block in residual.blocks]
    projected = imagenet("resnet-34", shortcut="B")
    return t(
        "architecture.steps.residual",
        count=len(kinds),
        solid=kinds.count("identity"),
        dotted=len(kinds) - kinds.count("identity"),
        parameters=residual.parameters - plain.parameters,
        multiply_adds=residual.multiply_adds - plain.multiply_adds,
        projection=short(projected.parameters - residual.parameters),
        share=100 * (projected.parameters / residual.parameters - 1),
        plain=paper_imagenet.ERROR["plain-34"],
        residual=paper_imagenet.ERROR["resnet-34"],
    )
