// One value a layer: curves over layers at one time, or a map over time.

import { Panel } from "./panel.mjs";

export class LayerPanel extends Panel {
  point(point) {
    if (point.data.meta.role === "map") return { time: point.x, layer: point.y };
    return { layer: parseInt(point.customdata, 10) };
  }

  // Arrow keys go from layer to layer in every view that shows layers.
  listen() {
    super.listen();
    this.plot.tabIndex = 0;
    this.plot.setAttribute("role", "group");
    this.plot.setAttribute("aria-label", this.heading.textContent);
    this.plot.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const layers = Math.max(0, ...[...this.values().values()].map((row) => row.length));
      if (!step || event.target !== this.plot || !layers) return;
      event.preventDefault();
      this.reached = Math.min(Math.max((this.reached ?? (step > 0 ? 0 : layers + 1)) + step, 1), layers);
      this.onPoint({ layer: this.reached });
    });
    this.plot.addEventListener("blur", () => {
      if (this.reached) this.onPoint(null);
      this.reached = null;
    });
  }

  get isMap() {
    return this.data.some((trace) => trace.meta?.role === "map");
  }

  // rows: key -> {mean, low, high, names} at a time, or null for the figure's own.
  async show(plotly, figure, series, hidden, rows, sorted) {
    const off = new Set(series.filter((one) => hidden.has(one.label)).map((one) => one.key));
    this.series = series.filter((one) => !off.has(one.key));
    this.sorted = sorted;
    await this.draw(plotly, figure, (data) => {
      for (const trace of data) {
        if (trace.meta.role === "map") Object.assign(trace, hoverFields(trace));
        else trace.visible = !off.has(trace.meta.series);
        const row = rows?.get(trace.meta.series);
        if (row) Object.assign(trace, updated(trace, row, sorted));
      }
    });
  }

  showRows(rows) {
    if (this.isMap || !this.plotly) return;
    const traces = [];
    const update = { y: [], customdata: [] };
    this.data.forEach((trace, index) => {
      const row = rows.get(trace.meta.series);
      if (!row) return;
      const { y, customdata } = updated(trace, row, this.sorted);
      Object.assign(trace, { y, customdata });
      traces.push(index);
      update.y.push(y);
      update.customdata.push(customdata);
    });
    if (traces.length) this.plotly.restyle(this.plot, update, traces);
  }

  // Key -> {values by layer} as drawn now, for the table.
  values() {
    const values = new Map();
    for (const trace of this.data) {
      if (trace.meta?.role !== "row") continue;
      const byLayer = [];
      trace.customdata.forEach((name, place) => (byLayer[parseInt(name, 10) - 1] = trace.y[place]));
      values.set(trace.meta.series, byLayer);
    }
    return values;
  }

  // Marks a layer in every visible curve, wherever the order puts it.
  showLayer(layer) {
    const place = this.place;
    let used = 0;
    if (place && layer !== null && !this.isMap) {
      for (const one of this.series) {
        const trace = this.data.find((t) => t.meta.role === "row" && t.meta.series === one.key);
        const index = trace ? trace.customdata.findIndex((name) => parseInt(name, 10) === layer) : -1;
        const value = index < 0 ? null : trace.y[index];
        if (value === null || value === undefined) continue;
        const [left, top] = [place.x(trace.x[index]), place.y(value)];
        if (!(left >= place.left && left <= place.right && top >= place.top && top <= place.bottom)) continue;
        Object.assign(this.mark("dot", used).style, {
          display: "", left: `${left}px`, top: `${top}px`, borderColor: one.colour,
        });
        used += 1;
      }
    }
    this.clear("dot", used);
    this.line("cursor", layer !== null && !this.isMap && !this.sorted ? layer : null);
  }

  showTime(time) {
    if (this.isMap) this.line("cursor", time);
  }
}

// A map's values, of which the server sent the exponents, and the layers' names, for the pointer.
function hoverFields({ z, meta }) {
  const rows = unpacked(z);
  return {
    customdata: rows.map((row) => row.map((exponent) => 10 ** exponent)),
    text: rows.map((row, layer) => row.map(() => meta.names[layer])),
  };
}

// Rows of numbers from the form in which plotly packs an array of float32.
function unpacked({ bdata, shape }) {
  const bytes = Uint8Array.from(atob(bdata), (letter) => letter.charCodeAt(0));
  const values = Array.from(new Float32Array(bytes.buffer));
  const [rows, columns] = shape.split(",").map(Number);
  return Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}

function updated(trace, row, sorted) {
  const order = row.mean.map((_, index) => index);
  if (sorted) order.sort((a, b) => (row.mean[b] ?? -1) - (row.mean[a] ?? -1));
  if (trace.meta.role === "band") {
    const low = order.map((index) => row.low?.[index] ?? row.mean[index]);
    const high = order.map((index) => row.high?.[index] ?? row.mean[index]);
    return { y: [...low, ...high.reverse()], customdata: trace.customdata };
  }
  return {
    y: order.map((index) => row.mean[index]),
    customdata: order.map((index) => `${index + 1} · ${row.names[index]}`),
  };
}
