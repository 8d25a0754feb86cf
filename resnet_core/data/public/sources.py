"""The known public data sets: their sizes, their files, and where a copy may lie."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from resnet_core.data.dataset import DataFacts
from resnet_core.system import home
from resnet_core.system.texts import Message

PLACES_VARIABLE = "RESIDUAL_PLAYGROUND_DATA"


@dataclass(frozen=True)
class Download:
    """One file as it is published.

    Attributes:
        file: its name, and where it is put below the root of a copy.
        md5: the published checksum.
        urls: tried in this order.
    """

    file: str
    md5: str
    urls: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """A public data set.

    Attributes:
        megabytes: of all downloads together, about.
        folder: below the root of a copy, where torchvision keeps and expects the files.
        files: what there must be in `folder` to read the set, unpacked.
        downloads: what these are unpacked from.
    """

    facts: DataFacts
    megabytes: int
    folder: str
    files: tuple[str, ...]
    downloads: tuple[Download, ...]

    @property
    def name(self) -> str:
        return self.facts.name

    @property
    def title(self) -> str:
        return self.facts.title


def _downloads(sums: Mapping[str, str], *roots: str) -> tuple[Download, ...]:
    """Return downloads with these MD5 sums by file, each at any of the addresses."""
    return tuple(
        Download(file, md5, tuple(f"{root}{file}" for root in roots)) for file, md5 in sums.items()
    )


_IDX_FILES = (
    *("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    *("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
)
_CIFAR = "https://www.cs.toronto.edu/~kriz/"

SOURCES = {
    source.name: source
    for source in (
        Source(
            DataFacts("cifar10", "CIFAR-10", 50_000, 10_000, 32, 3, 10),
            *(170, "cifar-10-batches-py"),
            (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"),
            _downloads({"cifar-10-python.tar.gz": "c58f30108f718f92721af3b95e74349a"}, _CIFAR),
        ),
        Source(
            DataFacts("cifar100", "CIFAR-100", 50_000, 10_000, 32, 3, 100),
            *(169, "cifar-100-python"),
            ("train", "test", "meta"),
            _downloads({"cifar-100-python.tar.gz": "eb9058c3a382ffc7106e4002c42a8d85"}, _CIFAR),
        ),
        Source(
            DataFacts("mnist", "MNIST", 60_000, 10_000, 28, 1, 10),
            *(12, "MNIST/raw"),
            _IDX_FILES,
            _downloads(
                {
                    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
                    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
                    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
                },
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                "http://yann.lecun.com/exdb/mnist/",
            ),
        ),
        Source(
            DataFacts("fashionmnist", "Fashion-MNIST", 60_000, 10_000, 28, 1, 10),
            *(31, "FashionMNIST/raw"),
            _IDX_FILES,
            _downloads(
                {
                    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
                    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
                    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
                },
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            ),
        ),
        Source(
            DataFacts("svhn", "SVHN", 73_257, 26_032, 32, 3, 10),
            *(246, ""),
            ("train_32x32.mat", "test_32x32.mat"),
            _downloads(
                {
                    "train_32x32.mat": "e26dedcc434d2e4c54c9b2d4a06d8373",
                    "test_32x32.mat": "eb5a983be6a315427106f1b164d9cef3",
                },
                "http://ufldl.stanford.edu/housenumbers/",
            ),
        ),
    )
}


def own_places() -> list[Path]:
    """Return the folders that `RESIDUAL_PLAYGROUND_DATA` lists, and the playground's own."""
    named = os.environ.get(PLACES_VARIABLE, "").split(os.pathsep)
    return [Path(part).expanduser() for part in named if part.strip()] + [home.data_folder()]


def places() -> list[Path]:
    """Return the folders to search for copies: the settable ones first, then the usual ones."""
    usual = ["data", "datasets", "~/data", "~/datasets"]
    usual += ["~/.cache/torchvision", "~/.cache/torch/datasets"]
    return own_places() + [Path(os.path.expanduser(place)) for place in usual]  # noqa: PTH111


def find_ready(source: Source) -> Path | None:
    """Return the root of a copy that can be read as it is, or None."""
    for root in _roots(source):
        folder = root / source.folder
        if all((folder / file).is_file() for file in source.files):
            return root
    return None


def find_packed(source: Source) -> list[Path] | None:
    """Return the published files, not unpacked yet, in the order of `downloads`, or None."""
    for root in _roots(source):
        for folder in (root, root / source.folder):
            files = [folder / download.file for download in source.downloads]
            if all(file.is_file() for file in files) and not (
                shares_file_names(source) and folder in places()
            ):
                return files
    return None


def shares_file_names(source: Source) -> bool:
    """Return whether another set's files have the same names: only a folder tells them apart."""
    own = {download.file for download in source.downloads}
    others = (other for other in SOURCES.values() if other is not source)
    return any(download.file in own for other in others for download in other.downloads)


def where_to_put(source: Source) -> Path:
    """Return the folder for files that a person fetched by hand."""
    own = home.data_folder()
    return own / source.folder if shares_file_names(source) else own


def missing(source: Source) -> Message:
    """Return a sentence that says which files to put where, and how to have them fetched."""
    return Message(
        "errors.data.public_missing",
        title=source.title,
        files=[download.file for download in source.downloads],
        folder=where_to_put(source),
        variable=PLACES_VARIABLE,
        megabytes=source.megabytes,
        name=source.name,
    )


def _roots(source: Source) -> Iterator[Path]:
    for place in places():
        yield place
        yield place / source.name
        yield place / source.title
        yield place / source.title.replace("-", "")
