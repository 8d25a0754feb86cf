// The live charts: three panels, one time, one table. This module connects the parts, which do not
// import each other.

import { element, nextFrame } from "./dom.mjs";
import { ErrorPanel } from "./error_panel.mjs";
import { History } from "./history.mjs";
import { LayerPanel } from "./layer_panel.mjs";
import { Live } from "./live.mjs";
import { Readout } from "./readout.mjs";
import { Scrubber } from "./scrubber.mjs";

const QUANTITIES = ["response", "gradient"];
const SETTLED = 500; // ms after the last touch until the page's URL is updated
const LAYER = "playground:layer"; // event of views that show layers: {layer: number or null, from}

export class LiveCharts extends Live {
  constructor() {
    super();
    this.hidden = new Set();
    this.preview = null; // the time under the pointer
    this.layer = null; // the number of the layer under the pointer
    this.history = new History(() => this.refresh(), () => this.notice(this.sentence));
    this.scrubber = new Scrubber((time) => this.scrubbed(time));
    this.readout = new Readout((label) => this.toggle(label));
    const onPoint = (point) => this.pointed(point);
    this.error = new ErrorPanel("error", { onPoint, onZoom: () => this.share() });
    this.layers = QUANTITIES.map((name) => new LayerPanel(name, { onPoint, onZoom: () => {} }));
    this.panels = [this.error, ...this.layers];
    for (const panel of this.panels) panel.onMoved = () => this.schedule();
    this.poller = this.newPoller();
    this.build();
  }

  build() {
    this.caption = element("p", { class: "pg-caption" });
    this.message = element("p", { class: "pg-notice", role: "status" });
    this.message.hidden = true;
    const bar = element("div", { class: "pg-bar" }, this.scrubber.root, this.caption);
    this.grid = element("div", { class: "pg-panels" }, ...this.panels.map((panel) => panel.root));
    this.root = element("div", { class: "pg-charts pg-waiting" }, bar, this.message, this.grid, this.readout.root);
    this.watch = new ResizeObserver(() => this.resized());
    this.onLayer = (event) => this.highlight(event.detail);
  }

  // Into a page, for the first time or again.
  enter(parent) {
    // A test reads this: it must stay 1 however many points arrive.
    parent.dataset.mounts = Number(parent.dataset.mounts ?? 0) + 1;
    parent.append(this.root);
    this.entered = true;
    this.wasActive = false;
    this.watch.observe(this.grid);
    window.addEventListener(LAYER, this.onLayer);
    this.poller.resume();
  }

  // Off the page: no requests, no events, nothing under the pointer.
  rest() {
    document.body.removeAttribute("data-pg-lost");
    this.poller.stop();
    this.scrubber.pause();
    this.watch.disconnect();
    window.removeEventListener(LAYER, this.onLayer);
    this.panels.forEach((panel) => panel.rest());
    this.pointed(null);
  }

  get isOff() {
    return !this.root.isConnected;
  }

  // Whether everything is drawn as on a first visit.
  get isAsNew() {
    return this.panels.every((panel) => panel.listening && !panel.zoom)
      && this.hidden.size === 0 && this.scrubber.at === null && this.message.hidden;
  }

  // Whether these charts already show what a page with these data asks for.
  shows({ query, at, hidden, zoom, hold, play }) {
    const asNew = at === null && hidden.length === 0 && zoom === null && !hold && !play;
    return asNew && query === this.query && this.isAsNew;
  }

  resized() {
    if (this.entered) this.panels.forEach((panel) => panel.fit());
    this.entered = false;
    this.schedule();
  }

  // Called with the page's data whenever Streamlit runs the page.
  update(data, send) {
    this.send = send;
    this.words = data.words;
    this.remember = data.remember;
    this.sorted = data.order === "sorted";
    this.axis = data.x;
    this.root.classList.toggle("pg-compact", data.compact);
    this.root.lang = data.language;
    this.scrubber.setWords(data.words);
    for (const panel of this.panels) panel.reset.textContent = data.words.reset;
    for (const panel of this.layers) panel.plot.setAttribute("aria-description", data.words.keys);
    this.load(data);
    if (!this.started) this.begin(data);
    else if (this.held && !data.hold) this.letGo(data.play);
    this.root.classList.toggle("pg-empty", !data.query);
    if (!data.query) return this.notice(data.empty);
    if (data.query === this.query) return;
    this.query = data.query;
    this.history.reset(`${data.routes}/history?${data.query}`);
    this.notice("");
    this.wasActive = false;
    this.poller.follow(`${data.routes}/charts?${data.query}`);
  }

  begin(data) {
    this.started = true;
    this.hidden = new Set(data.hidden);
    this.error.zoom = data.zoom;
    this.scrubber.at = data.at;
    this.held = data.hold; // waits at iteration 0, with what comes later covered
    if (this.held) this.scrubber.at = 0;
    this.playOnce = data.play;
  }

  letGo(play) {
    this.held = false;
    this.scrubber.set(null);
    if (play && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.scrubber.toggle();
  }

  async receive(news) {
    this.news = news;
    this.history.follow(news);
    this.root.classList.remove("pg-waiting");
    this.notice(news.faults[0] ?? "");
    this.scrubber.extend(news.reached, this.axis, news.active);
    this.caption.textContent = news.caption;
    for (const panel of this.panels) panel.note.textContent = news.notes[panel.name] ?? "";
    if (this.scrubber.at !== null) this.history.want(this.scrubber.at);
    this.readout.list(news.series, this.hidden, this.words);
    this.sketchAll();
    await this.drawAll();
    if (this.isOff) return;
    if (!news.active) this.history.want(this.scrubber.at); // ready for scrubbing
    if (this.wasActive && !news.active) this.send.ended();
    this.wasActive = news.active;
    if (this.playOnce && news.reached > 0 && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.playOnce = false;
      this.scrubber.toggle();
    }
  }

  // Draws curves at once; plotly takes a moment to load and to draw for the first time.
  sketchAll() {
    if (this.error.plotly || this.playOnce) return;
    const { figures, series } = this.news;
    const shown = (figure) => (this.held ? { ...figure, data: [] } : figure);
    this.error.sketch(shown(figures.error), this.error.room(series));
    this.layers.forEach((panel) => panel.sketch(shown(figures[panel.name]), 14));
    this.root.dataset.pictured = "1";
  }

  async drawAll() {
    const { figures, series } = this.news;
    const plotly = await this.loaded();
    if (!plotly) return;
    await this.error.show(plotly, figures.error, series, this.hidden);
    for (const panel of this.layers) {
      if (!panel.plotly) await nextFrame(); // let the browser paint
      if (this.isOff) return; // the page was left
      const rows = this.time === null ? null : this.history.rows(panel.name, this.time);
      await panel.show(plotly, figures[panel.name], series, this.hidden, rows, this.sorted);
    }
    this.refresh();
  }

  redraw() {
    this.drawAll();
  }

  get time() {
    return this.preview ?? this.scrubber.at;
  }

  scrubbed(time) {
    this.held = false;
    this.preview = null;
    this.history.want(time);
    this.refresh();
    if (!this.scrubber.playing) this.share();
  }

  pointed(point) {
    if (this.scrubber.playing || this.held) return;
    this.preview = point?.time ?? null;
    this.layer = point?.layer ?? null;
    if (this.preview !== null) this.history.want(this.preview);
    window.dispatchEvent(new CustomEvent(LAYER, { detail: { layer: this.layer, from: this } }));
    this.refresh();
  }

  // The pointer is on a layer elsewhere, in the drawing of the network.
  highlight({ layer, from }) {
    if (from === this || this.scrubber.playing) return;
    this.layer = layer;
    this.refresh();
  }

  toggle(label) {
    if (!this.hidden.delete(label)) this.hidden.add(label);
    this.readout.list(this.news.series, this.hidden, this.words);
    this.drawAll();
    this.share();
  }

  refresh() {
    this.rowsChanged = true;
    this.schedule();
  }

  schedule() {
    this.frame ??= window.requestAnimationFrame(() => {
      this.frame = null;
      this.place();
    });
  }

  // Updates everything that follows the time and the layer; plotly draws at most two rows.
  place() {
    if (!this.news || !this.error.plotly) return;
    if (this.rowsChanged) this.showRows();
    this.rowsChanged = false;
    const veiled = this.held ? 1 : this.preview !== null ? 0 : this.scrubber.playing ? 0.94 : 0.72;
    this.error.showTime(this.time, veiled);
    for (const panel of this.layers) {
      panel.showTime(this.time);
      panel.showLayer(this.layer);
    }
    this.readout.show(this.values(), this.layer);
  }

  showRows() {
    for (const panel of this.layers) {
      const rows = this.time === null && !this.scrubbedBefore ? null : this.history.rows(panel.name, this.time);
      if (rows) panel.showRows(rows);
    }
    this.scrubbedBefore = this.time !== null;
  }

  values() {
    const [responses, gradients] = this.layers.map((panel) => panel.values());
    return new Map(this.news.series.map(({ key }) => [key, {
      train: this.error.value(key, "train", this.time),
      test: this.error.value(key, "test", this.time),
      response: this.ofLayer(responses.get(key)),
      gradient: this.ofLayer(gradients.get(key)),
    }]));
  }

  // The value of the layer under the pointer, else the mean over the layers.
  ofLayer(values) {
    if (!values?.length) return null;
    if (this.layer !== null) return values[this.layer - 1] ?? null;
    const present = values.filter((value) => value !== null && value !== undefined);
    return present.length ? present.reduce((sum, value) => sum + value, 0) / present.length : null;
  }

  // Tells the page what the reader has set, for its URL.
  share() {
    if (!this.remember) return;
    window.clearTimeout(this.sharing);
    this.sharing = window.setTimeout(() => {
      this.send.seen({ at: this.scrubber.at, hidden: [...this.hidden], zoom: this.error.zoom });
    }, SETTLED);
  }

  // Shows a sentence above the panels; without one, why the history is missing.
  notice(sentence) {
    this.sentence = sentence;
    this.message.textContent = sentence || this.history.fault;
    this.message.hidden = !this.message.textContent;
  }

  // Called after `rest`; the charts cannot enter a page again.
  dispose() {
    this.history.reset(null);
    this.panels.forEach((panel) => panel.dispose());
  }
}
