// The network that a phone was dealt: it trains in this browser, and its error goes to the class.

import { element, fill } from "./dom.mjs";
import { runAll } from "./many_runs.mjs";
import { defaults, forTraining } from "./settings.mjs";

export class DealtNetwork {
  constructor(page) {
    this.page = page;
    this.root = element("section", { class: "pc-dealt" });
  }

  take(now) {
    const { words, language } = this.page.data;
    const seen = JSON.stringify([now.deal, now.sent, language, this.busy, now.lesson.paused]);
    if (seen === this.seen) return;
    this.seen = seen;
    this.root.replaceChildren();
    if (!now.deal) return;
    const { layers, residual, seed, updates } = now.deal;
    const network = fill(words.dealt, { family: residual ? "ResNet" : "plain", layers, seed });
    const train = element("button", {
      type: "button", class: "primary", text: this.busy ? words.training : fill(words.train, { updates }), onclick: () => this.train(now),
    });
    train.disabled = Boolean(this.busy) || now.lesson.paused;
    this.root.append(element("h2", { text: words.figure6 }), element("p", { class: "pl-question", text: network }));
    if (now.sent) this.root.append(element("p", { class: "pc-status", role: "status", text: words.result_sent }));
    else this.root.append(train);
  }

  async train(now) {
    this.busy = true;
    this.take(now);
    const { layers, residual, seed, updates } = now.deal;
    const all = { ...defaults(), seed };
    Object.assign(all.a, { depth: layers, shortcut: residual ? 2 : 0 });
    const settings = forTraining(all, "a");
    const { data, noise, drawn } = all;
    const run = { key: "dealt", settings, data: { data, noise, seed, drawn }, updates };
    const newWorker = () => new Worker(new URL("./runs_worker.mjs", import.meta.url), { type: "module" });
    let error = null;
    this.running = runAll([run], newWorker, (result) => { error = result.error; });
    await this.running.ended;
    await this.page.link.post("result", {
      run: { format: "residual-playground-run-1", seed, updates, networks: [{ settings, error }] },
    });
    this.busy = false;
    this.take(this.page.now);
  }

  close() {
    this.running?.stop();
  }
}
