// Play, pause, one step, reset, speed, and the time that is shown: the newest or one before.

import { element, fill } from "./dom.mjs";

const STEPS = 1000; // of the slider
const SPEEDS = [5, 50, Infinity]; // updates a second

export class Transport {
  // on: {onRate, onStep, onReset, onTime}; `before`: the one that this replaces, with its state.
  constructor(words, on, before) {
    Object.assign(this, { words, ...on, playing: before?.playing ?? false, speed: before?.speed ?? Infinity });
    Object.assign(this, { at: before?.at ?? null, reached: before?.reached ?? 0 });
    const button = (name, text, onclick) => element("button", { type: "button", class: `pp-${name}`, text, title: words[name], "aria-label": words[name], onclick });
    this.toggle = button("play", "▶", () => (this.playing ? this.pause() : this.play()));
    const step = button("step", "▸|", () => this.stepOnce());
    const reset = button("reset", "↺", () => this.onReset());
    this.select = element("select", { "aria-label": words["label.speed"] }, ...SPEEDS.map((speed) => element("option", { value: speed, text: words[`speed.${speed}`] })));
    this.select.addEventListener("change", () => this.setSpeed(Number(this.select.value)));
    this.slider = element("input", { type: "range", min: 0, max: STEPS, class: "pp-time", "aria-label": words.time });
    this.slider.addEventListener("input", () => this.drag());
    this.output = element("output", { class: "pp-step-count" });
    this.newest = element("button", { type: "button", class: "pp-newest", text: words.newest, onclick: () => this.set(null) });
    this.root = element("div", { class: "pp-transport" }, this.toggle, step, reset, this.select, this.slider, this.output, this.newest);
    this.show();
  }

  get rate() {
    return this.playing ? this.speed : 0;
  }

  get time() {
    return this.at ?? this.reached;
  }

  play() {
    this.playing = true;
    this.set(null);
    this.onRate(this.rate);
  }

  pause() {
    this.playing = false;
    this.onRate(0);
    this.show();
  }

  stepOnce() {
    this.pause();
    this.set(null);
    this.onStep();
  }

  setSpeed(speed) {
    this.speed = speed;
    this.onRate(this.rate);
  }

  restart() {
    Object.assign(this, { at: null, reached: 0 });
    this.show();
  }

  extend(reached) {
    this.reached = reached;
    this.show();
  }

  drag() {
    const share = Number(this.slider.value) / STEPS;
    this.set(share >= 1 ? null : Math.round(share * this.reached));
  }

  set(at) {
    this.at = at;
    this.show();
    this.onTime();
  }

  show() {
    const { words } = this;
    this.toggle.textContent = this.playing ? "❚❚" : "▶";
    this.toggle.title = this.playing ? words.pause : words.play;
    this.toggle.setAttribute("aria-label", this.toggle.title);
    this.select.value = String(this.speed);
    this.slider.value = this.reached ? (this.time / this.reached) * STEPS : STEPS;
    const text = fill(words.updates, { n: this.time.toLocaleString("en") });
    this.output.textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
    this.newest.hidden = this.at === null;
  }
}
