// Points in the plane in two classes: circle, exclusive or, two Gaussians, two spirals, or drawn.

import { Random } from "./random.mjs";

export const EDGE = 2; // the plane is shown from -EDGE to EDGE
export const POINTS = 400;

// Each returns one point [x, y] and its class, 1 or -1, before noise.
const SHAPES = {
  circle(random, index) {
    const inside = index % 2 === 0;
    const radius = inside ? random.between(0, 0.8) : random.between(1.2, 1.8);
    return [...polar(radius, random.between(0, 2 * Math.PI)), inside ? 1 : -1];
  },
  xor(random) {
    const [x, y] = [random.between(-1.8, 1.8), random.between(-1.8, 1.8)];
    return [x + 0.1 * Math.sign(x), y + 0.1 * Math.sign(y), x * y > 0 ? 1 : -1];
  },
  gauss(random, index) {
    const side = index % 2 === 0 ? 1 : -1;
    return [side + 0.4 * random.normal(), side + 0.4 * random.normal(), side];
  },
  spiral(random, index) {
    const side = index % 2 === 0 ? 1 : -1;
    const share = (index >> 1) / (POINTS / 2);
    const angle = 1.75 * 2 * Math.PI * share + (side > 0 ? 0 : Math.PI);
    return [...polar(1.8 * share, angle), side];
  },
};
export const SHAPE_NAMES = [...Object.keys(SHAPES), "own"];

// { points: [x0, y0, x1, ...], classes: [1, -1, ...], rows }; `drawn` is a list of [x, y, class].
export function dataset({ data, noise, seed, drawn }) {
  const random = new Random(seed, 7);
  const list = data === "own" ? drawn : Array.from({ length: POINTS }, (_, index) => SHAPES[data](random, index));
  const shake = () => (data === "own" ? 0 : noise * random.normal());
  const points = Float64Array.from(list.flatMap(([x, y]) => [x + shake(), y + shake()]));
  return { points, classes: Float64Array.from(list, ([, , side]) => side), rows: list.length };
}

// The centres of `size` by `size` equal squares that fill the plane, row by row from the top.
export function grid(size) {
  const place = (index) => EDGE * ((2 * index + 1) / size - 1);
  const points = new Float64Array(2 * size * size);
  for (let index = 0; index < size * size; index++) {
    points[2 * index] = place(index % size);
    points[2 * index + 1] = -place(Math.floor(index / size));
  }
  return points;
}

function polar(radius, angle) {
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}
