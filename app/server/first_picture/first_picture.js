// The home page's first picture: the charts at iteration 0, drawn before Streamlit has begun. It lies
// over the page that is being built below it, and goes when the charts there are drawn.
// Runs in one scope with live_charts/sketch.mjs, which gives `sketch` and `make`.

const MARGIN = { l: 52, t: 20, b: 42 };
const LABELS = 98; // px that the finished chart keeps for its curves' names
const LINE = 16; // px between names
const LONGEST = 10000; // ms; should the page below never come, its own message must be seen
// Where Streamlit keeps a theme that was chosen on this page.
const STORED = `stActiveTheme-${window.location.pathname}-v2`;

const cover = document.getElementById("pg-first");
const dark = isDark();
const { figures, series, caption } = JSON.parse(document.getElementById("pg-first-data").textContent)[dark ? 1 : 0];
cover.dataset.theme = dark ? "dark" : "light";
cover.hidden = false;
cover.querySelector(".pg-first-caption").textContent = caption;
for (const panel of cover.querySelectorAll("section")) draw(panel, figures[panel.dataset.panel]);
name(cover.querySelector('[data-panel="error"] svg'), figures.error);
leaveInTime();

function isDark() {
  const chosen = window.localStorage.getItem(STORED) ?? "";
  if (/dark/i.test(chosen)) return true;
  if (/light/i.test(chosen)) return false;
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

function draw(panel, figure) {
  const plot = panel.querySelector("div");
  const r = panel.dataset.panel === "error" ? LABELS : 14;
  panel.querySelector("h2").textContent = figure.layout.title.text;
  plot.append(sketch({ ...figure, data: [] }, plot.clientWidth, plot.clientHeight, { ...MARGIN, r }));
}

// Each curve's name where it begins, moved down where there is one already.
function name(picture, { data, layout }) {
  const [low, high] = layout.yaxis.range;
  const height = picture.clientHeight - MARGIN.t - MARGIN.b;
  const starts = series.map((one) => {
    const first = data.find(({ meta }) => meta?.series === one.key && meta.role === "train").y[0];
    return { ...one, y: MARGIN.t + height * (1 - (first - low) / (high - low)) };
  });
  let free = -Infinity;
  for (const start of starts.sort((one, other) => one.y - other.y)) {
    free = Math.max(start.y, free + LINE);
    const at = { x: MARGIN.l + 7, y: free + 4, fill: start.colour };
    const text = make("text", { ...at, "font-size": 12.5, "font-weight": 650 });
    text.textContent = start.label;
    picture.append(text);
  }
}

function leaveInTime() {
  const drawn = () => document.querySelector(".pg-charts[data-pictured]") && leave();
  const watch = new MutationObserver(drawn);
  const leave = () => {
    watch.disconnect();
    cover.remove();
  };
  watch.observe(document.body, { subtree: true, attributes: true, attributeFilter: ["data-pictured"] });
  for (const touch of ["pointerdown", "keydown", "wheel"]) {
    window.addEventListener(touch, leave, { once: true, passive: true });
  }
  window.setTimeout(leave, LONGEST);
}
