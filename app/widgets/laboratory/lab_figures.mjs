// A laboratory's result while it grows: progress, verdicts and figures.

import { element, nextFrame } from "./dom.mjs";
import { Guess } from "./guess_first.mjs";
import { LabFigure } from "./lab_figure.mjs";
import { showLinked } from "./linked.mjs";
import { Live } from "./live.mjs";

const FIRST = 2; // verdicts above the figures where there are no short ones

export function open(parent) {
  const figures = new LabFigures(parent);
  return { update: (data, send) => figures.update(data, send), close: () => figures.dispose() };
}

class LabFigures extends Live {
  constructor(parent) {
    super();
    this.figures = new Map(); // key -> LabFigure
    this.drawing = Promise.resolve();
    this.sentences = []; // of the verdicts, above the figures
    this.further = []; // behind a line to open
    this.wasActive = false;
    this.build(parent);
  }

  build(parent) {
    this.origin = element("span", { class: "lab-origin" });
    this.status = element("span", { class: "lab-status", role: "status" });
    this.bar = element("div", { class: "lab-bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 },
      element("div"));
    this.message = element("p", { class: "lab-notice", role: "status" });
    this.guess = new Guess(() => this.guessed());
    this.verdicts = element("ul", { class: "lab-said", "aria-live": "polite" });
    this.verdictTitle = element("h2");
    this.paper = element("p");
    this.paperTitle = element("h2");
    this.verdict = element("section", { class: "lab-verdict" }, this.verdictTitle, this.verdicts, this.guess.answer);
    this.paperSection = element("section", { class: "lab-paper" }, this.paperTitle, this.paper);
    this.grid = element("div", { class: "lab-grid" });
    this.moreVerdicts = element("ul", { class: "lab-said" });
    this.alsoTitle = element("summary");
    this.also = element("details", { class: "lab-verdict lab-also" }, this.alsoTitle, this.moreVerdicts);
    this.caption = element("p", { class: "lab-caption" });
    this.root = element("div", { class: "lab lab-waiting" },
      element("div", { class: "lab-head" }, this.origin, this.status, this.bar), this.message,
      this.guess.root, element("div", { class: "lab-findings" }, this.verdict, this.paperSection), this.also,
      this.grid, this.caption);
    this.also.hidden = this.bar.hidden = this.message.hidden = this.caption.hidden = true;
    // A test reads this: it must stay 1 however many rows arrive.
    parent.dataset.mounts = Number(parent.dataset.mounts ?? 0) + 1;
    parent.append(this.root);
  }

  // Called with the page's data whenever Streamlit runs the page.
  update(data, send) {
    this.send = send;
    this.words = data.words;
    this.root.lang = data.language;
    this.verdictTitle.textContent = data.words.verdict;
    this.alsoTitle.textContent = data.words.also;
    this.paperTitle.textContent = data.words.paper;
    this.paperText = data.paper;
    this.glossary = data.glossary;
    this.showTexts();
    this.guess.show(data.ask);
    this.root.classList.toggle("lab-asking", this.guess.open);
    this.bar.setAttribute("aria-label", data.words.progress);
    for (const figure of this.figures.values()) figure.setWords(data.words);
    this.load(data);
    this.advice = data.notice;
    this.root.classList.toggle("lab-stale", data.stale);
    this.notice("");
    const begins = data.active && !this.wasActive; // also when the same request is repeated
    if (data.query === this.query && !begins) return;
    this.query = data.query;
    this.wasActive = data.active;
    if (data.id !== this.id) this.figures.forEach((figure) => figure.forgetView());
    this.id = data.id;
    this.root.classList.toggle("lab-empty", !data.query);
    this.follow(data.query && `${data.routes}/lab?${data.query}`);
  }

  follow(url) {
    this.poller?.stop();
    if (!url) return;
    this.poller = this.newPoller();
    this.poller.follow(url);
  }

  async receive(news) {
    this.root.classList.remove("lab-waiting");
    this.root.dataset.state = news.state;
    this.origin.textContent = news.origin;
    this.status.textContent = news.status;
    this.progress(news);
    this.showVerdicts(news);
    this.caption.textContent = news.caption;
    this.caption.hidden = !news.caption;
    this.reason = news.reason;
    this.notice("");
    await this.draw(news);
    if (this.wasActive && !news.active) this.send.ended();
    this.wasActive = news.active;
  }

  progress({ active, done }) {
    this.bar.hidden = !active;
    this.bar.classList.toggle("lab-unknown", active && done === null);
    const percent = Math.round((done ?? 0) * 100);
    this.bar.firstChild.style.width = `${percent}%`;
    if (done === null) this.bar.removeAttribute("aria-valuenow");
    else this.bar.setAttribute("aria-valuenow", percent);
  }

  // Short ones above; all of them in full, or those that are left, behind a line to open.
  showVerdicts({ short, verdicts, active }) {
    const none = active ? this.words.pending : this.words.undecided;
    this.verdict.classList.toggle("lab-undecided", !verdicts.length);
    this.sentences = short.length ? short : verdicts.length ? verdicts.slice(0, FIRST) : [none];
    this.further = short.length ? verdicts : verdicts.slice(FIRST);
    this.also.hidden = !this.further.length;
    this.showTexts();
  }

  // Each term is linked where it stands first.
  showTexts() {
    const seen = new Set();
    list(this.verdicts, this.sentences, this.glossary, seen);
    showLinked(this.paper, this.paperText, this.glossary, seen);
    list(this.moreVerdicts, this.further, this.glossary, seen);
  }

  // The reader has answered, or wants to see the result without.
  guessed() {
    this.root.classList.remove("lab-asking");
    window.dispatchEvent(new Event("resize")); // charts that were drawn without a width
    this.verdict.tabIndex = -1;
    this.verdict.focus({ preventScroll: true });
  }

  // Draws in order: an answer may arrive while the one before it is being drawn.
  draw(news) {
    this.newest = news;
    this.drawing = this.drawing.then(() => this.newest === news && this.drawAll(news));
    return this.drawing;
  }

  async drawAll({ figures }) {
    this.arrange(figures);
    const plotly = await this.loaded();
    if (!plotly) return;
    for (const { key, figure } of figures) {
      const panel = this.figures.get(key);
      if (!panel) return; // another result is shown by now
      if (!panel.drawn) await nextFrame(); // let the browser paint
      await panel.show(plotly, figure);
    }
    this.root.dataset.pictured = String(figures.length);
  }

  // A place for each figure, in their order; those that stay are the same elements.
  arrange(figures) {
    const keys = new Set(figures.map(({ key }) => key));
    for (const [key, figure] of this.figures) {
      if (!keys.has(key)) {
        figure.dispose();
        this.figures.delete(key);
      }
    }
    figures.forEach(({ key, title, wide, figure }, index) => {
      if (!this.figures.has(key)) this.figures.set(key, new LabFigure(key, this.words));
      const panel = this.figures.get(key);
      panel.onOpen = (other, cell) => this.figures.get(other)?.open(cell);
      panel.title(title);
      panel.reserve(figure.layout.height);
      panel.root.classList.toggle("lab-wide", wide);
      if (this.grid.children[index] !== panel.root) this.grid.insertBefore(panel.root, this.grid.children[index] ?? null);
    });
  }

  redraw() {
    this.draw(this.newest);
  }

  notice(sentence) {
    this.message.textContent = sentence || this.advice || this.reason || "";
    this.message.hidden = !this.message.textContent;
  }

  dispose() {
    document.body.removeAttribute("data-pg-lost");
    this.poller?.stop();
    this.figures.forEach((figure) => figure.dispose());
    this.root.remove();
  }
}

// Changes only new items, so that a screen reader reads no other ones.
function list(root, texts, glossary, seen) {
  texts.forEach((text, index) => {
    const item = root.children[index] ?? root.appendChild(element("li"));
    const after = new Set(seen);
    const fresh = element("li");
    showLinked(fresh, text, glossary, seen);
    if (item.innerHTML !== fresh.innerHTML) showLinked(item, text, glossary, after);
  });
  while (root.children.length > texts.length) root.lastChild.remove();
}
