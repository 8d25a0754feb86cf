// The few helpers that the other modules share.

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// "iteration {n}" with the placeholders filled; the texts come from the server's catalogue.
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// Three significant digits; an exponent only where there would be many zeros.
export function short(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 100000)) return value.toExponential(1);
  return size >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

// Index of the last element that is not above `limit`; 0 if all are. `values` rise. A limit from a
// URL has six digits, so a value counts as equal within that rounding.
export function lastUpTo(values, limit) {
  let low = 0;
  let high = values.length;
  const most = limit + 1e-5 * Math.abs(limit);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= most) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

// Resolves after the next paint; in a hidden tab, which is not painted, after 100 ms.
export function nextFrame() {
  return new Promise((resolve) => {
    window.requestAnimationFrame(() => window.setTimeout(resolve));
    window.setTimeout(resolve, 100);
  });
}

// One script for the page, however many charts; from our own server, never from elsewhere.
let plotly = null;
export function loadPlotly(url) {
  plotly ??= new Promise((resolve, reject) => {
    const script = element("script", { src: url });
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", () => {
      plotly = null;
      script.remove();
      reject(new Error("plotly.js did not load"));
    });
    document.head.append(script);
  });
  return plotly;
}
