// The live charts: three panels, one time, one table. Wiring only; the parts know nothing of
// each other.

import { element, loadPlotly, nextFrame } from "./dom.mjs";
import { ErrorPanel } from "./error_panel.mjs";
import { History } from "./history.mjs";
import { LayerPanel } from "./layer_panel.mjs";
import { Poller } from "./poll.mjs";
import { Readout } from "./readout.mjs";
import { Scrubber } from "./scrubber.mjs";

const QUANTITIES = ["response", "gradient"];
const AGAIN = 2000; // ms until plotly.js is asked for once more
const SETTLED = 500; // ms after the last touch until the page's URL is told
const LAYER = "playground:layer"; // said by whatever shows layers: {layer: number or null, from}

export class LiveCharts {
  constructor() {
    this.hidden = new Set();
    this.preview = null; // a time that is pointed at
    this.layer = null; // a layer's number that is pointed at
    this.history = new History(() => this.refresh(), () => this.notice(this.said));
    this.scrubber = new Scrubber((time) => this.scrubbed(time));
    this.readout = new Readout((label) => this.toggle(label));
    const onPoint = (point) => this.pointed(point);
    this.error = new ErrorPanel("error", { onPoint, onZoom: () => this.tell() });
    this.layers = QUANTITIES.map((name) => new LayerPanel(name, { onPoint, onZoom: () => {} }));
    this.panels = [this.error, ...this.layers];
    for (const panel of this.panels) panel.onMoved = () => this.schedule();
    this.poller = new Poller({
      onNews: (news) => this.receive(news),
      onLost: (lost) => this.lose(lost),
      onTold: (sentence) => this.notice(sentence),
    });
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
    this.heard = (event) => this.hear(event.detail);
  }

  // Into a page, for the first time or again.
  enter(parent) {
    // A test reads this: it must stay 1 however many points arrive.
    parent.dataset.mounts = Number(parent.dataset.mounts ?? 0) + 1;
    parent.append(this.root);
    this.entered = true;
    this.wasActive = false;
    this.watch.observe(this.grid);
    window.addEventListener(LAYER, this.heard);
    this.poller.resume();
  }

  // Off the page nothing is asked, heard or pointed at.
  rest() {
    document.body.removeAttribute("data-pg-lost");
    this.poller.stop();
    this.scrubber.pause();
    this.watch.disconnect();
    window.removeEventListener(LAYER, this.heard);
    this.panels.forEach((panel) => panel.rest());
    this.pointed(null);
  }

  get isOff() {
    return !this.root.isConnected;
  }

  // Whether all is drawn as whoever comes for the first time would see it.
  get isAsNew() {
    return this.panels.every((panel) => panel.listening && !panel.zoom)
      && this.hidden.size === 0 && this.scrubber.at === null && this.message.hidden;
  }

  // Whether these charts, as they are, are what a page wants that says this.
  shows({ query, at, hidden, zoom, play }) {
    const asNew = at === null && hidden.length === 0 && zoom === null && !play;
    return asNew && query === this.query && this.isAsNew;
  }

  resized() {
    if (this.entered) this.panels.forEach((panel) => panel.fit());
    this.entered = false;
    this.schedule();
  }

  // What the page wants shown; called again whenever Streamlit runs the page.
  update(data, send) {
    this.send = send;
    this.words = data.words;
    this.remember = data.remember;
    this.sorted = data.order === "sorted";
    this.axis = data.x;
    this.root.classList.toggle("pg-compact", data.compact);
    this.root.lang = data.language;
    this.scrubber.speak(data.words);
    for (const panel of this.panels) panel.reset.textContent = data.words.reset;
    this.script = `${data.routes}/static/${data.version}/plotly.min.js`;
    this.plotly = loadPlotly(this.script);
    if (!this.started) this.begin(data);
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
    this.playOnce = data.play;
  }

  async receive(news) {
    this.news = news;
    this.history.follow(news);
    this.root.classList.remove("pg-waiting");
    this.notice(news.faults[0] ?? "");
    const seen = this.scrubber.at;
    this.scrubber.extend(news.reached, this.axis, news.active);
    if (seen !== this.scrubber.at) this.scrubber.at = null;
    this.caption.textContent = news.caption;
    for (const panel of this.panels) panel.note.textContent = news.notes[panel.name] ?? "";
    if (this.scrubber.at !== null) this.history.want(this.scrubber.at);
    this.readout.list(news.series, this.hidden, this.words);
    this.sketchAll();
    await this.drawAll();
    if (this.isOff) return;
    if (!news.active) this.history.want(this.scrubber.at); // ready to be looked at
    if (this.wasActive && !news.active) this.send.ended();
    this.wasActive = news.active;
    if (this.playOnce && news.reached > 0 && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.playOnce = false;
      this.scrubber.toggle();
    }
  }

  // Curves at once; plotly takes a moment to arrive and to draw for the first time.
  sketchAll() {
    if (this.error.plotly || this.playOnce) return;
    const { figures, series } = this.news;
    this.error.sketch(figures.error, this.error.room(series));
    this.layers.forEach((panel) => panel.sketch(figures[panel.name], 14));
    this.root.dataset.pictured = "1";
  }

  async drawAll() {
    const { figures, series } = this.news;
    let plotly;
    try {
      plotly = await this.plotly;
    } catch {
      this.lose(true);
      return this.drawLater();
    }
    await this.error.show(plotly, figures.error, series, this.hidden);
    for (const panel of this.layers) {
      if (!panel.plotly) await nextFrame(); // let the browser show what there is
      if (this.isOff) return; // nobody waits for the rest
      const rows = this.time === null ? null : this.history.rows(panel.name, this.time);
      await panel.show(plotly, figures[panel.name], series, this.hidden, rows, this.sorted);
    }
    this.refresh();
  }

  drawLater() {
    window.setTimeout(() => {
      if (!this.root.isConnected) return;
      this.lose(false);
      this.plotly = loadPlotly(this.script);
      this.drawAll();
    }, AGAIN);
  }

  get time() {
    return this.preview ?? this.scrubber.at;
  }

  scrubbed(time) {
    this.preview = null;
    this.history.want(time);
    this.refreshSoon();
    if (!this.scrubber.playing) this.tell();
  }

  pointed(point) {
    if (this.scrubber.playing) return;
    this.preview = point?.time ?? null;
    this.layer = point?.layer ?? null;
    if (this.preview !== null) this.history.want(this.preview);
    window.dispatchEvent(new CustomEvent(LAYER, { detail: { layer: this.layer, from: this } }));
    this.refreshSoon();
  }

  // A layer is pointed at elsewhere, in the drawing of the network.
  hear({ layer, from }) {
    if (from === this || this.scrubber.playing) return;
    this.layer = layer;
    this.refreshSoon();
  }

  toggle(label) {
    if (!this.hidden.delete(label)) this.hidden.add(label);
    this.readout.list(this.news.series, this.hidden, this.words);
    this.drawAll();
    this.tell();
  }

  refreshSoon() {
    this.rowsChanged = true;
    this.schedule();
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

  // Moves everything that follows the time and the layer; plotly draws at most two rows.
  place() {
    if (!this.news || !this.error.plotly) return;
    if (this.rowsChanged) this.showRows();
    this.rowsChanged = false;
    const veiled = this.preview !== null ? 0 : this.scrubber.playing ? 0.94 : 0.72;
    this.error.showTime(this.time, veiled);
    for (const panel of this.layers) {
      panel.showTime(this.time);
      panel.showLayer(this.layer);
    }
    this.readout.show(this.values(), this.layer);
  }

  showRows() {
    for (const panel of this.layers) {
      const rows = this.time === null && !this.looked ? null : this.history.rows(panel.name, this.time);
      if (rows) panel.showRows(rows);
    }
    this.looked = this.time !== null;
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

  // The value of the layer that is pointed at, else the mean over the layers.
  ofLayer(values) {
    if (!values?.length) return null;
    if (this.layer !== null) return values[this.layer - 1] ?? null;
    const there = values.filter((value) => value !== null && value !== undefined);
    return there.length ? there.reduce((sum, value) => sum + value, 0) / there.length : null;
  }

  tell() {
    if (!this.remember) return;
    window.clearTimeout(this.telling);
    this.telling = window.setTimeout(() => {
      this.send.seen({ at: this.scrubber.at, hidden: [...this.hidden], zoom: this.error.zoom });
    }, SETTLED);
  }

  // What arrived stays in view, and says so; Streamlit's own dialog would cover it.
  lose(lost) {
    document.body.toggleAttribute("data-pg-lost", lost);
    this.notice(lost ? this.words.lost : "");
  }

  // What the charts have to say; where they have nothing, why one cannot look back.
  notice(text) {
    this.said = text;
    this.message.textContent = text || this.history.fault;
    this.message.hidden = !this.message.textContent;
  }

  // After `rest`, for good.
  dispose() {
    this.history.reset(null);
    this.panels.forEach((panel) => panel.dispose());
  }
}
