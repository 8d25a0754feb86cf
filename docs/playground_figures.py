"""Write docs/playground.md: the playground's table and experiments, trained in Chromium.

    python -m docs.playground_figures

Takes some minutes. The networks are those of docs/playground.html, in real workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

from app.language.texts import say
from benchmarks import browser, machine
from docs.playground import FILE, ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

DOCUMENT = ROOT / "docs" / "playground.md"
RATES = (0.1, 0.03, 0.01)
UPDATES = 1000
TIMEOUT = 1_800_000  # ms

# Errors by run: each is a query of the URL, the sign of a network in it, and updates.
_TRAIN = """async (runs) => {
    const { fromQuery, forTraining } = modules["settings.mjs"];
    const { runAll } = modules["many_runs.mjs"];
    const worker = new Blob([residualPlayground.workers.runs], { type: "text/javascript" });
    const errors = [];
    await runAll(runs.map(({ query, sign, updates }, key) => {
        const settings = fromQuery(new URLSearchParams(query));
        return { key, updates, data: settings, settings: forTraining(settings, sign) };
    }), () => new Worker(URL.createObjectURL(worker)), ({ key, error }) => {
        errors[key] = error;
    }, 2).ended;
    return errors;
}"""
_LISTS = """() => [modules["depths.mjs"].DEPTHS, modules["depths.mjs"].SEEDS,
    modules["experiments.mjs"].EXPERIMENTS]"""


def document() -> str:
    """Return the whole document, Markdown, after training all of it."""
    with browser.opened() as page:
        page.set_default_timeout(TIMEOUT)
        page.goto(f"{FILE.as_uri()}?lang=en")
        page.get_by_role("button", name=say("en", "playground.pause"), exact=True).click()
        depths, seeds, experiments = page.evaluate(_LISTS)
        table = _table(page, depths, seeds)
        tried = _experiments(page, experiments, seeds)
    text = "\n".join([*table, "", "## Ten experiments", "", *tried])
    return f"{_INTRODUCTION}\n{text}\n\n{machine.description()}\n"


def _table(page: Page, depths: Sequence[int], seeds: Sequence[int]) -> list[str]:
    lines = [f"| layers | {' | '.join(map(str, depths))} |", f"|---|{'---|' * len(depths)}"]
    for sign, name in (("a", "plain"), ("b", "residual")):
        for rate in RATES:
            cells = []
            for depth in depths:
                query = f"depth={depth}&rate={rate}"
                cells.append(_summary(_errors(page, query, sign, UPDATES, seeds)))
            lines.append(f"| {name}, rate {rate} | {' | '.join(cells)} |")
    return lines


def _experiments(
    page: Page, experiments: Sequence[dict[str, Any]], seeds: Sequence[int]
) -> list[str]:
    lines = ["| try | updates | A | B | found |", "|---|---|---|---|---|"]
    for experiment in experiments:
        name, query, updates = experiment["name"], experiment["query"], experiment["updates"]
        cells = [_summary(_errors(page, query, sign, updates, seeds)) for sign in "ab"]
        title = say("en", f"playground.experiments.{name}")
        found = say("en", f"playground.experiments.found_{name}")
        lines.append(f"| {title} (`?{query}`) | {updates:,} | {cells[0]} | {cells[1]} | {found} |")
    return lines


def _errors(page: Page, query: str, sign: str, updates: int, seeds: Sequence[int]) -> list[float]:
    runs = [{"query": f"{query}&seed={seed}", "sign": sign, "updates": updates} for seed in seeds]
    return [100 * error for error in page.evaluate(_TRAIN, runs)]


def _summary(errors: Sequence[float]) -> str:
    return f"{median(errors):.0f} ({min(errors):.0f} to {max(errors):.0f})"


_INTRODUCTION = f"""# The playground's figures

Written by `python -m docs.playground_figures`, in Chromium, by the networks of
[playground.html](playground.html) themselves. All errors are training errors in percent: the
median of five seeds, and in brackets the least and the greatest. In a deep plain network one
rounding error changes where a seed ends: adding numbers in another order moved the median of the
circle from 34 to 12, and another time to 18. Compare ranges, not medians a few points apart.

## Links

The address holds all settings, also those of points that a reader drew. `embed=true` leaves out all
but the networks and their controls; `hide=` takes any of `controls`, `data`, `depth`, `shortcut`,
`more`, `guess` and `mode`, with commas: `playground?embed=true&depth=40&hide=more,guess`.

## A run as JSON

"Save: run (JSON)" writes what another program needs to list the run among others. The format's name
changes when the shape does.

| key | value |
|---|---|
| `format` | `residual-playground-run-1` |
| `query` | the settings that differ from the defaults, as in the address |
| `seed` | of the weights, the points and the batches |
| `updates` | how many both networks had |
| `networks` | two, A and B: `settings`, `error`, `curve` |
| `settings` | all of one network, by their names in the address, with `batch` and `seed` |
| `error` | share of its training points on the wrong side at the end, 0 to 1, or null |
| `curve` | at most 101 pairs of update and error, from 0 to the last |

A phone in a class sends the same without `query` and `curve`, and with the one network that it was
dealt. The same settings give the same error in every browser that rounds alike.

## One number a layer

`mode=chain` shows the smallest deep network: a chain of L numbers, plain (w_1 ... w_L from normal
numbers) or residual ((1 + w_1) ... (1 + w_L) from small w). Gradient descent lowers half of the
squared distance of the product from a target. `chain_layers`, `chain_rate`, `chain_small`,
`chain_decay`, `chain_target` and `chain_seed` set it. `chain.mjs` computes it as
the laboratory *Slow convergence* does in Python; a test holds the two to the same steps.

## Depth

400 points on two spirals, layers of 8 units, batch normalisation, ReLU, SGD with momentum 0.9,
batches of 50, {UPDATES:,} updates. Residual networks have a shortcut over every two layers.
"""


def main() -> None:
    DOCUMENT.write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
