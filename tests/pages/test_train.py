"""The page Train, without a browser: the form, its faults, its cost, and starting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.background.measurements import Estimate, Failed, training
from app.language import texts
from resnet_core.errors import DownloadError
from resnet_core.runs import queries
from resnet_core.system.texts import STORED, Message
from tests.picture_folders import draw_folder

PAGE = Path(__file__).resolve().parents[2] / "pages" / "train.py"
Opened = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def quiet(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No measurement and no supervisor are started."""
    known = Estimate(seconds=41.0, seconds_per_iteration=0.01, hardware="a test's machine")
    monkeypatch.setattr(training, "together", lambda experiments: known)
    monkeypatch.setattr(training, "cached", lambda experiment: known)
    monkeypatch.setattr(training, "cached_together", lambda experiments: known)
    monkeypatch.setattr(services, "ensure_supervisor", lambda: None)


@pytest.fixture
def opened() -> Opened:
    """Opens the page with the settings behind "more" in view."""

    def open_page(more: bool = True, **query: str) -> AppTest:
        page = AppTest.from_file(str(PAGE), default_timeout=120)
        for name, value in query.items():
            page.query_params[name] = value
        page.session_state["train.more"] = more
        return checked(page.run())

    return open_page


def checked(page: AppTest) -> AppTest:
    assert not page.exception, [error.value for error in page.exception]
    return page


def control(page: AppTest, kind: str, field: str):  # type: ignore[no-untyped-def]
    """A control by its field, whatever comes before that in its key."""
    return next(one for one in page.get(kind) if one.key and one.key.endswith(f".{field}"))


def said(page: AppTest) -> str:
    every = [*page.markdown, *page.caption, *page.warning, *page.error, *page.info]
    return "\n".join(one.value for one in every).replace("\\", "")


def query(page: AppTest) -> dict[str, str]:
    return {name: value[0] if isinstance(value, list) else value
            for name, value in page.query_params.items()}  # fmt: skip


def figures(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def test_it_opens_at_the_puzzle_with_a_twin_and_says_what_it_costs(opened: Opened) -> None:
    page = opened()
    assert query(page)["preset"] == "one-minute"
    assert figures(page)["Weighted layers"] == "56"
    assert figures(page)["Expected time"] == "≈ 41 s"
    assert "starts from the same values" in said(page)
    assert "Nothing else is running" in said(page)
    assert page.button(key="train.start").label == "Start 2 runs"
    assert not page.button(key="train.start").disabled


def test_settings_out_of_view_are_not_built_and_keep_what_was_typed(opened: Opened) -> None:
    page = opened(network="cifar/resnet-20", more=False)
    assert not page.number_input
    assert not page.text_input
    page.session_state["train.more"] = True
    checked(page.run())
    checked(control(page, "number_input", "batch_size").set_value(64).run())
    page.session_state["train.more"] = False
    checked(checked(page.run()).run())
    assert not page.number_input
    assert query(page) == {"network": "cifar/resnet-20", "batch_size": "64"}
    page.session_state["train.more"] = True
    assert control(checked(page.run()), "number_input", "batch_size").value == 64


def test_a_fault_brings_the_settings_into_view(opened: Opened) -> None:
    page = opened(network="cifar/resnet-20", data="no/such/folder", more=False)
    assert control(page, "text_input", "data_path").value == "no/such/folder"


def test_a_url_is_the_form_and_the_papers_figures_come_out(opened: Opened) -> None:
    page = opened(network="cifar/resnet-56", data="shapes")
    assert figures(page)["Parameters"] == "853,018"
    assert figures(page)["Multiply-adds"] == "125 M"
    assert query(page) == {"network": "cifar/resnet-56"}
    assert "A\u00a0853,018 · B\u00a0855,770 · C\u00a0900,858" in said(page)


def test_a_change_shows_what_it_changed_and_is_in_the_url(opened: Opened) -> None:
    page = opened(network="cifar/resnet-56")
    checked(control(page, "button_group", "shortcut").set_value("C").run())
    parameters = next(metric for metric in page.metric if metric.label == "Parameters")
    assert parameters.delta == "+47,840"
    assert "A · zeros → C · all projected" in said(page)
    assert query(page)["shortcut"] == "C"
    checked(control(page, "number_input", "width").set_value(8).run())
    assert query(page)["width"] == "8"


def test_plain_networks_have_no_shortcut_to_choose(opened: Opened) -> None:
    page = opened(network="cifar/plain-20")
    assert control(page, "button_group", "shortcut").disabled
    assert "Plain networks have no shortcuts." in said(page)


@pytest.mark.parametrize("depth", [21, 0, -1, 10**9])
def test_a_bad_depth_is_told_at_the_depth_and_nothing_is_lost(opened: Opened, depth: int) -> None:
    page = opened(network="cifar/resnet-20")
    checked(control(page, "button_group", "depth").set_value("other").run())
    checked(control(page, "number_input", "other_depth").set_value(depth).run())
    assert ":red[" in said(page)
    assert "Depth (weighted layers)" in said(page)
    assert page.button(key="train.start").disabled
    assert query(page) == {"network": "cifar/resnet-20"}
    assert control(page, "number_input", "other_depth").value == depth
    assert figures(page)["Weighted layers"] == "20"  # of the last that could be used
    checked(control(page, "number_input", "other_depth").set_value(26).run())
    assert not page.button(key="train.start").disabled
    assert query(page) == {"network": "cifar/resnet-26"}


@pytest.mark.parametrize(
    ("kind", "field", "value", "sentence"),
    [
        ("text_input", "learning_rate", "nan", "not a finite number"),
        ("text_input", "learning_rate", "inf", "not a finite number"),
        ("text_input", "learning_rate", "-0.1", "too small"),
        ("text_input", "learning_rate", "fast", "is not a number"),
        ("number_input", "batch_size", 0, "too small; use at least 2"),
        ("number_input", "batch_size", 6000, "more than the 5120 training images"),
        ("number_input", "iterations", 0, "too small"),
        ("text_input", "milestones", "9, 3", "rising"),
        ("text_input", "device", "tpu", "does not fit"),
        ("text_input", "name", "<script>", "less-than sign"),
        ("text_input", "name", "../../etc", "solidus"),
        ("text_input", "name", "x" * 10_000, "use at most 80"),
        ("text_input", "name", "abc\u202ecba", "right-to-left"),
        ("text_input", "train_images", "64", "use at most 64"),
        ("text_input", "train_images", "many", "is not a whole number"),
        ("text_input", "image_size", "1000", "too large; use at most 256"),
    ],
)
def test_a_bad_value_is_told_in_a_sentence_and_kept(
    opened: Opened, kind: str, field: str, value: object, sentence: str
) -> None:
    page = opened(network="cifar/resnet-20")
    before = query(page)
    checked(control(page, kind, field).set_value(value).run())
    assert sentence in said(page)
    assert control(page, kind, field).value == value
    assert page.button(key="train.start").disabled
    if field not in {"batch_size"} or value != 6000:  # that one is an experiment, of other data
        assert query(page) == before
    assert queries.runs() == []


def test_several_faults_are_all_told(opened: Opened) -> None:
    page = opened(network="cifar/resnet-20")
    control(page, "text_input", "learning_rate").set_value("nan")
    control(page, "number_input", "batch_size").set_value(0)
    checked(page.run())
    told = next(text for text in said(page).splitlines() if "Before it can start" in text)
    assert "Batch size (Recipe)" in told
    assert "Learning rate (Recipe)" in told


def test_bad_values_in_a_url_give_way_to_defaults_with_a_sentence_each(opened: Opened) -> None:
    page = opened(
        network="cifar/resnet-21", learning_rate="nan", twin="7", preset="nope", width="8"
    )
    lines = page.warning[0].value.splitlines()
    assert len(lines) == 4
    assert any("nearest are 20 and 26" in line for line in lines)
    assert query(page) == {"network": "cifar/resnet-20", "width": "8"}
    warning = checked(page.run()).warning[0]  # until something is changed
    assert len(warning.value.splitlines()) == 4
    checked(control(page, "number_input", "width").set_value(9).run())
    assert not page.warning


@pytest.mark.parametrize("data", ["no/such/folder", "cifra10"])
def test_data_that_are_not_there_are_told_at_the_data(opened: Opened, data: str) -> None:
    page = opened(network="cifar/resnet-20", data=data)
    assert "no data set and no file" in said(page)
    assert control(page, "text_input", "data_path").value == data
    assert page.button(key="train.start").disabled


def test_an_image_folder_of_one_class_is_told_at_the_data(opened: Opened, tmp_path: Path) -> None:
    from PIL import Image

    folder = tmp_path / "pets" / "cat"
    folder.mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(folder / "1.png")
    page = opened(network="cifar/resnet-20", data=str(folder.parent))
    assert "only one class" in said(page)


def test_a_public_data_set_that_is_not_here_can_be_downloaded(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.background import downloads

    monkeypatch.setattr("resnet_core.data.catalog._is_present", lambda source: False)
    started: list[str] = []
    monkeypatch.setattr(downloads, "fetch", started.append)
    page = opened(network="cifar/resnet-20", data="svhn")
    assert page.button(key="train.start").disabled
    assert "no copy of SVHN" in said(page)
    button = next(one for one in page.button if "Download SVHN" in one.label)
    assert "246 MB" in button.label
    checked(button.click().run())
    assert started == ["svhn"]


def test_a_download_shows_its_progress_its_failure_and_its_end(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.background import downloads
    from app.background.downloads import Download

    present = False
    monkeypatch.setattr("resnet_core.data.catalog._is_present", lambda source: present)
    half = Download("train_32x32.mat", received=50_000_000, total=100_000_000)
    states = {"svhn": half}
    cancelled: list[str] = []
    monkeypatch.setattr(downloads, "state", states.get)
    monkeypatch.setattr(downloads, "cancel", cancelled.append)
    page = opened(network="cifar/resnet-20", data="svhn")
    (bar,) = page.get("progress")
    assert (bar.value, bar.text) == (50, "Downloading train_32x32.mat: 50.0 of 100.0 MB")
    cancel = next(one for one in page.button if one.label == "Cancel the download")
    checked(cancel.click().run())
    assert cancelled == ["svhn"]
    states["svhn"] = Download(done=True, cancelled=True)
    assert "was cancelled" in said(checked(page.run()))
    states["svhn"] = Download(done=True, error=DownloadError("stored", text="Nobody answers."))
    assert "Nobody answers" in said(checked(page.run()))
    present = True
    assert not checked(page.run()).button(key="train.start").disabled
    assert control(page, "selectbox", "data").value == "svhn"


def test_presets_are_one_click_away(opened: Opened) -> None:
    page = opened()
    checked(page.button(key="preset.depth-1202").click().run())
    assert figures(page)["Weighted layers"] == "1202"
    assert figures(page)["Parameters"] == "19,421,274"
    assert query(page)["preset"] == "depth-1202"
    checked(page.button(key="preset.one-minute").click().run())
    assert figures(page)["Weighted layers"] == "56"


def test_starting_queues_twins_and_seeds_together_and_shows_them(opened: Opened) -> None:
    page = opened(network="cifar/resnet-8", width="4", image_size="8", twin="1", seeds="2")
    checked(page.button(key="train.start").click().run())
    runs = queries.runs()
    assert {(one.experiment.network, one.experiment.seed) for one in runs} == {
        (f"cifar/{family}-8", seed) for family in ("resnet", "plain") for seed in (0, 1)
    }
    assert len({one.group for one in runs}) == 1
    assert "Started 4 runs." in said(page)
    assert "4 runs before it" in said(page)
    assert "compare?" in said(page)


def test_all_of_a_preset_can_be_started(opened: Opened) -> None:
    page = opened()
    checked(page.button(key="train.preset").click().run())
    networks = {one.experiment.network.removeprefix("cifar/") for one in queries.runs()}
    assert networks == {"plain-20", "resnet-20", "plain-56", "resnet-56"}
    checked(control(page, "number_input", "width").set_value(9).run())
    assert not [one for one in page.button if one.key == "train.preset"]


def test_a_time_that_cannot_be_measured_says_why(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        training, "together", lambda experiments: Failed(Message(STORED, text="No such GPU."))
    )
    page = opened(network="cifar/resnet-20")
    assert figures(page)["Expected time"] == "unknown"
    assert "No such GPU." in said(page)
    monkeypatch.setattr(training, "together", lambda experiments: None)
    assert figures(opened(network="cifar/resnet-20"))["Expected time"] == "measuring …"


@pytest.mark.parametrize("busy", [False, True])
def test_a_time_that_was_measured_on_a_busy_machine_says_so(
    busy: bool, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Estimate(41.0, 0.01, "a test's machine", busy=busy)
    monkeypatch.setattr(training, "together", lambda experiments: known)
    page = opened(network="cifar/resnet-20")
    assert figures(page)["Expected time"] == "≈ 41 s"
    assert (texts.say("en", "common.measured_busy") in said(page)) is busy


def test_the_form_keeps_what_was_typed_when_the_language_changes(opened: Opened) -> None:
    page = opened(network="cifar/resnet-20")
    control(page, "button_group", "family").set_value("highway")
    control(page, "text_input", "learning_rate").set_value("nan")
    checked(page.run())
    page.query_params[texts.PARAMETER] = "ko"
    checked(page.run())
    assert control(page, "text_input", "learning_rate").value == "nan"
    assert control(page, "button_group", "family").value == "highway"
    assert "유한한 수가 아닙니다" in said(page)
    assert page.button(key="train.start").label == "학습 시작"


def test_a_network_for_imagenet_is_trained_from_a_folder_of_pictures(
    opened: Opened, tmp_path: Path
) -> None:
    folder = draw_folder(tmp_path / "pictures", train=9, test=3)
    page = opened(network="imagenet/resnet-18", data=str(folder), batch_size="4", image_size="32")
    assert figures(page)["Weighted layers"] == "18"
    assert not page.button(key="train.start").disabled, said(page)
    assert "A\u00a011,004,227 · B\u00a011,178,051" in said(page)  # at three classes
    assert control(page, "number_input", "width").disabled
    checked(page.button(key="train.start").click().run())
    (run,) = queries.runs()
    assert run.experiment.network == "imagenet/resnet-18"
    assert (run.parameters, run.data_title) == (11_004_227, "pictures")


def test_from_family_to_family_the_depths_follow(opened: Opened) -> None:
    page = opened(network="cifar/resnet-56")
    for family, layers, sentence in (
        ("imagenet/resnet", "18", "18:\u00a0"),
        ("imagenet/googlenet", "22", "Plain networks have no shortcuts."),
        ("resnet", "20", "110:\u00a0"),
    ):
        checked(control(page, "button_group", "family").set_value(family).run())
        assert figures(page)["Weighted layers"] == layers
        assert sentence in said(page)
    assert query(page)["network"] == "cifar/resnet-20"


def test_a_network_without_a_plain_twin_says_so(opened: Opened, tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "pictures", train=9, test=3)
    page = opened(network="imagenet/resnet-50", data=str(folder), batch_size="4", twin="1")
    assert "has no plain twin in the paper" in said(page)
    assert page.button(key="train.start").disabled
    page = opened(network="imagenet/vgg-16")
    assert "folder of images, train/CLASS" in said(page)
