// Every layer's values over time, fetched when the reader first looks back.

import { lastUpTo } from "./dom.mjs";
import { Fault, faultOf } from "./poll.mjs";

const LEAST_PAUSE = 2500; // ms between two requests while runs are active

export class History {
  // onChange(): there is more to show; onFault(): `fault` has another sentence, or none, now.
  constructor(onChange, onFault) {
    Object.assign(this, { onChange, onFault });
    this.reset(null);
  }

  reset(url) {
    if (url === this.url) return;
    window.clearTimeout(this.timer);
    Object.assign(this, { url, etag: null, series: null, requested: 0, news: null, basis: null, fault: "" });
  }

  // Takes the newest answer of the charts' route. Only this tells what the history lacks: a paused
  // run may have been resumed, and a retried run's values replace those fetched before.
  follow(news) {
    this.news = news;
  }

  // Fetches the values up to this time (null: all) unless they are here.
  async want(time) {
    if (!this.url || this.fetching || this.has(time)) return;
    const recent = Date.now() - this.requested < LEAST_PAUSE;
    if (recent && (this.fault || (this.series && this.news?.active))) return;
    const { url, news } = this;
    this.fetching = true;
    this.requested = Date.now();
    try {
      const headers = this.etag ? { "If-None-Match": this.etag } : {};
      const response = await fetch(url, { headers, cache: "no-store" });
      if (url !== this.url) return;
      if (!response.ok && response.status !== 304) throw await faultOf(response);
      if (response.status !== 304) {
        const { series } = await response.json();
        if (url !== this.url) return;
        this.series = series;
        this.etag = response.headers.get("ETag");
      }
      this.basis = news;
      this.setFault("");
      this.onChange();
    } catch (error) {
      // The poller says that the connection is lost; the next call tries again.
      if (!(error instanceof Fault) || url !== this.url) return;
      this.setFault(error.message);
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.want(time), LEAST_PAUSE);
    } finally {
      this.fetching = false;
    }
  }

  setFault(fault) {
    if (fault === this.fault) return;
    this.fault = fault;
    this.onFault();
  }

  // Whether the values up to this time are here, and of the training that the charts show.
  has(time) {
    if (!this.series) return false;
    if (!this.news?.active) return this.basis === this.news;
    return this.basis?.streams === this.news.streams && time !== null
      && Object.values(this.series).every((one) => one.time.at(-1) >= time);
  }

  // Key -> {mean, low, high, names} at this time; empty before a curve begins.
  rows(quantity, time) {
    if (!this.series) return null;
    const rows = new Map();
    for (const [key, one] of Object.entries(this.series)) {
      const begun = time === null || time >= one.time[0] - 1e-9;
      const index = time === null ? one.time.length - 1 : lastUpTo(one.time, time);
      const pick = (part) => (begun ? one[quantity][part]?.[index] : one.names.map(() => null));
      rows.set(key, { mean: pick("mean"), low: pick("low"), high: pick("high"), names: one.names });
    }
    return rows;
  }
}
