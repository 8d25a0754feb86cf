// The class's page: a form for guests, the lesson as the teacher leads it for students, and the
// teacher's own. Which one it is, the server says.

import { ClassLink } from "./class_link.mjs";
import { joinForm, ownerStart } from "./class_join.mjs";
import { Student } from "./class_student.mjs";
import { Teacher } from "./class_teacher.mjs";
import { element } from "./dom.mjs";

export class ClassPage {
  constructor() {
    this.notice = element("p", { class: "pc-notice", role: "alert" });
    this.body = element("div", {});
    this.root = element("div", { class: "pc" }, this.notice, this.body);
    this.link = new ClassLink({
      onNews: (now) => this.show(now),
      onLost: (lost) => this.say(lost ? this.data.words.lost : ""),
      onFault: (sentence) => this.say(sentence, true),
    });
  }

  get code() {
    return new URLSearchParams(window.location.search).get("code") ?? "";
  }

  update(data) {
    const other = this.data && this.data.language !== data.language;
    this.data = data;
    if (other) this.close(false);
    this.link.update(data, this.code);
    if (this.now) this.show(this.now);
  }

  say(text, passing = false) {
    this.notice.textContent = text;
    window.clearTimeout(this.timer);
    if (passing) this.timer = window.setTimeout(() => { this.notice.textContent = ""; }, 6000);
  }

  show(now) {
    this.now = now;
    const kind = now.code ? now.role : now.role === "owner" ? "start" : "join";
    if (kind !== this.kind) {
      this.view?.close?.();
      this.kind = kind;
      this.view = { student: Student, teacher: Teacher }[kind] ? new { student: Student, teacher: Teacher }[kind](this) : null;
      this.body.replaceChildren(this.view?.root ?? { start: ownerStart, join: joinForm }[kind](this));
    }
    this.view?.take(this.data, now);
  }

  // Show a class by its code, from now on also in the address.
  choose(code) {
    const query = new URLSearchParams(window.location.search);
    if (code) query.set("code", code);
    else query.delete("code");
    const { pathname } = window.location;
    window.history.replaceState(window.history.state, "", query.size ? `${pathname}?${query}` : pathname);
    this.link.update(this.data, code);
  }

  close(all = true) {
    this.view?.close?.();
    this.view = this.kind = null;
    if (all) this.link.close();
  }
}
