"""Uploads of every kind: a right picture or a sentence, and only pixels are kept."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from resnet_core.data.own import uploaded_image
from resnet_core.errors import DataError


def _file(image: Image.Image, kind: str = "PNG", **more: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def _halves(size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Red above, blue below."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0], size[1] // 2))
    return image


def test_the_same_pixels_are_kept_once_whatever_the_file(home: Path) -> None:
    image = _halves()
    first = uploaded_image.store(_file(image), "../../etc/passwd.png")
    assert uploaded_image.store(_file(image, "BMP"), "other.bmp") == first
    assert [path.name for path in (home / "pictures").iterdir()] == [f"{first}.png"]
    pixels = uploaded_image.load(first)
    assert pixels.shape == (40, 40, 3)
    assert pixels[0, 0].tolist() == [255, 0, 0]
    assert pixels[-1, 0].tolist() == [0, 0, 255]
    assert uploaded_image.store(_file(_halves((30, 60)))) != first


def test_a_picture_is_turned_as_its_camera_says(home: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    pixels = uploaded_image.load(uploaded_image.store(_file(_halves(), "JPEG", exif=exif)))
    assert pixels[0, 0, 2] > 200 > 60 > pixels[0, 0, 0]
    assert pixels[-1, 0, 0] > 200


def test_cmyk_and_grey_become_rgb(home: Path) -> None:
    printed = _file(Image.new("CMYK", (9, 9), (255, 0, 0, 0)), "TIFF")
    cyan = uploaded_image.load(uploaded_image.store(printed))
    assert cyan[0, 0, 0] < 60
    assert cyan[0, 0, 2] > 150
    grey = uploaded_image.load(uploaded_image.store(_file(Image.new("L", (9, 9), 77))))
    assert grey[4, 4].tolist() == [77, 77, 77]


def test_large_pictures_are_made_small(home: Path) -> None:
    pixels = uploaded_image.load(uploaded_image.store(_file(_halves((1200, 900)), "JPEG")))
    assert pixels.shape[0] == pixels.shape[1] <= uploaded_image.SIDE


def _sixteen_bits() -> bytes:
    return _file(Image.fromarray(np.arange(400, dtype=np.uint16).reshape(20, 20) * 100))


def _bomb(side: int = 20_000) -> bytes:
    """A whole PNG of so many pixels a side, one bit each: few bytes, made in little memory."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packer, row = zlib.compressobj(9), bytes(1 + -(-side // 8))
    pixels = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    parts = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_sixteen_bits(), "8 bits a channel"),
        (_file(_halves(), "JPEG")[:300], "cannot be read as an image"),
        (_file(Image.effect_noise((100, 100), 50))[:2000], "cannot be read as an image"),
        (b"", "cannot be read as an image"),
        (b"MZ not an image at all", "cannot be read as an image"),
        (_file(_halves())[:33], "cannot be read as an image"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence_and_is_not_kept(
    content: bytes, said: str, home: Path
) -> None:
    with pytest.raises(DataError, match=said):
        uploaded_image.store(content, "holiday")
    assert not list((home / "pictures").glob("*")) if (home / "pictures").exists() else True


_MEMORY = """
import resource, sys
from resnet_core.data.own import uploaded_image
from resnet_core.errors import DataError
content = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    said = uploaded_image.store(content)
except DataError as error:
    said = error
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, said)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count the peak otherwise")
@pytest.mark.parametrize(("side", "megabytes"), [(20_000, 30), (6_300, 500)])
def test_memory_is_bounded_whatever_a_picture_unpacks_to(
    side: int, megabytes: int, home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(_bomb(side))
    assert path.stat().st_size < 100_000
    command = [sys.executable, "-c", _MEMORY, str(path)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    grown, said = out.split(" ", 1)
    assert ("too large" in said) == (side == 20_000)
    assert int(grown) < megabytes


def test_all_eight_orientations_come_out_upright(home: Path) -> None:
    upright = Image.new("RGB", (32, 32), "blue")
    upright.paste("red", (0, 0, 32, 16))
    upright.paste("lime", (0, 0, 16, 16))
    stored = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # how Pillow turned it before
    for tag, turned in stored.items():
        exif = Image.Exif()
        exif[0x0112] = tag
        image = upright if turned is None else upright.transpose(Image.Transpose(turned))
        pixels = uploaded_image.load(uploaded_image.store(_file(image, "PNG", exif=exif)))
        assert np.array_equal(pixels, np.asarray(upright)), tag


def test_a_jpeg_for_print_keeps_its_colours(home: Path) -> None:
    cyan = _file(Image.new("CMYK", (16, 16), (255, 0, 0, 0)), "JPEG", quality=95)
    pixels = uploaded_image.load(uploaded_image.store(cyan))
    assert pixels[8, 8, 0] < 60
    assert pixels[8, 8, 2] > 150


def test_too_many_bytes_are_refused_unread(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploaded_image, "MEGABYTES", 0)
    with pytest.raises(DataError, match="use one of at most 0 MB"):
        uploaded_image.store(_file(_halves()))


@pytest.mark.parametrize("picture_id", ["../../secret", "a" * 31, "A" * 32, "", "0" * 32 + "\n"])
def test_an_id_can_mean_no_other_file(picture_id: str, home: Path) -> None:
    with pytest.raises(DataError, match="is not the id of an image"):
        uploaded_image.load(picture_id)


def test_a_picture_that_is_gone_is_asked_for_again(home: Path) -> None:
    with pytest.raises(DataError, match="not on this machine"):
        uploaded_image.load("0" * 32)
