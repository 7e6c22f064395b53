from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prosopon.core.errors import LimitError, MediaError
from prosopon.media.limits import Limits
from prosopon.media.orientation import EXIF
from prosopon.media.probe import probe
from prosopon.media.read import read

CORNERS = np.zeros((4, 6, 3), np.uint8)
CORNERS[:2, :3] = (200, 0, 0)
CORNERS[:2, 3:] = (0, 200, 0)
CORNERS[2:, :3] = (0, 0, 200)


def png(path: Path, size: tuple[int, int], depth: int, rows: bytes) -> Path:
    """A PNG in RGB by hand, for depths and claims that Pillow does not write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return path


def test_a_picture_is_a_still_with_its_history(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(CORNERS).save(path)
    clip = read(path)
    assert clip.is_still
    assert clip.audio is None
    assert (clip.width, clip.height, len(clip)) == (6, 4, 1)
    np.testing.assert_array_equal(clip.first(), CORNERS)
    assert clip.first().flags.writeable
    (step,) = clip.history
    assert step.op == "media.read"
    assert step.parents[0].sha256 == clip.sha256
    assert clip.sha256 is not None
    assert len(clip.sha256) == 64


@pytest.mark.parametrize("value", range(1, 9))
def test_exif_orientation(tmp_path: Path, value: int) -> None:
    """Whatever way a camera laid the picture, it comes back upright."""
    undo = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}[value]
    path = tmp_path / "a.png"
    exif = Image.Exif()
    exif[0x0112] = value
    Image.fromarray(EXIF[undo].apply(CORNERS)).save(path, exif=exif)
    clip = read(path)
    np.testing.assert_array_equal(clip.first(), CORNERS)
    info = probe(path)
    assert (info.width, info.height) == (clip.width, clip.height) == (6, 4)
    assert info.rotation_deg == {1: 0, 2: 0, 3: 180, 4: 180, 5: 270, 6: 90, 7: 90, 8: 270}[value]


def test_damaged_exif_does_not_spoil_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(CORNERS).save(path, exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert read(path).first().shape == (4, 6, 3)


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path: Path) -> None:
    values = np.array([[0, 128, 257, 32768, 65535]], np.uint16)
    path = tmp_path / "a.png"
    Image.fromarray(values).save(path)
    np.testing.assert_array_equal(read(path).first()[0, :, 0], [0, 0, 1, 128, 255])


def test_sixteen_bit_colour(tmp_path: Path) -> None:
    row = b"\0" + struct.pack(">6H", 65535, 32896, 0, 257, 514, 25700)
    path = png(tmp_path / "a.png", (2, 1), 16, row)
    np.testing.assert_array_equal(read(path).first(), [[[255, 128, 0], [1, 2, 100]]])


def test_thirty_two_bits_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tiff"
    Image.fromarray(np.full((3, 3), 0.5, np.float32)).save(path)
    with pytest.raises(MediaError, match="32 bits per pixel"):
        read(path)


def test_cmyk(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(path, quality=100)
    red, green, blue = read(path).first().reshape(-1, 3).mean(0)
    assert red > 240
    assert max(green, blue) < 15


def test_transparency_is_shown_on_white(tmp_path: Path) -> None:
    pixels = np.array([[[10, 20, 30, 0], [10, 20, 30, 255], [0, 0, 0, 128]]], np.uint8)
    path = tmp_path / "a.png"
    Image.fromarray(pixels, "RGBA").save(path)
    np.testing.assert_array_equal(read(path).first(), [[[255] * 3, [10, 20, 30], [127] * 3]])


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "YCbCr", "HSV", "LAB"])
def test_other_modes(tmp_path: Path, mode: str) -> None:
    suffix = {"YCbCr": ".jpg", "HSV": ".tiff", "LAB": ".tiff"}.get(mode, ".png")
    path = tmp_path / f"a{suffix}"
    picture = Image.fromarray(np.full((8, 8, 3), 255, np.uint8))
    (Image.new("LAB", (8, 8), (255, 128, 128)) if mode == "LAB" else picture.convert(mode)).save(
        path, **({"format": "TIFF"} if suffix == ".tiff" and mode == "LAB" else {})
    ) if mode != "HSV" else picture.save(path)
    frame = read(path).first()
    assert frame.shape == (8, 8, 3)
    assert frame.min() > 250


def test_palette_with_transparency(tmp_path: Path) -> None:
    picture = Image.new("P", (2, 1), 0)
    picture.putpalette([10, 10, 10, 200, 0, 0])
    picture.putpixel((1, 0), 1)
    path = tmp_path / "a.png"
    picture.save(path, transparency=0)
    np.testing.assert_array_equal(read(path).first(), [[[255] * 3, [200, 0, 0]]])


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_truncated_picture_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(MediaError) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_too_many_pixels_are_refused_before_decoding(tmp_path: Path) -> None:
    """The head claims 20000 x 20000; there are no such pixels, so decoding would fail differently."""
    path = png(tmp_path / "a.png", (20_000, 20_000), 8, b"")
    with pytest.raises(LimitError, match="pixels"):
        read(path)


def test_limits_hold_for_pictures(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(CORNERS).save(path)
    with pytest.raises(LimitError, match="6 x 4"):
        read(path, Limits(max_pixels=23))
    with pytest.raises(LimitError, match="bytes"):
        read(path, Limits(max_bytes=10))


def test_a_picture_of_several_views_is_a_still(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(CORNERS).save(path, "MPO", save_all=True, append_images=[Image.fromarray(CORNERS)])
    assert read(path).is_still


@pytest.mark.parametrize(
    ("suffix", "durations"), [(".gif", [40, 40, 200]), (".webp", [40, 50, 200]), (".png", [40, 50, 60])]
)
def test_animation_is_a_video(tmp_path: Path, suffix: str, durations: list[int]) -> None:
    path = tmp_path / f"a{suffix}"
    pictures = [Image.new("RGB", (8, 6), colour) for colour in ("red", "lime", "blue")]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=durations, lossless=True)
    clip = read(path)
    assert probe(path).kind == "video"
    np.testing.assert_allclose(clip.times, np.cumsum([0, *durations[:2]]) / 1000, atol=1e-9)
    colours = [tuple(int(value) for value in frame[0, 0]) for frame in clip.frames()]
    assert colours == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    assert len(list(clip.frames())) == 3


def test_truncated_animation_keeps_what_decodes(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    noise = np.random.default_rng(0).integers(0, 255, (8, 40, 40), dtype=np.uint8)
    pictures = [Image.fromarray(frame) for frame in noise]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=40)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 8])
    clip = read(path)
    assert 3 <= len(clip) < 8
    assert len(list(clip.frames())) == len(clip)


def test_shared_hard_pictures(shared: Path) -> None:
    hard = shared / "media" / "hard"
    upright = np.asarray(read(hard / "exif6_rotated_portrait.jpg").first())
    assert upright.shape == (512, 512, 3)
    assert read(hard / "png16bit.png").first().std() > 20, "scaled, not clipped to white"
    cmyk = read(hard / "cmyk.jpg").first()
    assert 40 < cmyk.mean() < 215, "neither inverted to black nor to white"
    assert read(hard / "rgba.png").first().shape[2] == 3
    assert read(hard / "grayscale8.png").first().shape[2] == 3
    for name in ("not_an_image.jpg", "truncated.jpg"):
        with pytest.raises(MediaError, match=name):
            read(hard / name)
