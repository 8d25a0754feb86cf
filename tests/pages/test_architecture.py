"""The architecture page without a browser."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.background import measurements
from app.background.measurements import Forward
from app.language.texts import say
from resnet_core.specs.names import Spec
from tests.opened_page import opened

_open = partial(opened, "architecture")


@pytest.fixture(autouse=True)
def measured(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[Spec]:
    """The networks that would have been measured; the answer is there at once."""
    asked: list[Spec] = []

    def ask(spec: Spec) -> Forward:
        asked.append(spec)
        return Forward(1.284, 70_000_000, "a machine", 1)

    monkeypatch.setattr(measurements.forward, "measure", ask)
    return asked


def _said(test: AppTest) -> str:
    parts = [*test.markdown, *test.caption]
    return "\n".join([element.value for element in parts] + [h.body for h in test.get("html")])


def _key(test: AppTest, ending: str) -> str:
    return next(
        widget.key
        for kind in ("selectbox", "button_group", "button", "number_input", "slider")
        for widget in test.get(kind)
        if widget.key and widget.key.endswith(ending)
    )


def test_it_opens_with_three_networks_and_their_totals() -> None:
    said = _said(_open())
    for name in ("VGG-19", "plain-34", "ResNet-34"):
        assert f"## {name}" in said
    assert "34 weighted layers · 21.8 M parameters · 3.66 G multiply-adds" in said


def test_chosen_blocks_are_taken_apart() -> None:
    said = _said(
        _open(networks="imagenet/resnet-50,imagenet/googlenet", blocks="layer1.1,inception3a")
    )
    assert "y = ReLU(F(x) + x)" in said
    assert "conv2 · 3×3, BN" in said
    assert "y = concat(F1(x), F2(x), F3(x), F4(x))" in said
    assert "70,400" in said  # 256 x 64 + 9 x 64 x 64 + 64 x 256, and three BNs


def test_another_network_is_drawn_and_stands_in_the_url() -> None:
    test = _open()
    test.selectbox(key=_key(test, "kind.0")).set_value("imagenet/resnet-152").run()
    assert not test.exception
    networks = "imagenet/resnet-152,imagenet/plain-34,imagenet/resnet-34"
    assert test.query_params["networks"] == networks
    assert "## ResNet-152" in _said(test)


def test_a_depth_that_does_not_exist_gives_way_to_the_nearest() -> None:
    test = _open(networks="cifar/resnet-20")
    test.number_input(key=_key(test, "depth.0.resnet")).set_value(57).run()
    assert not test.exception
    said = _said(test)
    assert "the nearest are 56 and 62" in said
    assert "## ResNet-56 · CIFAR" in said


def test_parameters_that_mean_nothing_are_named() -> None:
    test = _open(view="all", networks="imagenet/resnet-51")
    (warning,) = test.warning
    assert "view" in warning.value
    assert "There is no imagenet/resnet-51" in warning.value


@pytest.mark.parametrize(
    ("step", "told"),
    [("1", "hold **86** %"), ("2", "**19** % of VGG-19"), ("3", "**0 parameters**")],
)
def test_steps_say_what_changes_in_figures(step: str, told: str) -> None:
    assert told in _said(_open(view="steps", step=step))


def test_the_next_step_is_a_button() -> None:
    test = _open(view="steps")
    test.button(key=_key(test, ".next")).click().run()
    assert not test.exception
    assert test.query_params["step"] == "2"


def test_costs_answer_the_question_and_stand_beside_the_papers(measured: list[Spec]) -> None:
    said = _said(_open(view="cost"))
    assert "**19** % of VGG-19's 19.6 G" in said
    assert "1,280 ms" in said
    assert "a machine" in said
    assert "<td>11.3</td>" in said
    assert len({spec.name for spec in measured}) == 10


def test_costs_that_are_not_measured_yet_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurements.forward, "measure", lambda spec: None)
    said = _said(_open(view="cost", scope="chosen"))
    assert say("en", "architecture.cost.measuring") in said
    assert say("en", "architecture.cost.measuring_now") in said


def test_a_layer_looks_at_a_picture() -> None:
    test = _open(view="field", networks="imagenet/vgg-16", layer="features.2", across="0", down="0")
    said = _said(test)
    assert "sees **5 × 5** pixels" in said  # two 3x3 layers
    assert "data:image/" in said


def test_in_korean_too() -> None:
    said = _said(_open(view="cost", lang="ko"))
    assert "지름길 덕분이 아닙니다" in said
