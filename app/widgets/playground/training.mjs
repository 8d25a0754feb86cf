// One network in training: its batches, its updates, and what is measured of it.

import { grid } from "./data.mjs";
import { Network, Optimizer, loss, wrong } from "./network.mjs";
import { Random } from "./random.mjs";

export const PLANE = 40; // squares a side of the answer over the plane
export const UNIT = 20; // of a unit's picture

const FINE = grid(PLANE);
const COARSE = grid(UNIT);

export class Training {
  // `settings`: of the network, its optimiser, `batch` and `seed`; `data`: from `dataset`.
  constructor(settings, data) {
    Object.assign(this, { settings, data, step: 0 });
    this.network = new Network(settings, settings.seed);
    this.optimizer = new Optimizer(this.network, settings);
    this.random = new Random(settings.seed, 3); // two networks of a seed see the same batches
    this.order = [];
    this.size = Math.min(settings.batch, data.rows);
    this.batch = new Float64Array(2 * this.size);
    this.classes = new Float64Array(this.size);
    this.diverged = false;
  }

  // One update, on the next batch of an epoch in random order.
  update() {
    this.step += 1;
    if (this.diverged) return;
    this.next();
    const value = this.network.backward(this.batch, this.classes, this.size);
    if (Number.isFinite(value)) this.optimizer.update();
    else this.diverged = true;
  }

  next() {
    const { points, classes, rows } = this.data;
    if (this.order.length < this.size) this.order = Array.from(this.random.permutation(rows));
    for (let row = 0; row < this.size; row++) {
      const index = this.order.pop();
      this.batch[2 * row] = points[2 * index];
      this.batch[2 * row + 1] = points[2 * index + 1];
      this.classes[row] = classes[index];
    }
  }

  // Error, loss and response std over all points; gradient norms of the last batch, or at the
  // start of the first. Batch normalisation has the statistics of all points from here on.
  measure() {
    const { network, data } = this;
    if (this.step === 0) network.backward(data.points, data.classes, data.rows);
    const rows = this.step === 0 ? data.rows : this.size;
    const weights = network.gradientNorms(rows);
    const signals = network.gradientNorms(rows, true);
    const s = network.forward(data.points, data.rows);
    return {
      error: wrong(s, data.classes, data.rows),
      loss: loss(s, data.classes, data.rows),
      responses: network.responses(data.rows),
      weights,
      signals,
      diverged: this.diverged,
    };
  }

  // The answer over the plane as bytes: 128 undecided, above for the first class. After `measure`.
  plane() {
    const s = this.network.forward(FINE, PLANE * PLANE, true);
    return Uint8ClampedArray.from(s.subarray(0, PLANE * PLANE), (value) => 128 + 127 * Math.tanh(value / 2));
  }

  // Each unit's answer over the plane, from its least as 0 to its greatest as 255; layer by layer.
  // A unit that is the same everywhere is 128.
  units() {
    const { network, settings } = this;
    const size = UNIT * UNIT;
    network.forward(COARSE, size, true);
    const pictures = new Uint8ClampedArray(network.layers.length * settings.width * size);
    network.layers.forEach(({ y, units }, layer) => {
      for (let unit = 0; unit < units; unit++) {
        stretch(pictures, (layer * units + unit) * size, y, unit, units, size);
      }
    });
    return pictures;
  }
}

function stretch(pictures, start, y, unit, units, size) {
  let low = Infinity;
  let high = -Infinity;
  for (let at = 0; at < size; at++) {
    low = Math.min(low, y[at * units + unit]);
    high = Math.max(high, y[at * units + unit]);
  }
  const flat = !(high - low > 1e-9 * Math.max(Math.abs(low), Math.abs(high)));
  for (let at = 0; at < size; at++) {
    pictures[start + at] = flat ? 128 : (255 * (y[at * units + unit] - low)) / (high - low);
  }
}
