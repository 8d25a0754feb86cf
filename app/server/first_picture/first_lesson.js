// Shows the lesson as soon as the page's HTML and its modules are there; `Lesson` is imported before.
// It goes when the page below has taken it over, or is late enough that its own message must be seen.

const LONGEST = 10000; // ms
const STORED = "stActiveTheme-/lesson-v2"; // where Streamlit keeps a theme that was chosen

const cover = document.getElementById("pg-lesson");
const stored = window.localStorage.getItem(STORED) ?? "";
const dark = /dark/i.test(stored) || (!/light/i.test(stored) && matchMedia("(prefers-color-scheme: dark)").matches);
cover.dataset.theme = dark ? "dark" : "light";
cover.lesson = new Lesson();
cover.append(cover.lesson.root);
cover.lesson.update({ document: JSON.parse(document.getElementById("pg-lesson-data").textContent), dark });
window.setTimeout(() => cover.remove(), LONGEST);
