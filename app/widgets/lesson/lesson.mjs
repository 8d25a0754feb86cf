// The lesson: five questions, the steps, the same five questions, two scores. It runs in the browser;
// the server sends the document. Place and view stand in the URL, answers in the browser's storage.

import { element, fill } from "./dom.mjs";
import { Answers } from "./lesson_answers.mjs";
import { Picture } from "./lesson_picture.mjs";
import { quiz } from "./lesson_quiz.mjs";
import { stepWords } from "./lesson_step.mjs";

const [START, END] = ["start", "end"];

export class Lesson {
  constructor() {
    this.answers = new Answers(window.localStorage);
    this.picture = new Picture();
    this.head = element("header", { class: "pl-head" });
    this.words = element("section", { class: "pl-words" });
    this.body = element("div", { class: "pl-body" }, this.words, this.picture.root);
    this.foot = element("footer", { class: "pl-foot" });
    this.root = element("div", { class: "pl" }, this.head, this.body, this.foot);
    this.keys = (event) => this.key(event);
    document.addEventListener("keydown", this.keys);
  }

  update({ document: lesson, dark }) {
    this.lesson = lesson;
    this.dark = dark;
    if (!this.place) this.readUrl();
    this.draw();
  }

  readUrl() {
    const query = new URLSearchParams(window.location.search);
    const place = query.get("step") ?? START;
    this.plan = query.get("plan") in this.lesson.plans ? query.get("plan") : "";
    this.notes = query.get("notes") === "true";
    this.unknown = !this.places.includes(place);
    this.place = this.unknown ? START : place;
    this.projector = query.get("view") === "projector";
    if (query.get("shown") === "true") this.answers.show(this.place);
  }

  writeUrl() {
    const query = new URLSearchParams(window.location.search);
    const set = (name, value) => (value ? query.set(name, value) : query.delete(name));
    set("step", this.place === START ? "" : this.place);
    set("shown", this.step && this.answers.shown(this.place) ? "true" : "");
    set("plan", this.plan);
    set("notes", this.notes ? "true" : "");
    set("view", this.projector ? "projector" : "");
    const { pathname } = window.location;
    window.history.replaceState(window.history.state, "", query.size ? `${pathname}?${query}` : pathname);
  }

  // The places of the chosen plan; without one, all of them.
  get places() {
    const all = [START, ...this.lesson.steps.map(({ id }) => id), END];
    const minutes = this.lesson.plans[this.plan];
    return minutes ? all.filter((place) => place in minutes || place === this.place) : all;
  }

  get step() {
    return this.lesson.steps.find(({ id }) => id === this.place);
  }

  go(place, focus = true) {
    if (!this.places.includes(place)) return;
    this.place = place;
    this.unknown = false;
    this.draw();
    this.root.scrollIntoView({ block: "nearest" });
    if (focus) this.words.querySelector("h1")?.focus({ preventScroll: true });
  }

  move(by) {
    this.go(this.places[this.places.indexOf(this.place) + by]);
  }

  // Show what was measured for the present step.
  reveal(answer) {
    if (answer !== undefined) this.answers.put(this.place, answer);
    this.answers.show(this.place);
    this.draw();
    this.words.querySelector(".pl-measured")?.scrollIntoView({ block: "nearest" });
  }

  draw() {
    const { words } = this.lesson;
    document.body.classList.toggle("pl-projecting", this.projector);
    this.root.classList.toggle("projector", this.projector);
    this.root.lang = this.lesson.language;
    this.root.toggleAttribute("data-pl-dark", this.dark);
    this.drawHead(words);
    const { step } = this;
    this.root.classList.toggle("asking", !step);
    this.picture.root.hidden = !step;
    const parts = step ? stepWords(this, step) : quiz(this, this.place);
    if (this.unknown) parts.unshift(element("p", { class: "pl-note", role: "alert", text: words.unknown }));
    this.words.replaceChildren(...parts);
    if (step) this.drawPicture(step);
    this.drawFoot(words);
    this.writeUrl();
  }

  drawHead(words) {
    const minutes = this.lesson.plans[this.plan]?.[this.place];
    const step = fill(words.step, { n: this.places.indexOf(this.place), all: this.places.length - 2 });
    const label = [this.step ? step : words[this.place], minutes ? fill(words.plan, { n: minutes }) : ""].filter(Boolean).join(" · ");
    const list = element("ol", { class: "pl-steps" }, ...this.places.map((place) => this.dot(place, words)));
    const projector = element("button", {
      type: "button", class: "pl-quiet", text: this.projector ? words.normal : words.projector, onclick: () => this.project(!this.projector),
    });
    const notes = element("button", {
      type: "button", class: "pl-quiet", text: words.notes, "aria-pressed": String(this.notes), onclick: () => this.toggleNotes(),
    });
    this.head.replaceChildren(
      element("span", { class: "pl-place", text: label }),
      element("nav", { "aria-label": words.steps }, list),
      element("span", { class: "pl-views" }, ...(this.step ? [notes] : []), projector));
  }

  dot(place, words) {
    const step = this.lesson.steps.find(({ id }) => id === place);
    const name = step?.claim ?? words[place];
    const seen = this.answers.shown(place) ? " seen" : "";
    return element("li", {}, element("button", {
      type: "button", class: `pl-dot-button${seen}`, title: name, "aria-label": name,
      "aria-current": place === this.place ? "step" : null, onclick: () => this.go(place),
    }));
  }

  drawFoot(words) {
    const at = this.places.indexOf(this.place);
    const back = element("button", { type: "button", text: `← ${words.back}`, onclick: () => this.move(-1) });
    const next = element("button", { type: "button", text: `${words.next} →`, onclick: () => this.move(1) });
    if (this.step && this.answers.shown(this.place)) next.classList.add("primary");
    back.disabled = at === 0;
    next.hidden = at === this.places.length - 1;
    this.foot.replaceChildren(back, next);
  }

  drawPicture(step) {
    const after = this.answers.shown(step.id);
    const plain = (text) => text.replace(/\[\[\w+:(.*?)\]\]/g, "$1");
    this.picture.show({
      scene: { ...step.scene, key: step.id }, after, words: this.lesson.words, dark: this.dark, parameters: step.parameters,
      label: plain(after ? step.measured : step.text), provenance: step.provenance, pen: this.pen(step, after),
    });
    this.picture.mark(marksIn(after ? step.measured : step.text));
  }

  pen(step, after) {
    if (step.kind !== "curve") return null;
    const drawn = after ? this.answers.get(step.id) : null;
    if (after && !drawn) return null;
    this.drawing ??= {};
    this.drawing[step.id] ??= { values: new Array(41).fill(null) };
    const pen = this.drawing[step.id];
    Object.assign(pen, { drawn, words: this.lesson.words, onDraw: () => this.onDraw?.() });
    return pen;
  }

  toggleNotes() {
    this.notes = !this.notes;
    this.draw();
  }

  choosePlan(minutes) {
    this.plan = minutes;
    this.draw();
  }

  project(on) {
    this.projector = on;
    this.draw();
  }

  key(event) {
    if (!this.root.isConnected || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest?.("input, textarea, select, [role=slider], [role=textbox]")) return;
    if (event.key === "ArrowRight" || event.key === "PageDown") {
      event.preventDefault();
      if (this.step && !this.answers.shown(this.place)) this.reveal();
      else this.move(1);
    } else if (event.key === "ArrowLeft" || event.key === "PageUp") {
      event.preventDefault();
      this.move(-1);
    } else if (event.key === "Escape" && this.projector) {
      this.project(false);
    }
  }

  close() {
    document.removeEventListener("keydown", this.keys);
    document.body.classList.remove("pl-projecting");
    this.picture.close();
  }
}

export function marksIn(text) {
  return [...text.matchAll(/\[\[(\w+):/g)].map(([, id]) => id);
}
