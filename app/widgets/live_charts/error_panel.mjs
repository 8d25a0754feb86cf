// Errors over time: the cursor, the veil over what comes later, and a label at each curve's head.

import { lastUpTo } from "./dom.mjs";
import { Panel } from "./panel.mjs";

const MOST_LABELS = 8;
const LONGEST_LABEL = 16; // letters, beside a value
const LINE = 16; // px between labels
const LETTER = 7.4; // px, about

export class ErrorPanel extends Panel {
  point(point) {
    return { time: point.x };
  }

  // Room at the right for the longest label, where there are few enough to be drawn.
  room(series) {
    const longest = Math.max(0, ...series.map((one) => one.label.length));
    return series.length <= MOST_LABELS ? Math.min(150, longest * LETTER + 16) : 14;
  }

  async show(plotly, figure, series, hidden) {
    this.series = series.filter((one) => !hidden.has(one.label));
    const labelled = this.series.length <= MOST_LABELS;
    await this.draw(plotly, figure, (data, layout) => {
      const off = new Set(series.filter((one) => hidden.has(one.label)).map((one) => one.key));
      for (const trace of data) {
        trace.visible = !off.has(trace.meta.series);
        if (trace.hovertemplate) Object.assign(trace, { hovertemplate: null, hoverinfo: "none" });
      }
      layout.margin.r = this.room(this.series);
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

  // Names at the curves' ends; at a time under the pointer also their values.
  labels(place, time) {
    const labelled = this.labelled || time !== null ? this.series : [];
    const heads = labelled.map((one) => this.head(one, place, time)).filter(Boolean);
    heads.sort((a, b) => a.y - b.y);
    spread(heads, place.top + LINE / 2, place.bottom - LINE / 2);
    const room = this.overlay.clientWidth;
    heads.forEach((head, index) => {
      const mark = this.mark("head", index);
      mark.textContent = head.text;
      mark.classList.toggle("pg-valued", time !== null);
      const left = time !== null && head.x + 10 + head.text.length * LETTER > room;
      Object.assign(mark.style, {
        display: "", top: `${head.y}px`,
        // A curve's colour is strong enough for a line; a value is read in the page's own.
        color: time === null ? head.colour : "", borderLeft: time === null ? "" : `4px solid ${head.colour}`,
        left: left ? "" : `${head.x + 6}px`, right: left ? `${room - head.x + 6}px` : "",
      });
    });
    this.clear("head", heads.length);
    this.dots(place, time === null ? [] : heads);
  }

  head(one, place, time) {
    const curve = this.curves.get(`${one.key} train`);
    if (!curve?.x.length || (time !== null && time < curve.x[0] - 1e-9)) return null;
    const last = curve.x[curve.x.length - 1];
    const x = time === null ? last : Math.min(time, last);
    const value = between(curve, x);
    const [left, y] = [place.x(x), place.y(value)];
    if (left < place.left - 1 || (time !== null && left > place.right + 1)) return null;
    const percent = `${value.toFixed(1)} %`;
    const withValue = one.label.length > LONGEST_LABEL ? percent : `${one.label}  ${percent}`;
    const text = time === null ? one.label : withValue;
    return { text, colour: one.colour, x: Math.min(left, place.right), y, at: y };
  }

  dots(place, heads) {
    const inside = heads.filter(({ at }) => at >= place.top - 1 && at <= place.bottom + 1);
    inside.forEach(({ x, at, colour }, index) => {
      Object.assign(this.mark("dot", index).style, {
        display: "", left: `${x}px`, top: `${at}px`, borderColor: colour,
      });
    });
    this.clear("dot", inside.length);
  }
}

function measured(trace) {
  const present = trace.y.map((y, index) => (y === null ? -1 : index)).filter((index) => index >= 0);
  return { x: present.map((index) => trace.x[index]), y: present.map((index) => trace.y[index]) };
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
