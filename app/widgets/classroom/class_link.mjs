// The browser's side of a class's routes: asks for news each second, and sends what is done.

import { Poller } from "./poll.mjs";

export class ClassLink {
  // onNews(now), onLost(boolean), onFault(sentence)
  constructor(callbacks) {
    this.callbacks = callbacks;
    this.poller = new Poller({ ...callbacks, longest: 1000 });
  }

  update({ routes, language }, code = "") {
    Object.assign(this, { routes, language });
    this.poller.follow(`${this.address("now")}&${new URLSearchParams({ code })}`);
  }

  address(name) {
    return `${this.routes}/class/${name}?lang=${this.language}`;
  }

  // Send, then ask for news at once. Gives the answer, or null where it was refused.
  async post(name, fields = {}) {
    const headers = { "Content-Type": "application/json" };
    try {
      const response = await fetch(this.address(name), { method: "POST", headers, body: JSON.stringify(fields) });
      const answer = await response.json();
      if (!response.ok) this.callbacks.onFault(answer.error);
      this.poller.ask();
      return response.ok ? answer : null;
    } catch {
      this.callbacks.onLost(true);
      return null;
    }
  }

  close() {
    this.poller.stop();
  }
}
