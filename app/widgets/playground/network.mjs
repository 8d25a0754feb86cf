// A network that tells two kinds of points in the plane apart, with its gradient by hand.
//
//   network   s = w h_L + b,  a point is of the second class where s > 0
//   block     y = f(x + F(x)) with a shortcut,  y = f(F(x)) without
//   F         layers, with f between them
//   layer     z = BN(W x), or W x + b without batch normalisation
//   loss      mean of log(1 + exp(-t s)) over the batch, t = 1 or -1 the class
//
// One layer leads from the two coordinates into the blocks and one out of them; `depth` counts the
// layers of the blocks. Batches are rows: the values of point n are x[n * units] and the following.
// All parameters stand in one array and all gradients in another; layers hold views of them.

import { Random } from "./random.mjs";

export const LEAK = 0.1; // slope of the leaky ReLU below zero
const EPSILON = 1e-5; // added to the variance in batch normalisation, as in torch
const NOISE = 0.1; // standard deviation around the identity, divided by the root of the width

// f by name: the slope below zero, or null for tanh.
const LEAKS = { relu: 0, leaky: LEAK, tanh: null };

// One weighted layer, its normalisation, and the activation that follows.
class Layer {
  // `take(length)` gives the layer's share of the network's parameters, as { value, gradient };
  // `scratch` is what only one layer needs at a time.
  constructor(inputs, units, { bn, activation }, take, scratch) {
    Object.assign(this, { bn, scratch, leak: LEAKS[activation] });
    this.inputs = inputs | 0; // whole numbers: a loop over doubles is half as fast
    this.units = units | 0;
    this.W = take(inputs * units);
    this.scale = bn ? take(units) : null;
    this.shift = take(units); // the bias where there is no normalisation
    this.mean = new Float64Array(units);
    this.deviation = new Float64Array(units);
    this.scale?.value.fill(1);
    this.rows = 0;
  }

  // Room for a batch; what is kept between forward and backward.
  reserve(rows) {
    if (rows <= this.rows) return;
    this.rows = rows;
    this.z = new Float64Array(rows * this.units); // the layer's response
    this.y = new Float64Array(rows * this.units); // the signal after shortcut and activation
    this.normal = new Float64Array(rows * this.units); // W x, normalised
    this.dz = new Float64Array(rows * this.units);
    this.scratch.reserve(rows * Math.max(this.units, this.inputs));
  }

  // z = BN(W x) or W x + b. With `fixed`, the mean and deviation of the last batch stay in use.
  respond(x, rows, fixed) {
    this.reserve(rows);
    this.x = x;
    const { z, normal, units, inputs, mean, deviation } = this;
    const a = this.bn ? normal : z;
    multiply(a, rows, units, inputs, x, inputs, 1, this.W.value, inputs, 1);
    if (this.bn && !fixed) this.observe(a, rows);
    const shift = this.shift.value;
    const scale = this.scale?.value;
    for (let unit = 0; unit < units; unit++) {
      const [below, by, up] = [mean[unit], 1 / deviation[unit], shift[unit]];
      if (!scale) {
        for (let at = unit; at < rows * units; at += units) z[at] += up;
        continue;
      }
      const times = scale[unit];
      for (let at = unit; at < rows * units; at += units) {
        const value = (a[at] - below) * by;
        normal[at] = value;
        z[at] = times * value + up;
      }
    }
    return z;
  }

  // The mean and deviation of each unit over the batch.
  observe(a, rows) {
    const { mean, deviation, units } = this;
    for (let unit = 0; unit < units; unit++) {
      let sum = 0;
      for (let at = unit; at < rows * units; at += units) sum += a[at];
      const centre = sum / rows;
      let squares = 0;
      for (let at = unit; at < rows * units; at += units) squares += (a[at] - centre) * (a[at] - centre);
      mean[unit] = centre;
      deviation[unit] = Math.sqrt(squares / rows + EPSILON);
    }
  }

  // y = f(z), or f(x + z) with the x of a shortcut.
  activate(rows, shortcut) {
    const { z, y, leak } = this;
    const size = rows * this.units;
    if (shortcut) for (let at = 0; at < size; at++) y[at] = shortcut[at] + z[at];
    const sum = shortcut ? y : z;
    if (leak === null) for (let at = 0; at < size; at++) y[at] = Math.tanh(sum[at]);
    else for (let at = 0; at < size; at++) y[at] = Math.max(sum[at], leak * sum[at]);
    return y;
  }

  // dL/dz from dL/dy, by the slope of f in terms of y; with a shortcut also dL/dx along it.
  deactivate(dy, rows) {
    const { y, dz, leak } = this;
    for (let at = 0; at < rows * this.units; at++) {
      // Without a branch: half of the signs would be guessed wrongly.
      dz[at] = dy[at] * (leak === null ? 1 - y[at] * y[at] : leak + (1 - leak) * Number(y[at] > 0));
    }
    return dz;
  }

  // dL/dx from dL/dz, and the gradients of the layer's parameters.
  backward(dz, rows) {
    const { units, inputs, W, x } = this;
    const { dx } = this.scratch;
    const da = this.bn ? this.denormalise(dz, rows) : dz;
    if (!this.bn) sumRows(this.shift.gradient, dz, rows, units);
    multiply(W.gradient, units, inputs, rows, da, 1, units, x, 1, inputs);
    multiply(dx, rows, inputs, units, da, units, 1, W.value, 1, inputs);
    return dx;
  }

  // Through batch normalisation: da = scale / deviation (dz - mean(dz) - n mean(dz n)).
  denormalise(dz, rows) {
    const { units, normal, deviation, scale, shift } = this;
    const { da } = this.scratch;
    for (let unit = 0; unit < units; unit++) {
      let [sum, product] = [0, 0];
      for (let at = unit; at < rows * units; at += units) {
        sum += dz[at];
        product += dz[at] * normal[at];
      }
      shift.gradient[unit] = sum;
      scale.gradient[unit] = product;
      const times = scale.value[unit] / deviation[unit];
      const [mean, slope] = [sum / rows, product / rows];
      for (let at = unit; at < rows * units; at += units) da[at] = times * (dz[at] - mean - normal[at] * slope);
    }
    return da;
  }
}

class Block {
  constructor(layers, shortcut) {
    Object.assign(this, { layers, shortcut });
  }

  // y = f(x + F(x)) or f(F(x)).
  forward(x, rows, fixed) {
    let y = x;
    for (const layer of this.layers) {
      layer.respond(y, rows, fixed);
      const sum = this.shortcut && layer === this.layers.at(-1);
      y = layer.activate(rows, sum ? x : null);
    }
    return y;
  }

  // dx = ds + F'(x) ds, where ds is the gradient of the sum.
  backward(dy, rows) {
    let d = dy;
    for (const layer of [...this.layers].reverse()) d = layer.backward(layer.deactivate(d, rows), rows);
    if (this.shortcut) {
      const ds = this.layers.at(-1).dz;
      for (let at = 0; at < rows * this.layers[0].inputs; at++) d[at] += ds[at];
    }
    return d;
  }
}

export class Network {
  // `settings`: depth, width, shortcut (0: none, else over how many layers), bn, activation, start.
  constructor(settings, seed) {
    this.settings = settings;
    const { depth, width, shortcut } = settings;
    const { take, finish } = allocation();
    const scratch = new Scratch();
    const open = new Layer(2, width, settings, take, scratch);
    const inner = Array.from({ length: depth }, () => new Layer(width, width, settings, take, scratch));
    this.out = new Layer(width, 1, { ...settings, bn: false }, take, scratch);
    this.layers = [open, ...inner]; // those with a response and units to look at
    this.blocks = [new Block([open], false)];
    const span = shortcut || 1;
    for (let first = 0; first < depth; first += span) {
      this.blocks.push(new Block(inner.slice(first, first + span), shortcut > 0));
    }
    Object.assign(this, finish());
    this.start(seed);
  }

  // Draws the weights. Layer i has the same ones in every network of this seed, width and start.
  start(seed) {
    const { start } = this.settings;
    [...this.layers, this.out].forEach(({ inputs, units, W }, index) => {
      const random = new Random(seed, index === this.layers.length ? 1000 : index);
      const identity = start === "identity" && inputs === units;
      const gain = { he: 2, zero: 2, identity: 2, xavier: 1 }[start];
      const deviation = identity ? NOISE / Math.sqrt(inputs) : Math.sqrt(gain / inputs);
      for (let at = 0; at < W.value.length; at++) W.value[at] = deviation * random.normal();
      for (let unit = 0; identity && unit < units; unit++) W.value[unit * inputs + unit] += 1;
    });
    if (start !== "zero") return;
    // The last layer of each block gives nothing, so that every block begins as the identity.
    for (const { layers, shortcut } of this.blocks) {
      if (shortcut) (layers.at(-1).scale ?? layers.at(-1).W).value.fill(0);
    }
  }

  // The answers s of points [x0, y0, x1, y1, ...]; see `respond` for `fixed`.
  forward(points, rows, fixed = false) {
    let y = points;
    for (const block of this.blocks) y = block.forward(y, rows, fixed);
    return this.out.respond(y, rows);
  }

  // The loss on the batch; the gradient of every parameter is in `gradients` afterwards.
  backward(points, classes, rows) {
    const s = this.forward(points, rows);
    const { dz } = this.out;
    for (let row = 0; row < rows; row++) dz[row] = -classes[row] / (1 + Math.exp(classes[row] * s[row])) / rows;
    let d = this.out.backward(dz, rows);
    for (const block of [...this.blocks].reverse()) d = block.backward(d, rows);
    return loss(s, classes, rows);
  }

  // Of each layer: the standard deviation of its response in the last forward pass of `rows` points.
  responses(rows) {
    return this.layers.map(({ z, units }) => deviation(z, rows * units));
  }

  // Of each layer: the norm of the gradient of its weights, or of the signal, its response.
  gradientNorms(rows, signal = false) {
    return this.layers.map(({ W, dz, units }) => (signal ? norm(dz, rows * units) : norm(W.gradient, W.gradient.length)));
  }
}

// SGD with momentum, or Adam with the momentum as its first beta; both as in torch.
export class Optimizer {
  constructor(network, { optimizer, rate, momentum, decay }) {
    Object.assign(this, { network, adam: optimizer === "adam", rate, momentum, decay, steps: 0 });
    this.velocity = new Float64Array(network.parameters.length);
    this.square = new Float64Array(this.adam ? network.parameters.length : 0);
  }

  update() {
    const { parameters, gradients } = this.network;
    const { adam, rate, momentum, decay, velocity, square } = this;
    this.steps += 1;
    const first = 1 - momentum ** this.steps;
    const second = 1 - 0.999 ** this.steps;
    for (let at = 0; at < parameters.length; at++) {
      const g = gradients[at] + decay * parameters[at];
      velocity[at] = momentum * velocity[at] + (adam ? 1 - momentum : 1) * g;
      if (adam) {
        square[at] = 0.999 * square[at] + 0.001 * g * g;
        parameters[at] -= (rate * velocity[at]) / first / (Math.sqrt(square[at] / second) + 1e-8);
      } else parameters[at] -= rate * velocity[at];
    }
  }
}

export function loss(s, classes, rows) {
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const margin = classes[row] * s[row];
    sum += Math.max(-margin, 0) + Math.log1p(Math.exp(-Math.abs(margin)));
  }
  return sum / rows;
}

// Share of points on the wrong side; an answer that is no number is wrong.
export function wrong(s, classes, rows) {
  let count = 0;
  for (let row = 0; row < rows; row++) count += classes[row] * s[row] > 0 ? 0 : 1;
  return count / rows;
}

// out[row, column] = sum over terms of a[row, term] b[column, term], for two rows and four columns at
// a time: each number that is read is used several times. Both matrices lie in arrays in which a step
// along a row, column or term is `aRow`, `bColumn`, `aTerm` and `bTerm` places. Where fewer rows or
// columns are left, the first of them is computed again.
function multiply(out, rows, columns, terms, a, aRow, aTerm, b, bColumn, bTerm) {
  for (let row = 0; row < rows; row += 2) {
    const down = row + 1 < rows ? 1 : 0;
    const a1 = down * aRow;
    for (let column = 0; column < columns; column += 4) {
      const c1 = column + 1 < columns ? 1 : 0;
      const c2 = column + 2 < columns ? 2 : 0;
      const c3 = column + 3 < columns ? 3 : 0;
      const [b1, b2, b3] = [c1 * bColumn, c2 * bColumn, c3 * bColumn];
      let s00 = 0, s01 = 0, s02 = 0, s03 = 0; // sums of the first row
      let s10 = 0, s11 = 0, s12 = 0, s13 = 0; // of the second
      let from = row * aRow, at = column * bColumn;
      for (let term = 0; term < terms; term++, from += aTerm, at += bTerm) {
        const u = a[from], v = a[from + a1];
        const w0 = b[at], w1 = b[at + b1], w2 = b[at + b2], w3 = b[at + b3];
        s00 += u * w0; s01 += u * w1; s02 += u * w2; s03 += u * w3;
        s10 += v * w0; s11 += v * w1; s12 += v * w2; s13 += v * w3;
      }
      let to = row * columns + column;
      out[to] = s00; out[to + c1] = s01; out[to + c2] = s02; out[to + c3] = s03;
      to += down * columns;
      out[to] = s10; out[to + c1] = s11; out[to + c2] = s12; out[to + c3] = s13;
    }
  }
}

function sumRows(out, values, rows, units) {
  out.fill(0);
  for (let at = 0; at < rows * units;) for (let unit = 0; unit < units; unit++) out[unit] += values[at++];
}

function norm(values, length) {
  let sum = 0;
  for (let at = 0; at < length; at++) sum += values[at] * values[at];
  return Math.sqrt(sum);
}

function deviation(values, length) {
  let mean = 0;
  for (let at = 0; at < length; at++) mean += values[at] / length;
  let sum = 0;
  for (let at = 0; at < length; at++) sum += (values[at] - mean) ** 2;
  return Math.sqrt(sum / length);
}

// Gradients on their way through one layer, which are not needed afterwards.
class Scratch {
  constructor() {
    this.da = this.dx = new Float64Array(0);
  }

  reserve(length) {
    if (length <= this.da.length) return;
    this.da = new Float64Array(length);
    this.dx = new Float64Array(length);
  }
}

// Collects parameters, then lays them side by side in one array, and their gradients in another.
function allocation() {
  const parts = [];
  const take = (length) => {
    const part = { value: new Float64Array(length), gradient: new Float64Array(length) };
    parts.push(part);
    return part;
  };
  const finish = () => {
    const total = parts.reduce((sum, { value }) => sum + value.length, 0);
    const parameters = new Float64Array(total);
    const gradients = new Float64Array(total);
    let from = 0;
    for (const part of parts) {
      const to = from + part.value.length;
      parameters.set(part.value, from);
      part.value = parameters.subarray(from, to);
      part.gradient = gradients.subarray(from, to);
      from = to;
    }
    return { parameters, gradients };
  };
  return { take, finish };
}
