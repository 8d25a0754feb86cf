// The smallest deep network: one number a layer, and the output is the product of all factors.
//
//   plain     y = w_1 w_2 ... w_L, and each w begins at a normal random number
//   residual  y = (1 + w_1) ... (1 + w_L), and each w begins small
//   shifted   the plain chain that begins where the residual one does, at 1 + w
//   loss      half the squared distance of y from the target
//
// The laboratory `convergence` asks the same in Python: resnet_core/labs/convergence/run.py.

import { Random } from "./random.mjs";

export const FORMS = ["plain", "residual", "shifted"];
export const NEAR = 1e-3; // of the target: it is reached
export const MOST_STEPS = 10000;

// The numbers w at the start; a seed gives all forms the same draw. `small`: the residual spread.
export function initial(form, { layers, small, seed }) {
  const random = new Random(seed, 11);
  const normal = Float64Array.from({ length: layers }, () => random.normal());
  if (form === "plain") return normal;
  return normal.map((value) => small * value + (form === "shifted" ? 1 : 0));
}

// What each layer multiplies by: w, or 1 + w.
export function factors(form, w) {
  return form === "residual" ? w.map((value) => 1 + value) : w;
}

export function product(values) {
  return values.reduce((left, right) => left * right, 1);
}

export function loss(y, target) {
  return 0.5 * (y - target) ** 2;
}

// The derivative of a product by one factor is the product of the others, taken from both sides: a
// division would fail at 0.
export function gradient(form, w, target) {
  const layers = factors(form, w);
  const slope = product(layers) - target;
  const result = new Float64Array(layers.length);
  for (let at = 0, before = 1; at < layers.length; before *= layers[at++]) result[at] = slope * before;
  for (let at = layers.length - 1, after = 1; at >= 0; after *= layers[at--]) result[at] *= after;
  return result;
}

// One step. Weight decay pulls w to 0: a plain layer to 0, a residual one to the identity.
export function updated(form, w, { rate, decay, target }) {
  const slopes = gradient(form, w, target);
  return w.map((value, at) => value - rate * (slopes[at] + decay * value));
}

// Gradient descent from `w` until the product is near the target, or is no number any more, or after
// `most` steps. Returns the steps (Infinity where the target was not reached) and, with `keep`, the
// factors after every step.
export function descend(form, w, settings, { most = MOST_STEPS, keep = false } = {}) {
  const path = [];
  let y = NaN;
  let step = 0;
  for (; step <= most; step++) {
    const layers = factors(form, w);
    if (keep) path.push(layers);
    y = product(layers);
    if (Math.abs(y - settings.target) < NEAR || !Number.isFinite(y) || step === most) break;
    w = updated(form, w, settings);
  }
  return { steps: Math.abs(y - settings.target) < NEAR ? step : Infinity, product: y, path };
}
