// The class's own Figure 6: error by depth, a dot for each phone, a line through the medians.

import { element, fill } from "./dom.mjs";
import { Axes, make } from "./lesson_axes.mjs";
import { median } from "./many_runs.mjs";

const [WIDE, HIGH, SIZE] = [560, 300, 13];
const COLOURS = { plain: ["#D55E00", "#F08A45"], ResNet: ["#0072B2", "#5BB0E6"] };

export function classFigure(results, words, dark) {
  const scene = { x: words.layers, y: words.error, low: 0, high: 60, low_x: 0, high_x: 44, log: false, log_x: false };
  const axes = new Axes(scene, { left: 3.4 * SIZE, right: WIDE - 70, top: SIZE, bottom: HIGH - 3 * SIZE }, SIZE);
  const parts = [...axes.draw()];
  for (const [family, colours] of Object.entries(COLOURS)) {
    const own = results.filter(({ residual }) => residual === (family === "ResNet"));
    const colour = colours[dark ? 1 : 0];
    const depths = [...new Set(own.map(({ layers }) => layers))].sort((a, b) => a - b);
    const middle = depths.map((depth) => [depth, median(own.filter(({ layers }) => layers === depth).map(({ error }) => 100 * error))]);
    for (const { layers, error } of own) {
      parts.push(make("circle", { cx: axes.x(layers), cy: axes.y(Math.min(60, 100 * error)), r: 4.5, fill: colour, "fill-opacity": 0.6, "data-family": family }));
    }
    if (!middle.length) continue;
    parts.push(make("polyline", { points: middle.map(([x, y]) => `${axes.x(x)},${axes.y(Math.min(60, y))}`).join(" "), fill: "none", stroke: colour, "stroke-width": 2.5 }));
    const [x, y] = middle.at(-1);
    const label = make("text", { x: axes.x(x) + 9, y: axes.y(Math.min(60, y)) + 4, "font-size": SIZE, "font-weight": 650, style: `fill:${colour}` });
    label.textContent = family;
    parts.push(label);
  }
  const title = fill(words.figure6_count, { n: results.length });
  const svg = make("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "pl-svg pc-picture pc-figure", role: "img", "aria-label": title });
  svg.append(...parts);
  return element("figure", { class: "pc-vote" }, element("figcaption", { text: title }), svg);
}
