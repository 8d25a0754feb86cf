"""Decoded pixels against Pillow and arithmetic; damaged and huge files; the decoding threads."""

from __future__ import annotations

import io
import struct
import threading
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from resnet_core.data import decoding
from resnet_core.data.decoding import Decoders, default_count
from resnet_core.errors import DataError, InvalidSetting
from resnet_core.system import environment


def stored(image: Image.Image, kind: str = "PNG", **options: object) -> io.BytesIO:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return io.BytesIO(buffer.getvalue())


def noise(width: int = 12, height: int = 8) -> Image.Image:
    return Image.fromarray(
        np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8), "RGB"
    )


def huge_png(width: int, height: int) -> io.BytesIO:
    """A PNG whose header claims a size; its pixels are missing."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    data = b"IDAT" + zlib.compress(b"")
    rest = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + chunk + rest)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "PPM", "TIFF"])
def test_lossless_formats_give_the_same_pixels(kind: str) -> None:
    image = noise(8, 8)
    np.testing.assert_array_equal(decoding.decode(stored(image, kind), "x", 8), np.asarray(image))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF"])
def test_lossy_formats_give_about_the_same_pixels(kind: str) -> None:
    flat = Image.new("RGB", (8, 8), (200, 40, 90))
    pixels = decoding.decode(stored(flat, kind), "x", 8).astype(int)
    assert np.abs(pixels - (200, 40, 90)).max() <= 6


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "CMYK"])
def test_other_kinds_of_pixels_become_rgb(mode: str) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    pixels = decoding.decode(stored(noise(8, 8).convert("RGB").convert(mode), kind), "x", 8)
    assert pixels.shape == (8, 8, 3)
    if mode in {"L", "1", "LA"}:
        assert (pixels[..., 0] == pixels[..., 2]).all()


def test_sixteen_bit_pixels_are_refused_by_name() -> None:
    deep = Image.fromarray(np.zeros((8, 8), np.uint16))
    with pytest.raises(DataError, match=r"deep\.png .*8 bits"):
        decoding.size_of(stored(deep), "deep.png")


def test_the_middle_square_is_taken_and_reduced_by_area() -> None:
    image = noise(12, 8)
    middle = np.asarray(image)[:, 2:10].astype(float)
    mean = middle.reshape(4, 2, 4, 2, 3).mean(axis=(1, 3))
    assert (
        np.abs(decoding.decode(stored(image), "x", 4) - mean).max() <= 1
    )  # rounded once a direction


def test_orientation_tags_are_left_alone() -> None:
    image = noise(8, 8)
    tags = Image.Exif()
    tags[0x0112] = 6  # "turn by 90 degrees"
    turned = stored(image, "PNG", exif=tags)
    np.testing.assert_array_equal(decoding.decode(turned, "x", 8), np.asarray(image))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [13_000, 6_500, 60_000])
def test_an_image_too_large_to_decode_is_refused_from_its_header(side: int) -> None:
    for read in (decoding.size_of, lambda file, name: decoding.decode(file, name, 32)):
        with pytest.raises(DataError, match=r"moon\.png .*scale it down"):
            read(huge_png(side, side), "moon.png")


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_a_file_that_is_no_image_is_named(content: bytes) -> None:
    with pytest.raises(DataError, match=r"notes\.png cannot be read as an image"):
        decoding.size_of(io.BytesIO(content), "notes.png")


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "BMP", "GIF", "WEBP", "PPM", "TIFF"]),
    at=st.floats(0, 1),
    new=st.binary(max_size=6),
    cut=st.floats(0, 1),
)
@pytest.mark.filterwarnings("ignore")  # Pillow warns of what it finds odd in damaged files
def test_damage_anywhere_is_a_sentence_or_harmless(
    kind: str, at: float, new: bytes, cut: float
) -> None:
    content = bytearray(stored(noise(), kind).getvalue())
    place = int(at * len(content))
    content[place : place + len(new)] = new
    damaged = bytes(content[: max(1, int((0.3 + 0.7 * cut) * len(content)))])
    try:
        pixels = decoding.decode(io.BytesIO(damaged), "x.png", 8)
    except DataError as error:
        message = str(error)
    else:
        message = "x.png"
        assert pixels.shape == (8, 8, 3)
    assert "x.png" in message


def test_a_whole_picture_keeps_its_form_and_is_reduced_to_the_longest_side() -> None:
    image = noise(40, 20)
    np.testing.assert_array_equal(decoding.decode_whole(stored(image), "x", 40), np.asarray(image))
    reduced = decoding.decode_whole(stored(image), "x", 10)
    assert reduced.shape == (5, 10, 3)
    blocks = np.asarray(image, float).reshape(5, 4, 10, 4, 3).mean(axis=(1, 3))
    assert np.abs(reduced - blocks).max() <= 1


def test_a_whole_picture_is_turned_as_its_orientation_tag_says() -> None:
    image = noise(12, 8)
    tags = Image.Exif()
    tags[0x0112] = 6  # the camera was turned: show it a quarter to the right
    pixels = decoding.decode_whole(stored(image, "PNG", exif=tags), "x", 100)
    np.testing.assert_array_equal(pixels, np.rot90(np.asarray(image), -1))


def test_a_huge_whole_picture_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(DataError, match="million"):
        decoding.decode_whole(huge_png(20_000, 20_000), "x", 1000)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_results_come_in_the_order_of_the_items(count: int) -> None:
    decoders = Decoders(count)
    assert list(decoders.map(lambda n: n * n, range(100))) == [n * n for n in range(100)]
    assert decoders.begin(str, 7)() == "7"
    decoders.close()


@pytest.mark.parametrize("count", [0, 2])
def test_only_a_few_items_are_worked_on_at_a_time(count: int) -> None:
    begun: list[int] = []
    decoders = Decoders(count)
    results = decoders.map(begun.append, range(1000))
    next(results)
    assert len(begun) < 50
    decoders.close()


@pytest.mark.parametrize("count", [0, 2])
def test_an_error_reaches_whoever_asks(count: int) -> None:
    def fail(item: int) -> int:
        if item == 3:
            raise DataError("stored", text="the third")
        return item

    decoders = Decoders(count)
    results = decoders.map(fail, range(5))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(DataError, match="the third"):
        next(results)
    decoders.close()


def test_closing_forgets_what_has_not_begun_and_ends_the_threads() -> None:
    held, released = threading.Event(), threading.Event()

    def wait(_: int) -> None:
        held.set()
        released.wait(60)

    before = set(threading.enumerate())
    decoders = Decoders(1)
    for item in range(5):
        decoders.begin(wait, item)
    assert held.wait(60)
    decoders.close()
    released.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
        assert not thread.is_alive()


def test_the_machines_owner_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environment.variable("decoders"), "0")
    assert default_count() == Decoders().count == 0
    monkeypatch.setenv(environment.variable("decoders"), "")
    assert default_count() >= 1
    for wrong in ("-1", "many", "65"):
        monkeypatch.setenv(environment.variable("decoders"), wrong)
        with pytest.raises(InvalidSetting, match="RESIDUAL_PLAYGROUND_DECODERS: "):
            default_count()
