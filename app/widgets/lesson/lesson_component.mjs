// The lesson as a component of the app's page; see component.js of the live charts. Where the server
// sent it with the page, before Streamlit had begun, that one moves in.

import { Lesson } from "./lesson.mjs";

export function open(parent) {
  const first = document.getElementById("pg-lesson");
  const lesson = first?.lesson ?? new Lesson();
  parent.append(lesson.root);
  first?.remove();
  return { update: (data) => lesson.update(data), close: () => lesson.close() };
}
