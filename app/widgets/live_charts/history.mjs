// Every layer's values over time, fetched when somebody first looks back.

import { lastUpTo } from "./dom.mjs";
import { Fault, faultOf } from "./poll.mjs";

const LEAST_PAUSE = 2500; // ms between two questions while runs go on

export class History {
  // onNews(): there is more to show; onFault(): `fault` says something else, or nothing, now.
  constructor(onNews, onFault) {
    Object.assign(this, { onNews, onFault });
    this.forget(null);
  }

  forget(url) {
    if (url === this.url) return;
    window.clearTimeout(this.timer);
    Object.assign(this, { url, etag: null, series: null, asked: 0, complete: false, fault: "" });
  }

  // Have everything up to this time (null: all there is) ready soon.
  async want(time, active) {
    if (!this.url || this.asking || this.complete) return;
    if (this.fault && Date.now() - this.asked < LEAST_PAUSE) return;
    if (this.series && active && this.covers(time)) return;
    if (this.series && active && Date.now() - this.asked < LEAST_PAUSE) return;
    const url = this.url;
    this.asking = true;
    this.asked = Date.now();
    try {
      const headers = this.etag ? { "If-None-Match": this.etag } : {};
      const response = await fetch(url, { headers, cache: "no-store" });
      if (url !== this.url) return;
      if (!response.ok && response.status !== 304) throw await faultOf(response);
      if (response.status !== 304) {
        this.series = (await response.json()).series;
        this.etag = response.headers.get("ETag");
      }
      this.complete = !active;
      this.tell("");
      this.onNews();
    } catch (error) {
      // The poller says that the connection is lost; the next wish asks again.
      if (!(error instanceof Fault) || url !== this.url) return;
      this.tell(error.message);
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.want(time, active), LEAST_PAUSE);
    } finally {
      this.asking = false;
    }
  }

  tell(fault) {
    if (fault === this.fault) return;
    this.fault = fault;
    this.onFault();
  }

  covers(time) {
    return Object.values(this.series).every(({ time: known }) => time !== null && known[known.length - 1] >= time);
  }

  // Key -> {mean, low, high, names} at this time; curves that had not begun are empty.
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
