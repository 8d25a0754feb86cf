// A view that follows one route of the server and draws with plotly. A subclass has
// `receive(news)`, `notice(sentence)`, `redraw()`, `root` and `words`.

import { loadPlotly } from "./dom.mjs";
import { Poller } from "./poll.mjs";

const RETRY = 2000; // ms until plotly.js is requested again

export class Live {
  newPoller() {
    return new Poller({
      onNews: (news) => this.receive(news),
      onLost: (lost) => this.lose(lost),
      onFault: (sentence) => this.notice(sentence),
    });
  }

  load({ routes, version }) {
    this.script = `${routes}/static/${version}/plotly.min.js`;
    this.plotly = loadPlotly(this.script);
  }

  // Plotly, or null where it did not load: then `redraw` is called later.
  async loaded() {
    try {
      return await this.plotly;
    } catch {
      this.lose(true);
      window.setTimeout(() => {
        if (!this.root.isConnected) return;
        this.lose(false);
        this.plotly = loadPlotly(this.script);
        this.redraw();
      }, RETRY);
      return null;
    }
  }

  // The last answer stays in view, with a notice; Streamlit's own dialog would cover it.
  lose(lost) {
    document.body.toggleAttribute("data-pg-lost", lost);
    this.notice(lost ? this.words.lost : "");
  }
}
