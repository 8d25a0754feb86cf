// Tells the browser the page's language and title, and shows a term's sentence in a card where its
// link has the pointer or the focus. On a touch screen the first touch shows the card.

const TERM = 'a[href*="glossary?term="]';
const GAP = 6; // px between a term and its card
const LINGER = 250; // ms in which the pointer may move from the term to the card

let card = null; // one for the page
let shown = null; // the term's link that the card belongs to
let hiding = 0;
let more = "";

export default function (component) {
  const { data: { language, title, colours, words }, parentElement, setTriggerValue } = component;
  document.documentElement.dataset.colours = colours; // that the server draws with
  document.documentElement.lang = language;
  more = words.more;
  keepTitle(title);
  keepRoles();
  tellColours = () => setTriggerValue("colours", true);
  hide();
  if (!card) listen();
  // Within the component, where the theme's colours are known.
  if (card.parentElement !== parentElement) parentElement.append(card);
}

// Streamlit writes its own title after a page has run.
let wanted = "";
let watching = null;
function keepTitle(title) {
  wanted = title;
  const write = () => {
    if (document.title !== wanted) document.title = wanted;
  };
  write();
  if (watching) return;
  watching = new MutationObserver(write);
  watching.observe(document.head, { childList: true, subtree: true, characterData: true });
}

// Streamlit gives a labelled drop zone the role of decoration, which screen readers cannot solve.
let mending = null;
function keepRoles() {
  if (mending) return;
  const mend = () => {
    for (const zone of document.querySelectorAll("section[role=presentation][aria-label]")) {
      zone.setAttribute("role", "group");
    }
  };
  mending = new MutationObserver(mend);
  mending.observe(document.body, { childList: true, subtree: true });
  mend();
}

// Streamlit follows the system's colours by itself; charts take theirs from the server.
let tellColours = () => {};
const SETTLED = 200; // ms until Streamlit has changed its own colours
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  window.setTimeout(() => tellColours(), SETTLED);
});

function listen() {
  card = document.createElement("div");
  card.id = "pg-term";
  card.setAttribute("role", "tooltip");
  card.hidden = true;
  card.addEventListener("pointerenter", () => window.clearTimeout(hiding));
  card.addEventListener("pointerleave", hideSoon);
  document.addEventListener("pointerover", (event) => {
    const link = event.pointerType !== "touch" && event.target.closest?.(TERM);
    if (link) show(link);
    else if (shown && !card.contains(event.target)) hideSoon();
  });
  document.addEventListener("focusin", (event) => {
    const link = event.target.closest?.(TERM);
    if (link && link.matches(":focus-visible")) show(link);
    else if (!card.contains(event.target)) hide();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(TERM);
    if (card.contains(event.target)) return;
    if (!link || !matchMedia("(pointer: coarse)").matches) return hide();
    if (shown === link) return;
    event.preventDefault();
    show(link);
  }, true);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  window.addEventListener("scroll", hide, { capture: true, passive: true });
}

function show(link) {
  window.clearTimeout(hiding);
  const sentence = link.title || link.dataset.sentence;
  if (!sentence || shown === link) return;
  hide();
  shown = link;
  link.dataset.sentence = sentence;
  link.removeAttribute("title"); // the browser would show it as well
  const text = document.createElement("span");
  text.textContent = sentence;
  card.replaceChildren(text);
  if (matchMedia("(pointer: coarse)").matches) {
    const entry = document.createElement("a");
    Object.assign(entry, { href: link.href, target: "_blank", textContent: more });
    entry.dataset.entry = "1";
    card.append(entry);
  }
  card.hidden = false;
  link.setAttribute("aria-describedby", card.id);
  place(link.getClientRects()[0] ?? link.getBoundingClientRect());
}

function place(link) {
  const { width, height } = card.getBoundingClientRect();
  const left = Math.min(link.left, document.documentElement.clientWidth - width - GAP);
  const below = link.bottom + GAP + height < window.innerHeight;
  card.style.left = `${Math.max(GAP, left)}px`;
  card.style.top = `${below ? link.bottom + GAP : link.top - GAP - height}px`;
}

function hideSoon() {
  window.clearTimeout(hiding);
  hiding = window.setTimeout(hide, LINGER);
}

function hide() {
  window.clearTimeout(hiding);
  if (!shown) return;
  shown.title = shown.dataset.sentence;
  shown.removeAttribute("aria-describedby");
  shown = null;
  card.hidden = true;
}
