// What can be set, in which range, and the whole of it as parameters of a URL and back.

import { EDGE, SHAPE_NAMES } from "./data.mjs";

// Of each network. A parameter `depth` counts for both, `depth_b` for the second alone.
export const OF_A_NETWORK = {
  depth: { value: 30, low: 2, high: 60, step: 1 },
  shortcut: { value: 0, second: 2, options: [0, 1, 2, 3] },
  width: { value: 8, low: 2, high: 16, step: 1 },
  bn: { value: true, options: [true, false] },
  activation: { value: "relu", options: ["relu", "leaky", "tanh"] },
  start: { value: "he", options: ["he", "xavier", "identity", "zero"] },
  optimizer: { value: "sgd", options: ["sgd", "adam"] },
  rate: { value: 0.03, options: [0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003] },
  momentum: { value: 0.9, options: [0, 0.5, 0.9, 0.99] },
  decay: { value: 0, options: [0, 0.0001, 0.001, 0.01] },
};

// Of the points and the batches, which both networks share.
export const SHARED = {
  data: { value: "spiral", options: SHAPE_NAMES },
  noise: { value: 0.02, low: 0, high: 0.5, step: 0.01 },
  batch: { value: 50, options: [10, 25, 50, 100, 200] },
  seed: { value: 1, low: 1, high: 999, step: 1 },
};

// Of the chains of one number a layer; in a URL with the prefix `chain_`.
export const OF_THE_CHAIN = {
  layers: { value: 7, low: 1, high: 20, step: 1 },
  rate: { value: 0.03, options: [0.003, 0.01, 0.03, 0.1, 0.3] },
  small: { value: 0.1, low: 0, high: 1, step: 0.05 },
  decay: { value: 0, low: 0, high: 0.1, step: 0.005 },
  target: { value: 1.1, options: [1, 1.1, 2, -1] },
  seed: { value: 1, low: 1, high: 50, step: 1 },
};

export const MODE = { value: "networks", options: ["networks", "chain"] };
export const SIGNS = ["a", "b"]; // of the two networks
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
const MOST_DRAWN = 300;

// { mode, data, noise, ..., drawn: [[x, y, class], ...], a: {depth, ...}, b: {...}, chain: {layers, ...} }
export function defaults() {
  const of = (fields, second) => Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, second && "second" in field ? field.second : field.value]),
  );
  return { mode: MODE.value, ...of(SHARED), drawn: [], a: of(OF_A_NETWORK), b: of(OF_A_NETWORK, true), chain: of(OF_THE_CHAIN) };
}

// The settings in a URL's parameters; what cannot be used gives way to the default.
export function fromQuery(query) {
  const settings = defaults();
  for (const [name, field] of Object.entries(SHARED)) settings[name] = parsed(field, query.get(name)) ?? field.value;
  for (const [name, field] of Object.entries(OF_A_NETWORK)) {
    settings.a[name] = parsed(field, query.get(name)) ?? field.value;
    settings.b[name] = parsed(field, query.get(`${name}_b`)) ?? field.second ?? settings.a[name];
  }
  for (const [name, field] of Object.entries(OF_THE_CHAIN)) settings.chain[name] = parsed(field, query.get(`chain_${name}`)) ?? field.value;
  settings.mode = parsed(MODE, query.get("mode")) ?? MODE.value;
  settings.drawn = fromText(query.get("points") ?? "");
  return settings;
}

// Only what differs from the defaults, in place of what `query` says of it.
export function toQuery(settings, query) {
  const put = (name, value, usual) => (value === usual ? query.delete(name) : query.set(name, String(value)));
  for (const [name, field] of Object.entries(SHARED)) put(name, settings[name], field.value);
  for (const [name, field] of Object.entries(OF_A_NETWORK)) {
    put(name, settings.a[name], field.value);
    put(`${name}_b`, settings.b[name], field.second ?? settings.a[name]);
  }
  for (const [name, field] of Object.entries(OF_THE_CHAIN)) put(`chain_${name}`, settings.chain[name], field.value);
  put("mode", settings.mode, MODE.value);
  put("points", settings.data === "own" ? toText(settings.drawn) : "", "");
  return query;
}

// What one network's training needs.
export function forTraining(settings, sign) {
  const { batch, seed } = settings;
  return { ...settings[sign], batch, seed };
}

function parsed({ options, low, high, step }, text) {
  if (text === null || text === "") return null;
  if (options) return options.find((option) => String(option) === text) ?? null;
  const value = Number(text);
  if (!(value >= low && value <= high)) return null;
  return Number((Math.round(value / step) * step).toFixed(6));
}

// Drawn points as three characters each: two places of 64 steps, and the class.
function toText(points) {
  const digit = (value) => DIGITS[Math.min(63, Math.floor(((value + EDGE) / (2 * EDGE)) * 64))];
  return points.map(([x, y, side]) => digit(x) + digit(y) + (side > 0 ? "a" : "b")).join("");
}

function fromText(text) {
  const place = (digit) => ((DIGITS.indexOf(digit) + 0.5) / 64) * 2 * EDGE - EDGE;
  return (text.match(/[\w-]{2}[ab]/g) ?? [])
    .slice(0, MOST_DRAWN)
    .map(([x, y, side]) => [place(x), place(y), side === "a" ? 1 : -1]);
}
