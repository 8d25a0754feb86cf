// Ten things to try: the settings of each as parameters of a URL, and after how many updates to look.
// Their figures are in docs/playground.md, written by `python -m docs.playground_figures`.

import { element } from "./dom.mjs";

export const EXPERIMENTS = [
  { name: "shallow", query: "depth=10", updates: 1000 },
  { name: "patience", query: "depth=20", updates: 8000 },
  { name: "circle", query: "data=circle", updates: 1000 },
  { name: "identity", query: "start=identity&start_b=he&shortcut_b=0", updates: 1000 },
  { name: "leaky", query: "activation=leaky&activation_b=relu&shortcut_b=0", updates: 1000 },
  { name: "tanh", query: "activation=tanh&activation_b=relu&shortcut_b=0", updates: 1000 },
  { name: "rate", query: "rate=0.3", updates: 1000 },
  { name: "width", query: "width=16&width_b=8&shortcut_b=0", updates: 1000 },
  { name: "no_bn", query: "bn=false&depth=20&rate=0.01&start=zero", updates: 1000 },
  { name: "one_layer", query: "shortcut=1", updates: 1000 },
];

// The list as links; a click shows the settings in place.
export function experimentList(words, onChoose) {
  const items = EXPERIMENTS.map(({ name, query }) => {
    const choose = (event) => {
      event.preventDefault();
      onChoose(new URLSearchParams(query));
      document.querySelector(".pp").scrollIntoView({ block: "nearest" });
    };
    return element("li", {},
      element("a", { href: `?${query}&lang=${words.language}`, text: words[`experiments.${name}`], onclick: choose }), " ",
      element("span", { text: words[`experiments.found_${name}`] }));
  });
  return element("details", { class: "pp-experiments" },
    element("summary", { text: words["experiments.title"] }), element("ol", {}, ...items));
}
