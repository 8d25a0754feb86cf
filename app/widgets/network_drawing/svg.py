"""The drawing as SVG: lying for wide screens, standing for narrow ones. Pure text in, text out.

Colours come from the page's style sheet (classes), so that light and dark need no second
drawing; the family's hue is the variable `--hue`.
"""

from __future__ import annotations

from html import escape

from app.widgets.network_drawing.captions import Translate, captions, cost
from app.widgets.network_drawing.layout import Stages, lying, standing
from app.widgets.network_drawing.parts import SCORES, TAKE_OFF, Band, BlockMark, Fold, Plan, Scale
from app.widgets.network_drawing.sheet import ARCH, Sheet
from resnet_core.anatomy import Anatomy

WIDE = 1120.0
NARROW = 360.0
BREADTH = 112.0  # of the image, either way
_HEADER, _FOOTER = 50.0, 46.0  # above and below the bands' contents, lying
_LINE = 18.0


def wide(anatomy: Anatomy, t: Translate, opened: Stages | None = None) -> str:
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
        title, below = captions(band, plan, t)
        sheet.add(_text(middle, 24, title, "title"), _text(middle, 24 + _LINE, below, "small"))
        lines = enumerate(cost(band, t))
        sheet.add(*(_text(middle, bottom + 18 + _LINE * i, line, "small") for i, line in lines))
    _contents(sheet, plan, t, opened is not None)
    return _document(sheet, plan.length, bottom + _FOOTER, anatomy, t, "wide")


def narrow(
    anatomy: Anatomy, t: Translate, opened: Stages | None = None, scale: Scale | None = None
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
        title, below = captions(band, plan, t)
        middle = band.start + band.length / 2 - _LINE
        lines = [(title, "title"), (below, "small"), *((c, "small") for c in cost(band, t))]
        for number, (line, style) in enumerate(lines):
            sheet.add(_text(176, middle + _LINE * number - 4, line, f"{style} left"))
    _contents(sheet, plan, t, opened is not None)
    return _document(sheet, NARROW, plan.length, anatomy, t, "narrow")


def _contents(sheet: Sheet, plan: Plan, t: Translate, foldable: bool) -> None:
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
    """The way from the image to the scores, interrupted where it parts into several."""
    marks = [mark for band in plan.bands for mark in band.blocks if mark.paths]
    image = next(box for band in plan.bands for box in band.boxes if box.style == "image")
    starts = [image.end, *(mark.join for mark in marks)]
    ends = [*(mark.leave for mark in marks), plan.scores - SCORES]
    return [sheet.line(*pair, "stream") for pair in zip(starts, ends, strict=True)]


def _block(sheet: Sheet, mark: BlockMark, t: Translate) -> str:
    facts = mark.facts
    parts = [f"<title>{escape(_spoken(mark, t))}</title>", _target(sheet, mark)]
    if mark.paths:
        parts += [sheet.fan(mark), sheet.join(mark)]
    parts += [sheet.box(box) for box in mark.boxes]
    if facts.shortcut != "none":
        parts += [sheet.arch(mark), sheet.sign(mark, facts.gated)]
    if facts.shortcut == "projection":
        parts.append(sheet.projection(mark))
    return (
        f'<g class="block" tabindex="0" role="button" data-block="{escape(facts.name)}" '
        f'aria-label="{escape(_spoken(mark, t))}">{"".join(parts)}</g>'
    )


def _target(sheet: Sheet, mark: BlockMark) -> str:
    """An unseen area round the block, so that a thin one can be hit with a finger."""
    up = mark.rise + ARCH + 4
    (x1, y1), (x2, y2) = (
        sheet.point(mark.leave - TAKE_OFF / 2, up),
        sheet.point(mark.join + TAKE_OFF / 2, -mark.rise - 2),
    )
    return (
        f'<rect class="target" x="{min(x1, x2):.1f}" y="{min(y1, y2):.1f}" '
        f'width="{abs(x2 - x1):.1f}" height="{abs(y2 - y1):.1f}" rx="5"/>'
    )


def _fold(sheet: Sheet, band: Band, fold: Fold, t: Translate, foldable: bool) -> str:
    """How often the blocks around it are repeated, as Table 1 writes it; or the way to fold."""
    x, y = sheet.point(fold.at, 0)
    words = t("drawing.fold" if fold.opened else "drawing.more", count=fold.count)
    width = 66 if fold.count < 100 else 78
    key = "drawing.fold_again" if fold.opened else "drawing.folded"
    told = t(key, count=fold.count, all=band.block_count)
    data = "" if fold.opened else _left_out(sheet, band)
    if foldable:
        data += f' data-fold="{band.number}" tabindex="0" role="button" aria-label="{escape(told)}"'
    return (
        f'<g class="fold"{data}><title>{escape(told)}</title>'
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


def _spoken(mark: BlockMark, t: Translate) -> str:
    facts = mark.facts
    return t(
        "drawing.block",
        name=facts.name,
        equation=facts.equation,
        branch=", ".join(facts.branch),
        inside=" × ".join(map(str, facts.in_shape)),
        outside=" × ".join(map(str, facts.out_shape)),
    )


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _document(
    sheet: Sheet, width: float, height: float, anatomy: Anatomy, t: Translate, style: str
) -> str:
    name = anatomy.spec.name.rpartition("/")[2]
    label = t("drawing.label", name=name, layers=anatomy.weighted_layers)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{style}" role="group" '
        f'aria-label="{escape(label)}" viewBox="0 0 {width:.0f} {height:.0f}">'
        f"{''.join(sheet.parts)}</svg>"
    )
