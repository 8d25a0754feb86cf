// The first picture, before plotly has loaded: the same curves in the same place, as plain SVG.

const NAMESPACE = "http://www.w3.org/2000/svg"; // a name, never fetched
const SUPERSCRIPTS = Object.fromEntries([..."-0123456789"].map((sign, at) => [sign, "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"[at]]));
const LINES = new Set(["train", "test", "row"]);

// An SVG of the figure's curves, `width` by `height` pixels, with margins as plotly will draw it.
export function sketch({ data, layout }, width, height, margin) {
  const area = {
    left: margin.l, right: width - margin.r, top: margin.t, bottom: height - margin.b,
  };
  const x = scale(layout.xaxis, area.left, area.right);
  const y = scale(layout.yaxis, area.bottom, area.top);
  const picture = make("svg", { width, height, class: "pg-sketch", "aria-hidden": "true" });
  picture.append(...ticks(layout, x, y, area));
  for (const trace of data) {
    const points = (trace.x ?? []).map((value, index) => [value, trace.y[index]])
      .filter(([, value]) => value !== null && (layout.yaxis.type !== "log" || value > 0))
      .map(([left, top]) => `${x(left).toFixed(1)},${y(top).toFixed(1)}`)
      .join(" ");
    if (trace.meta?.role === "band") {
      picture.append(make("polygon", { points, fill: trace.fillcolor }));
    } else if (LINES.has(trace.meta?.role)) {
      const { color, width: stroke } = trace.line;
      picture.append(make("polyline", { points, fill: "none", stroke: color, "stroke-width": stroke }));
    }
  }
  return picture;
}

// From an axis's values to pixels; a logarithmic axis gives its range in powers of ten.
function scale(axis, from, to) {
  const [low, high] = axis.range ?? [0, 1];
  const place = axis.type === "log" ? Math.log10 : (value) => value;
  return (value) => from + ((place(value) - low) / (high - low || 1)) * (to - from);
}

function ticks({ xaxis, yaxis }, x, y, area) {
  const across = values(xaxis).map((value) => [
    line(x(value), area.top, x(value), area.bottom, xaxis.gridcolor),
    label(value, xaxis, { x: x(value), y: area.bottom + 17, "text-anchor": "middle" }),
  ]);
  const up = values(yaxis).map((value) => [
    line(area.left, y(value), area.right, y(value), yaxis.gridcolor),
    label(value, yaxis, { x: area.left - 5, y: y(value) + 4, "text-anchor": "end" }),
  ]);
  return [...across, ...up].flat();
}

function values({ range: [low, high] = [0, 1], type }) {
  const step = type === "log" ? 1 : niceStep((high - low) / 4);
  const ticks = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) {
    ticks.push(type === "log" ? 10 ** at : Number(at.toPrecision(6)));
  }
  return ticks;
}

function niceStep(about) {
  const decade = 10 ** Math.floor(Math.log10(about || 1));
  return [1, 2, 5, 10].map((factor) => factor * decade).find((step) => step >= about);
}

function line(x1, y1, x2, y2, stroke) {
  return make("line", { x1, y1, x2, y2, stroke });
}

function label(value, axis, place) {
  const text = make("text", { ...place, fill: axis.tickfont.color, "font-size": 12 });
  text.textContent = axis.type === "log" ? power(value) : value;
  return text;
}

function power(value) {
  const exponent = String(Math.round(Math.log10(value)));
  return `10${[...exponent].map((sign) => SUPERSCRIPTS[sign]).join("")}`;
}

function make(tag, attributes) {
  const node = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
