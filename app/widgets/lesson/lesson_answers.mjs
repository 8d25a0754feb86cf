// The reader's answers, kept by the browser: of the steps, and of the five questions at the start and
// at the end. Where the browser stores nothing, they last as long as the page.

const KEY = "residual-playground-lesson-1";

export class Answers {
  constructor(storage) {
    this.storage = storage;
    this.values = { steps: {}, shown: {}, start: {}, end: {}, ...this.read() };
  }

  read() {
    try {
      return JSON.parse(this.storage.getItem(KEY)) ?? {};
    } catch {
      return {};
    }
  }

  write() {
    try {
      this.storage.setItem(KEY, JSON.stringify(this.values));
    } catch {
      // no storage: the answers last as long as the page
    }
  }

  get(step) {
    return this.values.steps[step];
  }

  put(step, answer) {
    this.values.steps[step] = answer;
    this.write();
  }

  shown(step) {
    return Boolean(this.values.shown[step]);
  }

  show(step) {
    this.values.shown[step] = true;
    this.write();
  }

  // Answers to the five questions: `place` is "start" or "end".
  quiz(place) {
    return this.values[place];
  }

  putQuiz(place, question, option) {
    this.values[place][question] = option;
    this.write();
  }

  clear() {
    this.values = { steps: {}, shown: {}, start: {}, end: {} };
    this.write();
  }
}
