"""What stands beside each band of the drawing: its maps, its layers, and what they cost."""

from __future__ import annotations

from collections.abc import Callable

from app.widgets.network_drawing.parts import Band, Plan
from resnet_core.specs.imagenet import ImageNetSpec

Translate = Callable[..., str]


def captions(band: Band, plan: Plan, t: Translate) -> tuple[str, str]:
    """A band's title and the line below it."""
    if band is plan.bands[-1]:
        return t("drawing.head"), _head(plan, t)
    _, height, width = band.stage.out_shape
    title = f"{height} × {width}"
    if band.block_count == 0 and band.number == 0:
        return _stem(band, plan, t)
    if band.block_count == 0:
        layers = [layer for layer in band.layers if layer.kind == "convolution"]
        return title, " → ".join(f"{one.kernel}×{one.kernel}, {one.out_channels}" for one in layers)
    return title, _blocks(band, plan, t)


def cost(band: Band, t: Translate) -> tuple[str, str]:
    stage = band.stage
    return (
        t("drawing.parameters", count=f"{stage.parameters:,}"),
        t("drawing.multiply_adds", count=_rounded(stage.multiply_adds)),
    )


def _blocks(band: Band, plan: Plan, t: Translate) -> str:
    """How many filters the stage has, and what of."""
    spec, channels = plan.anatomy.spec, band.stage.out_shape[0]
    if spec.family == "vgg":
        layers = band.stage.weighted_layers
        return t("drawing.stage_of_layers", filters=channels, layers=layers)
    if spec.family == "googlenet":
        return t("drawing.stage_of_modules", modules=band.block_count)
    key = "drawing.stage" if band.block_count > 1 else "drawing.stage_of_one"
    return t(key, filters=channels // spec.expansion, blocks=band.block_count)


def _stem(band: Band, plan: Plan, t: Translate) -> tuple[str, str]:
    spec, (filters, height, width) = plan.anatomy.spec, band.stage.out_shape
    if isinstance(spec, ImageNetSpec):
        below = t("drawing.stem_halved", pixels=spec.image_size, filters=filters)
        return f"{height} × {width}", below
    size = f"{spec.channels} × {spec.image_size} × {spec.image_size}"
    return t("drawing.image"), t("drawing.stem", size=size, filters=filters)


def _head(plan: Plan, t: Translate) -> str:
    spec = plan.anatomy.spec
    dense = [layer for layer in plan.anatomy.layers if layer.kind == "fully-connected"]
    if len(dense) == 1:
        return t("drawing.classifier", features=spec.features, classes=spec.classes)
    return " → ".join(str(layer.out_channels) for layer in dense)


def _rounded(count: int) -> str:
    """Three digits from a million on: 14.2 M, 3.66 G, but 640 as it is."""
    if count >= 1_000_000_000:
        return f"{count / 1e9:,.3g} G"
    return f"{count / 1e6:,.3g} M" if count >= 1_000_000 else f"{count:,}"
