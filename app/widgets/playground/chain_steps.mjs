// How many steps chains need, by the number of layers: median and quartiles of twelve seeds.

import { MOST_STEPS, descend, initial } from "./chain.mjs";
import { Curves } from "./curves.mjs";
import { element } from "./dom.mjs";
import { families } from "./palette.mjs";

const DEPTHS = [1, 2, 3, 5, 7, 10, 15, 20];
const SEEDS = 12;
const FORMS = ["plain", "residual"];
const TURN = 12; // ms of descents before the page may draw
const WAIT = 150; // ms after the last change

export class StepsByLayers {
  constructor(words) {
    this.words = words;
    this.chart = new Curves("steps", null);
    this.chart.setWords(words["chain.by_layers"], words["chain.note_by_layers"]);
    this.table = element("table", { class: "pp-spoken" });
    this.root = this.chart.root;
    this.root.append(this.table);
    this.key = null;
  }

  // Computes anew where the settings differ in more than the layers and the seed shown.
  draw(settings, dark) {
    const { layers, seed, ...rest } = settings;
    Object.assign(this, { layers, dark });
    const key = JSON.stringify(rest);
    if (key !== this.key) {
      this.key = key;
      this.stop();
      this.results = Object.fromEntries(FORMS.map((form) => [form, []]));
      const jobs = DEPTHS.flatMap((depth) => FORMS.map((form) => ({ depth, form, seed: 1, steps: [] })));
      this.timer = window.setTimeout(() => this.work(jobs, rest), WAIT);
    }
    this.show();
  }

  // One descent after another; the page draws between turns.
  work(jobs, settings) {
    const begun = performance.now();
    while (jobs.length && performance.now() - begun < TURN) {
      const [job] = jobs;
      const asked = { ...settings, layers: job.depth, seed: job.seed };
      job.steps.push(descend(job.form, initial(job.form, asked), asked).steps);
      job.seed += 1;
      if (job.seed <= SEEDS) continue;
      this.results[job.form].push({ depth: job.depth, ...quartiles(job.steps) });
      jobs.shift();
      this.show();
    }
    if (jobs.length) this.timer = window.setTimeout(() => this.work(jobs, settings));
    this.root.dataset.done = String(!jobs.length);
  }

  stop() {
    window.clearTimeout(this.timer);
    this.root.dataset.done = "false";
  }

  show() {
    const colours = families(this.dark);
    const shown = (steps) => Math.max(1, Math.min(MOST_STEPS, steps)); // a logarithm has no 0
    const of = (form) => this.results[form];
    const lines = FORMS.map((form) => ({
      x: of(form).map(({ depth }) => depth), color: colours[form],
      y: of(form).map(({ median }) => (Number.isFinite(median) ? shown(median) : null)),
    }));
    const bands = FORMS.map((form) => ({
      x: of(form).map(({ depth }) => depth), color: `${colours[form]}33`,
      low: of(form).map(({ low }) => shown(low)), high: of(form).map(({ high }) => shown(high)),
    }));
    this.chart.draw({ lines, bands, x: [0, DEPTHS.at(-1)], y: [0, Math.log10(MOST_STEPS)], log: true, cursor: this.layers }, this.dark);
    const row = (cells, kind) => element("tr", {}, ...cells.map((text) => element(kind, { text })));
    const cell = (form, depth) => of(form).find((one) => one.depth === depth)?.median ?? "–";
    this.table.replaceChildren(
      row([this.words["chain.label.layers"], ...FORMS.map((form) => this.words[`chain.name.${form}`])], "th"),
      ...DEPTHS.map((depth) => row([depth, ...FORMS.map((form) => (cell(form, depth) === Infinity ? "–" : cell(form, depth)))], "td")));
  }
}

// As in resnet_core/labs/convergence/verdicts.py: no mean of two, for one of them may be Infinity.
function quartiles(steps) {
  const sorted = [...steps].sort((a, b) => a - b);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  return { low: at(0.25), median: at(0.5), high: at(0.75) };
}
