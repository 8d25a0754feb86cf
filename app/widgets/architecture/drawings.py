"""Networks drawn beside each other, in three steps, and the receptive field of one unit."""

from __future__ import annotations

import streamlit as st

from app import theme
from app.figures.architecture import Sight, field_figure, steps_figure
from app.language.texts import t
from app.page_data import pictures
from app.page_data.pictures import Pixels
from app.page_state.controls import Control
from app.page_state.page import rerun
from app.widgets.architecture.block_card import block_card
from app.widgets.architecture.costs import Shares, imagenet
from app.widgets.architecture.state import STEPS, ArchitecturePage, described, title, token
from app.widgets.augmentation.source import picture_choice
from app.widgets.experiment_form.cost import short
from app.widgets.network_drawing.layout import Scale, common_scale
from app.widgets.network_drawing.network_drawing import Clicked, legend, standing_drawing
from app.widgets.network_drawing.svg import BREADTH
from resnet_core.anatomy.describe import describe
from resnet_core.anatomy.facts import Anatomy, Layer
from resnet_core.anatomy.receptive_field import ReceptiveField, receptive_fields
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
    clicks = []
    for place, column in enumerate(st.columns(len(anatomies), gap="medium")):
        with column:
            clicks.append(_drawn(page, place, anatomies[place], scale))
    page.change(blocks=tuple(one.block or "" for one in clicks))
    _fold(page, clicks)
    _details(page, anatomies)


def _scale(anatomies: list[Anatomy]) -> Scale | None:
    """Return a scale for all, or None where the sizes of their images differ."""
    sizes = {anatomy.spec.image_size for anatomy in anatomies}
    return common_scale(anatomies, BREADTH) if len(sizes) == 1 else None


def _drawn(page: ArchitecturePage, place: int, anatomy: Anatomy, scale: Scale | None) -> Clicked:
    state = page.state
    spec = anatomy.spec
    st.markdown(f"## {described(spec)}")
    totals = t(
        "architecture.totals",
        layers=anatomy.weighted_layers,
        parameters=short(anatomy.parameters),
        multiply_adds=short(anatomy.multiply_adds),
    )
    st.markdown(f":small[{totals}]")
    click = standing_drawing(
        anatomy,
        page.key(f"drawing.{place}.{token(spec)}"),
        state.blocks[place] or None,
        state.open_stages(place),
        scale,
        page.touch,
    )
    st.caption(legend(anatomy, t))
    return click


def _fold(page: ArchitecturePage, clicks: list[Clicked]) -> None:
    """Open or fold the stage that was clicked, and run the page again: it is drawn already."""
    for place, one in enumerate(clicks):
        if one.fold is not None:
            stage = {f"{place}-{one.fold}"}
            page.change(open=tuple(stage ^ set(page.state.open)))
            rerun()


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
    step = page.choice("step", "architecture.step", Control("buttons", STEPS))
    networks = _networks()
    visible = networks[max(0, step - 2) : step]
    scale = common_scale(networks, BREADTH)
    words, *drawings = st.columns([1.15] + [1] * len(visible), gap="medium")
    for column, anatomy in zip(drawings, visible, strict=True):
        with column:
            st.markdown(f"## {title(anatomy.spec).removesuffix(' A')}")
            name = page.key(f"step.{anatomy.spec.name}")
            standing_drawing(anatomy, name, None, None, scale)
    with words:
        _words(page, step, networks)


def _words(page: ArchitecturePage, step: int, networks: list[Anatomy]) -> None:
    st.markdown(f"## {t(f'architecture.steps.title_{step}')}")
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


_PART = 0.72  # of the drawing's side is the picture: fields reach beyond its edge
_ON_THE_WAY = {"convolution", "max-pool", "avg-pool", "fully-connected"}


def field(page: ArchitecturePage) -> None:
    """Show the curves of the chosen networks, and one layer's view of a picture."""
    anatomies = [describe(spec) for spec in page.state.networks]
    _choose_network(page, anatomies)
    anatomy = anatomies[page.state.look]
    layers = on_the_way(anatomy)
    view, curves = st.columns([2, 3], gap="large")
    with view:
        layer = _choose_layer(page, layers)
        place, text = st.empty(), st.empty()
        across, down = _unit(page, layer)
    with curves:
        sights = [
            _sight(one, layer.name if place == page.state.look else None)
            for place, one in enumerate(anatomies)
        ]
        figure = field_figure(sights, t, theme.is_dark())
        st.plotly_chart(figure, theme=None, config={"displayModeBar": False}, key=page.key("field"))
        st.caption(t("architecture.field.caption"))
        picture = pictures.squared(_picture(page), anatomy.spec.image_size)
    area = receptive_fields(anatomy)[layer.name]
    hue = theme.colour(anatomy.spec.family, anatomy.spec.depth, theme.is_dark())
    place.html(_drawing(picture, area, (across, down), hue))
    text.markdown(_description(layer, area, (across, down), anatomy.spec.image_size))


def on_the_way(anatomy: Anatomy) -> list[Layer]:
    """Return the layers from image to scores; of an inception module, those of its deepest path."""
    return [
        layer
        for layer in anatomy.layers
        if layer.kind in _ON_THE_WAY and layer.path in {0, 2} and layer.kernel * layer.height > 0
    ]


def _sight(anatomy: Anatomy, marked: str | None) -> Sight:
    fields, layers = receptive_fields(anatomy), on_the_way(anatomy)
    names = tuple(layer.name for layer in layers)
    return Sight(
        label=described(anatomy.spec),
        family=anatomy.spec.family,
        depth=anatomy.spec.depth,
        layers=names,
        sizes=tuple(fields[name].size for name in names),
        image_size=anatomy.spec.image_size,
        marked=names.index(marked) if marked else None,
    )


def _choose_network(page: ArchitecturePage, anatomies: list[Anatomy]) -> None:
    if len(anatomies) == 1:
        return
    titles = [described(anatomy.spec) for anatomy in anatomies]
    page.control(
        "look",
        t("architecture.field.network"),
        Control("buttons", tuple(range(len(anatomies)))),
        key=f"look.{'.'.join(titles)}",
        format_func=lambda place: titles[place],
    )


def _choose_layer(page: ArchitecturePage, layers: list[Layer]) -> Layer:
    names = [layer.name for layer in layers]
    middle = names[len(names) // 2]
    now = page.state.layer if page.state.layer in names else middle
    control, key = Control("stops", tuple(names)), f"layer.{page.state.look}.{len(names)}"
    name = page.show(key, t("architecture.field.layer"), control, now)
    page.change(layer="" if name == middle else name)
    return layers[names.index(name)]


def _unit(page: ArchitecturePage, layer: Layer) -> tuple[int, int]:
    """Return the place of the unit on the layer's map."""
    places = []
    for column, name in zip(st.columns(2, gap="medium"), ("across", "down"), strict=True):
        with column:
            places.append(_place(page, name, layer))
    return places[0], places[1]


def _description(layer: Layer, area: ReceptiveField, unit: tuple[int, int], size: int) -> str:
    (left, right), (top, bottom) = (area.span(place, size) for place in unit)
    return t(
        "architecture.field.said",
        layer=layer.name,
        field=area.size,
        step=area.stride,
        map=layer.height,
        share=100 * (right - left) * (bottom - top) / size**2,
    )


def _place(page: ArchitecturePage, name: str, layer: Layer) -> int:
    """Return the unit's position on the map along one side."""
    percent = page.control(
        name, t(f"architecture.field.{name}"), format="%d %%", disabled=layer.height == 1
    )
    return round(percent / 100 * (layer.height - 1))


def _picture(page: ArchitecturePage) -> Pixels:
    embedded = pictures.embedded()
    titles = [t("architecture.field.embedded", name=name) for name, _ in embedded]
    label, numbers = t("architecture.field.picture"), tuple(range(len(embedded)))
    number, own = picture_choice(page, label, numbers, titles.__getitem__)
    return embedded[number][1] if own is None else own


def _drawing(picture: Pixels, area: ReceptiveField, unit: tuple[int, int], hue: str) -> str:
    """Return the picture, dimmed outside the field, whose frame may extend beyond its edge."""
    size = picture.shape[0]
    left, top = (area.start + place * area.stride for place in unit)
    alt = t("architecture.field.alt", field=area.size, size=size)
    sharp = "pixelated" if size < 100 else "auto"
    frame = _at(left, top, left + area.size, top + area.size, size)
    parts = [
        f'<img src="{pictures.as_uri(picture)}" alt="{alt}" '
        f'style="width:100%;height:100%;display:block;image-rendering:{sharp}">',
        # A shadow all round the field, cut off at the picture's edge.
        '<div style="position:absolute;inset:-1px;overflow:hidden"><div style="position:absolute;'
        f'inset:1px"><div style="{frame};box-shadow:0 0 0 999px rgba(0,0,0,.5)"></div></div></div>',
        f'<div style="{frame};border:2px solid {hue};outline:1px solid #fff"></div>',
    ]
    return (
        f'<div style="overflow:hidden;max-width:27rem"><div style="position:relative;'
        f'width:{100 * _PART:.0f}%;aspect-ratio:1;margin:{50 * (1 - _PART):.0f}%">'
        f"{''.join(parts)}</div></div>"
    )


def _at(left: float, top: float, right: float, bottom: float, size: int) -> str:
    """Return the style of a place on the picture, in percent of the picture's size."""
    x, y, width, height = (100 * v / size for v in (left, top, right - left, bottom - top))
    return (
        f"position:absolute;box-sizing:border-box;left:{x:.2f}%;top:{y:.2f}%;"
        f"width:{width:.2f}%;height:{height:.2f}%"
    )
