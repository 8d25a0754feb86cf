// A figure without its picture: a sentence, a table, and the points one by one by arrow keys.

import { element, fill, short } from "./dom.mjs";

const NAMED = 4; // curves in the sentence
const MOST_ROWS = 2000;

export class FigureReading {
  // plot: plotly's element, which gets the focus.
  constructor(plot) {
    this.plot = plot;
    this.at = null; // {curve, point}: the point that the keys have reached
    this.sentence = element("p", { class: "lab-sentence" });
    this.point = element("p", { class: "lab-point", role: "status" });
    this.summary = element("summary");
    this.table = element("div", { class: "lab-table-frame", tabindex: 0, role: "region" });
    this.details = element("details", { class: "lab-table" }, this.summary, this.table);
    this.details.hidden = this.sentence.hidden = true; // until there are numbers
    this.details.addEventListener("toggle", () => this.fillTable());
    plot.addEventListener("keydown", (event) => this.key(event));
    plot.addEventListener("blur", () => this.leave());
  }

  get parts() {
    return [this.point, this.sentence, this.details];
  }

  show(plotly, { data, layout }, title, words) {
    Object.assign(this, { plotly, words, layout });
    this.curves = data
      .map((trace, number) => ({ ...trace, number }))
      .filter(({ x, y, z, type, hoverinfo, visible }) =>
        Array.isArray(x) && Array.isArray(y) && !z && type !== "scatter3d" && hoverinfo !== "skip"
        && visible !== false && y.some((value) => typeof value === "number"));
    this.summary.textContent = words.table;
    this.table.setAttribute("aria-label", `${words.table}: ${title}`);
    this.details.hidden = !this.curves.length;
    if (this.curves.length) this.plot.tabIndex = 0;
    else this.plot.removeAttribute("tabindex");
    this.plot.setAttribute("aria-description", this.curves.length ? words.keys : "");
    this.sentence.textContent = this.ends();
    this.sentence.hidden = !this.sentence.textContent;
    this.fillTable();
  }

  // Where the curves of the legend end: "At the last point: plain-56 86.4 · resnet-56 24.8." Nothing
  // where the vertical axis only lists names, or where there are single points and no curves.
  ends() {
    if (this.layout.yaxis?.ticktext) return "";
    const named = new Map();
    for (const { name, y, mode, showlegend } of this.curves) {
      if (showlegend === false || mode === "markers" || named.has(name)) continue;
      named.set(name, short(y.findLast((value) => typeof value === "number")));
    }
    const ends = [...named].slice(0, NAMED).map(([name, last]) => `${name ?? ""} ${last}`.trim());
    return ends.length ? fill(this.words.ends, { values: ends.join(" · ") }) : "";
  }

  fillTable() {
    if (!this.details.open) return;
    const titles = [this.words.curve, this.axis("xaxis"), this.axis("yaxis")];
    const head = element("tr", {}, ...titles.map((text) => element("th", { scope: "col", text })));
    const rows = this.curves.flatMap(({ name, x, y }) => x.map((value, index) =>
      element("tr", {}, element("th", { scope: "row", text: name ?? "" }),
        element("td", { text: shown(value) }), element("td", { text: shown(y[index]) }))));
    const body = element("tbody", {}, ...rows.slice(0, MOST_ROWS));
    this.table.replaceChildren(element("table", {}, element("thead", {}, head), body));
  }

  axis(name) {
    return this.layout[name]?.title?.text || this.words[name];
  }

  key(event) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Escape") this.leave();
    if (!step || event.target !== this.plot || !this.curves?.length) return;
    event.preventDefault();
    const { curve, point } = this.at ?? { curve: 0, point: step[1] < 0 ? 0 : -1 };
    const next = (curve + step[0] + this.curves.length) % this.curves.length;
    const { name, x, y, number } = this.curves[next];
    const place = Math.min(Math.max(point + step[1], 0), x.length - 1);
    this.at = { curve: next, point: place };
    this.point.textContent = `${name ?? ""} · ${this.axis("xaxis")} ${shown(x[place])} · ${this.axis("yaxis")} ${shown(y[place])}`;
    if (this.plot._fullLayout?.xaxis) this.plotly.Fx.hover(this.plot, [{ curveNumber: number, pointNumber: place }]);
  }

  leave() {
    if (!this.at) return;
    this.at = null;
    this.point.textContent = "";
    if (this.plot._fullLayout?.xaxis) this.plotly.Fx.unhover(this.plot);
  }
}

function shown(value) {
  return typeof value === "number" ? short(value) : String(value ?? "–").replace(/<[^>]*>/g, " ");
}
