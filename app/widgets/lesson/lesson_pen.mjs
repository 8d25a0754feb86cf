// A curve that the reader draws over the picture: finger, mouse or arrow keys. Its columns are evenly
// spaced; a stroke fills those between two places.

import { fill } from "./dom.mjs";
import { make, text } from "./lesson_axes.mjs";

export const COLUMNS = 41;
const ANCHORS = 5; // columns from one stop of the arrow keys to the next
const STEP = 2; // points up or down for a key

export class Pen {
  // `pen`: {values, drawn, words, onDraw}; `values` holds a height for each column, or null.
  constructor(picture, axes, pen, closed) {
    Object.assign(this, { picture, axes, pen });
    this.root = make("g", { class: "pl-pen", "data-part": "yours" });
    this.curve = make("polyline", { class: "pl-line yours" });
    this.root.append(this.curve);
    if (!closed) this.open();
    this.redraw();
  }

  open() {
    const { left, right, top, bottom } = this.axes.area;
    this.cursor = make("circle", { r: 7, class: "pl-cursor" });
    this.board = make("rect", {
      x: left, y: top, width: right - left, height: bottom - top, class: "pl-board", tabindex: 0,
      role: "slider", "aria-label": this.pen.words.draw_hint, "aria-valuemin": 0, "aria-valuemax": 100, "aria-orientation": "vertical",
    });
    this.hint = text(this.pen.words.draw_here, { x: (left + right) / 2, y: top + 0.2 * (bottom - top), "text-anchor": "middle", class: "pl-axis" });
    this.root.append(this.hint, this.cursor, this.board);
    this.at = this.pen.at ?? 0;
    this.board.addEventListener("pointerdown", (event) => this.press(event));
    this.board.addEventListener("pointermove", (event) => this.pressed && this.move(event));
    for (const end of ["pointerup", "pointercancel"]) this.board.addEventListener(end, () => this.release());
    this.board.addEventListener("keydown", (event) => this.key(event));
  }

  press(event) {
    event.preventDefault();
    this.board.setPointerCapture(event.pointerId);
    this.board.focus({ preventScroll: true });
    this.pressed = true;
    this.last = null;
    this.move(event);
  }

  move(event) {
    const box = this.picture.svg.getBoundingClientRect();
    const column = this.columnAt(this.axes.xAt(event.clientX - box.left));
    const value = this.axes.yAt(event.clientY - box.top);
    const [from, height] = this.last ?? [column, value];
    this.line(from, height, column, value);
    this.last = [column, value];
    this.at = column;
    this.redraw();
  }

  release() {
    if (!this.pressed) return;
    this.pressed = false;
    this.pen.onDraw();
  }

  // Fill the columns from one place to another.
  line(from, start, to, end) {
    const [low, high] = [Math.min(from, to), Math.max(from, to)];
    for (let column = low; column <= high; column += 1) {
      const share = to === from ? 1 : (column - from) / (to - from);
      this.pen.values[column] = start + share * (end - start);
    }
  }

  key(event) {
    const across = { ArrowRight: ANCHORS, ArrowLeft: -ANCHORS }[event.key];
    const up = { ArrowUp: STEP, ArrowDown: -STEP, PageUp: 5 * STEP, PageDown: -5 * STEP }[event.key];
    if (across === undefined && up === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const { values } = this.pen;
    const before = this.at;
    values[before] ??= values.findLast((value, column) => column < before && value !== null) ?? 90;
    if (across !== undefined) {
      this.at = Math.min(Math.max(before + across, 0), COLUMNS - 1);
      const there = values[this.at];
      this.line(before, values[before], this.at, there ?? values[before]);
    } else {
      const value = Math.min(Math.max(values[before] + up, 0), 100);
      values[before] = value;
      const left = Math.max(before - ANCHORS, 0);
      this.line(left, values[left] ?? value, before, value);
    }
    this.pen.at = this.at;
    this.redraw();
    this.pen.onDraw();
  }

  columnAt(x) {
    const { low_x: low, high_x: high } = this.axes.scene;
    return Math.round(((x - low) / (high - low)) * (COLUMNS - 1));
  }

  xOf(column) {
    const { low_x: low, high_x: high } = this.axes.scene;
    return low + (column / (COLUMNS - 1)) * (high - low);
  }

  redraw() {
    const { values, drawn, words } = this.pen;
    const points = drawn ?? values.flatMap((value, column) => (value === null ? [] : [[this.xOf(column), value]]));
    this.curve.setAttribute("points", points.map(([x, y]) => `${this.axes.x(x)},${this.axes.y(y)}`).join(" "));
    if (!this.board) return;
    this.hint.toggleAttribute("hidden", points.length > 0);
    const value = values[this.at] ?? 90;
    this.cursor.setAttribute("cx", this.axes.x(this.xOf(this.at)));
    this.cursor.setAttribute("cy", this.axes.y(value));
    this.board.setAttribute("aria-valuenow", Math.round(value));
    const said = { x: Math.round(this.xOf(this.at)).toLocaleString("en"), y: Math.round(value) };
    this.board.setAttribute("aria-valuetext", fill(words.draw_at, said));
  }
}

// The drawn points, x rising; [] until the curve reaches the right end.
export function points(values, scene) {
  if (values.at(-1) === null && values.at(-2) === null) return [];
  const of = (column) => scene.low_x + (column / (COLUMNS - 1)) * (scene.high_x - scene.low_x);
  return values.flatMap((value, column) => (value === null ? [] : [[of(column), Number(value.toFixed(1))]]));
}
