// Two networks in training, on the same batches, away from the page that draws them.
//
// Takes {start: {id, networks, data}}, {rate: updates a second}, {step: true} and {taken: true}.
// Posts frames {id, step, networks: [measured, ...], pictures: [{plane, units}, ...] or null}; the
// next one only after the page has `taken` the last.

import { dataset } from "./data.mjs";
import { Training } from "./training.mjs";

const TURN = 20; // ms of updates between looks at the messages
const FRAME = 33; // ms from frame to frame
const PATIENCE = 500; // ms of training without a page that takes the frames, as of a hidden tab
const SHARE = 4; // of the time: a measurement is due after this many times what it took

let id = 0;
let trainings = [];
let rate = 0;
let owed = 0; // updates due at the present rate
let last = 0; // when updates were last counted
let waiting = false; // for the page to take a frame
const frame = { at: -Infinity, cost: 0, step: -1 };
const pictures = { at: -Infinity, cost: 0 };
const channel = new MessageChannel(); // a turn's end without the delay of setTimeout
channel.port1.onmessage = turn;
let scheduled = false;

self.onmessage = ({ data: message }) => {
  if (message.start) start(message.start);
  if (message.rate !== undefined) [rate, owed, last] = [message.rate, 0, performance.now()];
  if (message.step) update(1);
  if (message.taken) waiting = false;
  if (message.step || message.start) [frame.at, pictures.at] = [-Infinity, -Infinity];
  schedule();
};

function start({ id: number, networks, data }) {
  const points = dataset(data);
  id = number;
  trainings = points.rows > 1 ? networks.map((settings) => new Training(settings, points)) : [];
  [waiting, frame.step, owed, last] = [false, -1, 0, performance.now()];
}

function schedule() {
  if (scheduled) return;
  scheduled = true;
  channel.port2.postMessage(null);
}

function turn() {
  scheduled = false;
  if (!trainings.length) return;
  if (frame.step < 0) post(); // the start is seen, too
  const now = performance.now();
  const left = waiting && now - frame.at > PATIENCE; // until the page takes the frame
  if (rate > 0 && !left) {
    owed = Math.min(owed + ((now - last) / 1000) * rate, rate);
    update(owed, now + TURN);
  }
  last = now;
  post();
  if (left || (rate === 0 && frame.step === trainings[0].step)) return;
  if (rate === Infinity || owed >= 1) schedule();
  else setTimeout(schedule, 5);
}

function update(count, until = Infinity) {
  let done = 0;
  for (; done + 1 <= count && performance.now() < until; done++) for (const one of trainings) one.update();
  owed = rate === Infinity ? 0 : Math.max(0, owed - done);
}

function post() {
  const begun = performance.now();
  if (waiting || frame.step === trainings[0].step || begun - frame.at < Math.max(FRAME, SHARE * frame.cost)) return;
  const measured = trainings.map((training) => training.measure());
  const middle = performance.now();
  let images = null;
  if (begun - pictures.at > Math.max(FRAME, SHARE * pictures.cost) || rate === 0) {
    images = trainings.map((training) => ({ plane: training.plane(), units: training.units() }));
    pictures.cost = performance.now() - middle;
    pictures.at = begun;
  }
  Object.assign(frame, { at: begun, cost: middle - begun, step: trainings[0].step });
  waiting = true;
  const buffers = (images ?? []).flatMap(({ plane, units }) => [plane.buffer, units.buffer]);
  self.postMessage({ id, step: frame.step, networks: measured, pictures: images }, buffers);
}
