// The class as a component of the app's page; see component.js of the live charts.

import { ClassPage } from "./class_page.mjs";

export function open(parent) {
  const page = new ClassPage();
  parent.append(page.root);
  return { update: (data) => page.update(data), close: () => page.close() };
}
