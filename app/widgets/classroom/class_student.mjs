// A student's page: the step that the teacher has reached, the question, and what the class answered.

import { ClassAnswers } from "./class_answers.mjs";
import { DealtNetwork } from "./class_phone.mjs";
import { votes } from "./class_votes.mjs";
import { element, fill } from "./dom.mjs";
import { Lesson } from "./lesson.mjs";

export class Student extends Lesson {
  constructor(page) {
    super();
    this.page = page;
    this.projector = false;
    this.answers = new ClassAnswers((question, value) => page.link.post("answer", { question, value }));
    this.phone = new DealtNetwork(page);
    this.root.classList.add("pc-student");
  }

  take(data, now) {
    this.data = data;
    const seen = JSON.stringify([now.lesson, now.mine, now.votes, data.dark, data.language]);
    this.now = now;
    this.answers.take(now);
    this.place = now.lesson.step || "start";
    // Drawn again only for news, so that a half-drawn curve or a half-typed number stays.
    if (seen !== this.seen) this.update(data);
    this.seen = seen;
    this.phone.take(now);
  }

  readUrl() {}

  writeUrl() {}

  go() {
    this.draw();
  }

  move() {}

  project() {}

  key() {}

  reveal(answer) {
    if (answer === undefined) return;
    this.answers.put(this.place, answer);
    this.draw();
  }

  draw() {
    super.draw();
    const { words } = this.data;
    const { lesson, name, number, code } = this.now;
    for (const button of this.words.querySelectorAll(".pl-quiet")) button.remove();
    const asked = lesson.phase === "asked" && !lesson.paused;
    if (!asked) for (const part of this.words.querySelectorAll(".pl-options, .pl-number, .pl-note, button.primary")) part.remove();
    this.words.append(element("p", { class: "pc-status", role: "status", text: this.status(words) }));
    if (this.now.votes && this.step) this.words.append(votes(this.now.votes, this.step, words, this.dark, true));
    this.words.append(this.phone.root);
    const who = fill(words.you, { name: name || `#${number}`, code });
    const leave = element("button", { type: "button", class: "pl-quiet", text: words.leave, onclick: () => this.leave() });
    this.head.replaceChildren(element("span", { class: "pl-place", text: this.head.querySelector(".pl-place").textContent }), element("span", { text: who }), leave);
    this.foot.replaceChildren(...(lesson.roam ? [this.roam(words)] : [element("span", { class: "pl-note", text: words.follow })]));
    this.root.classList.toggle("pc-held", !lesson.roam);
  }

  status(words) {
    const { lesson } = this.now;
    if (lesson.paused) return words.paused;
    if (lesson.phase === "idle") return words.not_asked;
    if (lesson.phase === "revealed") return "";
    const quiz = lesson.step === "start" || lesson.step === "end";
    const given = quiz ? Object.keys(this.answers.quiz(lesson.step)).length : 0;
    if (quiz) return given === this.lesson.quiz.length ? words.all_sent : "";
    if (this.answers.get(lesson.step) === undefined) return lesson.vote === 2 ? words.again : "";
    return fill(words.sent, { value: this.said(this.answers.get(lesson.step)) });
  }

  said(value) {
    const { step } = this;
    if (step?.kind === "choose") return step.options.find(({ name }) => name === value)?.label ?? value;
    return step?.kind === "curve" ? this.data.words.curve : `${value} ${step?.unit ?? ""}`.trim();
  }

  roam(words) {
    const query = new URLSearchParams({ lang: this.data.language });
    return element("a", { href: `${this.data.base}/lesson?${query}`, target: "_self", text: words.roam_link });
  }

  async leave() {
    if (await this.page.link.post("leave")) window.location.reload();
  }

  close() {
    this.phone.close();
    super.close();
  }
}
