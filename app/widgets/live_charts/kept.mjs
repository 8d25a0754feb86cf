// Charts whose page was left stay as they were drawn, the latest few of them: whoever comes back
// finds them at once, and asking for news corrects them. What a reader zoomed, hid or looked back
// at is that visit's own, so charts in such a state are not kept.

import { LiveCharts } from "./charts.mjs";

const MOST = 3; // each is a thousand elements or two
const made = new Set(); // on a page or off it; those that were shown last come last

// The charts in this place: those that have shown the same on a page that was left, else new ones.
export function chartsIn(parent, data) {
  const kept = [...made].find((charts) => charts.isOff && charts.shows(data));
  const charts = kept ?? new LiveCharts();
  made.delete(charts);
  made.add(charts);
  charts.enter(parent);
  return charts;
}

// These charts' place has left the page; by now they may be in another one.
export function placeLeft(charts) {
  if (!charts.isOff || !made.has(charts)) return;
  charts.rest();
  const off = [...made].filter((one) => one.isOff);
  const kept = off.filter((one) => one.isAsNew).slice(-MOST);
  for (const one of off) if (!kept.includes(one)) drop(one);
}

function drop(charts) {
  made.delete(charts);
  charts.dispose();
}
