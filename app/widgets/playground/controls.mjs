// The controls of the settings: data, layers and shortcuts in sight, the rest behind "more".

import { element } from "./dom.mjs";
import { OF_A_NETWORK, SHARED, SIGNS } from "./settings.mjs";

export const IN_SIGHT = ["data", "depth", "shortcut"];

export class Controls {
  // onChange(values, sign): values of the shared settings, or of network `sign`'s; "ab" for both.
  constructor(words, hidden, onChange) {
    Object.assign(this, { words, hidden, onChange, fields: [] });
    this.data = element("div", { class: "pp-data", role: "group", "aria-label": words["label.data"] });
    for (const name of SHARED.data.options) {
      const button = element("button", { type: "button", title: words[`data.${name}`], "aria-label": words[`data.${name}`], onclick: () => onChange({ data: name }) }, icon(name));
      this.data.append(button);
      this.fields.push((settings) => button.setAttribute("aria-pressed", settings.data === name));
    }
    this.depth = this.slider("depth", OF_A_NETWORK.depth, words["label.depth"], (settings) => settings.a.depth, "ab");
    this.shortcuts = Object.fromEntries(SIGNS.map((sign) => [sign, this.select("shortcut", OF_A_NETWORK.shortcut, sign)]));
    this.more = element("details", { class: "pp-more" }, element("summary", { text: words["label.more"] }), this.table());
    this.root = element("div", { class: "pp-controls" });
    if (!hidden.has("data")) this.root.append(element("div", { class: "pp-field" }, element("span", { text: words["label.data"] }), this.data));
    if (!hidden.has("depth")) this.root.append(this.depth);
    if (!hidden.has("more")) this.root.append(this.more);
    this.more.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      this.more.removeAttribute("open");
      this.more.querySelector("summary").focus();
    });
    // A click elsewhere closes what is open over the page.
    this.close = (event) => !this.more.contains(event.target) && this.more.removeAttribute("open");
    document.addEventListener("pointerdown", this.close);
  }

  // Shows the settings in all controls, in whichever way they came about.
  show(settings) {
    for (const field of this.fields) field(settings);
  }

  dispose() {
    document.removeEventListener("pointerdown", this.close);
  }

  // Shared settings, then a row a setting with a column for each network.
  table() {
    const { words } = this;
    const shared = Object.entries(SHARED).filter(([name]) => name !== "data");
    const rows = Object.entries(OF_A_NETWORK).filter(([name]) => name !== "shortcut");
    const head = element("tr", {}, element("td"), ...SIGNS.map((sign) => element("th", { text: words[`network.${sign}`], scope: "col" })));
    return element("div", { class: "pp-panel-more" },
      element("div", { class: "pp-shared" }, ...shared.map(([name, field]) => this.shared(name, field))),
      element("table", {}, head, ...rows.map(([name, field]) => element("tr", {},
        element("th", { text: words[`label.${name}`], scope: "row" }),
        ...SIGNS.map((sign) => element("td", {}, this.select(name, field, sign)))))));
  }

  shared(name, field) {
    if (!field.options) return this.slider(name, field, this.words[`label.${name}`], (settings) => settings[name], null);
    const select = this.options(name, field.options, this.words[`label.${name}`], (value) => this.onChange({ [name]: value }));
    this.fields.push((settings) => (select.value = String(settings[name])));
    return element("label", { class: "pp-field" }, element("span", { text: this.words[`label.${name}`] }), select);
  }

  // A choice of one network's setting; numbers of a range are typed.
  select(name, field, sign) {
    const label = `${this.words[`label.${name}`]}: ${this.words[`network.${sign}`]}`;
    if (!field.options) {
      const input = element("input", { type: "number", min: field.low, max: field.high, step: field.step, "aria-label": label });
      input.addEventListener("change", () => {
        const value = Math.round(Number(input.value));
        this.onChange({ [name]: Math.max(field.low, Math.min(field.high, value || field.low)) }, sign);
      });
      this.fields.push((settings) => document.activeElement !== input && (input.value = settings[sign][name]));
      return input;
    }
    const select = this.options(name, field.options, label, (value) => this.onChange({ [name]: value }, sign));
    this.fields.push((settings) => (select.value = String(settings[sign][name])));
    return select;
  }

  options(name, options, label, onChoose) {
    const say = (option) => this.words[`${name}.${option}`] ?? String(option);
    const select = element("select", { "aria-label": label }, ...options.map((option) => element("option", { value: String(option), text: say(option) })));
    select.addEventListener("change", () => onChoose(options.find((option) => String(option) === select.value)));
    return select;
  }

  slider(name, field, label, value, sign) {
    const { root, show } = slider(label, field, (chosen) => this.onChange({ [name]: chosen }, sign));
    this.fields.push((settings) => show(value(settings)));
    return root;
  }
}

// A slider over a range, or over options, with its label and its value.
export function slider(label, { low, high, step, options }, onInput) {
  const range = options ? { min: 0, max: options.length - 1, step: 1 } : { min: low, max: high, step };
  const input = element("input", { type: "range", ...range, "aria-label": label });
  const output = element("output");
  const say = (value) => {
    output.textContent = value;
    input.setAttribute("aria-valuetext", value);
  };
  input.addEventListener("input", () => {
    const value = options ? options[Number(input.value)] : Number(input.value);
    say(value);
    onInput(value);
  });
  const show = (value) => {
    input.value = options ? options.indexOf(value) : value;
    say(value);
  };
  return { root: element("label", { class: "pp-field pp-slide" }, element("span", { text: label }), input, output), show };
}

// The shapes in small: discs of the first class, squares of the second.
function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", "-12 -12 24 24");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  picture.append(path);
  return picture;
}

const ICONS = {
  circle: "M3 0A3 3 0 1 1-3 0A3 3 0 1 1 3 0M9 0A9 9 0 1 1-9 0A9 9 0 1 1 9 0",
  xor: "M-8-8h6v6h-6zM2 2h6v6h-6zM8-5A3 3 0 1 1 2-5A3 3 0 1 1 8-5M-2 5A3 3 0 1 1-8 5A3 3 0 1 1-2 5",
  gauss: "M9-4.5A4 4 0 1 1 1-4.5A4 4 0 1 1 9-4.5M-8 1h7v7h-7z",
  spiral: "M0 0C4-5 9 0 4 6C-2 11-10 5-9-3M0 0C-4 5-9 0-4-6C2-11 10-5 9 3",
  own: "M-8 8l2-6L5-9l4 4L-2 6z",
};
