// A plain block and a residual block, side by side.

import { fill } from "./dom.mjs";
import { make, text } from "./lesson_axes.mjs";

export function blocks({ scene, words, after, parameters, width, height, size, dark }) {
  const half = width / 2;
  return [false, true].flatMap((residual) => {
    const group = make("g", { transform: `translate(${residual ? half : 0} 0)` });
    group.style.setProperty("--part", scene.curves[residual ? 1 : 0].colour[dark ? 1 : 0]);
    group.append(...block({ residual, words, wide: half, height, size }));
    if (after) {
      const said = fill(words.parameters, { n: parameters });
      group.append(text(said, { x: half / 2, y: height - 0.4 * size, "text-anchor": "middle", class: "pl-axis" }));
    }
    return [group];
  });
}

function block({ residual, words, wide, height, size }) {
  const middle = wide / 2;
  const room = height - 7.5 * size;
  const box = { width: Math.min(wide * 0.5, 9 * size), height: Math.min(room / 5, 3.2 * size) };
  const at = (share) => 3 * size + share * room;
  const first = at(0.2);
  const second = at(0.52);
  const sum = at(0.84);
  const arrow = (from, to) => make("path", { d: `M${middle} ${from}V${to}`, class: "pl-flow" });
  const layer = (top) => [
    make("rect", { x: middle - box.width / 2, y: top, ...box, rx: 6, class: "pl-box" }),
    text(words.layer_box, { x: middle, y: top + box.height / 2 + size / 3, "text-anchor": "middle", class: "pl-name" }),
  ];
  const branch = make("g", { "data-part": "branch", class: "pl-part" });
  branch.append(arrow(at(0.05), first), ...layer(first), arrow(first + box.height, second), ...layer(second), arrow(second + box.height, residual ? sum - size : at(1)));
  const parts = [
    text(residual ? words.residual_block : words.plain_block, { x: middle, y: size * 1.2, "text-anchor": "middle", class: "pl-name" }),
    text("x", { x: middle, y: at(0.03), "text-anchor": "middle", class: "pl-letter" }),
    branch,
    text("y", { x: middle, y: at(1) + size, "text-anchor": "middle", class: "pl-letter" }),
  ];
  if (!residual) return parts;
  const side = middle + box.width / 2 + 1.6 * size;
  const shortcut = make("g", { "data-part": "shortcut", class: "pl-part" });
  shortcut.append(make("path", { d: `M${middle} ${at(0.1)}H${side}V${sum}H${middle + size}`, class: "pl-flow strong" }));
  const plus = make("circle", { cx: middle, cy: sum, r: size * 0.9, class: "pl-sum" });
  return [...parts, shortcut, plus, text("+", { x: middle, y: sum + size / 3, "text-anchor": "middle", class: "pl-name" }), arrow(sum + size, at(1))];
}
