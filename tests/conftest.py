"""What every test may ask for. Torch is imported only by the tests that need it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_core.system.home import VARIABLE

SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


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
