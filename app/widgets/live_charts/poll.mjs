// Asks the server for news: often while a run is active, seldom or never when none is,
// not at all while nobody looks, and ever more patiently while the server is gone.

const FIRST_WAIT = 1000; // ms after the first failure; doubled up to the longest
const LONGEST_WAIT = 8000;

// The server is there, but says why it has no figures; it may have them later.
export class Fault extends Error {}

export class Poller {
  // onNews(json), onLost(boolean), onTold(sentence): why there is no news
  constructor({ onNews, onLost, onTold }) {
    Object.assign(this, { onNews, onLost, onTold });
    this.url = null;
    this.etag = null;
    this.wait = 0; // ms until the next question; 0: no more
    this.failures = 0;
    this.timer = null;
    this.asking = null;
    this.wake = () => !document.hidden && this.wait > 0 && this.ask();
    this.resume();
  }

  // After `stop`, asks at once what is new.
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
    this.asking?.abort();
    this.asking = null;
    this.ask();
  }

  async ask() {
    window.clearTimeout(this.timer);
    if (this.asking) return;
    const asking = new AbortController();
    this.asking = asking;
    try {
      await this.fetchOnce(asking.signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.failures += 1;
      this.wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (this.failures - 1));
      if (error instanceof Fault) {
        this.onLost(false);
        this.onTold(error.message);
      } else if (this.failures > 1) this.onLost(true); // one lost answer is no lost connection
    } finally {
      if (this.asking === asking) this.asking = null;
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
      this.found();
      return;
    }
    if (response.status === 400) {
      this.wait = 0;
      this.found();
      this.onTold((await response.json()).error);
      return;
    }
    if (!response.ok) throw await faultOf(response);
    const news = await response.json();
    this.etag = response.headers.get("ETag");
    this.wait = this.usual = news.poll;
    this.found();
    this.onNews(news);
  }

  found() {
    if (this.failures) this.onLost(false);
    this.failures = 0;
  }

  stop() {
    this.wait = 0;
    window.clearTimeout(this.timer);
    this.asking?.abort();
    document.removeEventListener("visibilitychange", this.wake);
    window.removeEventListener("online", this.wake);
  }
}

// What stands between the server and the browser may answer too, and says nothing for people.
export async function faultOf(response) {
  const json = response.headers.get("Content-Type")?.startsWith("application/json");
  return json ? new Fault((await response.json()).error) : new Error(`answered ${response.status}`);
}
