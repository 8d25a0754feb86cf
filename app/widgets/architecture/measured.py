"""The table of networks: counted, printed in the paper, and measured on this machine."""

from __future__ import annotations

import streamlit as st

from app.background import cost
from app.background.cost import Forward
from app.background.measurements import Failed
from app.figures.architecture import three_digits
from app.language.texts import language, t
from app.page_data.runs import active_runs
from app.widgets.architecture.networks import title
from app.widgets.architecture.table import table
from resnet_core.anatomy import describe
from resnet_core.paper import imagenet
from resnet_core.specs.names import Spec

_ASK_AGAIN = 1.5  # seconds, while something is being measured

Answer = Forward | Failed | None


def measured_table(specs: tuple[Spec, ...]) -> None:
    """Show the table, and measure what is not known yet; a row a network."""
    waiting = any(answer is None for answer in _answers(specs))
    st.fragment(_show, run_every=_ASK_AGAIN if waiting else None)(specs, waiting)


def _answers(specs: tuple[Spec, ...]) -> list[Answer]:
    """While runs train, nothing is measured: both would be slower than they are."""
    busy = any(run.state == "running" for run in active_runs())
    ask = cost.forward.known if busy else cost.forward.measure
    return [ask(spec) for spec in specs]


def _show(specs: tuple[Spec, ...], waiting: bool) -> None:
    answers = _answers(specs)
    if waiting and all(answer is not None for answer in answers):
        st.rerun()  # the table stands still from now on
    table(
        [
            t("architecture.cost.network"),
            t("architecture.cost.layers"),
            t("architecture.block.parameters"),
            t("architecture.cost.billions"),
            t("architecture.cost.paper"),
            t("architecture.cost.seconds"),
            t("architecture.cost.memory"),
        ],
        [_row(spec, answer) for spec, answer in zip(specs, answers, strict=True)],
        t("architecture.cost.table"),
    )
    st.caption(_where(answers))


def _row(spec: Spec, answer: Answer) -> tuple[str, ...]:
    anatomy = describe(spec)
    paper = imagenet.BILLION_MULTIPLY_ADDS.get(spec.name.removeprefix("imagenet/"))
    return (
        title(spec),
        str(anatomy.weighted_layers),
        f"{anatomy.parameters:,}",
        f"{anatomy.multiply_adds / 1e9:.3g}",
        f"{paper:g}" if paper else "–",
        *_measured(answer),
    )


def _measured(answer: Answer) -> tuple[str, str]:
    if answer is None:
        return t("architecture.cost.measuring"), "…"
    if isinstance(answer, Failed):
        return "–", "–"
    return f"{three_digits(answer.seconds * 1000)} ms", f"{answer.peak_bytes / 1e6:,.0f} MB"


def _where(answers: list[Answer]) -> str:
    """What was measured on, what is waited for, and what went wrong."""
    parts = []
    found = next((answer for answer in answers if isinstance(answer, Forward)), None)
    if found is not None:
        parts.append(
            t("architecture.cost.hardware", hardware=found.hardware, threads=found.threads)
        )
    if any(isinstance(answer, Forward) and answer.busy for answer in answers):
        parts.append(t("architecture.cost.busy"))
    if any(answer is None for answer in answers):
        busy = any(run.state == "running" for run in active_runs())
        word = "waiting" if busy else "measuring_now"
        parts.append(t(f"architecture.cost.{word}"))
    parts += {
        answer.reason.text(language()): None for answer in answers if isinstance(answer, Failed)
    }
    return " ".join(parts)
