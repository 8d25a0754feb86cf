// "All depths": both networks' settings at 2 to 40 layers, five seeds each, error by depth.

import { Curves } from "./curves.mjs";
import { element, fill } from "./dom.mjs";
import { median, runAll } from "./many_runs.mjs";
import { SIGNS, forTraining } from "./settings.mjs";

export const DEPTHS = [2, 4, 10, 20, 30, 40];
export const SEEDS = [1, 2, 3, 4, 5];
const UPDATES = 1000;

export class Depths {
  // onBegin(): called before the trainings; newWorker(): gives a worker of runs_worker.mjs.
  constructor(words, newWorker, onBegin, before) {
    Object.assign(this, { words, newWorker, onBegin, errors: before?.errors ?? null, runs: before?.runs });
    before?.forget();
    this.button = element("button", { type: "button", text: words["depths.begin"], onclick: () => (this.running ? this.stop() : this.onBegin(this)) });
    this.status = element("span", { role: "status" });
    this.chart = new Curves("depths", null);
    this.chart.setWords(words["depths.title"], words["depths.note"]);
    this.chart.root.hidden = !this.errors;
    this.table = element("table", { class: "pp-spoken" });
    this.root = element("section", { class: "pp-depths" }, element("div", { class: "pp-own" }, this.button, this.status), this.chart.root, this.table);
  }

  get running() {
    return Boolean(this.runs);
  }

  // Trains with these settings at every depth.
  begin(settings) {
    const runs = [];
    this.errors = Object.fromEntries(SIGNS.map((sign) => [sign, DEPTHS.map(() => [])]));
    // The shallow ones first: something is to be seen after a second.
    DEPTHS.forEach((depth, place) => SEEDS.forEach((seed) => SIGNS.forEach((sign) => runs.push({
      key: [sign, place], updates: UPDATES, data: { ...settings, seed },
      settings: { ...forTraining(settings, sign), depth, seed },
    }))));
    let done = 0;
    this.runs = runAll(runs, this.newWorker, ({ key: [sign, place], error }) => {
      this.errors[sign][place].push(error);
      done += 1;
      this.status.textContent = done < runs.length ? fill(this.words["depths.progress"], { done, all: runs.length }) : "";
      if (done === runs.length) this.stop();
      this.draw();
    });
    this.chart.root.hidden = false;
    this.show();
  }

  stop() {
    this.runs?.stop();
    this.runs = null;
    this.show();
  }

  // Another view of the same takes over, or the page is left.
  forget() {
    this.runs?.stop();
    this.runs = null;
  }

  show() {
    this.button.textContent = this.words[this.running ? "depths.stop" : "depths.begin"];
    if (!this.running) this.status.textContent = "";
  }

  // With the colours of the two networks.
  draw(colours = this.colours, dark = this.dark) {
    Object.assign(this, { colours, dark });
    if (!this.errors || !colours) return;
    const series = SIGNS.map((sign) => {
      const places = DEPTHS.map((_, place) => place).filter((place) => this.errors[sign][place].length);
      const of = (choose) => places.map((place) => 100 * choose(this.errors[sign][place]));
      return {
        x: places.map((place) => DEPTHS[place]), y: of(median), color: colours[sign],
        low: of((values) => Math.min(...values)), high: of((values) => Math.max(...values)),
      };
    });
    const bands = series.map((one) => ({ ...one, color: `${one.color}33` }));
    this.chart.draw({ lines: series, bands, x: [0, DEPTHS.at(-1)], y: [0, 60] }, dark);
    const row = (cells, kind) => element("tr", {}, ...cells.map((text) => element(kind, { text })));
    this.table.replaceChildren(row([this.words["label.depth"], ...SIGNS.map((sign) => this.words[`network.${sign}`])], "th"),
      ...DEPTHS.map((depth, place) => row([depth, ...SIGNS.map((sign) => this.errors[sign][place].length ? `${(100 * median(this.errors[sign][place])).toFixed(1)} %` : "–")], "td")));
  }
}
