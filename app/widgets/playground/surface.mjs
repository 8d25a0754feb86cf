// The loss of a chain of two layers over its two factors, with the paths of gradient descent on it.

import { loss } from "./chain.mjs";
import { element } from "./dom.mjs";

const SIZE = 480; // pixels of the canvas; the page scales it
const MARGIN = 40; // for the numbers along both axes
const REACH = 2.6; // of a factor, both ways
const CELLS = 220; // of the shading, a side
const BANDS = 14; // shades, from the least loss to the greatest
const LEAST = -4; // powers of ten: below and above them the shade stays the same
const MOST = 1;
const INK = {
  light: { low: [255, 255, 255], high: [157, 172, 190], text: "#4d5a69", line: "#1b2430", ground: "#ffffff" },
  dark: { low: [78, 96, 116], high: [16, 21, 28], text: "#b4bfcc", line: "#e6ebf1", ground: "#10151c" },
};

export class Surface {
  constructor() {
    this.canvas = element("canvas", { width: SIZE, height: SIZE, class: "pp-surface", role: "img" });
    this.image = element("canvas", { width: CELLS, height: CELLS });
    this.shown = null; // what the shading was computed for
  }

  // `paths`: [{ points: [[first, second], ...], color, dashed }], drawn up to number `step` of them.
  draw({ target, paths, step, labels }, dark) {
    const context = this.canvas.getContext("2d");
    const ink = INK[dark ? "dark" : "light"];
    this.shade(target, dark);
    context.fillStyle = ink.ground;
    context.fillRect(0, 0, SIZE, SIZE);
    const inner = SIZE - 2 * MARGIN;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.image, MARGIN, MARGIN, inner, inner);
    this.axes(context, ink, labels);
    context.save();
    context.beginPath();
    context.rect(MARGIN, MARGIN, inner, inner);
    context.clip();
    solutions(context, target, ink);
    for (const path of paths) trace(context, path, step, ink);
    context.restore();
  }

  // The logarithm of the loss in bands, so that the valley's floor is seen as well as its walls.
  shade(target, dark) {
    const key = `${target} ${dark}`;
    if (this.shown === key) return;
    this.shown = key;
    const { low, high } = INK[dark ? "dark" : "light"];
    const pixels = new ImageData(CELLS, CELLS);
    const factor = (index) => REACH * ((2 * index + 1) / CELLS - 1);
    for (let row = 0, at = 0; row < CELLS; row++) {
      for (let column = 0; column < CELLS; column++, at += 4) {
        const power = Math.log10(loss(factor(column) * -factor(row), target) + 1e-9);
        const share = Math.max(0, Math.min(1, (power - LEAST) / (MOST - LEAST)));
        const band = Math.floor(share * BANDS) / BANDS;
        for (let part = 0; part < 3; part++) pixels.data[at + part] = low[part] + band * (high[part] - low[part]);
        pixels.data[at + 3] = 255;
      }
    }
    this.image.getContext("2d").putImageData(pixels, 0, 0);
  }

  axes(context, ink, { first, second }) {
    context.font = "15px sans-serif";
    context.fillStyle = ink.text;
    for (const value of [-2, -1, 0, 1, 2]) {
      const [x, y] = place([value, value]);
      context.textAlign = "center";
      context.fillText(String(value).replace("-", "−"), x, SIZE - MARGIN + 18);
      context.textAlign = "right";
      context.fillText(String(value).replace("-", "−"), MARGIN - 8, y + 5);
    }
    context.textAlign = "center";
    context.fillText(first, SIZE / 2, SIZE - 4);
    context.save();
    context.translate(13, SIZE / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(second, 0, 0);
    context.restore();
  }
}

// Both branches of the curve on which the product is the target.
function solutions(context, target, ink) {
  context.setLineDash([6, 5]);
  context.lineWidth = 1.5;
  context.strokeStyle = ink.line;
  for (const sign of [-1, 1]) {
    context.beginPath();
    for (let first = 0.02; first <= REACH; first += 0.02) context.lineTo(...place([sign * first, (sign * target) / first]));
    context.stroke();
  }
  context.setLineDash([]);
}

// A ring where the path begins, a disc where it is at `step`.
function trace(context, { points, color, dashed }, step, ink) {
  const shown = points.slice(0, step + 1);
  context.strokeStyle = context.fillStyle = color;
  context.lineWidth = 4;
  context.setLineDash(dashed ? [3, 6] : []);
  context.beginPath();
  for (const point of shown) context.lineTo(...place(point));
  context.stroke();
  context.setLineDash([]);
  if (dashed) return; // it begins where the other one does
  disc(context, shown[0], 7, ink.ground, color);
  disc(context, shown.at(-1), 7, color, ink.ground);
}

function disc(context, point, radius, fill, edge) {
  context.beginPath();
  context.arc(...place(point), radius, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.lineWidth = 2.5;
  context.strokeStyle = edge;
  context.stroke();
}

function place([first, second]) {
  const inner = SIZE - 2 * MARGIN;
  return [MARGIN + (first / REACH + 1) * (inner / 2), MARGIN + (1 - second / REACH) * (inner / 2)];
}
