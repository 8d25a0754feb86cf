// Axes of the lesson's pictures, linear or logarithmic, and the few helpers for SVG.

const NAMESPACE = "http://www.w3.org/2000/svg"; // a name, never fetched
const SUPERSCRIPTS = Object.fromEntries([..."-0123456789"].map((sign, at) => [sign, "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"[at]]));
const STEPS = [1, 2, 5, 10];

export class Axes {
  constructor(scene, area, size) {
    Object.assign(this, { scene, area, size });
    this.x = scale(scene.log_x, scene.low_x, scene.high_x, area.left, area.right);
    this.y = scale(scene.log, scene.low, scene.high, area.bottom, area.top);
  }

  // The value at a place, for the pen; both within the axes.
  xAt(left) {
    const { left: from, right: to } = this.area;
    const { low_x: low, high_x: high } = this.scene;
    return low + ((Math.min(Math.max(left, from), to) - from) / (to - from)) * (high - low);
  }

  yAt(top) {
    const { top: from, bottom: to } = this.area;
    const { low, high } = this.scene;
    return high - ((Math.min(Math.max(top, from), to) - from) / (to - from)) * (high - low);
  }

  draw() {
    const { area, scene, size } = this;
    const up = ticks(scene.log, scene.low, scene.high).flatMap((value) => [
      line(area.left, this.y(value), area.right, this.y(value)),
      text(shown(value, scene.log), { x: area.left - 6, y: this.y(value) + size / 3, "text-anchor": "end", class: "pl-tick" }),
    ]);
    const room = Math.max(2, Math.floor((area.right - area.left) / (4.5 * size)));
    const across = some(ticks(scene.log_x, scene.low_x, scene.high_x, room), room).flatMap((value) => [
      line(this.x(value), area.top, this.x(value), area.bottom),
      text(shown(value, false), { x: this.x(value), y: area.bottom + 1.3 * size, "text-anchor": "middle", class: "pl-tick" }),
    ]);
    return [
      ...across, ...up,
      text(scene.y, { x: 0, y: size, class: "pl-axis" }),
      text(scene.x, { x: area.right, y: area.bottom + 2.6 * size, "text-anchor": "end", class: "pl-axis" }),
    ];
  }
}

function scale(log, low, high, from, to) {
  const place = log ? Math.log10 : (value) => value;
  const [first, last] = [place(low), place(high)];
  return (value) => from + ((place(Math.min(Math.max(value, low), high)) - first) / (last - first || 1)) * (to - from);
}

function ticks(log, low, high, most = 5) {
  if (log) {
    const first = Math.ceil(Math.log10(low) - 1e-9);
    const last = Math.floor(Math.log10(high) + 1e-9);
    const decades = Array.from({ length: last - first + 2 }, (_, at) => 10 ** (first + at - 1));
    const steps = last - first > 2 ? [1] : [1, 2, 5];
    const values = decades.flatMap((decade) => steps.map((step) => Number((step * decade).toPrecision(6))));
    return values.filter((value) => value >= low * 0.999 && value <= high * 1.001);
  }
  const about = (high - low) / most;
  const decade = 10 ** Math.floor(Math.log10(about || 1));
  const step = STEPS.map((factor) => factor * decade).find((one) => one >= about);
  const values = [];
  for (let at = Math.ceil(low / step) * step; at <= high + 1e-9; at += step) values.push(Number(at.toPrecision(6)));
  return values;
}

function some(values, most) {
  const every = Math.ceil(values.length / most);
  return values.filter((_, index) => index % every === 0);
}

function shown(value, log) {
  if (!log || (value >= 0.05 && value <= 50)) return value.toLocaleString("en");
  return `10${[...String(Math.round(Math.log10(value)))].map((sign) => SUPERSCRIPTS[sign]).join("")}`;
}

function line(x1, y1, x2, y2) {
  return make("line", { x1, y1, x2, y2, class: "pl-grid" });
}

export function make(tag, attributes = {}) {
  const node = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

export function text(words, attributes) {
  const node = make("text", attributes);
  node.textContent = words;
  return node;
}

// About the width of a label in pixels; a Korean letter is as wide as it is high.
export function width(words, size) {
  return [...words].reduce((sum, letter) => sum + (letter > "\u1100" ? 1 : 0.58), 0) * size;
}
