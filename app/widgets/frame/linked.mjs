// Text whose first mention of each term is a link to its entry in the glossary.

import { element } from "./dom.mjs";

// Fills the node with the text. `glossary` is `for_browser` of app/language/glossary.py; terms in
// the set `seen` stay plain, and those that are linked now join it.
export function showLinked(node, text, glossary, seen = new Set()) {
  const parts = [];
  let end = 0;
  for (const match of glossary ? text.matchAll(new RegExp(glossary.pattern, "gu")) : []) {
    const term = glossary.spellings[match[0]];
    if (!term || seen.has(term)) continue;
    seen.add(term);
    const link = { ...glossary.terms[term], target: "_blank", text: match[0] };
    parts.push(text.slice(end, match.index), element("a", link));
    end = match.index + match[0].length;
  }
  node.replaceChildren(...parts, text.slice(end));
}
