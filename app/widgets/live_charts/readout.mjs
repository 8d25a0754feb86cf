// Legend and table in one: a row a curve with its values at the time and layer under the pointer.
// A click on a name shows or hides the curve in all panels.

import { element, fill, short } from "./dom.mjs";

const SETTLED = 400; // ms; a screen reader should hear one sentence, not each on the way

export class Readout {
  // onToggle(label)
  constructor(onToggle) {
    this.onToggle = onToggle;
    this.rows = new Map(); // key -> {row, button, cells}
    this.head = element("tr");
    this.body = element("tbody");
    this.table = element("table", { class: "pg-readout" }, element("thead", {}, this.head), this.body);
    this.sentence = element("p", { class: "pg-sentence", role: "status" });
    this.root = element("div", { class: "pg-readout-frame" }, this.sentence, this.table);
    this.heads = ["network", "train", "test", "response", "gradient", "status"].map((name) => {
      const cell = element("th", { scope: "col", class: `pg-col-${name}` });
      this.head.append(cell);
      return [name, cell];
    });
  }

  // series: from the server; rows of known series stay the same elements.
  list(series, hidden, words) {
    this.words = words;
    for (const [name, cell] of this.heads) cell.textContent ||= words.columns[name];
    const keys = new Set(series.map((one) => one.key));
    for (const [key, { row }] of this.rows) {
      if (!keys.has(key)) {
        row.remove();
        this.rows.delete(key);
      }
    }
    for (const one of series) {
      if (!this.rows.has(one.key)) this.rows.set(one.key, this.add(one));
      this.name(this.rows.get(one.key), one, hidden.has(one.label));
    }
    this.root.hidden = series.length === 0;
  }

  add(one) {
    const line = element("span", { class: "pg-line", "aria-hidden": "true" });
    const label = element("span");
    const button = element("button", { type: "button", class: "pg-name" }, line, label);
    button.addEventListener("click", () => this.onToggle(label.textContent));
    const row = element("tr", {}, element("th", { scope: "row" }, button));
    const cells = this.heads.slice(1).map(([name]) => row.appendChild(element("td", { class: `pg-col-${name}` })));
    this.body.append(row);
    return { row, button, line, label, cells };
  }

  name({ row, button, line, label, cells }, one, hidden) {
    label.textContent = one.label;
    line.style.borderTopColor = one.colour;
    line.style.borderTopStyle = one.dash === "solid" ? "solid" : "dotted";
    button.setAttribute("aria-pressed", String(!hidden));
    button.title = hidden ? this.words.show : this.words.hide;
    row.classList.toggle("pg-off", hidden);
    const status = cells[cells.length - 1];
    status.textContent = one.status;
    status.classList.toggle("pg-running", one.active);
    status.style.setProperty("--done", `${Math.round(one.done * 100)}%`);
  }

  // values: key -> {train, test, response, gradient}; layer: number under the pointer, or null.
  show(values, layer) {
    const words = this.words;
    const of = layer === null ? words.mean : fill(words.layer, { n: layer });
    const titles = { ...words.columns, response: `${words.columns.response} ${of}`, gradient: `${words.columns.gradient} ${of}` };
    for (const [name, cell] of this.heads) cell.textContent = titles[name];
    for (const [key, { cells }] of this.rows) {
      const current = values.get(key) ?? {};
      ["train", "test"].forEach((name, index) => {
        cells[index].textContent = current[name] == null ? "–" : `${current[name].toFixed(1)} %`;
      });
      cells[2].textContent = short(current.response);
      cells[3].textContent = short(current.gradient);
    }
    window.clearTimeout(this.telling);
    this.telling = window.setTimeout(() => this.tell(values), SETTLED);
  }

  // "plain-56 is at 31.0 %, 9.1 points above plain-20.", once the time under the pointer rests.
  tell(values) {
    const shown = [...this.rows].filter(([key, { row }]) => !row.classList.contains("pg-off") && values.get(key)?.train != null)
      .map(([key, { label }]) => ({ name: label.textContent, error: values.get(key).train }))
      .sort((one, other) => other.error - one.error);
    const [first, last] = [shown[0], shown.at(-1)];
    const words = { first: first?.name, last: last?.name, error: first?.error.toFixed(1), points: (first?.error - last?.error).toFixed(1) };
    const text = shown.length === 0 ? "" : fill(shown.length > 1 ? this.words.stands : this.words.stands_alone, words);
    if (this.sentence.textContent !== text) this.sentence.textContent = text;
  }
}
