// What happened in a training, thinned out so that it never grows beyond a few megabytes.

import { lastUpTo } from "./dom.mjs";

const MOST_FRAMES = 600;
const MOST_BYTES = 24e6; // of pictures

export class Record {
  constructor() {
    this.frames = []; // as the worker posts them, oldest first, without pictures
    this.pictures = []; // {step, networks}
    this.bytes = 0;
  }

  add({ step, networks, pictures }) {
    if (step <= (this.last?.step ?? -1)) return;
    this.frames.push({ step, networks });
    if (pictures) {
      this.pictures.push({ step, networks: pictures });
      this.bytes += size(pictures);
    }
    if (this.frames.length > MOST_FRAMES) this.frames = thinned(this.frames);
    if (this.bytes > MOST_BYTES && this.pictures.length > 4) {
      this.pictures = thinned(this.pictures);
      this.bytes = this.pictures.reduce((sum, { networks }) => sum + size(networks), 0);
    }
  }

  get last() {
    return this.frames.at(-1);
  }

  // The frame and the pictures of a step, or the last ones before it.
  at(step) {
    const find = (list) => list[lastUpTo(list.map((one) => one.step), step)];
    return { frame: find(this.frames), pictures: find(this.pictures) };
  }
}

// Every second one, and the first and the last.
function thinned(list) {
  return list.filter((_, index) => index % 2 === 0 || index === list.length - 1);
}

function size(pictures) {
  return pictures.reduce((sum, { plane, units }) => sum + plane.length + units.length, 0);
}
