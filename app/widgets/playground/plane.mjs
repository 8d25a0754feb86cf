// The plane as a network divides it, with the training points; points can be drawn into it.

import { EDGE } from "./data.mjs";
import { element } from "./dom.mjs";
import { CLASSES, classColours } from "./palette.mjs";
import { PLANE } from "./training.mjs";

const SIZE = 480; // pixels of the canvas; the page scales it
const APART = 0.15; // between points drawn in one stroke

export class Plane {
  // onDraw(x, y): called where the reader draws, while `drawable`.
  constructor(onDraw) {
    this.canvas = element("canvas", { width: SIZE, height: SIZE, class: "pp-plane", role: "img" });
    this.image = element("canvas", { width: PLANE, height: PLANE });
    this.pixels = new ImageData(PLANE, PLANE);
    this.onDraw = onDraw;
    this.drawable = false;
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("pointermove", (event) => this.stroke && this.press(event));
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, () => (this.stroke = null));
  }

  setDrawable(drawable) {
    this.drawable = drawable;
    this.canvas.classList.toggle("pp-drawable", drawable);
  }

  // `bytes`: the answers, see `Training.plane`, or null before the first.
  draw(bytes, { points, classes, rows }, dark) {
    const context = this.canvas.getContext("2d");
    const colours = classColours(dark);
    const pixels = new Uint32Array(this.pixels.data.buffer);
    for (let at = 0; at < pixels.length; at++) pixels[at] = colours[bytes ? bytes[at] : 128];
    this.image.getContext("2d").putImageData(this.pixels, 0, 0);
    context.imageSmoothingQuality = "high";
    context.drawImage(this.image, 0, 0, SIZE, SIZE);
    if (bytes) boundary(context, bytes, dark);
    const { first, second, edge } = CLASSES[dark ? "dark" : "light"];
    context.lineWidth = 1.5;
    context.strokeStyle = edge;
    for (let row = 0; row < rows; row++) {
      const x = ((points[2 * row] / EDGE + 1) / 2) * SIZE;
      const y = ((1 - points[2 * row + 1] / EDGE) / 2) * SIZE;
      context.fillStyle = `rgb(${classes[row] > 0 ? first : second})`;
      context.beginPath();
      // Discs and squares, for readers who do not tell the colours apart.
      if (classes[row] > 0) context.arc(x, y, 5, 0, 2 * Math.PI);
      else context.rect(x - 4.5, y - 4.5, 9, 9);
      context.stroke();
      context.fill();
    }
  }

  press(event) {
    if (!this.drawable) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const x = EDGE * ((2 * (event.clientX - left)) / width - 1);
    const y = EDGE * (1 - (2 * (event.clientY - top)) / height);
    if (Math.max(Math.abs(x), Math.abs(y)) > EDGE) return;
    if (this.stroke && Math.hypot(x - this.stroke[0], y - this.stroke[1]) < APART) return;
    this.stroke = [x, y];
    this.onDraw(x, y);
  }
}

// The line on which the answer changes, as short pieces within the squares (marching squares).
function boundary(context, bytes, dark) {
  const step = SIZE / PLANE;
  context.beginPath();
  for (let row = 0; row + 1 < PLANE; row++) {
    for (let column = 0; column + 1 < PLANE; column++) {
      const corner = (down, right) => bytes[(row + down) * PLANE + column + right] - 127.5;
      const ends = [];
      for (const [down, right, down2, right2] of [[0, 0, 0, 1], [0, 1, 1, 1], [1, 0, 1, 1], [0, 0, 1, 0]]) {
        const [from, to] = [corner(down, right), corner(down2, right2)];
        if (from > 0 === to > 0) continue;
        const share = from / (from - to);
        ends.push([column + 0.5 + right + share * (right2 - right), row + 0.5 + down + share * (down2 - down)]);
      }
      for (let at = 0; at + 1 < ends.length; at += 2) {
        context.moveTo(ends[at][0] * step, ends[at][1] * step);
        context.lineTo(ends[at + 1][0] * step, ends[at + 1][1] * step);
      }
    }
  }
  context.lineWidth = 2;
  context.strokeStyle = dark ? "#e6ebf1" : "#1b2430";
  context.stroke();
}
