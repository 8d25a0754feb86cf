// The five questions at the start and at the end, one at a time, and the two scores.

import { element, fill } from "./dom.mjs";
import { link } from "./lesson_step.mjs";

export function quiz(lesson, place) {
  const { words, quiz: questions } = lesson.lesson;
  const given = lesson.answers.quiz(place);
  const at = questions.findIndex(({ id }) => !(id in given));
  if (place === "end" && at === -1) return scores(lesson, words, questions);
  const parts = [element("h1", { tabindex: -1, text: place === "start" ? words.title : words.end })];
  if (place === "start") parts.push(element("p", { text: fill(words.lead, { n: lesson.places.length - 2 }) }));
  if (at === -1) {
    const begin = element("button", { type: "button", class: "primary", text: words.next, onclick: () => lesson.move(1) });
    return [...parts, begin];
  }
  const question = questions[at];
  const choose = (option) => {
    lesson.answers.putQuiz(place, question.id, option);
    if (place === "start" && at === questions.length - 1) lesson.move(1);
    else lesson.go(place);
  };
  const options = question.options.map(({ name, label }) => element("button", { type: "button", text: label, onclick: () => choose(name) }));
  const skip = element("button", { type: "button", class: "pl-quiet", text: words.skip_quiz, onclick: () => lesson.move(1) });
  return [
    ...parts,
    element("p", { class: "pl-note", text: fill(words.question, { n: at + 1, all: questions.length }) }),
    element("p", { class: "pl-question", text: question.question }),
    element("div", { class: "pl-options column", role: "group", "aria-label": question.question }, ...options),
    ...(place === "start" ? [skip, forTeacher(lesson, words)] : []),
  ];
}

// The lesson's length, and the handout with its plans.
function forTeacher(lesson, words) {
  const plans = Object.keys(lesson.lesson.plans).map((minutes) => element("button", {
    type: "button", text: fill(words.plan, { n: minutes }), "aria-pressed": String(lesson.plan === minutes),
    onclick: () => lesson.choosePlan(lesson.plan === minutes ? "" : minutes),
  }));
  const query = { lang: lesson.lesson.language };
  return element("div", { class: "pl-teacher" }, ...plans, link({ path: "playground-api/handout", query }, words.handout));
}

function scores(lesson, words, questions) {
  const score = (place) => {
    const given = lesson.answers.quiz(place);
    const count = questions.filter(({ id, right }) => given[id] === right).length;
    const said = Object.keys(given).length ? fill(words.score, { n: count, all: questions.length }) : words.not_asked;
    return element("div", { class: "pl-score" }, element("span", { text: words[place] }), element("b", { text: said }));
  };
  const again = element("button", {
    type: "button", text: words.again, onclick: () => { lesson.answers.clear(); lesson.drawing = {}; lesson.go("start"); },
  });
  const wrong = questions.filter(({ id, right }) => lesson.answers.quiz("end")[id] !== right);
  return [
    element("h1", { tabindex: -1, text: words.scores }),
    element("div", { class: "pl-scores" }, score("start"), score("end")),
    element("ol", { class: "pl-wrong" }, ...wrong.map((question) => mistake(lesson, question, words))),
    again,
  ];
}

function mistake(lesson, question, words) {
  const chosen = question.options.find(({ name }) => name === lesson.answers.quiz("end")[question.id]);
  const right = question.options.find(({ name }) => name === question.right);
  return element("li", {},
    element("p", { text: question.question }),
    element("p", {}, element("s", { text: chosen.label }), ` → `, element("b", { text: right.label })),
    element("p", {}, `${chosen.wrong} `, link(question.source, words.see)));
}
