// The playground as one file without a server: language and colours are chosen here.

import { element } from "./dom.mjs";
import { Photographs } from "./photographs.mjs";
import { Playground } from "./playground.mjs";

const { words, workers, recorded } = globalThis.residualPlayground; // put there by docs/playground.py
const newWorker = (name) => new Worker(URL.createObjectURL(new Blob([workers[name]], { type: "text/javascript" })));
const NAMES = { en: "English", ko: "한국어" };

const query = new URLSearchParams(window.location.search);
const system = window.matchMedia("(prefers-color-scheme: dark)");
let language = query.get("lang") ?? (navigator.language.startsWith("ko") ? "ko" : "en");
if (!(language in words)) language = "en";
let dark = system.matches;

const title = element("h1");
const lead = element("p");
const carry = element("p");
const link = element("a", { href: "#photographs" });
const photographs = new Photographs(recorded);
const switches = element("div", { class: "pp-switches", role: "group" });
const place = element("div");
const main = element("main", {}, place);
if (!query.has("embed")) {
  document.body.append(element("header", {}, switches));
  main.prepend(title, lead);
  main.append(carry, element("p", {}, link), photographs.root);
}
document.body.append(main);
const playground = new Playground(place, newWorker);

window.addEventListener("resize", () => photographs.root.isConnected && photographs.show(language, dark));
system.addEventListener("change", () => {
  dark = system.matches;
  show();
});
show();

function show() {
  const say = words[language];
  document.documentElement.lang = language;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.title = title.textContent = say.title;
  lead.textContent = say.lead;
  // The texts' only markup is **bold**.
  carry.replaceChildren(...say.carry.split("**").map((part, index) => element(index % 2 ? "strong" : "span", { text: part })));
  link.textContent = say.photographs;
  if (photographs.root.isConnected) photographs.show(language, dark);
  const languages = Object.keys(words).map((name) => element("button", {
    type: "button", text: NAMES[name], lang: name, "aria-pressed": name === language, onclick: () => { language = name; choose("lang", name); },
  }));
  const colours = element("button", { type: "button", text: dark ? "☀" : "☾", "aria-label": say[dark ? "light" : "dark"], onclick: () => { dark = !dark; show(); } });
  switches.replaceChildren(...languages, colours);
  playground.update({ words: say, dark });
}

function choose(name, value) {
  playground.address((parameters) => parameters.set(name, value));
  show();
}
