// The sentences that are computed: what is seen now, and how a guess turned out.

import { fill } from "./dom.mjs";
import { percent } from "./card.mjs";
import { family } from "./palette.mjs";

const LEARNED = 0.06; // of the points wrong, at most
const FAILED = 0.2; // at least
const ALIKE = 0.03; // between errors that count as equal
export const GUESSES = ["better", "same", "worse"];
export const GUESS_STEPS = 1000;

// Of the two networks at one time.
export function whatIsSeen(frame, settings, words) {
  if (!frame || frame.step === 0) return words.begin;
  const named = (one) => fill(words[`named.${family(one)}`], { depth: one.depth });
  const names = { a: named(settings.a), b: named(settings.b) };
  if (names.a === names.b) for (const sign of ["a", "b"]) names[sign] += ` (${words[`network.${sign}`]})`;
  const [a, b] = frame.networks;
  for (const [sign, network] of [["a", a], ["b", b]]) {
    if (network.diverged) return fill(words["seen.diverged"], { name: names[sign] });
  }
  const values = {
    step: frame.step.toLocaleString("en"), first: names.a, second: names.b, x: percent(a.error), y: percent(b.error),
  };
  return `${fill(words["seen.now"], values)} ${fill(words[`seen.${judgement(a.error, b.error)}`], {
    first: names.a, second: names.b,
  })}`;
}

function judgement(a, b) {
  if (a <= LEARNED && b <= LEARNED) return "both";
  if (a >= FAILED && b <= LEARNED) return "second";
  if (b >= FAILED && a <= LEARNED) return "first";
  return a >= FAILED && b >= FAILED ? "neither" : "between";
}

// Of a guess about 40 plain layers, beside 10, or "" before it is decided.
export function howItTurnedOut(guess, frame, words) {
  if (!guess || !frame || frame.step < GUESS_STEPS) return "";
  const [deep, shallow] = frame.networks.map(({ error }) => error);
  const outcome = Math.abs(deep - shallow) <= ALIKE ? "same" : deep < shallow ? "better" : "worse";
  const verdict = words[guess === outcome ? "guess.right" : "guess.wrong"];
  return `${fill(words["guess.end"], { deep: percent(deep), shallow: percent(shallow), steps: GUESS_STEPS.toLocaleString("en") })} ${verdict}`;
}
