"""Image files of folders and archives: what is read, what is refused, and what is bounded."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resnet_core.data.own import archives, files
from resnet_core.data.own.archives import Member
from resnet_core.data.own.listing import Listing
from resnet_core.errors import DataError


def images(path: Path) -> Iterator[Member]:
    return Listing().images(files.members(path))


@pytest.fixture
def pets(tmp_path: Path, write: type) -> Path:
    files = {"cat/1.png": b"one", "cat/2.png": b"two", "dog/1.png": b"three", "readme.txt": b""}
    return write.folder(tmp_path / "pets", files)


def test_members_are_the_image_files_with_their_bytes(pets: Path) -> None:
    found = {}
    for member in images(pets):
        with member.open() as file:
            found[member.name] = file.read()
    assert found == {"cat/1.png": b"one", "cat/2.png": b"two", "dog/1.png": b"three"}


def test_hidden_folders_are_left_out(pets: Path, write: type) -> None:
    write.folder(pets, {".trash/3.png": b""})
    assert len(list(images(pets))) == 3


def test_the_state_tells_of_every_change(pets: Path) -> None:
    states = [files.state(pets)]
    assert files.state(pets) == states[0]
    (pets / "cat/3.png").write_bytes(b"x")
    states.append(files.state(pets))
    (pets / "cat/3.png").write_bytes(b"yy")
    states.append(files.state(pets))
    os.utime(pets / "cat/3.png", (1, 1))
    states.append(files.state(pets))
    (pets / "cat/3.png").rename(pets / "dog/3.png")
    states.append(files.state(pets))
    assert len(set(states)) == 5
    (pets / "readme.txt").write_bytes(b"changed")  # it may hold labels
    assert files.state(pets) != states[-1]


def test_a_linked_folder_is_refused_by_name(pets: Path) -> None:
    try:
        (pets / "loop").symlink_to(pets, target_is_directory=True)
    except OSError as error:
        pytest.skip(f"this system lets nobody make links: {error}")
    with pytest.raises(DataError, match="'loop' is a link"):
        list(images(pets))


def test_a_folder_that_cannot_be_listed_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        list(images(tmp_path / "nowhere"))


FILES = {"cat/1.png": b"one", "dog/1.png": b"two", "notes.txt": b"three"}
SUFFIXES = {"tar": "w", "tar.gz": "w:gz", "tgz": "w:gz", "tar.xz": "w:xz", "tar.bz2": "w:bz2"}
PATH = Path("pets.zip")


def contents(path: Path) -> dict[str, bytes]:
    return {member.name: member.open().read() for member in images(path)}


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        list(images(path))
    return str(caught.value)


def tar_of(path: Path, *infos: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for info in infos:
            file.addfile(info, io.BytesIO(bytes(info.size)))
    return path


def info(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.size = size
    made.type = kind
    made.linkname = "/etc/passwd"
    return made


@pytest.mark.parametrize(("suffix", "mode"), SUFFIXES.items())
def test_a_tar_gives_its_images(tmp_path: Path, suffix: str, mode: str, write: type) -> None:
    path = write.tar(tmp_path / f"pets.{suffix}", FILES, mode)
    assert archives.is_archive(path)
    assert files.title(path) == "pets"
    assert contents(path) == {"cat/1.png": b"one", "dog/1.png": b"two"}


def test_a_zip_gives_its_images(tmp_path: Path, write: type) -> None:
    path = write.zip(tmp_path / "pets.ZIP", FILES)
    assert contents(path) == {"cat/1.png": b"one", "dog/1.png": b"two"}


@pytest.mark.parametrize("name", ["pets.rar", "pets.gz", "tar", "pets.npz", "zip"])
def test_other_files_are_no_archives(name: str) -> None:
    assert not archives.is_archive(Path(name))


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("../../evil.png", r"'\.\.'"),
        ("cat/../../evil.png", r"'\.\.'"),
        ("..\\evil.png", r"'\.\.'"),
        ("/etc/evil.png", "absolute"),
        ("C:\\evil.png", "absolute"),
        ("\\\\server\\evil.png", "absolute"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(
    tmp_path: Path, name: str, what: str, write: type
) -> None:
    for path in (
        write.zip(tmp_path / "pets.zip", {**FILES, name: b""}),
        write.tar(tmp_path / "pets.tar.gz", {**FILES, name: b""}),
    ):
        with pytest.raises(DataError, match=what) as caught:
            list(images(path))
        assert "evil.png" in str(caught.value)


@given(st.text(max_size=40))
def test_a_safe_name_is_relative_and_stays_inside(name: str) -> None:
    try:
        safe = archives.safe_name(name, PATH)
    except DataError as error:
        safe, message = "", str(error)
    else:
        message = ""
    assert message.isprintable()
    parts = safe.split("/")
    assert ".." not in parts
    assert not safe.startswith("/")
    assert "\\" not in safe
    assert not Path(safe).is_absolute()
    assert archives.safe_name(safe, PATH) == safe or ":" in safe


@given(
    parts=st.lists(st.sampled_from(["..", ".", "a", "", "b.png", "/", "\\", "C:"]), max_size=6),
    slash=st.sampled_from(["/", "\\"]),
)
def test_a_name_that_climbs_is_never_safe(parts: list[str], slash: str) -> None:
    name = slash.join(parts)
    climbs = ".." in name.replace("\\", "/").split("/")
    if climbs or name[:1] in {"/", "\\"} or name[1:2] == ":":
        with pytest.raises(DataError):
            archives.safe_name(name, PATH)
    else:
        archives.safe_name(name, PATH)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (tarfile.SYMTYPE, "a link"),
        (tarfile.LNKTYPE, "a link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a device"),
    ],
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path, kind: bytes, what: str) -> None:
    path = tar_of(tmp_path / "pets.tar.gz", info("cat/odd.png", kind=kind))
    assert f"'cat/odd.png' is {what}" in refusal(path)


@pytest.mark.parametrize(("mode", "what"), [(stat.S_IFLNK, "a link"), (stat.S_IFIFO, "a device")])
def test_links_and_devices_in_a_zip_are_refused(tmp_path: Path, mode: int, what: str) -> None:
    path = tmp_path / "pets.zip"
    with zipfile.ZipFile(path, "w") as file:
        odd = zipfile.ZipInfo("cat/odd.png")
        odd.external_attr = (mode | 0o777) << 16
        file.writestr(odd, "/etc/passwd")
    assert f"'cat/odd.png' is {what}" in refusal(path)


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a ratio of small files already, so that a test need not write large ones."""
    monkeypatch.setattr(archives, "RATIO_FROM_BYTES", 2**18)
    monkeypatch.setattr(archives, "MAX_RATIO", 300)


def test_pictures_of_one_colour_are_read_although_they_shrink_much(
    tmp_path: Path, write: type
) -> None:
    blank = {"cat/1.bmp": bytes(1_000_000), "dog/1.bmp": bytes(1_000_000)}
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in blank.items():
            file.writestr(name, content)
    assert contents(tmp_path / "a.zip") == blank


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_whose_sizes_lie_is_refused_before_it_is_unpacked(
    tmp_path: Path, method: int
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("cat/1.png", bytes(200_000_000))
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(content)
    tracemalloc.start()
    assert "packed in a way that is not read" in refusal(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_a_deflated_member_that_lies_gives_no_more_than_it_claims(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("cat/1.png", bytes(50_000_000))
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(DataError, match="damaged"):
        contents(path)
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


@pytest.mark.usefixtures("strict")
def test_a_thousandfold_compression_is_refused_by_name(tmp_path: Path, write: type) -> None:
    bomb = {"cat/1.png": b"one", "cat/bomb.png": bytes(20_000_000)}
    assert "'cat/bomb.png' expands" in refusal(write.zip(tmp_path / "a.zip", bomb))
    for suffix, mode in SUFFIXES.items():
        if suffix != "tar":
            path = write.tar(tmp_path / f"a.{suffix}", bomb, mode)
            assert "'cat/bomb.png' expands" in refusal(path)


@pytest.mark.usefixtures("strict")
def test_a_bomb_outside_the_images_is_refused_as_well(tmp_path: Path, write: type) -> None:
    bomb = {"cat/1.png": b"one", "notes.txt": bytes(20_000_000)}
    assert "'notes.txt' expands" in refusal(write.tar(tmp_path / "a.tar.gz", bomb))


def test_the_bytes_of_one_member_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    large = info("cat/large.png", archives.MAX_FILE_BYTES + 1)
    path.write_bytes(large.tobuf() + bytes(1024))
    assert "'cat/large.png' has" in refusal(path)


def test_the_bytes_of_all_members_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: type
) -> None:
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 5)
    for path in (write.zip(tmp_path / "a.zip", FILES), write.tar(tmp_path / "a.tgz", FILES)):
        assert "unpacks, at 'dog/1.png'" in refusal(path)


def test_the_number_of_members_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: type
) -> None:
    monkeypatch.setattr(archives, "MAX_FILES", 2)
    assert "more than 2 members" in refusal(write.zip(tmp_path / "a.zip", FILES))


def test_endless_headers_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member's name may be as long as a file in a pax header."""
    monkeypatch.setattr(archives, "MAX_FILE_BYTES", 10_000)
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as file:
        file.addfile(info("cat/1.png"))
        long = info("cat/2.png")
        long.pax_headers = {"comment": "x" * 200_000}
        file.addfile(long)
    assert "what follows 'cat/1.png' does not end" in refusal(path)


def test_a_member_without_a_name_is_passed_over(tmp_path: Path, write: type) -> None:
    path = write.zip(tmp_path / "a.zip", {"cat/1.png": b"one", "xy": b"odd"})
    path.write_bytes(path.read_bytes().replace(b"xy", b"./"))
    assert contents(path) == {"cat/1.png": b"one"}


@pytest.mark.parametrize(
    ("encoding", "names"), [("cp949", "고양이"), ("cp932", "ねこ"), ("utf-8", "猫")]
)
def test_names_of_old_zips_are_read_in_the_code_page_of_their_system(
    tmp_path: Path, encoding: str, names: str
) -> None:
    class Old(zipfile.ZipInfo):
        def _encodeFilenameFlags(self) -> tuple[bytes, int]:
            return self.filename.encode(encoding), self.flag_bits & ~0x800

    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(Old(f"{names}/1.png"), b"one")
    assert contents(path) == {f"{names}/1.png": b"one"}


def test_an_encrypted_member_is_refused(tmp_path: Path, write: type) -> None:
    path = write.zip(tmp_path / "a.zip", {"cat/1.png": b"one"})
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[6] |= 1
    content[directory + 8] |= 1
    path.write_bytes(content)
    assert "'cat/1.png' is encrypted" in refusal(path)


def test_a_member_that_comes_twice_is_refused(tmp_path: Path) -> None:
    path = tar_of(tmp_path / "a.tgz", info("cat/1.png"), info("cat/./1.png"))
    assert "'cat/1.png' twice" in refusal(path)


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.xz", "a.tar.bz2"])
@pytest.mark.parametrize("content", [b"no archive at all" * 100, b""])
def test_what_is_no_archive_is_a_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert "damaged or not what its name says" in refusal(path)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(suffix=st.sampled_from(["zip", *SUFFIXES]), at=st.floats(0, 0.99), new=st.binary(max_size=9))
def test_damage_anywhere_is_a_sentence_or_harmless(
    tmp_path: Path, write: type, suffix: str, at: float, new: bytes
) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "zip":
        write.zip(path, FILES)
    else:
        write.tar(path, FILES, SUFFIXES[suffix])
    content = bytearray(path.read_bytes())
    place = int(at * len(content))
    content[place : place + len(new)] = new[::-1] or b"\0"
    path.write_bytes(content)
    try:
        found = contents(path)
    except DataError as error:
        message = str(error)
    else:
        message = str(path)
        assert set(found.values()) <= {b"one", b"two", b""} or suffix == "tar"  # no checksum
    assert str(path) in message
