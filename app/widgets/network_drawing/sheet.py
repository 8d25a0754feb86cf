"""Turns the drawing's parts into SVG, lying or standing. Pure text out."""

from __future__ import annotations

from html import escape

from app.widgets.network_drawing.parts import ADDITION, BlockMark, Box
from resnet_core.anatomy import Anatomy

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
        """From the stream up, over the boxes in half an ellipse, and down onto the addition."""
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
