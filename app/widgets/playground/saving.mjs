// Results as a table, a run as a small JSON for a class, the picture as PNG and SVG.

import { element } from "./dom.mjs";
import { SIGNS, forTraining, toQuery } from "./settings.mjs";

const MOST_POINTS = 100; // of a curve in the JSON

export function saveButtons(playground) {
  const { words } = playground;
  const button = (kind, make) => element("button", {
    type: "button", text: words[`save.${kind}`], onclick: async () => save(`playground.${kind}`, await make(playground)),
  });
  return element("div", { class: "pp-own", role: "group", "aria-label": words["save.title"] },
    element("span", { text: words["save.title"] }),
    button("csv", (one) => new Blob([table(one.record.frames)], { type: "text/csv" })),
    button("json", (one) => new Blob([JSON.stringify(run(one), null, 1)], { type: "application/json" })),
    button("png", picture),
    button("svg", async (one) => new Blob([drawing(one)], { type: "image/svg+xml" })));
}

// A line a measurement: update, then error and loss of each network.
export function table(frames) {
  const lines = frames.map(({ step, networks }) => [step, ...networks.flatMap(({ error, loss }) => [error, loss])].join(","));
  return ["update,error_a,loss_a,error_b,loss_b", ...lines, ""].join("\n");
}

// What another page needs to list this run among others: settings, seed, curves, final errors.
export function run({ settings, record }) {
  const every = Math.ceil(record.frames.length / MOST_POINTS);
  const frames = record.frames.filter((one, index) => index % every === 0 || one === record.last);
  return {
    format: "residual-playground-run-1",
    query: toQuery(settings, new URLSearchParams()).toString(),
    seed: settings.seed,
    updates: record.last?.step ?? 0,
    networks: SIGNS.map((sign, index) => ({
      settings: forTraining(settings, sign),
      error: record.last?.networks[index].error ?? null,
      curve: frames.map(({ step, networks }) => [step, Number(networks[index].error.toFixed(4))]),
    })),
  };
}

// Both planes and the three charts as one SVG; the planes are pictures within it.
function drawing({ cards, curves, root, dark }) {
  const [width, gap, top] = [root.clientWidth, 16, 34];
  const side = (width - gap) / 2;
  const size = Math.min(side, 360);
  const parts = SIGNS.map((sign, index) => {
    const left = index * (side + gap);
    const { name, error, plane } = cards[sign];
    const colour = cards[sign].root.style.getPropertyValue("--network");
    return `<text x="${left}" y="22" font-size="16" font-weight="600" fill="${colour}">${name.textContent} ${error.textContent}</text>`
      + `<image x="${left}" y="${top}" width="${size}" height="${size}" href="${plane.canvas.toDataURL()}"/>`;
  });
  const charts = Object.values(curves).map(({ title, body }) => [title.textContent, body.querySelector("svg")]);
  let [x, y, row] = [0, top + size + 24, 0];
  for (const [title, chart] of charts) {
    const [across, down] = ["width", "height"].map((name) => Number(chart.getAttribute(name)));
    if (x > 0 && x + across > width) [x, y] = [0, y + row];
    const copy = chart.cloneNode(true);
    for (const [name, value] of [["x", x], ["y", y + 8]]) copy.setAttribute(name, value);
    parts.push(`<text x="${x}" y="${y}" font-size="14" font-weight="600" fill="${dark ? "#e6ebf1" : "#1b2430"}">${title}</text>`,
      new XMLSerializer().serializeToString(copy));
    row = down + 36;
    x += across + gap;
  }
  y += row;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" font-family="sans-serif">`
    + `<rect width="100%" height="100%" fill="${dark ? "#10151c" : "#ffffff"}"/>${parts.join("")}</svg>`;
}

async function picture(playground) {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(drawing(playground))}`;
  await image.decode();
  const canvas = element("canvas", { width: 2 * image.width, height: 2 * image.height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve));
}

function save(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
