// One time for all panels: a slider with play and pause, and a button to the newest.

import { element, fill } from "./dom.mjs";

const STEPS = 1000;
const WHOLE_TIME = 9000; // ms to play from the beginning to the end

export class Scrubber {
  // onTime(time or null): null follows the newest.
  constructor(onTime) {
    this.onTime = onTime;
    this.at = null;
    this.reached = 0;
    this.playing = false;
    this.play = element("button", { type: "button", class: "pg-play", onclick: () => this.toggle() });
    this.slider = element("input", { type: "range", min: 0, max: STEPS, step: 1, class: "pg-slider" });
    this.slider.addEventListener("input", () => this.drag());
    this.newest = element("button", { type: "button", class: "pg-newest", onclick: () => this.go(null) });
    this.output = element("output", { class: "pg-time" });
    this.root = element("div", { class: "pg-scrubber" }, this.play, this.slider, this.output, this.newest);
  }

  setWords(words) {
    this.words = words;
    this.slider.setAttribute("aria-label", words.time);
    this.newest.textContent = words.newest;
    this.show();
  }

  // The runs have reached this time; `active` if they go on.
  extend(reached, axis, active) {
    this.reached = reached;
    this.axis = axis;
    this.root.hidden = !(reached > 0);
    this.root.classList.toggle("pg-active", active);
    if (this.at !== null && this.at >= reached) this.at = null;
    this.show();
  }

  get time() {
    return this.at ?? this.reached;
  }

  go(at) {
    this.pause();
    this.set(at);
  }

  drag() {
    const place = Number(this.slider.value);
    this.go(place >= STEPS ? null : (place / STEPS) * this.reached);
  }

  toggle() {
    if (this.playing) return this.pause();
    this.playing = true;
    let before = null;
    let at = this.at ?? 0;
    const frame = (now) => {
      if (!this.playing) return;
      at += ((now - (before ?? now)) / WHOLE_TIME) * this.reached;
      before = now;
      if (at >= this.reached) {
        this.playing = false;
        this.set(null);
        return;
      }
      this.set(at);
      window.requestAnimationFrame(frame);
    };
    window.requestAnimationFrame(frame);
    this.show();
  }

  pause() {
    this.playing = false;
    this.show();
  }

  set(at) {
    this.at = at;
    this.show();
    this.onTime(at);
  }

  show() {
    if (!this.words) return;
    this.play.textContent = this.playing ? "❚❚" : "▶";
    this.play.setAttribute("aria-label", this.playing ? this.words.pause : this.words.play);
    this.play.title = this.playing ? this.words.pause : this.words.play;
    const share = this.reached ? this.time / this.reached : 1;
    this.slider.value = Math.round(share * STEPS);
    this.slider.style.setProperty("--share", `${share * 100}%`);
    this.newest.hidden = this.at === null;
    const text = this.axis ? this.timeText(this.time) : "";
    this.output.textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
  }

  timeText(time) {
    const digits = this.axis === "epochs" ? 1 : 0;
    const n = time.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return fill(this.words.at[this.axis], { n });
  }
}
