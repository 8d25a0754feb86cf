// The teacher's page: the lesson as a projector shows it, with the class's code, the count of answers
// and the buttons that lead. Names and answers of single students are never in it.

import { ClassAnswers } from "./class_answers.mjs";
import { classFigure } from "./class_figure.mjs";
import { votes } from "./class_votes.mjs";
import { element, fill } from "./dom.mjs";
import { Lesson } from "./lesson.mjs";

const SWITCHES = ["roam", "trainings", "hide_names", "paused"];

export class Teacher extends Lesson {
  constructor(page) {
    super();
    this.page = page;
    this.projector = new URLSearchParams(window.location.search).get("view") === "projector";
    this.answers = new ClassAnswers(() => {});
    this.panel = element("section", { class: "pc-panel" });
    this.tools = element("section", { class: "pc-tools" });
    this.root.prepend(this.panel);
    this.root.append(this.tools);
  }

  take(data, now) {
    const seen = JSON.stringify([now, data.dark, data.language]);
    if (seen === this.seen) return;
    this.seen = seen;
    this.data = data;
    this.now = now;
    this.answers.take(now);
    this.place = now.lesson.step || "start";
    this.update(data);
  }

  lead(changes) {
    return this.page.link.post("lead", { code: this.now.code, ...changes });
  }

  readUrl() {}

  writeUrl() {}

  go(place) {
    if (this.places.includes(place)) this.lead({ step: place });
  }

  reveal() {
    this.lead({ phase: "revealed" });
  }

  draw() {
    super.draw();
    const { words } = this.data;
    const { lesson } = this.now;
    for (const part of this.words.querySelectorAll(".pl-options, .pl-number, .pl-note, .pl-quiet, button.primary")) part.remove();
    const revealed = lesson.phase === "revealed";
    if (this.step) this.words.append(this.choices());
    this.words.append(this.buttons(words, lesson));
    if (this.now.votes && this.step && revealed) this.words.append(votes(this.now.votes, this.step, words, this.dark, true));
    if (!this.step) this.words.append(this.quizTable(words));
    this.panel.replaceChildren(...this.joining(words));
    const details = this.tools.querySelector("details")?.open;
    this.tools.replaceChildren(...this.more(words, lesson, details));
  }

  // What students may choose from, to be read out; nothing is chosen here.
  choices() {
    const list = element("ul", { class: "pc-choices" });
    if (this.now.lesson.phase !== "revealed") list.append(...this.step.options.map(({ label }) => element("li", { text: label })));
    return list;
  }

  buttons(words, lesson) {
    const button = (text, changes, main = false) => element("button", {
      type: "button", class: main ? "primary" : "", text, onclick: () => this.lead(changes),
    });
    const { place } = this;
    const row = element("div", { class: "pc-lead" });
    if (lesson.phase === "idle") row.append(button(words.ask, { step: place, phase: "asked" }, true));
    if (lesson.phase === "asked") {
      if (this.step) row.append(button(words.reveal, { phase: "revealed" }, true));
      else row.append(button(words.close, { phase: "idle" }, true));
      row.append(element("span", { class: "pc-count", role: "status", text: fill(words.answered, { n: this.now.answered, all: this.now.members.length }) }));
    }
    if (lesson.phase === "revealed" && this.step && lesson.vote === 1) row.append(button(words.vote_again, { vote: 2, phase: "asked" }));
    return row;
  }

  quizTable(words) {
    const { quiz } = this.now;
    const cell = ([right, all]) => element("td", { text: all ? `${right} / ${all}` : "–" });
    const rows = this.lesson.quiz.map(({ question }, index) => element("tr", {},
      element("th", { scope: "row", text: question }), cell(quiz.start[index]), cell(quiz.end[index])));
    const head = element("tr", {}, ...[words.five, words.before, words.after].map((text) => element("th", { scope: "col", text })));
    return element("table", { class: "pc-quiz" }, element("thead", {}, head), element("tbody", {}, ...rows));
  }

  joining(words) {
    const { code, network, members, owner } = this.now;
    const address = network[0]?.replace(/^https?:\/\//, "");
    const parts = [
      element("div", { class: "pc-code" }, element("span", { text: words.code }), element("b", { text: code })),
      element("span", { class: "pc-count", role: "status", text: fill(words.joined, { n: members.length }) }),
    ];
    if (address) {
      parts.unshift(element("div", { class: "pc-address" }, element("span", { text: words.address }), element("b", { text: address + this.data.base })));
      const picture = this.now.qr && new DOMParser().parseFromString(this.now.qr, "image/svg+xml").documentElement;
      if (picture) {
        const open = this.panel.querySelector("details")?.open;
        picture.setAttribute("role", "img");
        picture.setAttribute("aria-label", words.qr);
        const details = element("details", { class: "pc-qr" }, element("summary", { text: words.qr }), picture);
        details.open = Boolean(open);
        parts.push(details);
      }
    } else if (owner) {
      parts.push(element("button", { type: "button", text: words.open_network, onclick: () => this.page.link.post("network") }),
        element("span", { class: "pl-note", text: words.closed }));
    }
    return parts;
  }

  more(words, lesson, open) {
    const switches = SWITCHES.map((name) => {
      const box = element("input", { type: "checkbox", onchange: (event) => this.lead({ [name]: event.target.checked }) });
      box.checked = lesson[name];
      return element("label", {}, box, element("span", { text: words[`switch_${name}`] }));
    });
    const table = `${this.page.link.address("table.csv")}&${new URLSearchParams({ code: this.now.code })}`;
    const end = () => window.confirm(words.end_sure) && this.end();
    const names = this.now.members.filter(Boolean).join(", ");
    const parts = [
      element("div", { class: "pc-switches" }, ...switches),
      element("p", { class: "pl-options" },
        element("a", { href: table, download: "", text: words.csv }),
        ...(this.now.link ? [element("a", { href: this.now.link, target: "_self", text: words.teacher_link })] : []),
        element("button", { type: "button", text: words.end_class, onclick: end })),
      ...(names ? [element("p", { class: "pl-note", text: names })] : []),
    ];
    const details = element("details", {}, element("summary", { text: words.more }), ...parts);
    details.open = Boolean(open);
    const deal = element("button", { type: "button", text: words.deal, onclick: () => this.lead({ dealt: true }) });
    const figure = lesson.dealt ? classFigure(this.now.results, words, this.dark) : deal;
    return [figure, details];
  }

  async end() {
    if (!await this.page.link.post("end", { code: this.now.code })) return;
    this.page.choose("");
  }
}
