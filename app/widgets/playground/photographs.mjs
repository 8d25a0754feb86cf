// The same question on photographs: a recorded run of convolutional networks, for the single file.

import { Curves } from "./curves.mjs";
import { element } from "./dom.mjs";
import { shade } from "./palette.mjs";

// `recorded`: {curves: [{name, family, deep, x, y, error}], [language]: {title, data, note, seen}}.
export class Photographs {
  constructor(recorded) {
    this.recorded = recorded;
    this.title = element("h2");
    this.seen = element("p");
    this.names = element("ul", { class: "pp-names" });
    this.chart = new Curves("photographs", null);
    this.root = element("section", { class: "pp-photographs", id: "photographs" }, this.title, this.seen, this.names, this.chart.root);
  }

  show(language, dark) {
    const { curves, [language]: say } = this.recorded;
    this.title.textContent = say.title;
    this.seen.textContent = say.seen;
    const coloured = curves.map((curve) => ({ ...curve, color: shade(curve.family, curve.deep, dark) }));
    this.names.replaceChildren(...coloured.map(({ name, color, error }) =>
      element("li", { style: `--network: ${color}`, text: `${name} ${error.toFixed(1)} %` })));
    this.chart.setWords(say.curve, `${say.data} ${say.note}`);
    this.chart.draw({ lines: coloured, x: [0, Math.max(...curves.flatMap(({ x }) => x))], y: [0, 100] }, dark);
  }
}
