// The words of a step: claim, question, and after the answer what was measured and why.

import { element, fill } from "./dom.mjs";
import { points } from "./lesson_pen.mjs";
import { showLinked } from "./linked.mjs";

export function stepWords(lesson, step) {
  const { words } = lesson.lesson;
  const after = lesson.answers.shown(step.id);
  lesson.seen = new Set(); // terms that the step has linked to the glossary
  const parts = [
    element("h1", { tabindex: -1, text: step.claim }),
    element("p", {}, ...marked(lesson, step.text)),
    element("p", { class: "pl-question" }, ...marked(lesson, step.question)),
  ];
  const answered = element("div", { class: "pl-measured", role: "status" });
  if (after) answered.append(...outcome(lesson, step, words));
  else parts.push(...asking(lesson, step, words));
  return [...parts, answered, ...(lesson.notes ? [notes(step, words)] : [])];
}

// For the teacher: what students usually say, and what to ask next.
function notes({ notes: { say, ask } }, words) {
  return element("aside", { class: "pl-notes" },
    element("p", {}, element("b", { text: `${words.students}: ` }), say),
    element("p", {}, element("b", { text: `${words.ask}: ` }), ask));
}

// A sentence with its marks as buttons that bring a part of the picture forward.
function marked(lesson, text) {
  return text.split(/(\[\[\w+:.*?\]\])/).filter(Boolean).flatMap((piece) => {
    const [, id, words] = piece.match(/^\[\[(\w+):(.*)\]\]$/) ?? [];
    if (!id) return raised(piece).map((part) => (typeof part === "string" ? linked(lesson, part) : part));
    const button = element("button", { type: "button", class: "pl-mark" }, ...raised(words));
    const undo = () => lesson.picture.mark([]);
    for (const name of ["mouseenter", "focus", "click"]) button.addEventListener(name, () => lesson.picture.mark([id]));
    for (const name of ["mouseleave", "blur"]) button.addEventListener(name, undo);
    queueMicrotask(() => button.style.setProperty("--part", lesson.picture.colourOf(id) || "inherit"));
    return [button];
  });
}

// A piece of a sentence in which each term's first mention leads to the glossary.
function linked(lesson, text) {
  const node = element("span", {});
  showLinked(node, text, lesson.lesson.glossary, lesson.seen);
  return node;
}

// "10^18" with its exponent raised.
function raised(text) {
  return text.split(/(\^\d+)/).filter(Boolean).map((piece) => (piece.startsWith("^") ? element("sup", { text: piece.slice(1) }) : piece));
}

function asking(lesson, step, words) {
  const controls = { choose, number, curve }[step.kind](lesson, step, words);
  const show = element("button", { type: "button", class: "pl-quiet", text: words.show, onclick: () => lesson.reveal() });
  return [...controls, show];
}

function choose(lesson, step) {
  const options = step.options.map(({ name, label }) => element("button", { type: "button", text: label, onclick: () => lesson.reveal(name) }));
  return [element("div", { class: "pl-options", role: "group", "aria-label": step.question }, ...options)];
}

function number(lesson, step, words) {
  const limits = { min: 0, max: step.high, step: 1, "aria-label": step.question };
  const slider = element("input", { type: "range", ...limits, value: step.high / 2 });
  const field = element("input", { type: "number", ...limits, value: step.high / 2 });
  slider.addEventListener("input", () => { field.value = slider.value; });
  field.addEventListener("input", () => { slider.value = field.value; });
  const check = () => field.value !== "" && field.checkValidity() && lesson.reveal(Number(field.value));
  const form = element("form", {
    class: "pl-number",
    onsubmit: (event) => { event.preventDefault(); check(); },
  }, slider, element("span", {}, field, ` ${step.unit}`), element("button", { class: "primary", text: words.check }));
  return [form, element("p", { class: "pl-note", text: fill(words.near, { n: step.tolerance }) })];
}

function curve(lesson, step, words) {
  const drawn = () => points(lesson.drawing?.[step.id]?.values ?? [null, null], step.scene);
  const check = element("button", { type: "button", class: "primary", text: words.check, onclick: () => lesson.reveal(drawn()) });
  const clear = element("button", { type: "button", text: words.clear, onclick: () => { delete lesson.drawing[step.id]; lesson.draw(); } });
  const look = () => { check.disabled = drawn().length === 0; };
  lesson.onDraw = look;
  look();
  return [element("p", { class: "pl-note", text: words.draw_hint }), element("div", { class: "pl-options" }, check, clear)];
}

function outcome(lesson, step, words) {
  const answer = lesson.answers.get(step.id);
  const table = element("details", {}, element("summary", { text: words.numbers }));
  table.addEventListener("toggle", () => table.open && table.childElementCount === 1 && table.append(lesson.picture.table()));
  return [
    ...(answer === undefined ? [] : [verdict(step, answer, words)]),
    element("p", { class: "pl-result" }, element("b", { text: `${words.measured}: ` }), ...marked(lesson, step.measured)),
    element("p", {}, element("b", { text: `${words.why}: ` }), ...marked(lesson, step.why)),
    element("p", { class: "pl-links" }, ...links(step, words)),
    table,
  ];
}

export function isRight(step, answer) {
  if (step.kind === "choose") return answer === step.answer;
  const value = step.kind === "curve" ? answer.at(-1)[1] : answer;
  return step.right[0] <= value && value <= step.right[1];
}

function verdict(step, answer, words) {
  const right = isRight(step, answer);
  const said = {
    choose: () => step.options.find(({ name }) => name === answer)?.label ?? "",
    number: () => `${answer} ${step.unit}`,
    curve: () => `${Math.round(answer.at(-1)[1])} %`,
  }[step.kind]();
  return element("p", { class: right ? "pl-verdict right" : "pl-verdict" },
    element("b", { text: right ? words.right : words.wrong }), ` ${fill(words.guess, { value: said })}`);
}

function links(step, words) {
  const all = [link(step.source, words.experiment)];
  if (step.live) all.unshift(link(step.live, `▶ ${words.live}`, "pl-live"));
  return all;
}

export function link({ path, query }, label, name = "") {
  const base = window.location.pathname.replace(/(lesson|classroom)\/?$/, "");
  return element("a", { href: `${base}${path}?${new URLSearchParams(query)}`, target: "_self", class: name, text: label });
}
