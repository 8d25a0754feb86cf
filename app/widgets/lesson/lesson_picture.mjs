// The picture of a step as SVG: curves, bars, or the two kinds of block. Parts have names, by which
// the sentences beside it speak of them; what is revealed by the answer is drawn after it.

import { element, fill } from "./dom.mjs";
import { blocks } from "./lesson_blocks.mjs";
import { Pen } from "./lesson_pen.mjs";
import { Axes, make, text, width } from "./lesson_axes.mjs";

export class Picture {
  constructor() {
    this.marked = [];
    this.svg = make("svg", { class: "pl-svg", role: "img" });
    this.host = element("div", { class: "pl-canvas" }, this.svg);
    this.provenance = element("figcaption", {});
    this.root = element("figure", { class: "pl-picture" }, this.host, this.provenance);
    this.sizes = new ResizeObserver(() => this.draw(false));
    this.sizes.observe(this.host);
  }

  // `view`: {scene, after, words, dark, label, pen}; `pen` takes a drawn curve, see `Pen`.
  show(view) {
    const grows = this.view?.scene.key === view.scene.key && !this.view.after && view.after;
    this.view = view;
    this.marked = [];
    this.provenance.textContent = view.provenance;
    this.draw(grows);
  }

  draw(grows) {
    const { clientWidth, clientHeight } = this.host;
    if (!this.view || !clientWidth || !clientHeight) return;
    const { scene, words, label, pen, after } = this.view;
    this.size = Number.parseFloat(getComputedStyle(this.host).fontSize);
    this.svg.replaceChildren();
    const drawing = scene.kind === "curves" && pen && !after;
    this.svg.setAttribute("role", drawing ? "group" : "img"); // an image has no control within
    for (const [name, value] of Object.entries({ width: clientWidth, height: clientHeight, "aria-label": label, "font-size": this.size })) {
      this.svg.setAttribute(name, value);
    }
    this.svg.classList.toggle("grows", Boolean(grows));
    if (scene.kind === "curves") this.curves(clientWidth, clientHeight);
    else if (scene.kind === "bars") this.bars(clientWidth, clientHeight);
    else this.svg.append(...blocks({ ...this.view, width: clientWidth, height: clientHeight, size: this.size, words }));
    this.mark(this.marked);
  }

  curves(wide, high) {
    const { scene, pen, after } = this.view;
    const { size } = this;
    const shown = scene.curves.filter((curve) => after || !curve.after);
    const names = shown.map((curve) => curve.label);
    if (after && pen?.drawn) names.push(this.view.words.your_curve);
    const right = Math.max(...scene.curves.map((curve) => width(curve.label, size)), ...names.map((name) => width(name, size))) + 18;
    const area = { left: 3.4 * size, right: wide - right, top: 2 * size, bottom: high - 3 * size };
    const axes = new Axes(scene, area, size);
    this.svg.append(...axes.draw());
    const ends = [];
    for (const curve of shown) {
      const group = this.part(curve);
      group.append(...(curve.dots ? this.dots(curve, axes) : [this.line(curve, axes)]));
      this.svg.append(group);
      const last = curve.points.at(-1);
      ends.push({ curve, group, x: axes.x(last[0]), y: axes.y(last[1]) });
    }
    if (pen) {
      this.pen = new Pen(this, axes, pen, after);
      this.svg.append(this.pen.root);
      if (after && pen.drawn) ends.push({ curve: { label: this.view.words.your_curve }, group: this.pen.root, x: area.right, y: axes.y(pen.drawn.at(-1)[1]) });
    }
    this.names(ends, area);
  }

  line({ points, thin, id }, axes) {
    const path = points.map(([x, y]) => `${axes.x(x).toFixed(1)},${axes.y(y).toFixed(1)}`).join(" ");
    return make("polyline", { points: path, class: thin ? "pl-line thin" : "pl-line", pathLength: 1, "data-line": id });
  }

  dots({ points, paper }, axes) {
    const radius = Math.max(3, this.size / 3.2);
    const all = points.map(([x, y]) => make("circle", { cx: axes.x(x), cy: axes.y(y), r: radius, class: paper ? "pl-dot paper" : "pl-dot" }));
    if (!paper || points.length < 2) return all;
    const path = points.map(([x, y]) => `${axes.x(x)},${axes.y(y)}`).join(" ");
    return [make("polyline", { points: path, class: "pl-line paper" }), ...all];
  }

  // Each curve's name at its end, moved where there is one already.
  names(ends, area) {
    const step = 1.25 * this.size;
    let free = area.bottom + step;
    for (const { curve, group, x, y } of ends.sort((one, other) => other.y - one.y)) {
      free = Math.min(Math.max(y, area.top), free - step);
      group.append(text(curve.label, { x: x + 0.6 * this.size, y: free + this.size / 3, class: "pl-name" }));
    }
  }

  bars(wide, high) {
    const { scene, after, words } = this.view;
    const { size } = this;
    const row = Math.min((high - 3 * size) / scene.bars.length, 9 * size);
    const span = wide - 5 * size;
    scene.bars.forEach((bar, index) => {
      const top = index * row + size;
      const group = this.part(bar);
      group.append(text(bar.label, { x: 0, y: top + size, class: "pl-name" }));
      const place = { x: 0, y: top + 1.5 * size, height: Math.max(row - 2.6 * size, 8) };
      if (bar.after && !after) {
        group.append(make("rect", { ...place, width: span, class: "pl-unknown" }));
        group.append(text("?", { x: span / 2, y: place.y + place.height / 2 + size / 3, "text-anchor": "middle", class: "pl-name" }));
      } else {
        const length = (span * bar.value) / scene.high;
        group.append(make("rect", { ...place, width: length, class: bar.after ? "pl-bar after" : "pl-bar" }));
        group.append(text(bar.value.toFixed(1), { x: length + 6, y: place.y + place.height / 2 + size / 3, class: "pl-name" }));
      }
      this.svg.append(group);
    });
    const foot = Math.min(scene.bars.length * row + 1.9 * size, high - 4);
    this.svg.append(text(scene.x, { x: 0, y: foot, class: "pl-axis" }));
  }

  part({ id, colour, after }) {
    const group = make("g", { "data-part": id, class: after ? "pl-part after" : "pl-part" });
    if (colour) group.style.setProperty("--part", colour[this.view.dark ? 1 : 0]);
    return group;
  }

  // Bring these parts forward, or all of them back where none of them is drawn.
  mark(ids) {
    this.marked = ids;
    const parts = [...this.svg.querySelectorAll("[data-part]")];
    const known = parts.some(({ dataset }) => ids.includes(dataset.part));
    for (const part of parts) part.classList.toggle("faint", known && !ids.includes(part.dataset.part) && part.dataset.part !== "yours");
  }

  colourOf(id) {
    const { scene, dark } = this.view;
    const part = [...scene.curves, ...scene.bars].find((one) => one.id === id);
    const fallback = scene.kind === "blocks" ? scene.curves[1] : null; // shortcut and branch are the residual block's
    return (part ?? fallback)?.colour[dark ? 1 : 0] ?? "";
  }

  // What is drawn, as a table: each part's name and its values.
  table() {
    const { scene, after, words } = this.view;
    const shown = (part) => after || !part.after;
    const rows = scene.bars.filter(shown).map(({ label, value }) => [label, value.toFixed(1)]);
    for (const { label, points } of scene.curves.filter(shown)) {
      const every = Math.max(1, Math.ceil(points.length / 6));
      const some = points.filter((_, index) => index % every === 0 || index === points.length - 1);
      rows.push([label, some.map(([x, y]) => fill(words.at, { x: number(x), y: number(y) })).join("; ")]);
    }
    return element("table", {}, ...rows.map(([name, values]) => element("tr", {}, element("th", { scope: "row", text: name }), element("td", { text: values }))));
  }

  close() {
    this.sizes.disconnect();
  }
}

function number(value) {
  const size = Math.abs(value);
  if (size !== 0 && size < 0.01) return value.toPrecision(1);
  return size >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}
