// The form by which a guest joins, and the page of the machine's owner before there is a class.

import { element } from "./dom.mjs";

export function joinForm(page) {
  const { words } = page.data;
  const code = element("input", {
    class: "pc-code-field", value: page.code, maxlength: 12, autocomplete: "off", autocapitalize: "characters",
    spellcheck: "false", required: "", "aria-label": words.code,
  });
  const name = element("input", { maxlength: 24, autocomplete: "off", "aria-label": words.nickname, placeholder: words.nickname_hint });
  const join = async (event) => {
    event.preventDefault();
    const joined = await page.link.post("join", { code: code.value, name: name.value });
    // The page's own connection is to carry the new cookie, too.
    if (joined) window.location.assign(`${page.data.base}/classroom?${new URLSearchParams({ lang: page.data.language })}`);
  };
  return element("form", { class: "pl pc-join", onsubmit: join },
    element("h1", { text: words.join_title }),
    element("label", {}, element("span", { text: words.code }), code),
    element("label", {}, element("span", { text: words.nickname }), name),
    element("button", { class: "primary", text: words.join }),
    element("p", { class: "pl-note", text: words.kept }));
}

export function ownerStart(page) {
  const { words } = page.data;
  const open = async () => {
    const opened = await page.link.post("open");
    if (opened) page.choose(opened.code);
  };
  const classes = (page.now.classes ?? []).map((code) => element("button", { type: "button", text: code, onclick: () => page.choose(code) }));
  const form = element("details", { class: "pc-as-student" }, element("summary", { text: words.as_student }), joinForm(page));
  return element("div", { class: "pl pc-start" },
    element("h1", { text: words.start_title }),
    element("p", { text: words.start_text }),
    element("p", {}, element("button", { type: "button", class: "primary", text: words.open, onclick: open })),
    ...(classes.length ? [element("p", { text: words.present }), element("div", { class: "pl-options" }, ...classes)] : []),
    form);
}
