// Legend and table in one: a row a curve with its values at the time and layer under the pointer.
// A click on a name shows or hides the curve in all panels.

import { element, fill, short } from "./dom.mjs";

export class Readout {
  // onToggle(label)
  constructor(onToggle) {
    this.onToggle = onToggle;
    this.rows = new Map(); // key -> {row, button, cells}
    this.head = element("tr");
    this.body = element("tbody");
    this.table = element("table", { class: "pg-readout" }, element("thead", {}, this.head), this.body);
    this.root = element("div", { class: "pg-readout-frame" }, this.table);
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
  }
}
