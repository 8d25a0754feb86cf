// Two rows of two buttons each. The language goes to the server, which answers in it;
// the colours are Streamlit's own setting, kept by the browser for each page's path.

const VERSION = 2; // of Streamlit's stored theme

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const bar = parentElement.querySelector(".pg-switches") ?? parentElement.appendChild(frame());
  bar.replaceChildren(
    group(data.language, (value) => setTriggerValue("language", value)),
    group(data.theme, (name) => chooseTheme(name, data.paths)),
  );
}

function frame() {
  const bar = document.createElement("div");
  bar.className = "pg-switches";
  return bar;
}

function group(choice, choose) {
  const row = document.createElement("div");
  row.className = "pg-switch";
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", choice.label);
  for (const [value, short, long] of choice.options) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = short;
    button.title = long;
    // Beginning with what is seen: people who speak to their computer say that.
    button.setAttribute("aria-label", `${short} ${long}`);
    button.setAttribute("aria-pressed", String(value === choice.chosen));
    button.addEventListener("click", () => value !== choice.chosen && choose(value));
    row.append(button);
  }
  return row;
}

// Everything a page shows is in its URL, so loading it again loses nothing.
function chooseTheme(name, paths) {
  for (const path of new Set([...paths, window.location.pathname])) {
    window.localStorage.setItem(`stActiveTheme-${path}-v${VERSION}`, JSON.stringify(name));
  }
  window.location.reload();
}
