"""The drawing as SVG: lying for wide screens, standing for narrow ones. Pure text in, text out.

Colours come from the page's style sheet (classes), so that light and dark need no second
drawing; the family's hue is the variable `--hue`.
"""

from __future__ import annotations

from html import escape

from app.language.texts import Speaker
from app.widgets.network_drawing.layout import (
    ADDITION,
    SCORES,
    TAKE_OFF,
    Band,
    BlockMark,
    Box,
    Fold,
    Plan,
    Scale,
    Stages,
    lying,
    standing,
)
from resnet_core.anatomy.facts import Anatomy
from resnet_core.specs.imagenet import ImageNetSpec

WIDE = 1120.0
NARROW = 360.0
BREADTH = 112.0  # of the image, either way
_HEADER, _FOOTER = 50.0, 46.0  # above and below the bands' contents, lying
_LINE = 18.0


def wide(anatomy: Anatomy, t: Speaker, opened: Stages | None = None) -> str:
    """The network lying, the image on the left.

    Args:
        opened: numbers of the stages that are not folded; None where folds stay as they are.
    """
    plan = lying(anatomy, BREADTH, WIDE, opened or ())
    top = _HEADER + ARCH + 20
    sheet = Sheet(lying=True, middle=top + plan.breadth / 2, anatomy=anatomy)
    bottom = top + plan.breadth + 14
    for band in plan.bands:
        sheet.add(
            f'<rect class="band {_kind(band)}" x="{band.start + 3:.1f}" y="1" '
            f'width="{band.length - 6:.1f}" height="{bottom + _FOOTER - 2:.1f}" rx="8"/>'
        )
        middle = band.start + band.length / 2
        title, below = _captions(band, plan, t)
        sheet.add(_text(middle, 24, title, "title"), _text(middle, 24 + _LINE, below, "small"))
        lines = enumerate(_cost(band, t))
        sheet.add(*(_text(middle, bottom + 18 + _LINE * i, line, "small") for i, line in lines))
    _contents(sheet, plan, t, opened is not None)
    return _document(sheet, plan.length, bottom + _FOOTER, anatomy, t, "wide")


def narrow(
    anatomy: Anatomy, t: Speaker, opened: Stages | None = None, scale: Scale | None = None
) -> str:
    """The network standing, the image on top, as in the paper's Fig. 3.

    Args:
        opened: as for `wide`.
        scale: shared with other drawings; by default the network's own.
    """
    plan = standing(anatomy, BREADTH, opened or (), scale)
    sheet = Sheet(lying=False, middle=76, anatomy=anatomy)
    for band in plan.bands:
        sheet.add(
            f'<rect class="band {_kind(band)}" x="1" y="{band.start + 3:.1f}" '
            f'width="{NARROW - 2}" height="{band.length - 6:.1f}" rx="8"/>'
        )
        title, below = _captions(band, plan, t)
        middle = band.start + band.length / 2 - _LINE
        lines = [(title, "title"), (below, "small"), *((c, "small") for c in _cost(band, t))]
        for number, (line, style) in enumerate(lines):
            sheet.add(_text(176, middle + _LINE * number - 4, line, f"{style} left"))
    _contents(sheet, plan, t, opened is not None)
    return _document(sheet, NARROW, plan.length, anatomy, t, "narrow")


def _contents(sheet: Sheet, plan: Plan, t: Speaker, foldable: bool) -> None:
    sheet.add(*_stream(sheet, plan))
    for band in plan.bands:
        sheet.add(*(sheet.box(box) for box in band.boxes))
        sheet.add(*(_block(sheet, mark, t) for mark in band.blocks))
        if band.fold:
            sheet.add(_fold(sheet, band, band.fold, t, foldable))
    x, y = sheet.point(plan.scores, 0)
    sheet.add(f'<circle class="head" cx="{x:.1f}" cy="{y:.1f}" r="{SCORES:.0f}"/>')
    sheet.add(_text(x, y + 4, str(plan.anatomy.spec.classes), "small on-box"))


def _stream(sheet: Sheet, plan: Plan) -> list[str]:
    """Draw the stream from image to scores, interrupted at parallel paths."""
    marks = [mark for band in plan.bands for mark in band.blocks if mark.paths]
    image = next(box for band in plan.bands for box in band.boxes if box.style == "image")
    starts = [image.end, *(mark.join for mark in marks)]
    ends = [*(mark.leave for mark in marks), plan.scores - SCORES]
    return [sheet.line(*pair, "stream") for pair in zip(starts, ends, strict=True)]


def _block(sheet: Sheet, mark: BlockMark, t: Speaker) -> str:
    facts = mark.facts
    parts = [f"<title>{escape(_block_label(mark, t))}</title>", _target(sheet, mark)]
    if mark.paths:
        parts += [sheet.fan(mark), sheet.join(mark)]
    parts += [sheet.box(box) for box in mark.boxes]
    if facts.shortcut != "none":
        parts += [sheet.arch(mark), sheet.sign(mark, facts.gated)]
    if facts.shortcut == "projection":
        parts.append(sheet.projection(mark))
    return (
        f'<g class="block" tabindex="0" role="button" data-block="{escape(facts.name)}" '
        f'aria-label="{escape(_block_label(mark, t))}">{"".join(parts)}</g>'
    )


def _target(sheet: Sheet, mark: BlockMark) -> str:
    """Return an invisible area round the block, so that a thin one is large enough to touch."""
    up = mark.rise + ARCH + 4
    (x1, y1), (x2, y2) = (
        sheet.point(mark.leave - TAKE_OFF / 2, up),
        sheet.point(mark.join + TAKE_OFF / 2, -mark.rise - 2),
    )
    return (
        f'<rect class="target" x="{min(x1, x2):.1f}" y="{min(y1, y2):.1f}" '
        f'width="{abs(x2 - x1):.1f}" height="{abs(y2 - y1):.1f}" rx="5"/>'
    )


def _fold(sheet: Sheet, band: Band, fold: Fold, t: Speaker, foldable: bool) -> str:
    """Draw the number of folded blocks, as in Table 1, or the button that folds them."""
    x, y = sheet.point(fold.at, 0)
    words = t("drawing.fold" if fold.opened else "drawing.more", count=fold.count)
    width = 66 if fold.count < 100 else 78
    key = "drawing.fold_again" if fold.opened else "drawing.folded"
    label = t(key, count=fold.count, all=band.block_count)
    data = "" if fold.opened else _left_out(sheet, band)
    if foldable:
        data += (
            f' data-fold="{band.number}" tabindex="0" role="button" aria-label="{escape(label)}"'
        )
    return (
        f'<g class="fold"{data}><title>{escape(label)}</title>'
        f'<rect x="{x - width / 2:.1f}" y="{y - 13:.1f}" width="{width}" height="26" rx="13"/>'
        f"{_text(x, y + 5, words, 'count')}</g>"
    )


def _left_out(sheet: Sheet, band: Band) -> str:
    """The measured layers that are left out: between those of the blocks on either side."""
    last_before = max(sheet.numbers.get(box.layer, 0) for box in band.blocks[1].boxes)
    numbers = [sheet.numbers[box.layer] for box in band.blocks[2].boxes if box.kernel == 3]
    return f' data-first="{last_before + 1}" data-last="{min(numbers) - 1}"'


def _kind(band: Band) -> str:
    return "stage" if band.blocks else "end"


def _block_label(mark: BlockMark, t: Speaker) -> str:
    facts = mark.facts
    # Named as the drawing writes it, so that it can be spoken as it is read.
    projection = " (W: 1×1)" if facts.shortcut == "projection" else ""
    return t(
        "drawing.block",
        name=facts.name,
        equation=facts.equation + projection,
        branch=", ".join(facts.branch),
        inside=" × ".join(map(str, facts.in_shape)),
        outside=" × ".join(map(str, facts.out_shape)),
    )


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _document(
    sheet: Sheet, width: float, height: float, anatomy: Anatomy, t: Speaker, style: str
) -> str:
    name = anatomy.spec.name.rpartition("/")[2]
    label = t("drawing.label", name=name, layers=anatomy.weighted_layers)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{style}" role="group" '
        f'aria-label="{escape(label)}" viewBox="0 0 {width:.0f} {height:.0f}">'
        f"{''.join(sheet.parts)}</svg>"
    )


ARCH = 15.0  # how far the round part of a shortcut's arch rises


class Sheet:
    """Turns (along, across) into x, y; collects markup."""

    def __init__(self, lying: bool, middle: float, anatomy: Anatomy) -> None:
        self.lying = lying
        self.middle = middle
        self.numbers = {name: number for number, name in enumerate(anatomy.layers_3x3, start=1)}
        self.parts: list[str] = []

    def add(self, *parts: str) -> None:
        self.parts.extend(parts)

    def point(self, along: float, up: float) -> tuple[float, float]:
        """`up` is away from the stream to where the shortcuts are: upwards, or to the right."""
        if self.lying:
            return along, self.middle - up
        return self.middle + up, along

    def line(self, start: float, end: float, style: str) -> str:
        (x1, y1), (x2, y2) = self.point(start, 0), self.point(end, 0)
        return f'<path class="{style}" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'

    def box(self, box: Box) -> str:
        half = box.breadth / 2 if self.lying else -box.breadth / 2
        x, y = self.point(box.start, box.across + half)
        width, height = box.length, box.breadth
        if not self.lying:
            width, height = height, width
        style = box.style if box.style != "layer" or box.kernel > 1 else "layer thin"
        data = f' data-layer="{escape(box.layer)}"' if box.layer else ""
        if box.layer in self.numbers:  # by which charts know it
            data += f' data-number="{self.numbers[box.layer]}"'
        return (
            f'<rect class="{style}"{data} x="{x:.1f}" y="{y:.1f}" '
            f'width="{width:.1f}" height="{height:.1f}" rx="1.5"/>'
        )

    def arch(self, mark: BlockMark) -> str:
        """Return the path from the stream over the boxes, half an ellipse, to the addition."""
        (x1, y1), (x2, y2) = self.point(mark.leave, 0), self.point(mark.leave, mark.rise)
        (x3, y3), (x4, y4) = self.point(mark.join, mark.rise), self.point(mark.join, ADDITION)
        half = (mark.join - mark.leave) / 2
        radii = f"{half:.1f} {ARCH}" if self.lying else f"{ARCH} {half:.1f}"
        style = "shortcut resizes" if mark.resizes else "shortcut"
        return (
            f'<path class="{style}" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}'
            f'A{radii} 0 0 1 {x3:.1f} {y3:.1f}L{x4:.1f} {y4:.1f}"/>'
        )

    def sign(self, mark: BlockMark, gated: bool) -> str:
        """The circle where branch and shortcut meet: a plus, or a gate's mixture."""
        x, y = self.point(mark.join, 0)
        arm = ADDITION - 2
        cross = f"M{x - arm:.1f} {y:.1f}h{2 * arm}M{x:.1f} {y - arm:.1f}v{2 * arm}"
        circle = f'<circle class="sum" cx="{x:.1f}" cy="{y:.1f}" r="{ADDITION}"/>'
        if gated:
            return circle + f'<circle class="gate" cx="{x:.1f}" cy="{y:.1f}" r="2"/>'
        return circle + f'<path class="plus" d="{cross}"/>'

    def projection(self, mark: BlockMark) -> str:
        """W_s of eq. 2, at the top of the arch."""
        x, y = self.point((mark.leave + mark.join) / 2, mark.rise + ARCH)
        return (
            f'<rect class="projection" x="{x - 14:.1f}" y="{y - 8:.1f}" width="28" height="16" '
            f'rx="4"/><text class="small on-box" x="{x:.1f}" y="{y + 4:.1f}">1×1</text>'
        )

    def fan(self, mark: BlockMark) -> str:
        """The ways from the stream to each parallel path, along it, and together again."""
        lines = []
        for middle in mark.paths:
            first = min(box.start for box in mark.boxes if box.across == middle)
            last = max(box.end for box in mark.boxes if box.across == middle)
            turns = [(mark.leave, 0.0), (first, middle), (last, middle), (mark.join, 0.0)]
            points = (self.point(along, up) for along, up in turns)
            lines.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points))
        return f'<path class="stream" d="{"".join(lines)}"/>'

    def join(self, mark: BlockMark) -> str:
        """The bar where parallel paths are put side by side as channels."""
        (x1, y1), (x2, y2) = (
            self.point(mark.join, mark.rise / 2),
            self.point(mark.join, -mark.rise / 2),
        )
        return f'<path class="join" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def _captions(band: Band, plan: Plan, t: Speaker) -> tuple[str, str]:
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


def _cost(band: Band, t: Speaker) -> tuple[str, str]:
    stage = band.stage
    return (
        t("drawing.parameters", count=f"{stage.parameters:,}"),
        t("drawing.multiply_adds", count=_rounded(stage.multiply_adds)),
    )


def _blocks(band: Band, plan: Plan, t: Speaker) -> str:
    """Return the stage's filters and its number of blocks."""
    spec, channels = plan.anatomy.spec, band.stage.out_shape[0]
    if spec.family == "vgg":
        layers = band.stage.weighted_layers
        return t("drawing.stage_of_layers", filters=channels, layers=layers)
    if spec.family == "googlenet":
        return t("drawing.stage_of_modules", modules=band.block_count)
    key = "drawing.stage" if band.block_count > 1 else "drawing.stage_of_one"
    return t(key, filters=channels // spec.expansion, blocks=band.block_count)


def _stem(band: Band, plan: Plan, t: Speaker) -> tuple[str, str]:
    spec, (filters, height, width) = plan.anatomy.spec, band.stage.out_shape
    if isinstance(spec, ImageNetSpec):
        below = t("drawing.stem_halved", pixels=spec.image_size, filters=filters)
        return f"{height} × {width}", below
    size = f"{spec.channels} × {spec.image_size} × {spec.image_size}"
    return t("drawing.image"), t("drawing.stem", size=size, filters=filters)


def _head(plan: Plan, t: Speaker) -> str:
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
