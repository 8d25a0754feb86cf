// A guess before the answer: what will 40 plain layers do, beside 10?

import { element } from "./dom.mjs";
import { GUESSES, GUESS_STEPS, howItTurnedOut } from "./sentence.mjs";

export class Guess {
  // onGuess(): trains the two networks in question.
  constructor(words, onGuess) {
    Object.assign(this, { words, guess: null });
    this.question = element("p", { text: words["guess.question"] });
    this.buttons = GUESSES.map((guess) => element("button", {
      type: "button", text: words[`guess.${guess}`], onclick: () => {
        onGuess();
        this.guess = guess;
        this.buttons.forEach((button, index) => button.setAttribute("aria-pressed", GUESSES[index] === guess));
        this.answer.textContent = words["guess.wait"];
      },
    }));
    this.answer = element("p", { class: "pp-answer", "aria-live": "polite" });
    this.root = element("div", { class: "pp-guess" }, this.question, element("div", { class: "pp-guesses" }, ...this.buttons), this.answer);
  }

  // Other networks are trained: they would not answer the question.
  cancel() {
    if (this.guess) this.answer.textContent = "";
    this.guess = null;
  }

  // `frames`: of the training so far; the first at or after the deciding step counts.
  show(frames) {
    if (!this.guess) return;
    const frame = frames.find(({ step }) => step >= GUESS_STEPS);
    const text = howItTurnedOut(this.guess, frame, this.words);
    if (!text) return;
    this.answer.textContent = text;
    this.guess = null;
  }
}
