"""What every test may ask for. Torch is imported only by the tests that need it."""

from __future__ import annotations

import datetime
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from resnet_core.system.home import VARIABLE

# No test depends on a fast machine: no example has a time limit of its own.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")

BROWSER = "tests/browser/"
SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="Run every case of sampled tests.")
    parser.addoption(
        "--sample-seed",
        type=int,
        default=datetime.datetime.now(datetime.UTC).date().toordinal(),
        help="Seed that draws a fifth of the cases of sampled tests; a day's number by default.",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each file to one process, whose fixtures are then made once, and the browser tests,
    which share a browser and its servers, to the first."""
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return BROWSER if nodeid.startswith(BROWSER) else nodeid.partition("::")[0]

        def _assign_work_unit(self, node: Any) -> None:
            if BROWSER in self.workqueue:  # they take longest
                self.workqueue.move_to_end(BROWSER, last=False)
            super()._assign_work_unit(node)

    return Files(config, log)


def pytest_report_header(config: pytest.Config) -> str:
    if config.getoption("--all"):
        return "sampled tests: every case"
    return f"sampled tests: a fifth of the cases, --sample-seed {config.getoption('--sample-seed')}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a fifth of the cases of each test marked `sampled`, at least one of each."""
    if config.getoption("--all"):
        return
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("sampled"):
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    dropped: set[pytest.Item] = set()
    for name, every in cases.items():
        draw = random.Random(f"{name} {config.getoption('--sample-seed')}")
        kept = draw.sample(every, k=-(-len(every) // 5))
        dropped |= set(every) - set(kept)
    if dropped:
        config.hook.pytest_deselected(items=list(dropped))
        items[:] = [item for item in items if item not in dropped]


@pytest.fixture(autouse=True)
def settled_torch() -> None:
    """Where torch is loaded: one thread, for test processes share the cores, and a seed."""
    torch = sys.modules.get("torch")
    if torch is None:
        return
    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def own_main() -> Iterator[None]:
    """Streamlit's AppTest leaves its page as `__main__`, which spawned processes would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of the user's runs and data."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv(VARIABLE, str(folder))
    return folder


@pytest.fixture(scope="session")
def cifar_jpeg() -> Path:
    """CIFAR-10's images as JPEG files, an archive of class folders."""
    return _shared("cifar10-jpeg.tar.xz")


@pytest.fixture(scope="session")
def cifar_lossless() -> Path:
    """A sample of CIFAR-10's own pixels, an npz."""
    return _shared("cifar10-lossless-sample.npz")


def _shared(name: str) -> Path:
    path = SHARED_DATA / name
    if not path.is_file():
        pytest.skip(f"the real data set {name} is not beside the repository, in shared/data")
    return path
