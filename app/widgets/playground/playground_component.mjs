// The playground as a component of the app's page; see component.js of the live charts.

import { Playground } from "./playground.mjs";

export function open(parent) {
  const newWorker = (name) => new Worker(new URL(`./${name}_worker.mjs`, import.meta.url), { type: "module" });
  const playground = new Playground(parent, newWorker);
  return { update: (data) => playground.update(data), close: () => playground.dispose() };
}
