"""The live charts as somebody sees them who looks at plotly's graphs and at the legend."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page

PANELS = ("error", "response", "gradient")

_DATA = """(graph) => (graph.data ?? []).map((trace) => ({
    name: trace.name, role: trace.meta?.role, series: trace.meta?.series,
    shown: trace.visible !== false, x: Array.from(trace.x ?? []), y: Array.from(trace.y ?? []),
}))"""
_AXES = "(graph) => ['xaxis', 'yaxis'].map((axis) => [...graph._fullLayout[axis].range])"
# Of the graph that `selector` names, as text.
_RANGES = f"JSON.stringify(({_AXES})(document.querySelector(selector)))"
_VALUES = (
    "JSON.stringify((document.querySelector(selector)?.data ?? [])"
    ".map((trace) => Array.from(trace.y ?? [])))"
)
_ALIKE = """([selector, wanted]) => document.querySelector(selector).data.every(
    ({ y }, trace) => y.length === wanted[trace].length && y.every((value, index) => {
        const other = wanted[trace][index];
        return value === other || Math.abs(value - other) <= 0.006 * Math.abs(other);
    }))"""


class Charts:
    """The three panels, the scrubber and the table of one page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".pg-charts")
        self.play = self.root.locator(".pg-play")
        self.slider = self.root.locator(".pg-slider")
        self.time = self.root.locator(".pg-time")
        self.newest = self.root.locator(".pg-newest")

    def plot(self, panel: str) -> Locator:
        return self.page.locator(_selector(panel))

    def legend(self, label: str) -> Locator:
        return self.root.locator("button.pg-name").filter(has_text=label)

    def status(self, label: str) -> Locator:
        """What the table says of a curve's runs."""
        row = self.root.locator("tbody tr").filter(
            has=self.page.locator("button.pg-name", has_text=label)
        )
        return row.locator("td.pg-col-status")

    def data(self, panel: str) -> list[dict[str, Any]]:
        """Each trace's name, role, visibility and values, as plotly has them."""
        return self.plot(panel).evaluate(_DATA)

    def points(self, panel: str) -> int:
        return sum(len(trace["x"]) for trace in self.data(panel))

    def ranges(self, panel: str) -> list[list[float]]:
        """What the axes span, x then y."""
        return self.plot(panel).evaluate(_AXES)

    def wait_for_points(
        self, panel: str = "error", more_than: int = 0, seconds: float = 120
    ) -> int:
        """Wait until plotly has more points than this in a panel; how many there are then."""
        self.page.wait_for_function(
            """([selector, limit]) => {
                const data = document.querySelector(selector)?.data ?? [];
                return data.reduce((sum, trace) => sum + (trace.x?.length ?? 0), 0) > limit;
            }""",
            arg=[_selector(panel), more_than],
            timeout=seconds * 1000,
        )
        return self.points(panel)

    def wait_for_others(self, panel: str, known: list[str], seconds: float = 120) -> None:
        """Wait until plotly has points, and of none but series that are not known yet."""
        self.page.wait_for_function(
            """([selector, known]) => {
                const data = document.querySelector(selector).data ?? [];
                return data.some((trace) => trace.x.length > 0)
                    && !data.some((trace) => known.includes(trace.meta.series));
            }""",
            arg=[_selector(panel), known],
            timeout=seconds * 1000,
        )

    def wait_for_values(self, panel: str, wanted: list[dict[str, Any]]) -> None:
        """Wait until a panel's values are these; what is sent for scrubbing has three digits."""
        self.page.wait_for_function(
            _ALIKE, arg=[_selector(panel), [trace["y"] for trace in wanted]]
        )

    def wait_for_other_values(self, panel: str, old: list[dict[str, Any]]) -> None:
        """Wait until a panel's values differ from these by more than the rounding of histories."""
        self.page.wait_for_function(
            f"(values) => !({_ALIKE})(values)",
            arg=[_selector(panel), [trace["y"] for trace in old]],
        )

    def wait_for_change(
        self, panel: str, before: list[dict[str, Any]], seconds: float = 120
    ) -> None:
        """Wait until a panel's values are other than they were."""
        self.page.wait_for_function(
            f"([selector, values]) => {_VALUES} !== JSON.stringify(values)",
            arg=[_selector(panel), [trace["y"] for trace in before]],
            timeout=seconds * 1000,
        )

    def zoom(self, panel: str = "error") -> list[list[float]]:
        """Drag over the middle of a panel; what the axes span then."""
        before = self.ranges(panel)
        area = self.plot(panel).locator(".nsewdrag").first.bounding_box()
        assert area is not None
        mouse = self.page.mouse
        mouse.move(area["x"] + area["width"] * 0.25, area["y"] + area["height"] * 0.25)
        mouse.down()
        mouse.move(area["x"] + area["width"] * 0.75, area["y"] + area["height"] * 0.8, steps=8)
        mouse.up()
        mouse.move(2, 2)  # whatever is pointed at is shown in place of the scrubbed time
        self.page.wait_for_function(
            f"([selector, before]) => {_RANGES} !== JSON.stringify(before)",
            arg=[_selector(panel), before],
        )
        return self.ranges(panel)

    def point_at(self, panel: str, trace: int, index: int) -> None:
        """Move the mouse onto a point of a curve."""
        x, y = self.plot(panel).evaluate(
            """(graph, [trace, index]) => {
                const { xaxis, yaxis } = graph._fullLayout;
                const box = graph.getBoundingClientRect();
                const { x, y } = graph.data[trace];
                return [
                    box.left + xaxis._offset + xaxis.d2p(x[index]),
                    box.top + yaxis._offset + yaxis.d2p(y[index]),
                ];
            }""",
            [trace, index],
        )
        self.page.mouse.move(x, y, steps=3)

    def count_replacements(self) -> None:
        """From now on, count graphs that leave the page; `replacements` tells how many did."""
        self.page.evaluate(
            """() => {
                window.graphsLost = 0;
                const kept = [...document.querySelectorAll(".pg-plot, .pg-plot .main-svg")];
                new MutationObserver(() => {
                    window.graphsLost = kept.filter((graph) => !graph.isConnected).length;
                }).observe(document.body, { childList: true, subtree: true });
            }"""
        )

    @property
    def replacements(self) -> int:
        return self.page.evaluate("() => window.graphsLost")

    @property
    def mounts(self) -> int:
        """How often the component was built."""
        return int(self.page.locator("[data-mounts]").get_attribute("data-mounts") or 0)

    @property
    def iteration(self) -> int:
        """The time that is shown, where it is counted in iterations."""
        return int(re.sub(r"\D", "", self.time.inner_text()))

    @property
    def slider_value(self) -> int:
        return int(self.slider.input_value())


def _selector(panel: str) -> str:
    return f".pg-panel-{panel} .pg-plot"
