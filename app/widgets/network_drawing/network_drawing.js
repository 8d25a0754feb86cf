// Shows the two drawings; reports the block that is chosen, and the stage that is to be folded
// or opened; marks a layer that is pointed at,
// here or in a chart: both speak of it, by its number, through the window's event "playground:layer".

const LAYER = "playground:layer";

function mark(root, number) {
  for (const box of root.querySelectorAll("[data-number]")) {
    box.classList.toggle("marked", Number(box.dataset.number) === number);
  }
  for (const fold of root.querySelectorAll("[data-first]")) {
    const { first, last } = fold.dataset;
    fold.classList.toggle("marked", Number(first) <= number && number <= Number(last));
  }
}

function speak(root, layer) {
  window.dispatchEvent(new CustomEvent(LAYER, { detail: { layer, from: root } }));
}

function choose(root, name) {
  for (const block of root.querySelectorAll("[data-block]")) {
    const chosen = block.dataset.block === name;
    block.classList.toggle("chosen", chosen);
    block.setAttribute("aria-pressed", String(chosen));
  }
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".drawing");
  root.style.setProperty("--hue", data.hue);
  if (data.chosen !== undefined && root.given !== data.chosen) {
    root.given = root.chosen = data.chosen;
    choose(root, root.chosen);
  }
  const markup = data.wide + data.narrow;
  if (root.drawn !== markup) {
    root.drawn = markup;
    root.innerHTML = markup;
    choose(root, root.chosen);
  }

  const blockOf = (event) => event.target.closest("[data-block]")?.dataset.block;
  const foldOf = (event) => event.target.closest("[data-fold]")?.dataset.fold;
  const toggle = (name) => {
    root.chosen = root.chosen === name ? null : name;
    choose(root, root.chosen);
    setStateValue("block", root.chosen);
  };
  root.onclick = (event) => {
    const name = blockOf(event);
    const fold = foldOf(event);
    if (name) toggle(name);
    else if (fold) setTriggerValue("fold", Number(fold));
  };
  root.onkeydown = (event) => {
    const name = blockOf(event);
    const fold = foldOf(event);
    if ((!name && !fold) || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    if (name) toggle(name);
    else setTriggerValue("fold", Number(fold));
  };
  root.onpointerover = (event) => {
    const number = event.target.closest("[data-number]")?.dataset.number;
    speak(root, number ? Number(number) : null);
  };
  root.onpointerleave = () => speak(root, null);

  const listen = (event) => mark(root, event.detail.layer);
  window.addEventListener(LAYER, listen);
  return () => window.removeEventListener(LAYER, listen);
}
