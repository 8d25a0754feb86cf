// One figure: its heading and a plotly chart that is updated, never rebuilt.

import { element } from "./dom.mjs";
import { FigureReading } from "./figure_reading.mjs";

const CONFIG = { displayModeBar: false, responsive: true, showTips: false };
const HEADROOM = 28; // px above the plot: the heading stands outside of it

export class LabFigure {
  constructor(key, words) {
    this.heading = element("h2");
    this.reset = element("button", { type: "button", class: "lab-reset", onclick: () => this.zoomOut() });
    this.reset.hidden = true;
    this.plot = element("div", { class: "lab-plot", role: "group" });
    this.reading = new FigureReading(this.plot);
    this.root = element("section", { class: "lab-figure", "data-figure": key },
      element("header", {}, this.heading, this.reset), this.plot, ...this.reading.parts);
    this.resets = 0;
    this.drawn = false;
    this.only = null; // the only cell that is shown
    this.onOpen = () => {}; // (figure's key, cell): what a click on a map opens
    this.setWords(words);
  }

  setWords(words) {
    this.words = words;
    this.reset.textContent = words.reset;
  }

  title(text) {
    this.heading.textContent = text;
    this.plot.setAttribute("aria-label", text);
  }

  // Room for the drawing, so that nothing below it jumps.
  reserve(height) {
    this.plot.style.height = `${height ?? 330}px`;
  }

  async show(plotly, figure) {
    this.plotly = plotly;
    this.figure = figure;
    const { data, layout } = this.withOneCell(structuredClone(figure));
    layout.title = { text: "" };
    layout.autosize = true;
    delete layout.width;
    delete layout.height;
    layout.margin = { ...layout.margin };
    layout.margin.t = Math.min(layout.margin.t ?? HEADROOM, HEADROOM);
    layout.uirevision = `revision ${this.resets}`;
    // A finger scrolls the page; 3-D scenes have a drag mode of their own.
    if (window.matchMedia("(pointer: coarse)").matches) layout.dragmode = false;
    await plotly.react(this.plot, data, layout, CONFIG);
    this.reading.show(plotly, { data, layout }, this.heading.textContent, this.words);
    if (!this.drawn) this.listen();
  }

  // The figure with one cell of its small charts alone, in the place of all.
  withOneCell({ data, layout }) {
    const cell = data.filter((trace) => trace.meta?.cell === this.only);
    if (this.only === null || !cell.length) return { data, layout };
    const axes = Object.keys(layout).filter((name) => /^[xy]axis\d+$/.test(name));
    for (const name of axes) delete layout[name];
    const whole = { domain: [0, 1], anchor: undefined, matches: undefined, showticklabels: true };
    const { x, y } = cell[0].meta;
    Object.assign(layout.xaxis, whole, { title: { text: x } });
    Object.assign(layout.yaxis, whole, { title: { text: y } });
    layout.annotations = [];
    const traces = cell.map((trace) => ({ ...trace, xaxis: "x", yaxis: "y", showlegend: true }));
    return { data: traces, layout };
  }

  open(cell) {
    this.only = cell;
    this.resets += 1;
    this.reset.hidden = false;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.root.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
    return this.show(this.plotly, this.figure);
  }

  listen() {
    this.drawn = true;
    this.root.dataset.drawn = "1";
    this.plot.on("plotly_click", ({ points: [point] }) => {
      const opens = point.data.meta?.opens;
      if (opens) this.onOpen(opens, point.customdata);
    });
    this.plot.on("plotly_relayout", (change) => {
      const moved = Object.keys(change).some((name) => /axis\d*\.range|camera/.test(name));
      const back = Object.keys(change).some((name) => name.includes("autorange"));
      if (moved || back) this.reset.hidden = !moved || back;
    });
  }

  // Plotly drops its ranges at a new revision.
  forgetView() {
    this.only = null;
    this.resets += 1;
    this.reset.hidden = true;
  }

  zoomOut() {
    this.forgetView();
    this.show(this.plotly, this.figure);
  }

  dispose() {
    this.plotly?.purge(this.plot);
    this.root.remove();
  }
}
