"""Receptive fields: a curve over all layers, and the field of one unit on a picture."""

from __future__ import annotations

import streamlit as st

from app import theme
from app.figures.architecture import Sight, field_figure
from app.language.texts import t
from app.page_data import pictures
from app.page_data.pictures import Pixels
from app.page_state.controls import Control, initial_value
from app.widgets.architecture.state import ArchitecturePage, described
from app.widgets.augmentation.source import picture_choice
from resnet_core.anatomy.describe import describe
from resnet_core.anatomy.facts import Anatomy, Layer
from resnet_core.anatomy.receptive_field import ReceptiveField, receptive_fields

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
    key = page.key(f"layer.{page.state.look}.{len(names)}")
    name = st.select_slider(
        t("architecture.field.layer"),
        names,
        value=initial_value(key, now),
        key=key,
        on_change=page.touch,
    )
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
