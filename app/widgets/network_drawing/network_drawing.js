// Shows the two drawings; reports the block that is chosen; marks a layer that is hovered,
// here or in a chart (both speak of it through the window's event "playground:layer").

const LAYER = "playground:layer";

function mark(root, name) {
  for (const box of root.querySelectorAll("[data-layer]")) {
    box.classList.toggle("marked", box.dataset.layer === name);
  }
}

function choose(root, name) {
  for (const block of root.querySelectorAll("[data-block]")) {
    const chosen = block.dataset.block === name;
    block.classList.toggle("chosen", chosen);
    block.setAttribute("aria-pressed", String(chosen));
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".drawing");
  root.style.setProperty("--hue", data.hue);
  const markup = data.wide + data.narrow;
  if (root.drawn !== markup) {
    root.drawn = markup;
    root.innerHTML = markup;
    choose(root, root.chosen);
  }

  const blockOf = (event) => event.target.closest("[data-block]")?.dataset.block;
  const toggle = (name) => {
    root.chosen = root.chosen === name ? null : name;
    choose(root, root.chosen);
    setStateValue("block", root.chosen);
  };
  root.onclick = (event) => {
    const name = blockOf(event);
    if (name) toggle(name);
  };
  root.onkeydown = (event) => {
    const name = blockOf(event);
    if (!name || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    toggle(name);
  };
  root.onpointerover = (event) => {
    const layer = event.target.closest("[data-layer]")?.dataset.layer ?? null;
    window.dispatchEvent(new CustomEvent(LAYER, { detail: { layer, from: root } }));
  };
  root.onpointerleave = () => {
    window.dispatchEvent(new CustomEvent(LAYER, { detail: { layer: null, from: root } }));
  };

  const listen = (event) => mark(root, event.detail?.layer ?? null);
  window.addEventListener(LAYER, listen);
  return () => window.removeEventListener(LAYER, listen);
}
