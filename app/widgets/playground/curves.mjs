// Training error over the updates, and response std and gradient norm by layer, of both networks.

import { element } from "./dom.mjs";
import { sketch } from "./sketch.mjs";

const MARGIN = { l: 46, r: 12, t: 8, b: 24 };
const HEIGHT = 180;

export class Curves {
  // onLayer(layer): the reader points at a layer; null where the axis has none.
  constructor(name, onLayer) {
    this.title = element("h3", { "aria-level": 2 });
    this.note = element("p", { class: "pp-note" });
    this.body = element("div", { class: "pp-curves", role: "img" });
    this.root = element("section", { class: `pp-panel pp-panel-${name}` }, this.title, this.body, this.note);
    if (!onLayer) return;
    for (const kind of ["pointermove", "pointerdown"]) {
      this.body.addEventListener(kind, ({ clientX }) => {
        const share = (clientX - this.body.getBoundingClientRect().left - MARGIN.l) / this.inner;
        if (this.range) onLayer(Math.round(this.range[0] + share * (this.range[1] - this.range[0])));
      });
    }
  }

  setWords(title, note) {
    this.title.textContent = title;
    this.note.textContent = note;
    this.body.setAttribute("aria-label", `${title}. ${note}`);
  }

  // `lines`: [{x, y, color}]; `cursor`: a place on the x axis, or null.
  draw({ lines, x, y, log = false, cursor = null, bands = [] }, dark) {
    const grid = { gridcolor: dark ? "#28323e" : "#e7ebf0", tickfont: { color: dark ? "#b4bfcc" : "#4d5a69" } };
    const width = Math.max(160, this.body.clientWidth || 400);
    this.inner = width - MARGIN.l - MARGIN.r;
    this.range = x;
    const figure = {
      data: [...bands.map((band) => ({ x: [...band.x, ...[...band.x].reverse()], y: [...band.high, ...[...band.low].reverse()], meta: { role: "band" }, fillcolor: band.color })),
        ...lines.map(({ x: across, y: up, color }) => ({ x: across, y: up, meta: { role: "row" }, line: { color, width: 2.5 } }))],
      layout: { xaxis: { range: x, ...grid }, yaxis: { range: y, type: log ? "log" : "linear", ...grid } },
    };
    const picture = sketch(figure, width, HEIGHT, MARGIN);
    if (cursor !== null) picture.append(this.line(cursor, x, dark));
    this.body.replaceChildren(picture);
  }

  line(cursor, [low, high], dark) {
    const place = MARGIN.l + ((cursor - low) / (high - low || 1)) * this.inner;
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    const attributes = { x1: place, x2: place, y1: MARGIN.t, y2: HEIGHT - MARGIN.b, stroke: dark ? "#ffd166" : "#b45f00", "stroke-width": 1.5 };
    for (const [name, value] of Object.entries(attributes)) line.setAttribute(name, value);
    return line;
  }
}

// A range of powers of ten that holds all positive values.
export function decades(series) {
  const values = series.flat().filter((value) => value > 0 && Number.isFinite(value)).map(Math.log10);
  if (!values.length) return [-1, 0];
  const [low, high] = [Math.floor(Math.min(...values) - 0.1), Math.ceil(Math.max(...values) + 0.1)];
  return [low, Math.max(high, low + 2)];
}
