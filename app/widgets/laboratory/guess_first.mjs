// A question before a laboratory's result. The browser's session keeps the answer, so that a page
// that is opened again shows its result at once.

import { element } from "./dom.mjs";

const SKIPPED = "skip";

export class Guess {
  // onAnswer(): the question is answered or skipped.
  constructor(onAnswer) {
    this.onAnswer = onAnswer;
    this.question = element("p", { id: "lab-question" });
    this.choices = element("div", { class: "lab-choices", role: "group", "aria-labelledby": "lab-question" });
    this.title = element("h2");
    this.root = element("section", { class: "lab-guess" }, this.title, this.question, this.choices);
    this.answer = element("p", { class: "lab-guessed" });
    this.root.hidden = this.answer.hidden = true;
  }

  // ask: {name, title, question, options, skip, guessed}, or null where nothing is asked.
  show(ask) {
    this.ask = ask;
    const kept = ask && window.sessionStorage.getItem(key(ask));
    this.open = Boolean(ask) && kept === null;
    this.root.hidden = !this.open;
    this.answer.hidden = this.open || !ask || kept === SKIPPED;
    if (!ask) return;
    this.title.textContent = ask.title;
    this.question.textContent = ask.question;
    this.answer.textContent = ask.guessed.replace("{guess}", ask.options[Number(kept)] ?? "");
    const buttons = ask.options.map((text, index) => this.button(text, String(index)));
    this.choices.replaceChildren(...buttons, this.button(ask.skip, SKIPPED));
  }

  button(text, value) {
    const give = () => {
      window.sessionStorage.setItem(key(this.ask), value);
      this.show(this.ask);
      this.onAnswer();
    };
    return element("button", { type: "button", text, class: value === SKIPPED ? "lab-skip" : "lab-choice", onclick: give });
  }
}

function key({ name }) {
  return `playground:guess:${name}`;
}
