// Test images to click. The chosen one is marked at once; the page answers a moment later.

function mark(root, place) {
  for (const button of root.children) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.place) === place));
  }
}

function picture({ place, shows, address }) {
  const button = document.createElement("button");
  const image = document.createElement("img");
  button.type = "button";
  button.dataset.place = place;
  button.title = `${shows} · ${place}`;
  image.src = address;
  image.alt = `${shows} ${place}`;
  button.append(image);
  return button;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".pictures");
  root.setAttribute("aria-label", data.label);
  const drawn = data.pictures.map(({ place, shows }) => `${place} ${shows}`).join();
  if (root.dataset.drawn !== drawn) {
    root.dataset.drawn = drawn;
    root.replaceChildren(...data.pictures.map(picture));
  }
  mark(root, data.chosen);
  root.onclick = (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    mark(root, Number(button.dataset.place));
    setTriggerValue("picked", Number(button.dataset.place));
  };
}
