// The lesson as a component of the app's page; see component.js of the live charts.

import { Lesson } from "./lesson.mjs";

export function open(parent) {
  const lesson = new Lesson();
  parent.append(lesson.root);
  return { update: (data) => lesson.update(data), close: () => lesson.close() };
}
