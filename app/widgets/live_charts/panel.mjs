// One panel: a heading, a plotly chart, and an overlay on which cursor, labels and marks move
// without a redraw by plotly.

import { element } from "./dom.mjs";
import { sketch } from "./sketch.mjs";

const MARGIN = { l: 52, r: 14, t: 20, b: 42 };
const CONFIG = { displayModeBar: false, responsive: true, doubleClick: false, showTips: false };

export class Panel {
  // onPoint(point or null): what is under the pointer; onZoom(window or null).
  constructor(name, { onPoint, onZoom }) {
    Object.assign(this, { name, onPoint, onZoom });
    this.heading = element("h2");
    this.heading.hidden = true; // until it has a text
    this.reset = element("button", { type: "button", class: "pg-reset", onclick: () => this.zoomOut() });
    this.reset.hidden = true;
    this.plot = element("div", { class: "pg-plot" });
    this.overlay = element("div", { class: "pg-overlay", "aria-hidden": "true" });
    const body = element("div", { class: "pg-panel-body" }, this.plot, this.overlay);
    this.note = element("p", { class: "pg-note" });
    this.root = element("section", { class: `pg-panel pg-panel-${name}` },
      element("header", {}, this.heading, this.reset), body, this.note);
    this.zoom = null;
    this.resets = 0;
    this.data = [];
  }

  // The first picture, while plotly is on its way.
  sketch(figure, right) {
    const { clientWidth: width, clientHeight: height } = this.plot;
    if (this.listening || !width) return;
    this.title(figure.layout.title.text);
    this.plot.querySelector(".pg-sketch")?.remove();
    this.plot.append(sketch(figure, width, height, { ...MARGIN, r: right }));
  }

  title(text) {
    this.heading.textContent = text;
    this.heading.hidden = false;
    this.root.setAttribute("aria-label", text);
  }

  // Draws what the server sent; `prepare(data, layout)` changes it first. Never rebuilds.
  async draw(plotly, figure, prepare) {
    const { data, layout } = structuredClone(figure);
    this.figure = figure;
    this.prepare = prepare;
    this.plotly = plotly;
    this.title(layout.title.text);
    layout.title = { text: "" };
    layout.showlegend = false;
    layout.autosize = true;
    layout.margin = { ...MARGIN };
    layout.uirevision = `revision ${this.resets}`;
    if (layout.height > 360) this.plot.style.height = `${layout.height}px`; // maps over maps
    else this.plot.style.removeProperty("height");
    delete layout.height;
    if (window.matchMedia("(pointer: coarse)").matches) layout.dragmode = false;
    if (this.zoom) {
      layout.xaxis.range = this.zoom.slice(0, 2);
      layout.yaxis.range = this.zoom.slice(2);
    }
    prepare(data, layout);
    this.data = data;
    this.plot.querySelector(".pg-sketch")?.remove();
    await plotly.react(this.plot, data, layout, CONFIG);
    if (!this.listening) this.listen();
    this.reset.hidden = !this.zoom;
  }

  listen() {
    this.listening = true;
    this.plot.on("plotly_hover", (event) => {
      // Plotly hovers again after it has drawn, where the pointer was; it may have left by then.
      if (this.plot.matches(":hover")) this.onPoint(this.point(event.points[0]));
    });
    this.plot.on("plotly_unhover", () => this.onPoint(null));
    this.plot.addEventListener("mouseleave", () => this.onPoint(null));
    this.plot.on("plotly_doubleclick", () => this.zoomOut());
    this.plot.on("plotly_afterplot", () => this.onMoved?.());
    this.plot.on("plotly_relayout", (change) => {
      if (!Object.keys(change).some((key) => key.includes("axis") && key.includes("range"))) return;
      const { xaxis, yaxis } = this.plot._fullLayout;
      this.setZoom([...xaxis.range, ...yaxis.range]);
      this.onMoved?.();
    });
  }

  setZoom(zoom) {
    this.zoom = zoom;
    this.reset.hidden = !zoom;
    this.onZoom(zoom);
  }

  zoomOut() {
    if (!this.zoom) return;
    this.resets += 1; // plotly drops its ranges at a new revision
    this.setZoom(null);
    this.draw(this.plotly, this.figure, this.prepare);
  }

  // Where the plot lies and where values fall, in pixels of the overlay; null before drawing.
  get place() {
    const layout = this.plot._fullLayout;
    if (!layout?.xaxis) return null;
    const { l, t, w, h } = layout._size;
    return {
      left: l, top: t, right: l + w, bottom: t + h,
      x: (value) => layout.xaxis._offset + layout.xaxis.d2p(value),
      y: (value) => layout.yaxis._offset + layout.yaxis.d2p(value),
    };
  }

  // The overlay's nth element of a kind, created when it is first used.
  mark(kind, index = 0) {
    const marks = this.overlay.querySelectorAll(`.pg-${kind}`);
    return marks[index] ?? this.overlay.appendChild(element("div", { class: `pg-${kind}` }));
  }

  clear(kind, from = 0) {
    this.overlay.querySelectorAll(`.pg-${kind}`).forEach((mark, index) => {
      if (index >= from) mark.style.display = "none";
    });
  }

  line(kind, value) {
    const place = this.place;
    const at = place && value !== null ? place.x(value) : NaN;
    if (!(at >= place?.left - 1 && at <= place?.right + 1)) return this.clear(kind);
    Object.assign(this.mark(kind).style, {
      display: "", left: `${at}px`, top: `${place.top}px`, height: `${place.bottom - place.top}px`,
    });
  }

  // The pointer has left.
  rest() {
    if (this.listening) this.plotly.Fx.unhover(this.plot);
  }

  // Redraws where the place has another size than the drawing.
  fit() {
    const { clientWidth: width, clientHeight: height } = this.plot;
    const drawn = this.plot._fullLayout;
    if (this.listening && (drawn.width !== width || drawn.height !== height)) this.plotly.Plots.resize(this.plot);
  }

  dispose() {
    this.plotly?.purge(this.plot);
  }
}
