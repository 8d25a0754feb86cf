"""Downloads from a server on this machine; nothing here reaches further."""

from __future__ import annotations

import http.server
import io
import socket
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from resnet_core.data.public import sources
from resnet_core.data.public.download import download, unpack
from resnet_core.errors import DataError, DownloadError

Published = dict[str, dict[str, bytes]]


class Mirror:
    """Serves NAME/FILE; what it was asked for is in `asked`."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.silent = threading.Event()
        self.over = threading.Event()
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.asked.append(self.path)
                content = mirror.files.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if mirror.silent.is_set():
                    self.wfile.write(content[: len(content) // 2])
                    self.wfile.flush()
                    mirror.over.wait(60)
                else:
                    self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def mirror(
    nowhere: Path, published: Published, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mirror]:
    server = Mirror()
    for name, files in published.items():
        server.files |= {f"/{name}/{file}": content for file, content in files.items()}
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_MIRROR", server.address)
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    yield server
    server.close()


def leftovers(folder: Path) -> list[Path]:
    return list(folder.rglob("*.part"))


@pytest.mark.parametrize("name", ["cifar10", "fashionmnist"])
def test_a_set_is_fetched_checked_and_unpacked_with_progress(
    nowhere: Path, mirror: Mirror, published: Published, name: str
) -> None:
    seen: dict[str, list[int]] = {}

    def note(file: str, received: int, total: int | None) -> None:
        assert total == len(published[name][file])
        seen.setdefault(file, []).append(received)

    root = download(name, note)
    assert root == nowhere
    assert sources.find_ready(sources.SOURCES[name]) == root
    assert {file: counts[-1] for file, counts in seen.items()} == {
        file: len(content) for file, content in published[name].items()
    }
    assert leftovers(nowhere) == []
    asked = len(mirror.asked)
    assert download(name) == root
    assert len(mirror.asked) == asked  # what is there is not fetched again


def test_a_file_that_is_already_there_is_not_fetched_again(
    nowhere: Path, mirror: Mirror, published: Published
) -> None:
    first, *others = published["mnist"]
    folder = nowhere / "MNIST/raw"
    folder.mkdir(parents=True)
    (folder / first).write_bytes(published["mnist"][first])
    download("mnist")
    assert mirror.asked == [f"/mnist/{file}" for file in others]


def test_a_file_that_is_not_what_was_published_is_thrown_away(
    nowhere: Path, mirror: Mirror
) -> None:
    mirror.files["/cifar10/cifar-10-python.tar.gz"] += b"!"
    with pytest.raises(DownloadError, match="not the published file"):
        download("cifar10")
    assert leftovers(nowhere) == []
    assert not list(nowhere.rglob("*.tar.gz"))


def test_an_address_without_the_file_says_where_to_put_it(nowhere: Path, mirror: Mirror) -> None:
    mirror.files.clear()
    with pytest.raises(DownloadError) as caught:
        download("cifar10")
    for part in ("cifar-10-python.tar.gz", str(nowhere), "Not Found", mirror.address):
        assert part in str(caught.value)


def test_without_a_network_it_fails_at_once(
    nowhere: Path, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_MIRROR", f"http://127.0.0.1:{port}")
    with pytest.raises(DownloadError, match=r"train-images.*by hand"):
        download("mnist", timeout=3600)  # which it does not wait for


def test_a_server_that_falls_silent_is_given_up(nowhere: Path, mirror: Mirror) -> None:
    mirror.silent.set()
    with pytest.raises(DownloadError, match="timed out"):
        download("cifar10", timeout=0.3)
    assert leftovers(nowhere) == []


def test_progress_may_cancel(nowhere: Path, mirror: Mirror) -> None:
    class Cancelled(Exception):
        pass

    def cancel(*_: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        download("cifar10", cancel)
    assert leftovers(nowhere) == []


def test_two_do_not_fetch_the_same_set_at_once(nowhere: Path, mirror: Mirror) -> None:
    nowhere.mkdir(exist_ok=True)
    with (
        FileLock(nowhere / "mnist.download.lock"),
        pytest.raises(DownloadError, match="already being downloaded"),
    ):
        download("mnist")
    assert mirror.asked == []


@pytest.mark.parametrize("name", ["shapes", "imagenet", "../mnist"])
def test_only_public_sets_can_be_downloaded(nowhere: Path, name: str) -> None:
    with pytest.raises(DownloadError, match="choose one of cifar10"):
        download(name)


def test_a_mirror_must_be_a_web_address(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_MIRROR", "file:///etc")
    with pytest.raises(DownloadError, match="must begin with https"):
        download("mnist")


def put(folder: Path, files: dict[str, bytes]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "mnist", "fashionmnist"])
def test_what_is_needed_is_taken_out_and_nothing_else(
    nowhere: Path, tmp_path: Path, published: Published, name: str
) -> None:
    source = sources.SOURCES[name]
    root = unpack(source, put(tmp_path / "fetched", published[name]))
    assert root == nowhere
    assert sources.find_ready(source) == root
    assert {path.name for path in (root / source.folder).iterdir()} == set(source.files)


def test_a_file_with_another_checksum_is_refused_by_name(
    nowhere: Path, tmp_path: Path, published: Published
) -> None:
    source = sources.SOURCES["mnist"]
    packed = put(tmp_path / "fetched", published["mnist"])
    packed[2].write_bytes(packed[2].read_bytes()[:-1])
    with pytest.raises(DataError, match=f"{packed[2].name} is not the published file"):
        unpack(source, packed)
    assert sources.find_ready(source) is None


def test_a_folder_that_cannot_be_written_to_is_a_sentence(
    nowhere: Path, published: Published
) -> None:
    """A thread that downloads for a page ends with a message, not with a traceback."""
    nowhere.mkdir(parents=True)
    (nowhere / "MNIST").write_text("a file where the folder goes")
    with pytest.raises(DownloadError, match="cannot be written to"):
        download("mnist")


def test_members_that_lead_elsewhere_are_never_touched(
    nowhere: Path, tmp_path: Path, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even in a file whose checksum is right, only the known names are taken out."""
    import hashlib
    from dataclasses import replace

    (content,) = published["cifar10"].values()
    buffer = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(content)) as old,
        tarfile.open(fileobj=buffer, mode="w:gz") as new,
    ):
        for info in old:
            new.addfile(info, old.extractfile(info))
        evil = tarfile.TarInfo("../../evil")
        evil.size = 4
        new.addfile(evil, io.BytesIO(b"evil"))
    source = sources.SOURCES["cifar10"]
    (part,) = source.downloads
    md5 = hashlib.md5(buffer.getvalue()).hexdigest()
    changed = replace(source, downloads=(replace(part, md5=md5),))
    unpack(changed, put(tmp_path / "fetched", {part.file: buffer.getvalue()}))
    assert not list(tmp_path.rglob("evil"))
