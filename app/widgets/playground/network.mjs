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

// f, and its derivative written in terms of y = f(z).
const ACTIVATIONS = {
  relu: { f: (z) => (z > 0 ? z : 0), slope: (y) => (y > 0 ? 1 : 0) },
  leaky: { f: (z) => (z > 0 ? z : LEAK * z), slope: (y) => (y > 0 ? 1 : LEAK) },
  tanh: { f: Math.tanh, slope: (y) => 1 - y * y },
};

// One weighted layer, its normalisation, and the activation that follows.
class Layer {
  // `take(length)` gives the layer's share of the network's parameters, as { value, gradient }.
  constructor(inputs, units, { bn, activation }, take) {
    Object.assign(this, { inputs, units, bn });
    this.activation = ACTIVATIONS[activation];
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
    this.da = new Float64Array(rows * this.units);
    this.dx = new Float64Array(rows * this.inputs);
  }

  // z = BN(W x) or W x + b. With `fixed`, the mean and deviation of the last batch stay in use.
  respond(x, rows, fixed) {
    this.reserve(rows);
    this.x = x;
    const { z, normal, units } = this;
    multiply(this.bn ? normal : z, x, this.W.value, rows, this.inputs, units);
    if (this.bn && !fixed) this.observe(normal, rows);
    const { mean, deviation } = this;
    const shift = this.shift.value;
    const scale = this.scale?.value;
    for (let at = 0; at < rows * units;) {
      for (let unit = 0; unit < units; unit++, at++) {
        if (scale) {
          normal[at] = (normal[at] - mean[unit]) / deviation[unit];
          z[at] = scale[unit] * normal[at] + shift[unit];
        } else z[at] += shift[unit];
      }
    }
    return z;
  }

  observe(a, rows) {
    const { mean, deviation, units } = this;
    mean.fill(0);
    deviation.fill(0);
    for (let at = 0; at < rows * units;) for (let unit = 0; unit < units; unit++) mean[unit] += a[at++];
    for (let unit = 0; unit < units; unit++) mean[unit] /= rows;
    for (let at = 0; at < rows * units;) {
      for (let unit = 0; unit < units; unit++) deviation[unit] += (a[at++] - mean[unit]) ** 2;
    }
    for (let unit = 0; unit < units; unit++) deviation[unit] = Math.sqrt(deviation[unit] / rows + EPSILON);
  }

  // y = f(z), or f(x + z) with the x of a shortcut.
  activate(rows, shortcut) {
    const { z, y } = this;
    const { f } = this.activation;
    for (let at = 0; at < rows * this.units; at++) y[at] = f(shortcut ? shortcut[at] + z[at] : z[at]);
    return y;
  }

  // dL/dz from dL/dy; with a shortcut also dL/dx along it.
  deactivate(dy, rows) {
    const { y, dz } = this;
    const { slope } = this.activation;
    for (let at = 0; at < rows * this.units; at++) dz[at] = dy[at] * slope(y[at]);
    return dz;
  }

  // dL/dx from dL/dz, and the gradients of the layer's parameters.
  backward(dz, rows) {
    const { units, inputs, W, x, dx } = this;
    sumRows(this.shift.gradient, dz, rows, units);
    const da = this.bn ? this.denormalise(dz, rows) : dz;
    const { value, gradient } = W;
    gradient.fill(0);
    dx.fill(0, 0, rows * inputs);
    for (let row = 0; row < rows; row++) {
      // Two units at a time: half the traffic with memory.
      for (let unit = 0, w = 0; unit < units; unit += 2, w += inputs) {
        const d = da[row * units + unit];
        const pair = unit + 1 < units;
        const d2 = pair ? da[row * units + unit + 1] : 0;
        const w2 = pair ? inputs : 0;
        for (let at = row * inputs; at < (row + 1) * inputs; at++, w++) {
          const signal = x[at];
          gradient[w] += d * signal;
          gradient[w + w2] += d2 * signal;
          dx[at] += d * value[w] + d2 * value[w + w2];
        }
      }
    }
    return dx;
  }

  // Through batch normalisation: da = scale / deviation (dz - mean(dz) - n mean(dz n)).
  denormalise(dz, rows) {
    const { units, normal, da, deviation, scale, shift } = this;
    scale.gradient.fill(0);
    const [value, dScale, dShift] = [scale.value, scale.gradient, shift.gradient];
    for (let at = 0; at < rows * units;) {
      for (let unit = 0; unit < units; unit++, at++) dScale[unit] += dz[at] * normal[at];
    }
    for (let at = 0; at < rows * units;) {
      for (let unit = 0; unit < units; unit++, at++) {
        const centred = dz[at] - (dShift[unit] + normal[at] * dScale[unit]) / rows;
        da[at] = (value[unit] / deviation[unit]) * centred;
      }
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
    const open = new Layer(2, width, settings, take);
    const inner = Array.from({ length: depth }, () => new Layer(width, width, settings, take));
    this.out = new Layer(width, 1, { ...settings, bn: false }, take);
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

// out = x W^T for rows of `inputs` values.
function multiply(out, x, W, rows, inputs, units) {
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit += 2) {
      const w2 = unit + 1 < units ? inputs : 0; // two units at a time
      let [sum, sum2] = [0, 0];
      for (let w = unit * inputs, from = row * inputs; from < (row + 1) * inputs; w++, from++) {
        sum += W[w] * x[from];
        sum2 += W[w + w2] * x[from];
      }
      out[row * units + unit] = sum;
      if (w2) out[row * units + unit + 1] = sum2;
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
