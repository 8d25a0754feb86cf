"""`train` with a real supervisor and real workers."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from safetensors import safe_open

from resnet_core.jobs import supervisor
from resnet_core.runs import queries, store
from resnet_core.system import processes
from tests.small_runs import wait_until

SMALL = [
    *("--network", "cifar/resnet-8", "--width", "4", "--batch-size", "8", "--crop-padding", "1"),
    *("--record-every", "5", "--evaluate-every", "20", "--device", "cpu"),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder whose supervisor and workers end with the tests of this file."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESIDUAL_PLAYGROUND_HOME", str(folder))
        try:
            yield folder
        finally:
            for run in store.of_home().in_states({"running"}):
                if run.pid is not None:
                    processes.kill(run.pid, run.pid_created)
            last = supervisor.identity()
            if last is not None:
                processes.kill(last.pid, last.created)


def started(*arguments: str) -> subprocess.Popen[str]:
    # Started in the background, a shell has its children ignore Ctrl-C, and theirs after them.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "resnet_core", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def trained(served: Path, small_data: Path) -> dict:
    process = started("train", *SMALL, "--iterations", "40", "--data", str(small_data), "--json")
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    (run,) = json.loads(out)
    return run


def test_it_trains_to_the_end_and_tells_the_results(trained: dict, small_data: Path) -> None:
    assert (trained["network"], trained["seed"]) == ("cifar/resnet-8", 0)
    assert trained["data"] == str(small_data)
    assert 0 <= trained["final_train_error"] <= 100
    assert 0 <= trained["final_test_error"] <= 100
    assert trained["seconds"] > 0
    assert len(trained["weights_sha256"]) == 64
    run = queries.run(trained["id"])
    assert (run.state, run.weights_sha256) == ("finished", trained["weights_sha256"])


def test_evaluating_its_weights_gives_its_errors(trained: dict, shell: Callable) -> None:
    said = shell("evaluate", trained["id"], "--json").json
    assert said["iteration"] == 40
    assert said["train_error"] == pytest.approx(trained["final_train_error"])
    assert said["test_error"] == pytest.approx(trained["final_test_error"])
    assert (said["train_images"], said["test_images"]) == (72, 8)
    assert "n = 8" in shell("evaluate", trained["id"]).out
    missing = shell("evaluate", trained["id"], "--checkpoint", "3")
    assert missing.code == 2
    assert "nearest" in missing.err


def test_exporting_it(trained: dict, shell: Callable, tmp_path: Path) -> None:
    target = tmp_path / "out" / "run"
    said = shell("export", trained["id"], "--to", str(target), "--json")
    assert said.code == 0, said.err
    assert {Path(path).name for path in said.json} == {
        "config.json",
        *("metrics.parquet", "metrics.csv", "layers.parquet", "layers.csv"),
        *("blocks.parquet", "blocks.csv", "model.safetensors"),
    }
    config = json.loads((target / "config.json").read_text())
    assert config["experiment"]["network"] == "cifar/resnet-8"
    assert config["run"]["weights_sha256"] == trained["weights_sha256"]
    metrics = pd.read_csv(target / "metrics.csv")
    assert metrics["iteration"].tolist() == list(range(0, 41, 5))
    pd.testing.assert_frame_equal(metrics, pd.read_parquet(target / "metrics.parquet"))
    layers = pd.read_parquet(target / "layers.parquet")
    assert len(layers) == 9 * 7
    telemetry = queries.telemetry(trained["id"])
    wide = layers.pivot(index="iteration", columns="layer", values="response_std")
    assert wide[list(telemetry.layers)].to_numpy() == pytest.approx(telemetry.response_std)
    with safe_open(target / "model.safetensors", "np") as weights:
        assert "layer1.0.conv1.weight" in weights.keys()  # noqa: SIM118, not a dict
    again = shell("export", trained["id"], "--to", str(target))
    assert again.code == 2
    assert "empty or new" in again.err


def test_the_command_on_its_model_card_gives_its_error(
    trained: dict,
    shell: Callable,
    small_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of an npz, of which a run is tested on the tenth that it has not seen."""
    target = tmp_path / "hub"
    said = shell("export", trained["id"], "--to", str(target), "--as", "hub")
    assert said.code == 0, said.err
    card = (target / "README.md").read_text(encoding="utf-8")
    assert "license" not in card
    (line,) = [line for line in card.splitlines() if line.startswith("python -m resnet_core ")]
    shutil.copy(small_data, target)  # the card says: beside the images
    monkeypatch.chdir(target)
    again = shell(*shlex.split(line)[3:], "--json")
    assert again.code == 0, again.err
    assert again.json["error"] == pytest.approx(trained["final_test_error"], abs=1e-9)
    assert again.json["n"] == 8


def test_a_preset_with_changes_trains_its_four(served: Path, small_data: Path) -> None:
    process = started(
        *("train", "--preset", "one-minute", "--seed", "5", "--data", str(small_data)),
        *("--iterations", "6", "--warmup", "none", "--milestones", "", "--width", "2"),
        *("--image-size", "8", "--batch-size", "8", "--device", "cpu", "--json"),
    )
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    runs = json.loads(out)
    assert [run["network"].removeprefix("cifar/") for run in runs] == [
        *("plain-20", "resnet-20", "plain-56", "resnet-56")
    ]
    assert {run["seed"] for run in runs} == {5}
    assert len({run["weights_sha256"] for run in runs}) == 4


def test_a_run_that_does_not_finish_is_told_by_the_exit_code(
    served: Path, small_data: Path
) -> None:
    process = started(
        *("train", *SMALL, "--data", str(small_data), "--iterations", "2000"),
        *("--learning-rate", "100", "--no-batch-norm"),
    )
    out, err = process.communicate(timeout=200)
    assert process.returncode == 1
    assert "diverged" in out
    assert "The loss was" in err


@pytest.mark.skipif(os.name == "nt", reason="signals are another matter on Windows")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_interrupted_it_saves_and_says_how_to_go_on(
    served: Path, small_data: Path, name: str
) -> None:
    process = started("train", *SMALL, "--data", str(small_data), "--iterations", "1000000")
    run = wait_until(
        lambda: next((r for r in queries.runs() if r.state == "running" and r.iteration), None),
        "training",
    )
    process.send_signal(getattr(signal, name))
    _, err = process.communicate(timeout=100)
    assert process.returncode == 130
    assert f"runs resume {run.id}" in err
    stopped = queries.run(run.id)
    assert stopped.state == "stopped"
    assert queries.fork_points(run.id)[-1] == stopped.iteration
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["--network", "cifar/resnet-21"], "network"),
        (["--learning-rate", "nan"], "learning_rate"),
        (["--learning-rate", "inf"], "learning_rate"),
        (["--learning-rate", "-1"], "learning_rate"),
        (["--batch-size", "0"], "batch_size"),
        (["--batch-size", "60000"], "batch_size"),
        (["--seed", "-1"], "seed"),
        (["--preset", "one-hour"], "preset"),
        (["--preset", "one-minute", "--seed", "x"], "seed"),
        (["--data", "no/such/folder"], "data"),
        (["--name", "a/b"], "name"),
        (["--name", "<b>"], "name"),
        (["--name", "x" * 10_000], "name"),
        (["--name", "a\u202eb"], "name"),
        (["--milestones", "30,20"], "milestones"),
        (["--flip", "perhaps"], "flip"),
    ],
)
def test_bad_settings_are_refused_before_anything_is_queued(
    call: Callable, arguments: list[str], field: str
) -> None:
    said = call("train", *arguments)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith(f"{field}: ")
    assert len(said.err) < 400
    assert queries.runs() == []
