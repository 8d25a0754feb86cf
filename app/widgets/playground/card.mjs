// One of the two networks: its plane, its units, the selected one, its error.

import { element, fill, short } from "./dom.mjs";
import { Plane } from "./plane.mjs";
import { family } from "./palette.mjs";
import { Units } from "./units.mjs";

export class Card {
  // `shortcut`: the choice of it, or null where it is hidden. onSelect(layer, unit); onDraw(x, y).
  constructor(sign, words, shortcut, onSelect, onDraw) {
    Object.assign(this, { sign, words });
    this.plane = new Plane(onDraw);
    this.units = new Units(onSelect);
    this.name = element("h3", { "aria-level": 2 });
    this.error = element("output", { class: "pp-error" });
    this.caption = element("p", { class: "pp-note" });
    const choice = shortcut && element("label", { class: "pp-field" }, element("span", { text: words["label.shortcut"] }), shortcut);
    this.root = element("section", { class: `pp-card pp-card-${sign}` },
      element("header", {}, this.name, this.error, ...(choice ? [choice] : [])),
      element("div", { class: "pp-body" }, this.plane.canvas,
        element("div", { class: "pp-layers" }, element("p", { class: "pp-note", text: words.units }), this.units.canvas,
          element("div", { class: "pp-selected" }, this.units.large, this.caption))));
  }

  // What is seen at one time: the network's measurements, its pictures, the points, the selection.
  draw({ settings, measured, pictures, points, selected, dark, colour }) {
    const { words } = this;
    const name = networkName(settings, words);
    this.root.style.setProperty("--network", colour);
    this.name.textContent = `${words[`network.${this.sign}`]} · ${name}`;
    this.error.textContent = measured ? percent(measured.error) : "–";
    this.error.title = words.error;
    this.plane.canvas.setAttribute("aria-label", fill(words.plane, { name, error: measured ? percent(measured.error) : "–" }));
    const layers = settings.depth + 1;
    const here = { layer: Math.min(selected.layer, layers - 1), unit: Math.min(selected.unit, settings.width - 1) };
    // Pictures come less often than measurements, and drawing them is what takes time.
    const [plane, units] = [[pictures, points, dark], [pictures, here.layer, here.unit, settings, dark]];
    if (differs(plane, this.drawnPlane)) this.plane.draw(pictures?.plane ?? null, points, dark);
    if (differs(units, this.drawnUnits)) this.units.draw(pictures?.units ?? null, layers, settings.width, here, dark);
    Object.assign(this, { drawnPlane: plane, drawnUnits: units });
    const text = this.describe(here, settings, measured);
    this.units.canvas.setAttribute("aria-label", fill(words.select, { name }));
    this.units.say(text);
    this.units.large.setAttribute("aria-label", text);
    if (this.caption.textContent !== text) this.caption.textContent = text;
  }

  describe({ layer, unit }, settings, measured) {
    const { words } = this;
    const place = layer === 0 ? words.first_layer : fill(words.layer, { n: layer, depth: settings.depth });
    return fill(words.selected, {
      place,
      unit: unit + 1,
      response: short(measured?.responses[layer]),
      gradient: short(measured?.weights[layer]),
    });
  }
}

function differs(values, before) {
  return values.some((value, index) => value !== before?.[index]);
}

export function networkName(settings, words) {
  return fill(words[`name.${family(settings)}`], { depth: settings.depth });
}

export function percent(share) {
  return `${(100 * share).toFixed(share < 0.0995 && share > 0 ? 1 : 0)} %`;
}
