"""The attribution page without a browser: what it shows, asks for and keeps in its URL."""

from __future__ import annotations

import io
import json
import shlex
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app import services
from app.language.texts import say
from app.widgets.attribution.state import AttributionState
from app.widgets.laboratory import state as viewers
from app.widgets.laboratory.state import command_line
from resnet_core.data.own import uploaded_image
from resnet_core.jobs import laboratories
from resnet_core.labs import catalog
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest
from resnet_core.runs import store
from tests.opened_page import opened

_open = partial(opened, "attribution")
ON_SHAPES = "one-minute-plain-20-seed-0,one-minute-resnet-20-seed-0"


def _queued() -> list[str]:
    return [job.id for job in store.of_home().jobs({"queued"})]


@pytest.fixture(autouse=True)
def requests(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[LabRequest]:
    """The requests that the page made; no supervisor works on them."""
    submitted: list[LabRequest] = []
    submit = services.submit_lab

    def note(request: LabRequest, again: bool = False) -> str:
        submitted.append(request)
        return submit(request, again)

    monkeypatch.setattr(services, "submit_lab", note)
    monkeypatch.setattr(services, "ensure_supervisor", lambda: None)
    monkeypatch.setattr(viewers, "_visits", {})  # the sessions of the tests before
    return submitted


def _html(test: AppTest) -> str:
    return "".join(part.proto.body for part in test.main if part.type == "html")


def _components(test: AppTest) -> list[dict[str, Any]]:
    return [json.loads(part.proto.json) for part in test.main if part.type == "bidi_component"]


def _query(test: AppTest) -> dict[str, str]:
    found = test.query_params.items()
    return {name: value if isinstance(value, str) else value[0] for name, value in found}


def test_it_opens_with_the_maps_on_record(requests: list[LabRequest]) -> None:
    test = _open()
    shown = _html(test)
    assert shown.count("<img") == 12  # two networks: the picture and five maps
    assert "plain-20" in shown
    assert "resnet-20" in shown
    assert "convergence delta 0." in shown
    assert "inside the shape" not in shown  # photographs have no masks
    assert requests == []
    assert _query(test) == {}


def test_those_of_shapes_are_on_record_as_well(requests: list[LabRequest]) -> None:
    test = _open(runs=ON_SHAPES)
    assert _html(test).count("<img") == 12
    assert "inside the shape" in _html(test)
    assert requests == []


def test_another_picture_is_computed_at_once_in_reserved_space(requests: list[LabRequest]) -> None:
    test = _open(picture="test:17")
    (request,) = requests
    assert (request.laboratory, request.settings.picture) == ("attribution", "test:17")  # type: ignore[attr-defined]
    assert results.read(request.id).state == "queued"
    assert _html(test).count(say("en", "attribution.computing")) == 10
    assert _query(test) == {"picture": "test:17"}


def test_choices_go_to_the_request_and_the_url(requests: list[LabRequest]) -> None:
    test = _open()
    test.button_group[0].set_value(["saliency", "deep_lift"]).run()
    assert not test.exception
    assert requests[-1].settings.methods == ("saliency", "deep_lift")  # type: ignore[attr-defined]
    target = next(box for box in test.selectbox if "class" in box.label.lower())
    target.select_index(3).run()
    assert not test.exception
    assert requests[-1].settings.target == 2  # type: ignore[attr-defined]
    assert _query(test) == {"methods": "saliency,deep_lift", "target": "2"}


def test_the_grid_offers_test_images_and_marks_the_one_that_is_shown() -> None:
    grid = next(data for data in _components(_open()) if "pictures" in data)
    assert grid["chosen"] == 5
    assert len(grid["pictures"]) == 40
    assert all(one["address"].startswith("data:image/png") for one in grid["pictures"])


def test_the_checks_are_on_record_and_can_be_run(requests: list[LabRequest]) -> None:
    test = _open(view="checks")
    ids = [data["id"] for data in _components(test) if "paper" in data]
    assert ids == [LabRequest.create("masks").id, LabRequest.create("randomised").id]
    assert "layer3.2" in _html(test)
    test.button(key="attribution.randomised.run").click().run()
    assert not test.exception
    assert requests[-1].laboratory == "randomised"
    on_shapes = _open(view="checks", runs=ON_SHAPES)
    ids = [data["id"] for data in _components(on_shapes) if "paper" in data]
    beside = LabRequest.beside("randomised")
    assert beside is not None
    assert ids == [LabRequest.create("masks").id, beside.id]
    other = _open(view="checks", picture="test:17")
    components = [data for data in _components(other) if "paper" in data]
    assert components[1]["notice"] == say("en", "attribution.not_asked")


def test_the_slider_shows_recorded_points_in_training(requests: list[LabRequest]) -> None:
    test = _open(through_training="1", runs=ON_SHAPES)
    assert requests == []  # on record
    (slider,) = test.select_slider
    said = [say("en", "attribution.before"), *(f"after {n:,}" for n in (212, 424))]
    assert slider.options == [*said, "after 1,060"]
    assert slider.value == 1060
    shown = _html(test)
    slider.set_value(0).run()
    assert not test.exception
    assert "after 0 iterations" in _html(test) != shown
    assert "score of “square”" in _html(test)  # the class that is predicted in the end
    assert _html(test).count("<img") == 12 + 2 * 5 * 7
    assert not [one for one in test.caption if "plain-20" in one.value]


def test_the_toggle_requests_maps_through_training(requests: list[LabRequest]) -> None:
    test = _open(picture="test:17")
    toggle = next(one for one in test.toggle if one.label == "Through training")
    toggle.set_value(True).run()
    assert not test.exception
    assert requests[-1].settings.through_training  # type: ignore[attr-defined]
    assert _query(test)["picture"] == "test:17"


def test_the_result_of_a_picture_that_was_left_is_stopped(requests: list[LabRequest]) -> None:
    test = _open(picture="test:17", through_training="1")
    first = requests[-1].id
    test.query_params["picture"] = "test:18"
    test.run()
    assert requests[-1].id != first
    assert _queued() == [requests[-1].id]
    assert results.read(first).state == "stopped"
    test.query_params["picture"] = "test:17"
    test.run()
    assert not test.exception
    assert requests[-1].id == first
    assert _queued() == [first]  # asked for again
    assert results.read(first).state == "queued"


def test_a_result_requested_elsewhere_is_not_stopped(requests: list[LabRequest]) -> None:
    laboratories.submit(LabRequest.create("attribution", picture="test:17"))
    test = _open(picture="test:17")
    assert requests == []
    test.query_params["picture"] = "test:18"
    test.run()
    assert len(_queued()) == 2


def test_a_viewer_who_leaves_does_not_stop_a_result_that_another_one_follows(
    requests: list[LabRequest],
) -> None:
    first, second = _open(picture="test:17"), _open(picture="test:17")
    lab_id = requests[0].id
    first.query_params["picture"] = "test:18"
    first.run()
    assert not first.exception
    assert results.read(lab_id).state == "queued"
    second.query_params["picture"] = "test:18"
    second.run()
    assert not second.exception
    assert results.read(lab_id).state == "stopped"  # its last viewer has left


def test_the_shown_command_is_quoted_for_the_shell() -> None:
    settings = catalog.question("attribution").settings(steps=32)
    unusual = settings.model_copy(update={"picture": "own:it's; rm -rf $HOME"})
    words = shlex.split(command_line("attribution", ["my run"], unusual))
    assert words[:5] == ["python", "-m", "resnet_core", "lab", "attribution"]
    assert words[5:] == ["--run", "my run", "--picture", "own:it's; rm -rf $HOME", "--steps", "32"]
    (shown,) = [code.value for code in _open(steps="32").code if "resnet_core lab" in code.value]
    assert shlex.split(shown)[-2:] == ["--steps", "32"]


def test_layers_are_browsed_block_by_block(requests: list[LabRequest]) -> None:
    test = _open(view="layers", lang="ko")
    shown = _html(test)
    assert "F(x)" in shown
    assert say("ko", "attribution.part.total") in shown
    assert shown.count("<img") == 8 * 3 + 8 * 5
    assert requests == []
    layer = next(box for box in test.selectbox if box.label == say("ko", "attribution.layer"))
    assert len(layer.options) > 60


def test_deep_lift_of_a_highway_network_is_requested(requests: list[LabRequest]) -> None:
    test = _open(runs="one-minute-highway-20-seed-0", methods="deep_lift")
    assert requests[-1].runs == ("one-minute-highway-20-seed-0",)
    assert not test.exception


@pytest.mark.parametrize(
    "query",
    [
        {"picture": "../../etc/passwd"},
        {"methods": "magic"},
        {"target": "x"},
        {"layer": "__class__"},
        {"runs": "nobody"},
        {"other": "1"},
    ],
)
def test_wrong_url_parameters_are_named_and_replaced_by_defaults(query: dict[str, str]) -> None:
    test = _open(**query)
    assert len(test.warning) == 1
    assert _html(test).count("<img") == 12


def test_a_page_without_networks_explains_itself(requests: list[LabRequest]) -> None:
    test = _open()
    test.multiselect[0].set_value([]).run()
    assert not test.exception
    assert say("en", "labs.common.networks_none") in [one.value for one in test.info]
    assert requests == []


def test_an_upload_is_stored_by_its_content_and_requested(requests: list[LabRequest]) -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(file, "PNG")
    test = _open()
    test.file_uploader[0].set_value(("..\\..\\evil.png", file.getvalue(), "image/png")).run()
    assert not test.exception
    name = requests[-1].settings.picture  # type: ignore[attr-defined]
    assert uploaded_image.load(name.removeprefix("own:"))[0, 0].tolist() == [0, 128, 0]
    assert _query(test) == {"picture": name}


def test_a_bad_upload_gets_a_sentence(requests: list[LabRequest]) -> None:
    test = _open()
    test.file_uploader[0].set_value(("evil.png", b"no picture", "image/png")).run()
    assert not test.exception
    assert "cannot be read as an image" in test.error[0].value
    assert requests == []


def test_the_state_comes_back_from_its_url(home: Path) -> None:
    query = {"view": "layers", "layer": "layer1.0.conv1", "picture": "test:9", "stage": "2"}
    state, errors = AttributionState.from_query(query)
    assert errors == {}
    assert state.to_query() == query
    assert AttributionState.from_query(state.to_query())[0] == state
