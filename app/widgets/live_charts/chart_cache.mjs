// The latest few charts whose page was left are kept as they were drawn: a reader who returns sees
// them at once, and the next answer updates them. Charts that a reader zoomed, hid or scrubbed are
// not kept: that state belongs to one visit.

import { LiveCharts } from "./charts.mjs";

const SIZE = 3; // each is one or two thousand elements
const cache = new Set(); // charts on a page or off it, the latest last

export function open(parent, data) {
  const charts = chartsFor(parent, data);
  return { update: (data, send) => charts.update(data, send), close: () => leave(charts) };
}

// Charts off the page that show the same, else new ones.
function chartsFor(parent, data) {
  const charts = [...cache].find((one) => one.isOff && one.shows(data)) ?? new LiveCharts();
  cache.delete(charts);
  cache.add(charts);
  charts.enter(parent);
  return charts;
}

// Called when the charts' place has left the page; they may be in another place by then.
function leave(charts) {
  if (!charts.isOff || !cache.has(charts)) return;
  charts.rest();
  const off = [...cache].filter((one) => one.isOff);
  const kept = off.filter((one) => one.isAsNew).slice(-SIZE);
  for (const one of off) {
    if (kept.includes(one)) continue;
    cache.delete(one);
    one.dispose();
  }
}
