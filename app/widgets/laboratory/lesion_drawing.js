// The network drawn, for lesions: a click removes a block or puts it back; in the other mode two
// clicks swap two blocks. What was clicked is told a moment later, so that several clicks are one.

const SETTLED = 450; // ms

function mark(root) {
  for (const block of root.querySelectorAll("[data-block]")) {
    const name = block.dataset.block;
    const removed = root.removed.has(name);
    const swapped = root.swapped.includes(name) || root.picked === name;
    block.classList.toggle("removed", removed);
    block.classList.toggle("swapped", swapped);
    block.setAttribute("aria-pressed", String(removed || swapped));
  }
  for (const button of root.querySelectorAll("[data-mode]")) {
    button.setAttribute("aria-pressed", String(button.dataset.mode === root.mode));
  }
  const { words } = root;
  const said = [
    root.removed.size ? `${words.removed}: ${[...root.removed].join(", ")}` : "",
    root.swapped.length ? `${words.swapped}: ${root.swapped.join(" ⇄ ")}` : "",
    root.picked ? words.second.replace("{block}", root.picked) : "",
  ].filter(Boolean);
  root.querySelector(".told").textContent = said.join(" · ") || words.whole;
  root.querySelector(".clear").hidden = !root.removed.size && !root.swapped.length;
}

function click(root, name) {
  if (root.mode === "remove") {
    if (!root.removed.delete(name)) root.removed.add(name);
    root.swapped = root.swapped.filter((other) => other !== name);
    if (root.swapped.length < 2) root.swapped = [];
  } else if (root.swapped.includes(name)) {
    root.swapped = [];
  } else if (root.picked && root.picked !== name) {
    root.swapped = [root.picked, name];
    root.swapped.forEach((one) => root.removed.delete(one));
    root.picked = null;
  } else {
    root.picked = root.picked === name ? null : name;
    return mark(root);
  }
  tell(root);
}

function tell(root) {
  mark(root);
  window.clearTimeout(root.telling);
  root.telling = window.setTimeout(() => {
    root.telling = null;
    root.send({ removed: [...root.removed], swapped: root.swapped });
  }, SETTLED);
}

function bar(root) {
  const made = (tag, attributes, text) => {
    const node = Object.assign(document.createElement(tag), attributes);
    node.textContent = text;
    return node;
  };
  const line = made("div", { className: "modes" }, "");
  for (const mode of ["remove", "swap"]) {
    const button = made("button", { type: "button" }, root.words[mode]);
    button.dataset.mode = mode;
    button.onclick = () => {
      root.mode = mode;
      root.picked = null;
      mark(root);
    };
    line.append(button);
  }
  const told = made("span", { className: "told" }, "");
  told.setAttribute("role", "status");
  const clear = made("button", { type: "button", className: "clear" }, root.words.clear);
  clear.onclick = () => {
    root.removed = new Set();
    root.swapped = [];
    root.picked = null;
    tell(root);
  };
  line.append(told, clear);
  return line;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".drawing");
  root.style.setProperty("--hue", data.hue);
  root.send = (change) => setTriggerValue("change", change);
  root.words = data.words;
  root.mode ??= "remove";
  if (!root.telling) {
    root.removed = new Set(data.removed);
    root.swapped = data.swapped;
  }
  const markup = data.wide + data.narrow;
  if (root.drawn !== markup + data.words.remove) {
    root.drawn = markup + data.words.remove;
    root.innerHTML = markup;
    root.prepend(bar(root));
  }
  mark(root);

  // A block, or the place that stands for folded ones; true where it was one of them.
  const pressed = (event) => {
    const { block, fold } = event.target.closest("[data-block], [data-fold]")?.dataset ?? {};
    if (block) click(root, block);
    else if (fold) setTriggerValue("fold", Number(fold));
    return Boolean(block || fold);
  };
  root.onclick = pressed;
  root.onkeydown = (event) => {
    if ((event.key === "Enter" || event.key === " ") && pressed(event)) event.preventDefault();
  };
}
