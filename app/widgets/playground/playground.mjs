// The playground: two networks train in a worker, and everything shown follows one time.

import { Card } from "./card.mjs";
import { ChainView } from "./chain_view.mjs";
import { Controls } from "./controls.mjs";
import { Curves, decades } from "./curves.mjs";
import { dataset } from "./data.mjs";
import { Depths } from "./depths.mjs";
import { element } from "./dom.mjs";
import { experimentList } from "./experiments.mjs";
import { Guess } from "./guess.mjs";
import { networkColours } from "./palette.mjs";
import { Record } from "./record.mjs";
import { saveButtons } from "./saving.mjs";
import { whatIsSeen } from "./sentence.mjs";
import { MODE, SIGNS, forTraining, fromQuery, toQuery } from "./settings.mjs";
import { Transport } from "./transport.mjs";

const MOST_UPDATES = 20000; // then it pauses by itself: a phone's battery is finite
const LONG_DRAWING = 20; // ms
const SPOKEN = 4000; // ms between sentences for a screen reader
const MOST_DRAWN = 300;

export class Playground {
  // `newWorker(name)`: gives a Worker that runs NAME_worker.mjs.
  constructor(parent, newWorker) {
    this.parent = parent;
    const query = new URLSearchParams(window.location.search);
    this.settings = fromQuery(query);
    this.hidden = new Set((query.get("hide") ?? "").split(",").filter(Boolean));
    this.embedded = query.has("embed");
    this.id = 0;
    this.record = new Record();
    this.selected = { layer: Math.ceil(this.settings.a.depth / 2), unit: 0 };
    this.signal = false; // gradient norms of the signal in place of the weights
    this.side = 1; // class of the next point that is drawn
    this.newWorker = newWorker;
    this.worker = newWorker("training");
    this.worker.onmessage = ({ data }) => this.receive(data);
    this.onPop = () => this.readAddress();
    window.addEventListener("popstate", this.onPop);
    this.resized = new ResizeObserver(() => this.schedule());
  }

  // Words and colours may change while a training goes on.
  update({ words, dark }) {
    const rebuild = words !== this.words && JSON.stringify(words) !== JSON.stringify(this.words);
    this.dark = dark;
    this.words = words;
    if (rebuild) this.build();
    if (!this.id && this.settings.mode === "networks") this.begin();
    this.schedule();
  }

  begin() {
    this.restart();
    this.transport.play();
  }

  build() {
    const { words, hidden } = this;
    this.controls?.dispose();
    this.controls = new Controls(words, hidden, (values, sign) => this.change(values, sign));
    const before = this.transport;
    this.transport = new Transport(words, {
      onRate: (rate) => this.worker.postMessage({ rate }),
      onStep: () => this.worker.postMessage({ step: true }),
      onReset: () => this.restart(),
      onTime: () => this.schedule(),
    }, before);
    const select = (layer, unit = this.selected.unit) => this.select(layer, unit);
    this.cards = Object.fromEntries(SIGNS.map((sign) => [sign, new Card(sign, words,
      hidden.has("shortcut") ? null : this.controls.shortcuts[sign], select, (x, y) => this.drawPoint(x, y))]));
    this.curves = {
      error: new Curves("error", null),
      response: new Curves("response", (layer) => select(layer)),
      gradient: new Curves("gradient", (layer) => select(layer)),
    };
    this.seen = element("p", { class: "pp-seen" });
    this.spoken = element("p", { class: "pp-spoken", role: "status" });
    this.guess = new Guess(words, () => this.beginGuess());
    this.depths = new Depths(words, () => this.newWorker("runs"), () => this.trainAllDepths(), this.depths);
    const kind = element("button", { type: "button", class: "pp-switch", onclick: () => { this.signal = !this.signal; this.schedule(); } });
    this.kind = kind;
    this.curves.gradient.root.querySelector("h3").after(kind);
    this.chain?.dispose();
    this.chain = new ChainView(words, (values) => this.setChain(values));
    this.networks = element("div", { class: "pp-networks" },
      ...(hidden.has("controls") ? [] : [element("div", { class: "pp-bar" }, this.transport.root, this.controls.root)]),
      this.own(),
      element("div", { class: "pp-findings" }, this.seen, ...(this.embedded || hidden.has("guess") ? [] : [this.guess.root])),
      this.spoken,
      element("div", { class: "pp-cards" }, ...SIGNS.map((sign) => this.cards[sign].root)),
      element("div", { class: "pp-panels" }, ...Object.values(this.curves).map(({ root }) => root)),
      ...(this.embedded ? [] : [
        element("div", { class: "pp-further" }, this.depths.root, saveButtons(this)),
        experimentList(words, (query) => this.load(fromQuery(query))),
      ]));
    const fresh = element("div", { class: "pp", lang: words.language },
      ...(this.embedded || hidden.has("mode") ? [] : [this.modes()]), this.networks);
    this.curves.error.setWords(words["curve.error"], words["curve.note_error"]);
    this.curves.response.setWords(words["curve.response"], words["curve.note_response"]);
    this.parent.dataset.mounts = Number(this.parent.dataset.mounts ?? 0) + 1;
    if (this.root) this.root.replaceWith(fresh);
    else this.parent.append(fresh);
    if (this.root) this.resized.unobserve(this.root);
    this.root = fresh;
    this.resized.observe(fresh);
    this.controls.show(this.settings);
    document.body.toggleAttribute("data-pp-embed", this.embedded);
  }

  // Two networks, or two chains of one number a layer.
  modes() {
    const { words } = this;
    this.modeButtons = MODE.options.map((mode) => element("button", {
      type: "button", text: words[`mode.${mode}`], onclick: () => this.setMode(mode),
    }));
    return element("div", { class: "pp-modes", role: "group", "aria-label": words["label.mode"] }, ...this.modeButtons);
  }

  // For points that the reader draws: their class, and a way to begin again.
  own() {
    const { words } = this;
    const side = element("button", { type: "button", onclick: () => { this.side = -this.side; this.schedule(); } });
    const clear = element("button", { type: "button", text: words["own.clear"], onclick: () => this.change({ drawn: [] }) });
    this.ownSide = side;
    this.ownRow = element("div", { class: "pp-own", hidden: "" }, element("span", { text: words["own.hint"] }), side, clear);
    return this.ownRow;
  }

  change(values, sign = null) {
    const settings = { ...this.settings };
    if (sign) for (const one of sign) settings[one] = { ...settings[one], ...values };
    else Object.assign(settings, values);
    this.load(settings);
  }

  // Shows other settings and trains anew; the picture stays until the first frame of them.
  load(settings, write = true) {
    this.settings = settings;
    this.guess.cancel();
    this.controls.show(settings);
    if (settings.mode === "chain") this.transport.pause();
    else this.restart();
    this.schedule();
    if (write) this.write();
  }

  // The chains in place of the networks, or back; a training waits meanwhile.
  setMode(mode) {
    this.settings = { ...this.settings, mode };
    if (mode === "chain") this.transport.pause();
    else if (!this.id) this.begin();
    this.schedule();
    this.write();
  }

  setChain(values) {
    this.settings = { ...this.settings, chain: { ...this.settings.chain, ...values } };
    this.schedule();
    this.write();
  }

  restart() {
    this.id += 1;
    this.points = dataset(this.settings);
    this.worker.postMessage({
      start: { id: this.id, networks: SIGNS.map((sign) => forTraining(this.settings, sign)), data: this.settings },
    });
    this.transport.restart();
    if (this.rested) this.transport.play();
    else this.worker.postMessage({ rate: this.transport.rate });
    this.rested = false;
    this.stale = true;
    this.schedule();
  }

  receive(frame) {
    if (frame.id !== this.id) return;
    if (this.stale) this.record = new Record();
    this.stale = false;
    this.record.add(frame);
    this.transport.extend(frame.step);
    if (frame.step >= MOST_UPDATES && this.transport.playing) {
      this.rested = true; // until something is changed
      this.transport.pause();
    }
    this.schedule(() => {
      // On a slow machine drawings leave the page as much time again for everything else.
      const pause = this.drawing > LONG_DRAWING ? 1.5 * this.drawing : 0;
      window.setTimeout(() => this.worker.postMessage({ taken: true }), pause);
    });
  }

  // One drawing a frame of the screen, however many reasons there are.
  schedule(after = null) {
    if (after) this.after = after;
    if (this.scheduled) return;
    this.scheduled = window.requestAnimationFrame(() => {
      this.scheduled = null;
      const began = performance.now();
      if (this.root?.isConnected) this.draw();
      this.drawing = performance.now() - began; // ms
      this.after?.();
      this.after = null;
    });
  }

  draw() {
    const chain = this.settings.mode === "chain";
    this.networks.hidden = chain;
    if (!chain) this.chain.root.remove();
    else if (!this.chain.root.isConnected) this.root.append(this.chain.root);
    this.modeButtons?.forEach((button, index) => button.setAttribute("aria-pressed", MODE.options[index] === this.settings.mode));
    if (chain) this.chain.show(this.settings.chain, this.dark);
    else this.drawNetworks();
    this.root.dataset.drawn = Number(this.root.dataset.drawn ?? 0) + 1;
  }

  drawNetworks() {
    const { settings, words, dark, record, selected } = this;
    const { frame, pictures } = record.at(this.transport.time);
    const colours = networkColours(settings, dark);
    const drawing = settings.data === "own";
    this.ownRow.hidden = !drawing;
    this.ownSide.textContent = words[this.side > 0 ? "own.first" : "own.second"];
    SIGNS.forEach((sign, index) => {
      const card = this.cards[sign];
      card.plane.setDrawable(drawing);
      card.draw({
        settings: settings[sign], measured: frame?.networks[index], pictures: pictures?.networks[index],
        points: this.points, selected, dark, colour: colours[sign],
      });
    });
    this.drawCurves(frame, colours);
    this.depths.draw(colours, dark);
    this.seen.textContent = this.points.rows > 1 ? whatIsSeen(frame, settings, words) : words["own.none"];
    this.guess.show(record.frames);
    this.speak();
    this.root.dataset.step = frame?.step ?? -1;
  }

  drawCurves(frame, colours) {
    const { record, words, dark, selected } = this;
    const steps = record.frames.map(({ step }) => step);
    const errors = SIGNS.map((sign, index) => ({
      x: steps, y: record.frames.map(({ networks }) => 100 * networks[index].error), color: colours[sign],
    }));
    const end = Math.max(100, record.last?.step ?? 0);
    this.curves.error.draw({ lines: errors, x: [0, end], y: [0, 60], cursor: Math.min(this.transport.time, end) }, dark);
    const deepest = Math.max(...SIGNS.map((sign) => this.settings[sign].depth));
    const byLayer = (name) => SIGNS.map((sign, index) => {
      const values = frame?.networks[index][name] ?? [];
      return { x: values.map((_, layer) => layer), y: values.map((value) => (value > 0 ? value : null)), color: colours[sign] };
    });
    const draw = (panel, name) => {
      const lines = byLayer(name);
      panel.draw({ lines, x: [0, deepest], y: decades(lines.map(({ y }) => y)), log: true, cursor: Math.min(selected.layer, deepest) }, dark);
    };
    draw(this.curves.response, "responses");
    draw(this.curves.gradient, this.signal ? "signals" : "weights");
    this.curves.gradient.setWords(words[this.signal ? "curve.signal" : "curve.gradient"], words["curve.note_gradient"]);
    this.kind.textContent = words[this.signal ? "curve.to_weights" : "curve.to_signal"];
  }

  // Say what is seen to a screen reader: at most every few seconds, and the last sentence always.
  speak() {
    const wait = SPOKEN - (performance.now() - (this.spokenAt ?? -SPOKEN));
    if (wait > 0) {
      this.speaksLater ??= window.setTimeout(() => {
        this.speaksLater = undefined;
        this.speak();
      }, wait);
      return;
    }
    this.spokenAt = performance.now();
    if (this.spoken.textContent !== this.seen.textContent) this.spoken.textContent = this.seen.textContent;
  }

  select(layer, unit) {
    const deepest = Math.max(...SIGNS.map((sign) => this.settings[sign].depth));
    this.selected = { layer: Math.max(0, Math.min(layer, deepest)), unit };
    this.schedule();
  }

  drawPoint(x, y) {
    if (this.settings.drawn.length >= MOST_DRAWN) return;
    this.change({ drawn: [...this.settings.drawn, [x, y, this.side]] });
  }

  // Takes the processor for itself.
  trainAllDepths() {
    this.transport.pause();
    this.depths.begin(this.settings);
  }

  // 40 plain layers beside 10, all else as at first.
  beginGuess() {
    const { a, b } = this.settings;
    const plain = { ...a, shortcut: 0 };
    this.load({ ...this.settings, data: "spiral", a: { ...plain, depth: 40 }, b: { ...plain, width: b.width, depth: 10 } });
    this.transport.play();
  }

  // A moment after the last change, so that a slider does not fill the history.
  write() {
    window.clearTimeout(this.writing);
    this.writing = window.setTimeout(() => this.address((query) => toQuery(this.settings, query)), 300);
  }

  // Back and forward; a link within the page changes no setting.
  readAddress() {
    const settings = fromQuery(new URLSearchParams(window.location.search));
    if (JSON.stringify(settings) !== JSON.stringify(this.settings)) this.load(settings, false);
  }

  // Changes the parameters of the URL in place.
  address(change) {
    const query = new URLSearchParams(window.location.search);
    change(query);
    const { pathname } = window.location;
    window.history.replaceState(window.history.state, "", query.size ? `${pathname}?${query}` : pathname);
  }

  dispose() {
    window.clearTimeout(this.writing);
    window.removeEventListener("popstate", this.onPop);
    window.cancelAnimationFrame(this.scheduled);
    this.resized.disconnect();
    this.controls?.dispose();
    this.chain?.dispose();
    this.worker.terminate();
    this.depths?.forget();
    this.root?.remove();
    document.body.removeAttribute("data-pp-embed");
  }
}
