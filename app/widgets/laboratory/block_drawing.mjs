// A plain and a residual block of one number each, animated: what gradient descent does to y.
//
//   plain     y = W x          residual   y = W x + x
//
// Both begin at the same small W, unless the plain block starts at the identity as well. The loss
// is half the squared distance of y from the target, x = 1.

import { factors, updated } from "./chain.mjs";

const RATE = 0.15;
const START = 0.1; // of W
const STEPS = 40;
const NEAR = 0.02; // of the target: it is reached
const PLAY = 3500; // ms for all steps
const TARGETS = { identity: 1, zero: 0, negative: -1 };
const FORMS = ["plain", "residual"];
const [WIDTH, HEIGHT, MIDDLE, UNIT] = [360, 170, 85, 52]; // of the drawing; pixels of y = 1

// What the block multiplies x by: a chain of one layer.
export function factor(form, w) {
  return factors(form, [w])[0];
}

// W after every step.
export function descent(form, start, target) {
  const path = [start];
  while (path.length <= STEPS) path.push(updated(form, [path.at(-1)], { rate: RATE, decay: 0, target })[0]);
  return path;
}

// The first step at which y is near the target.
export function arrived(form, path, target) {
  return path.findIndex((w) => Math.abs(factor(form, w) - target) < NEAR);
}

export function open(parent) {
  const state = { target: "identity", step: 0, shifted: false, playing: null };
  let view = null;
  const update = (data) => {
    if (!view || JSON.stringify(data) !== view.key) {
      view?.stop();
      view = build(parent, data, state);
      view.key = JSON.stringify(data);
    }
  };
  return { update, close: () => view?.stop() };
}

function build(parent, { words, colours }, state) {
  const root = document.createElement("div");
  root.className = "blocks";
  const button = (text, action) => {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
    made.addEventListener("click", action);
    return made;
  };
  const targets = Object.keys(TARGETS).map((name) => [name, button(words[name], () => { state.target = name; play(0); })]);
  const playing = button("▶", () => (state.playing ? stop() : play(state.step < STEPS ? state.step : 0)));
  const time = Object.assign(document.createElement("input"), { type: "range", min: 0, max: STEPS, value: state.step });
  time.setAttribute("aria-label", words.time);
  time.addEventListener("input", () => { stop(); state.step = Number(time.value); draw(); });
  const shifted = Object.assign(document.createElement("input"), { type: "checkbox", checked: state.shifted });
  shifted.addEventListener("change", () => { state.shifted = shifted.checked; play(0); });
  const label = document.createElement("label");
  label.append(shifted, words.shifted);
  const [bar, pictures, told] = ["blocks-bar", "blocks-pictures", "blocks-told"].map((name) => {
    const part = document.createElement(name === "blocks-told" ? "p" : "div");
    part.className = name;
    return part;
  });
  told.setAttribute("role", "status");
  const group = document.createElement("span");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", words.target);
  group.append(words.target, ...targets.map(([, one]) => one));
  bar.append(group, playing, time, label);
  root.append(bar, pictures, told);
  parent.querySelector(".blocks")?.remove(); // the style sheet beside it stays
  parent.append(root);

  function stop() {
    window.cancelAnimationFrame(state.playing);
    state.playing = null;
    draw();
  }
  function play(from) {
    window.cancelAnimationFrame(state.playing);
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) {
      state.playing = null;
      state.step = STEPS;
      return draw();
    }
    const begun = performance.now() - (from / STEPS) * PLAY;
    const turn = (now) => {
      state.step = Math.min(STEPS, Math.max(0, Math.round(((now - begun) / PLAY) * STEPS)));
      state.playing = state.step < STEPS && root.isConnected ? window.requestAnimationFrame(turn) : null;
      draw();
    };
    state.playing = window.requestAnimationFrame(turn);
  }
  function draw() {
    const target = TARGETS[state.target];
    const starts = { plain: START + (state.shifted ? 1 : 0), residual: START };
    const paths = Object.fromEntries(FORMS.map((form) => [form, descent(form, starts[form], target)]));
    for (const [name, one] of targets) one.setAttribute("aria-pressed", String(name === state.target));
    playing.textContent = state.playing ? "❚❚" : "▶";
    playing.setAttribute("aria-label", state.playing ? words.pause : words.play);
    time.value = state.step;
    pictures.innerHTML = FORMS.map((form) => picture(form, paths[form][state.step], target, words, colours[form])).join("");
    const steps = Object.fromEntries(FORMS.map((form) => [form, arrived(form, paths[form], target)]));
    const begins = Object.fromEntries(FORMS.map((form) => [form, factor(form, starts[form]).toFixed(1)]));
    const first = fill(words.begins, begins);
    const then = fill(words.steps, { target: words[state.target], ...steps });
    const key = state.shifted ? "same" : steps.plain > steps.residual ? "residual_near" : "plain_near";
    const text = `${first} ${then} ${words[key]}`;
    if (told.textContent !== text) told.textContent = text;
    root.dataset.step = state.step;
  }
  draw();
  return { stop };
}

// One block: x, the layer W, the shortcut where there is one, and y against the target on a scale.
function picture(form, w, target, words, colour) {
  const y = factor(form, w);
  const residual = form === "residual";
  const at = (value) => MIDDLE - Math.max(-1.5, Math.min(1.5, value)) * UNIT;
  const wide = 1 + 5 * Math.min(1.5, Math.abs(w));
  const arrow = (path, width) => `<path d="${path}" class="blocks-flow" stroke-width="${width}"/>`;
  const text = (x, top, value, cls = "") => `<text x="${x}" y="${top}" class="${cls}">${value}</text>`;
  const shortcut = residual
    ? `${arrow("M46 85 C60 28 190 28 206 78", 4)}<circle cx="206" cy="85" r="9" class="blocks-sum"/>${text(206, 90, "+")}${text(126, 32, "x")}`
    : "";
  const name = words[`formula_${form}`];
  const said = fill(words.picture, { formula: name, y: y.toFixed(2), target });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${said}" style="--form:${colour}">
    ${text(8, 18, name, "blocks-name")}
    ${text(24, 90, "x")}${arrow("M36 85H86", 3)}
    <rect x="88" y="66" width="78" height="38" rx="6" class="blocks-layer"/>${text(127, 90, `W = ${signed(w)}`)}
    ${arrow(`M168 85H${residual ? 195 : 240}`, wide)}${residual ? arrow("M217 85H240", 1 + 5 * Math.abs(y)) : ""}${shortcut}
    <path d="M286 8V162" class="blocks-axis"/>
    ${[1, 0, -1].map((value) => `<path d="M282 ${at(value)}h8" class="blocks-axis"/>${text(272, at(value) + 4, signed(value, 0), "blocks-tick")}`).join("")}
    <path d="M282 ${at(target)}H356" class="blocks-target"/>${text(358, at(target) - 5, words.aim, "blocks-tick")}
    <rect x="292" y="${Math.min(at(0), at(y))}" width="26" height="${Math.max(1, Math.abs(at(y) - at(0)))}" class="blocks-bar-y"/>
    ${text(252, 90, "y")}</svg>`;
}

function signed(value, digits = 2) {
  return value.toFixed(digits).replace("-", "−");
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
