// Errors over time: the cursor, the veil over what comes later, and a label at each curve's head.

import { lastUpTo } from "./dom.mjs";
import { Panel } from "./panel.mjs";

const MOST_LABELS = 8;
const LINE = 16; // px between labels
const LETTER = 7.4; // px, about

export class ErrorPanel extends Panel {
  point(point) {
    return { time: point.x };
  }

  async show(plotly, figure, series, hidden) {
    this.series = series.filter((one) => !hidden.has(one.label));
    const labelled = this.series.length <= MOST_LABELS;
    await this.draw(plotly, figure, (data, layout) => {
      const off = new Set(series.filter((one) => hidden.has(one.label)).map((one) => one.key));
      for (const trace of data) trace.visible = !off.has(trace.meta.series);
      const longest = Math.max(0, ...this.series.map((one) => one.label.length));
      layout.margin.r = labelled ? Math.min(150, longest * LETTER + 16) : 14;
    });
    this.labelled = labelled;
    this.curves = new Map();
    for (const trace of this.data) {
      if (trace.meta.role === "train" || trace.meta.role === "test") {
        this.curves.set(`${trace.meta.series} ${trace.meta.role}`, measured(trace));
      }
    }
  }

  // The last value that was measured at or before this time; null before the first.
  value(key, role, time) {
    const curve = this.curves?.get(`${key} ${role}`);
    if (!curve?.x.length || (time !== null && time < curve.x[0] - 1e-9)) return null;
    return curve.y[time === null ? curve.y.length - 1 : lastUpTo(curve.x, time)];
  }

  // time null: the newest. `veiled`: how much of what comes after the time is covered, 0 to 1.
  showTime(time, veiled) {
    const place = this.place;
    if (!place) return;
    this.line("cursor", time);
    this.veil(place, time, veiled);
    this.labels(place, time);
  }

  veil(place, time, veiled) {
    if (time === null || !veiled) return this.clear("veil");
    const from = Math.min(place.right, Math.max(place.left, place.x(time)));
    Object.assign(this.mark("veil").style, {
      display: "", left: `${from}px`, top: `${place.top}px`, opacity: veiled,
      width: `${place.right - from}px`, height: `${place.bottom - place.top}px`,
    });
  }

  labels(place, time) {
    const heads = this.labelled ? this.series.map((one) => this.head(one, place, time)).filter(Boolean) : [];
    heads.sort((a, b) => a.y - b.y);
    spread(heads, place.top + LINE / 2, place.bottom - LINE / 2);
    heads.forEach((head, index) => {
      const mark = this.mark("head", index);
      mark.textContent = head.label;
      Object.assign(mark.style, {
        display: "", left: `${head.x + 6}px`, top: `${head.y}px`, color: head.colour,
      });
    });
    this.clear("head", heads.length);
  }

  head(one, place, time) {
    const curve = this.curves.get(`${one.key} train`);
    if (!curve?.x.length || (time !== null && time < curve.x[0] - 1e-9)) return null;
    const last = curve.x[curve.x.length - 1];
    const x = time === null ? last : Math.min(time, last);
    const at = place.x(x);
    if (at < place.left - 1) return null;
    const y = place.y(between(curve, x));
    return { label: one.label, colour: one.colour, x: Math.min(at, place.right), y };
  }
}

function measured(trace) {
  const there = trace.y.map((y, index) => (y === null ? -1 : index)).filter((index) => index >= 0);
  return { x: there.map((index) => trace.x[index]), y: there.map((index) => trace.y[index]) };
}

function between({ x, y }, time) {
  const index = lastUpTo(x, time);
  if (index >= x.length - 1 || time <= x[index]) return y[index];
  const share = (time - x[index]) / (x[index + 1] - x[index]);
  return y[index] + share * (y[index + 1] - y[index]);
}

// Move labels apart so that none covers another, downwards first, then back up at the foot.
function spread(heads, top, bottom) {
  let limit = top;
  for (const head of heads) limit = (head.y = Math.max(head.y, limit)) + LINE;
  limit = bottom;
  for (const head of [...heads].reverse()) limit = (head.y = Math.min(head.y, limit)) - LINE;
}
