// Asks the server for news: often while a run is active, rarely or never when none is, not at all
// in a hidden tab, and less and less often while the server is gone.

const FIRST_WAIT = 1000; // ms after the first failure; doubled up to the longest
const LONGEST_WAIT = 8000;

// An answer of the server that says why it has no figures; it may have them later.
export class Fault extends Error {}

export class Poller {
  // onNews(json), onLost(boolean), onFault(sentence): why there is no news; longest: ms between tries
  constructor({ onNews, onLost, onFault, longest = LONGEST_WAIT }) {
    Object.assign(this, { onNews, onLost, onFault, longest });
    this.url = null;
    this.etag = null;
    this.wait = 0; // ms until the next request; 0: no more
    this.failures = 0;
    this.timer = null;
    this.pending = null;
    this.wake = () => !document.hidden && this.wait > 0 && this.ask();
    this.resume();
  }

  // After `stop`, asks at once.
  resume() {
    document.addEventListener("visibilitychange", this.wake);
    window.addEventListener("online", this.wake);
    if (this.url === null) return;
    this.wait = this.usual ?? FIRST_WAIT;
    this.ask();
  }

  follow(url) {
    if (url === this.url) return;
    this.url = url;
    this.etag = null;
    this.pending?.abort();
    this.pending = null;
    this.ask();
  }

  async ask() {
    window.clearTimeout(this.timer);
    if (this.pending) return;
    const pending = new AbortController();
    this.pending = pending;
    try {
      await this.fetchOnce(pending.signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.failures += 1;
      this.wait = Math.min(this.longest, FIRST_WAIT * 2 ** (this.failures - 1));
      if (error instanceof Fault) {
        this.onLost(false);
        this.onFault(error.message);
      } else if (this.failures > 1) this.onLost(true); // one failure is no lost connection
    } finally {
      if (this.pending === pending) this.pending = null;
    }
    if (this.wait > 0 && !document.hidden) {
      this.timer = window.setTimeout(() => this.ask(), this.wait);
    }
  }

  async fetchOnce(signal) {
    const headers = this.etag ? { "If-None-Match": this.etag } : {};
    const response = await fetch(this.url, { headers, cache: "no-store", signal });
    if (response.status === 304) {
      if (this.failures) this.wait = this.usual ?? FIRST_WAIT;
      this.succeed();
      return;
    }
    if (response.status === 400) {
      this.wait = 0;
      this.succeed();
      this.onFault((await response.json()).error);
      return;
    }
    if (!response.ok) throw await faultOf(response);
    const news = await response.json();
    this.etag = response.headers.get("ETag");
    this.wait = this.usual = news.poll;
    this.succeed();
    this.onNews(news);
  }

  succeed() {
    if (this.failures) this.onLost(false);
    this.failures = 0;
  }

  stop() {
    this.wait = 0;
    window.clearTimeout(this.timer);
    this.pending?.abort();
    document.removeEventListener("visibilitychange", this.wake);
    window.removeEventListener("online", this.wake);
  }
}

// A proxy between server and browser may answer too, without a sentence for the reader.
export async function faultOf(response) {
  const json = response.headers.get("Content-Type")?.startsWith("application/json");
  return json ? new Fault((await response.json()).error) : new Error(`answered ${response.status}`);
}
