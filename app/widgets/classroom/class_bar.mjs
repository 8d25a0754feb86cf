// On other pages: tells a student where the class is, and brings back one who may not roam.

import { ClassLink } from "./class_link.mjs";
import { element, fill } from "./dom.mjs";

export function open(parent) {
  const root = element("div", { class: "pc-strip", role: "status" });
  parent.append(root);
  let data = null;
  const show = (now) => {
    root.hidden = now.role !== "student";
    if (root.hidden) return;
    const address = `${data.base}/classroom?${new URLSearchParams({ lang: data.language })}`;
    if (!now.lesson.roam) window.location.assign(address);
    root.replaceChildren(element("span", { text: fill(data.words.in_class, { code: now.code }) }),
      element("a", { href: address, target: "_self", text: data.words.back_to_class }));
  };
  const link = new ClassLink({ onNews: show, onLost: () => {}, onFault: () => {} });
  return { update: (given) => { data = given; link.update(given); }, close: () => link.close() };
}
