// Two chains of one number a layer, plain and residual, side by side; see chain.mjs.

import { FORMS, MOST_STEPS, descend, initial, product } from "./chain.mjs";
import { StepsByLayers } from "./chain_steps.mjs";
import { slider } from "./controls.mjs";
import { Curves } from "./curves.mjs";
import { element, fill, short } from "./dom.mjs";
import { families } from "./palette.mjs";
import { OF_THE_CHAIN } from "./settings.mjs";
import { Surface } from "./surface.mjs";

const CARDS = ["plain", "residual"];
const MOST_POINTS = 300; // of a curve
const PLAY = 4000; // ms for all steps
const ROWS = 150; // pixels of the bars' height
const TALLEST = 3; // a factor that fills it, up or down

export class ChainView {
  // onChange(values): of the settings of settings.mjs, OF_THE_CHAIN. With `surfaceOnly` there are two
  // layers, their surface, and the sliders that bear on them.
  constructor(words, onChange, { surfaceOnly = false } = {}) {
    Object.assign(this, { words, surfaceOnly, step: Infinity });
    const names = Object.keys(OF_THE_CHAIN).filter((name) => !(surfaceOnly && name === "layers"));
    this.sliders = names.map((name) => [name, slider(words[`chain.label.${name}`], OF_THE_CHAIN[name], (value) => onChange({ [name]: value }))]);
    this.seen = element("p", { class: "pp-seen" });
    this.spoken = element("p", { class: "pp-spoken", role: "status" });
    this.surface = new Surface();
    this.cards = surfaceOnly ? [] : CARDS.map((form) => new ChainCard(form, words));
    this.curves = new Curves("product", null);
    this.curves.setWords(words["chain.product"], words["chain.note_product"]);
    this.steps = surfaceOnly ? null : new StepsByLayers(words);
    this.root = element("div", { class: surfaceOnly ? "pp pp-chain" : "pp-chain", lang: words.language },
      ...(surfaceOnly ? [] : [element("p", { class: "pp-lead", text: words["chain.lead"] })]),
      element("div", { class: "pp-bar" }, this.timeRow(), element("div", { class: "pp-controls" }, ...this.sliders.map(([, { root }]) => root))),
      element("div", { class: "pp-findings" }, this.seen), this.spoken,
      ...(surfaceOnly ? [] : [element("div", { class: "pp-cards" }, ...this.cards.map(({ root }) => root))]),
      element("div", { class: "pp-panels" }, this.surfacePanel(), ...(surfaceOnly ? [] : [this.curves.root, this.steps.root])),
      ...(surfaceOnly ? [] : [element("p", { class: "pp-note", text: words["chain.carry"] })]));
  }

  // Play, and the step that is shown.
  timeRow() {
    const { words } = this;
    this.playButton = element("button", { type: "button", class: "pp-play", text: "▶", title: words["chain.play"], "aria-label": words["chain.play"], onclick: () => this.play() });
    this.time = element("input", { type: "range", min: 0, class: "pp-time", "aria-label": words["chain.time"] });
    this.time.addEventListener("input", () => {
      this.stop();
      this.go(Number(this.time.value));
    });
    this.output = element("output", { class: "pp-step-count" });
    return element("div", { class: "pp-transport" }, this.playButton, this.time, this.output);
  }

  surfacePanel() {
    const { words } = this;
    return element("section", { class: "pp-panel pp-panel-surface" },
      element("h3", { "aria-level": 2, text: words["chain.surface"] }), this.surface.canvas, element("p", { class: "pp-note", text: words["chain.note_surface"] }));
  }

  // Shows other settings, at their last step.
  show(settings, dark) {
    const changed = JSON.stringify(settings) !== JSON.stringify(this.settings);
    Object.assign(this, { settings, dark });
    for (const [name, { show }] of this.sliders) show(settings[name]);
    if (changed) this.compute();
    this.steps?.draw(settings, dark);
    this.draw();
  }

  compute() {
    const { settings } = this;
    const run = (form, layers) => descend(form, initial(form, { ...settings, layers }), settings, { keep: true });
    const layers = this.surfaceOnly ? 2 : settings.layers;
    this.runs = Object.fromEntries(FORMS.map((form) => [form, run(form, layers)]));
    this.paths = Object.fromEntries(FORMS.map((form) => [form, run(form, 2).path])); // on the surface
    this.stop();
    const all = [...Object.values(this.runs).map(({ path }) => path), ...Object.values(this.paths)];
    this.step = this.last = Math.max(...all.map((path) => path.length - 1));
  }

  go(step) {
    this.step = Math.min(step, this.last);
    this.draw();
  }

  // From the start to the end, in a few seconds however many steps there are.
  play() {
    if (this.playing) return this.stop();
    const begun = performance.now();
    const turn = (now) => {
      const share = Math.min(1, Math.max(0, now - begun) / PLAY);
      this.go(Math.round(share ** 2 * this.last)); // slower at first, where most happens
      this.playing = share < 1 && this.root.isConnected ? window.requestAnimationFrame(turn) : null;
      this.showButton();
    };
    this.playing = window.requestAnimationFrame(turn);
    this.showButton();
  }

  stop() {
    window.cancelAnimationFrame(this.playing);
    this.playing = null;
    this.showButton();
  }

  showButton() {
    const word = this.words[this.playing ? "pause" : "chain.play"];
    this.playButton.textContent = this.playing ? "❚❚" : "▶";
    this.playButton.title = word;
    this.playButton.setAttribute("aria-label", word);
  }

  draw() {
    const { words, settings, dark, step, last } = this;
    const colours = families(dark);
    this.time.max = last;
    this.time.value = step;
    this.output.textContent = fill(words["chain.step"], { n: step.toLocaleString("en") });
    this.time.setAttribute("aria-valuetext", this.output.textContent);
    for (const card of this.cards) card.draw(this.runs[card.form], step, colours[card.form]);
    const path = (form, color, dashed) => ({ points: this.paths[form], color, dashed });
    this.surface.draw({
      target: settings.target, step, labels: { first: words["chain.first"], second: words["chain.second"] },
      paths: [path("plain", colours.plain), path("residual", colours.residual), path("shifted", dark ? "#ffd166" : "#1b2430", true)],
    }, dark);
    const text = this.sentence();
    this.surface.canvas.setAttribute("aria-label", `${words["chain.surface"]}. ${words["chain.note_surface"]} ${text}`);
    this.seen.textContent = text;
    if (!this.playing && this.spoken.textContent !== text) this.spoken.textContent = text;
    if (!this.surfaceOnly) this.drawCurves(colours);
    this.root.dataset.step = step;
  }

  drawCurves(colours) {
    const lines = CARDS.map((form) => {
      const { path } = this.runs[form];
      const every = Math.ceil(path.length / MOST_POINTS);
      const steps = path.map((_, at) => at).filter((at) => at % every === 0 || at === path.length - 1);
      return { x: steps, y: steps.map((at) => Math.max(-3, Math.min(3, product(path[at])))), color: colours[form] };
    });
    this.curves.draw({ lines, x: [0, Math.max(1, this.last)], y: [Math.min(-1, this.settings.target - 0.5), 3], cursor: this.step }, this.dark);
  }

  // What came out, computed.
  sentence() {
    const { words, runs } = this;
    const steps = (form) => stepsInWords(runs[form], words);
    const layers = this.surfaceOnly ? 2 : this.settings.layers;
    const first = fill(words["chain.seen"], { layers, plain: steps("plain"), residual: steps("residual") });
    const same = runs.shifted.steps === runs.residual.steps && Number.isFinite(runs.residual.steps);
    return `${first} ${fill(words[same ? "chain.same" : "chain.apart"], { shifted: steps("shifted") })}`;
  }

  dispose() {
    this.stop();
    this.steps?.stop();
  }
}

// One chain: its product, its steps, and each layer's factor as a bar.
class ChainCard {
  constructor(form, words) {
    Object.assign(this, { form, words });
    this.product = element("output", { class: "pp-error" });
    this.steps = element("span", { class: "pp-note" });
    this.bars = element("div", { class: "pp-bars", role: "img" });
    this.root = element("section", { class: "pp-card" },
      element("header", {}, element("h3", { "aria-level": 2, text: words[`chain.name.${form}`] }), this.product, this.steps),
      this.bars, element("p", { class: "pp-note", text: words["chain.note_factors"] }));
  }

  draw(run, step, colour) {
    const { words } = this;
    const factors = [...run.path[Math.min(step, run.path.length - 1)]];
    this.root.style.setProperty("--network", colour);
    this.product.textContent = fill(words["chain.is"], { product: short(product(factors)) });
    this.steps.textContent = stepsInWords(run, words);
    this.bars.setAttribute("aria-label", `${words["chain.note_factors"]} ${factors.map(short).join(", ")}`);
    const [wide, middle] = [100 / factors.length, ROWS / 2];
    const parts = factors.map((factor, layer) => {
      const tall = (Math.min(TALLEST, Math.abs(factor)) / TALLEST) * middle || 0;
      return `<rect x="${(layer + 0.12) * wide}" width="${0.76 * wide}" y="${factor > 0 ? middle - tall : middle}" height="${tall}" fill="${colour}"/>`;
    });
    const one = middle - middle / TALLEST;
    this.bars.innerHTML = `<svg viewBox="0 0 100 ${ROWS}" preserveAspectRatio="none" aria-hidden="true">${parts.join("")}`
      + `<path d="M0 ${middle}H100" class="pp-zero"/><path d="M0 ${one}H100" class="pp-one"/></svg>`;
  }
}

function stepsInWords({ steps }, words) {
  if (Number.isFinite(steps)) return fill(words["chain.steps"], { n: steps.toLocaleString("en") });
  return fill(words["chain.never"], { n: MOST_STEPS.toLocaleString("en") });
}
