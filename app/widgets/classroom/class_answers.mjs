// Answers in a class, with the interface of the lesson's own: they are the server's, and a step is
// shown once the teacher reveals it.

export class ClassAnswers {
  // send(question, value)
  constructor(send) {
    this.send = send;
    this.mine = {};
  }

  take({ lesson, mine = {} }) {
    const moved = this.lesson?.step !== lesson.step || this.lesson?.vote !== lesson.vote;
    this.lesson = lesson;
    this.mine = moved ? mine : { ...this.mine, ...mine };
  }

  get(step) {
    return this.mine[step];
  }

  put(step, answer) {
    this.mine = { ...this.mine, [step]: answer };
    this.send(step, answer);
  }

  shown(step) {
    return this.lesson?.step === step && this.lesson.phase === "revealed";
  }

  show() {
    // the teacher reveals
  }

  quiz(place) {
    const own = Object.entries(this.mine).filter(([question]) => question.startsWith(`${place}.`));
    return Object.fromEntries(own.map(([question, value]) => [question.slice(place.length + 1), value]));
  }

  putQuiz(place, question, option) {
    this.put(`${place}.${question}`, option);
  }

  clear() {
    // the class's answers end with the class
  }
}
