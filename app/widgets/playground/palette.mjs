// The colours of classes, units and networks, on light and on dark.

// The two classes: pink and green of Okabe and Ito, which the families of networks do not use here.
export const CLASSES = {
  light: { first: [204, 92, 156], second: [0, 140, 105], middle: [255, 255, 255], edge: "#ffffff" },
  dark: { first: [227, 130, 186], second: [50, 180, 140], middle: [16, 21, 28], edge: "#10151c" },
};

// Plain networks and those with shortcuts, as on the app's other pages; where both are of one kind,
// the second has the other shade.
const FAMILIES = {
  light: { plain: ["#a24707", "#dd6614"], residual: ["#036ba7", "#3995d7"] },
  dark: { plain: ["#fe8949", "#fecbb1"], residual: ["#5cb6fa", "#b5ddfe"] },
};

export function networkColours({ a, b }, dark) {
  const [first, second] = [family(a), family(b)];
  const shades = FAMILIES[dark ? "dark" : "light"];
  return { a: shades[first][0], b: shades[second][first === second ? 1 : 0] };
}

// The first shade of each family.
export function families(dark) {
  const { plain, residual } = FAMILIES[dark ? "dark" : "light"];
  return { plain: plain[0], residual: residual[0] };
}

// Of a family, the shade of the deeper or the shallower network: deeper is darker on light, lighter
// on dark.
export function shade(name, deep, dark) {
  return FAMILIES[dark ? "dark" : "light"][name][deep === dark ? 1 : 0];
}

export function family({ shortcut }) {
  return shortcut ? "residual" : "plain";
}

// 256 colours from the second class over undecided to the first, as RGBA in 32 bits each.
export function classColours(dark) {
  const { first, second, middle } = CLASSES[dark ? "dark" : "light"];
  return gradient((value) => {
    const share = Math.abs(value - 128) / 127;
    return middle.map((part, index) => part + 0.75 * share * ((value < 128 ? second : first)[index] - part));
  });
}

// 256 greys from the background to the text.
export function unitColours(dark) {
  const [low, high] = dark ? [[22, 30, 40], [226, 233, 241]] : [[248, 249, 251], [38, 52, 70]];
  return gradient((value) => low.map((part, index) => part + (value / 255) * (high[index] - part)));
}

function gradient(of) {
  const bytes = new Uint8ClampedArray(4 * 256);
  for (let value = 0; value < 256; value++) bytes.set([...of(value), 255], 4 * value);
  return new Uint32Array(bytes.buffer);
}
