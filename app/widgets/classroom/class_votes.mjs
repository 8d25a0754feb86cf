// What a class answered: bars of options, a histogram of numbers, or a band of drawn curves beside the
// measured one. The second vote stands beside the first.

import { element, fill } from "./dom.mjs";
import { Axes, make } from "./lesson_axes.mjs";

const [WIDE, HIGH, SIZE] = [340, 220, 12];

// `known`: the measured answer may be shown.
export function votes({ kind, votes: every }, step, words, dark, known) {
  const draw = { choose: options, number: histogram, curve: band }[kind];
  const parts = every.map((vote, index) => {
    const title = fill(words[index === 0 ? "first_vote" : "second_vote"], { n: vote.n });
    return element("figure", { class: "pc-vote", role: "group", "aria-label": title },
      element("figcaption", { text: title }), draw(vote, step, words, dark, known));
  });
  return element("div", { class: "pc-votes" }, ...parts);
}

function options({ n, values }, step, words, dark, known) {
  const rows = step.options.map(({ name, label }, index) => {
    const share = n ? (100 * values[index]) / n : 0;
    const right = known && name === step.answer;
    const bar = element("span", { class: "pc-bar" }, element("span", { style: `width:${share}%` }));
    return element("li", { class: right ? "right" : "" },
      element("span", { text: right ? `✓ ${label}` : label }), bar, element("b", { text: values[index] }));
  });
  return element("ul", { class: "pc-options" }, ...rows);
}

function histogram({ values }, step, words, dark, known) {
  const most = Math.max(1, ...values);
  const width = WIDE / values.length;
  const base = HIGH - 2 * SIZE;
  const bars = values.flatMap((count, index) => {
    const height = ((base - 2 * SIZE) * count) / most;
    const bar = make("rect", { x: index * width + 1, y: base - height, width: width - 2, height, class: "pc-fill" });
    if (!count) return [bar];
    const label = make("text", { x: (index + 0.5) * width, y: base - height - 4, "text-anchor": "middle", "font-size": SIZE });
    label.textContent = count;
    return [bar, label];
  });
  const ends = [0, step.high].map((value, index) => {
    const label = make("text", { x: index * WIDE, y: HIGH - 6, "text-anchor": index ? "end" : "start", "font-size": SIZE });
    label.textContent = `${value} ${step.unit}`;
    return label;
  });
  const at = (Math.min(step.answer, step.high) / step.high) * WIDE;
  const measured = known ? [make("line", { x1: at, x2: at, y1: 0, y2: base, class: "pc-measured" })] : [];
  return picture([...bars, ...measured, ...ends], known ? `${words.measured}: ${step.answer} ${step.unit}` : "");
}

function band({ values }, step, words, dark, known) {
  const area = { left: 3.4 * SIZE, right: WIDE - 8, top: SIZE, bottom: HIGH - 3 * SIZE };
  const axes = new Axes(step.scene, area, SIZE);
  const at = ([x, y]) => `${axes.x(x)},${axes.y(y)}`;
  const parts = [...axes.draw()];
  if (values.length) {
    const low = values.map(([x, least]) => [x, least]);
    const high = values.map(([x, , , most]) => [x, most]).reverse();
    parts.push(make("polygon", { points: [...low, ...high].map(at).join(" "), class: "pc-band" }),
      make("polyline", { points: values.map(([x, , middle]) => at([x, middle])).join(" "), class: "pc-median" }));
  }
  for (const curve of known ? step.scene.curves.filter(({ after }) => after) : []) {
    parts.push(make("polyline", { points: curve.points.map(at).join(" "), class: "pc-truth", stroke: curve.colour[dark ? 1 : 0] }));
  }
  return picture(parts, words.band);
}

function picture(parts, caption) {
  const svg = make("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "pl-svg pc-picture", role: "img", "aria-label": caption });
  svg.append(...parts);
  return element("div", {}, svg, element("p", { class: "pl-note", text: caption }));
}
