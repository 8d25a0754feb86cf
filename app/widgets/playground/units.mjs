// Each unit's answer over the plane as a small picture, a column a layer; the selected one large.

import { element } from "./dom.mjs";
import { unitColours } from "./palette.mjs";
import { UNIT } from "./training.mjs";

const GAP = 2; // pixels between pictures
const CELL = UNIT + GAP;
const LARGE = 160;
const WIDEST = 18; // of a picture on the screen, in pixels

export class Units {
  // onSelect(layer, unit)
  constructor(onSelect) {
    this.onSelect = onSelect;
    this.canvas = element("canvas", { class: "pp-units", tabindex: 0, role: "slider", "aria-valuemin": 0 });
    this.large = element("canvas", { width: LARGE, height: LARGE, class: "pp-unit", role: "img" });
    this.single = element("canvas", { width: UNIT, height: UNIT });
    this.selected = { layer: 0, unit: 0 };
    for (const kind of ["pointermove", "pointerdown"]) this.canvas.addEventListener(kind, (event) => this.point(event));
    this.canvas.addEventListener("keydown", (event) => this.press(event));
  }

  // `bytes`: see `Training.units`, or null; `layers` and `units`: how many there are.
  draw(bytes, layers, units, selected, dark) {
    Object.assign(this, { layers, units, selected });
    const { canvas } = this;
    const [width, height] = [layers * CELL + GAP, units * CELL + GAP];
    if (canvas.width !== width || canvas.height !== height) {
      Object.assign(canvas, { width, height });
      canvas.style.maxWidth = `${layers * WIDEST}px`;
      this.pixels = new ImageData(width, height);
    }
    if (bytes && bytes.length === layers * units * UNIT * UNIT) {
      const pixels = new Uint32Array(this.pixels.data.buffer);
      const colours = unitColours(dark);
      pixels.fill(0);
      for (let at = 0; at < layers * units; at++) {
        const corner = (GAP + (at % units) * CELL) * width + GAP + Math.floor(at / units) * CELL;
        paint(pixels, corner, width, bytes, at, colours);
      }
      const single = new ImageData(UNIT, UNIT);
      const place = selected.layer * units + Math.min(selected.unit, units - 1);
      paint(new Uint32Array(single.data.buffer), 0, UNIT, bytes, place, colours);
      this.single.getContext("2d").putImageData(single, 0, 0);
      this.large.getContext("2d").drawImage(this.single, 0, 0, LARGE, LARGE);
    }
    const context = canvas.getContext("2d");
    context.putImageData(this.pixels, 0, 0);
    context.strokeStyle = dark ? "#ffd166" : "#b45f00";
    context.lineWidth = GAP;
    context.strokeRect(selected.layer * CELL + 1, 1, CELL, height - 2);
    context.fillStyle = context.strokeStyle;
    context.fillRect(selected.layer * CELL + 1, Math.min(selected.unit, units - 1) * CELL, CELL, GAP);
    context.fillRect(selected.layer * CELL + 1, Math.min(selected.unit, units - 1) * CELL + CELL, CELL, GAP);
  }

  // What a screen reader says of the selected layer.
  say(text) {
    this.canvas.setAttribute("aria-valuemax", this.layers - 1);
    this.canvas.setAttribute("aria-valuenow", this.selected.layer);
    this.canvas.setAttribute("aria-valuetext", text);
  }

  point({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    this.select(((clientX - left) / width) * this.layers, ((clientY - top) / height) * this.units);
  }

  press(event) {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!move) return;
    event.preventDefault();
    this.select(this.selected.layer + move[0], this.selected.unit + move[1]);
  }

  select(layer, unit) {
    const within = (value, count) => Math.max(0, Math.min(count - 1, Math.floor(value)));
    this.onSelect(within(layer, this.layers), within(unit, this.units));
  }
}

function paint(pixels, corner, stride, bytes, at, colours) {
  for (let row = 0, from = at * UNIT * UNIT; row < UNIT; row++) {
    for (let column = 0; column < UNIT; column++) pixels[corner + row * stride + column] = colours[bytes[from++]];
  }
}
