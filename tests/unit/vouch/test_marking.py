"""What publishing adds besides the seal: a watermark that was read back, an entry in the log, a record of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import c2pa
import numpy as np
import pytest
from skimage.data import astronaut

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError
from prosopon.core.history import SourceType, Step
from prosopon.media.read import read
from prosopon.vouch.log.recording import log_folder, look_up
from prosopon.vouch.lookup.pdq import MATCH, pdq
from prosopon.vouch.manifest.definition import source_type_url
from prosopon.vouch.manifest.verify import verify
from prosopon.vouch.publish import publish, publish_picture
from prosopon.vouch.store.store import Store
from prosopon.vouch.watermark.files import read_file
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.video import marked

MADE = Step("create.x", source_type=SourceType.COMPOSITE)


def picture() -> Frame:
    return np.ascontiguousarray(astronaut()[:360, :480])


def still(source_type: SourceType = SourceType.COMPOSITE) -> Clip:
    return Clip.still(picture(), step=replace(MADE, source_type=source_type))


def moving() -> Clip:
    return Clip.of_frames([np.roll(picture(), shift, axis=1) for shift in range(12)], Fraction(12), step=MADE)


MAKERS: dict[str, Callable[[], Clip]] = {
    "a.png": still, "a.jpg": still, "a.webp": still,
    "a.gif": moving, "a.mp4": moving, "a.webm": moving, "pictures": moving,
}  # fmt: skip


@pytest.mark.parametrize("name", MAKERS)
def test_the_watermark_is_in_the_file_and_says_what_it_is(tmp_path: Path, name: str) -> None:
    published = publish(MAKERS[name](), tmp_path / name)
    reading = read_file(tmp_path / name)
    assert reading.mark is not None
    assert reading.mark.hex == published.watermark
    assert reading.mark.source_type == SourceType.COMPOSITE
    assert published.problems == ()


@pytest.mark.parametrize("name", ["png", "mp4"])
def test_the_same_gets_the_same_mark_and_anything_else_another(tmp_path: Path, name: str) -> None:
    make = MAKERS[f"a.{name}"]
    first, again = (publish(make(), tmp_path / f"{number}.{name}") for number in range(2))
    assert first.watermark == again.watermark
    # Sums in several threads may come out in another order, and a level more or less leads an encoder elsewhere: the
    # mark is the same to the bit, the pictures to what nobody sees.
    for one, two in zip(read(first.path).frames(), read(again.path).frames(), strict=True):
        assert np.abs(one.astype(int) - two).mean() < 0.1
    clip = make()
    brighter = replace(clip, open_frames=lambda: (np.clip(frame, 1, 254) for frame in clip.frames()))
    seeded = replace(clip, history=(replace(MADE, seed=8),))
    others = [publish(other, tmp_path / f"{i}_other.{name}").watermark for i, other in enumerate((brighter, seeded))]
    assert len({first.watermark, *others}) == 3


def test_frames_are_made_once(tmp_path: Path) -> None:
    """Whoever computes them may do something with each, and a long swap is not computed twice."""
    clip, passes = moving(), 0

    def frames() -> Iterator[Frame]:
        nonlocal passes
        passes += 1
        yield from clip.frames()

    publish(replace(clip, open_frames=frames), tmp_path / "a.mp4")
    assert passes == 1


def test_frames_that_cannot_be_made_are_no_fault_of_the_watermark(tmp_path: Path) -> None:
    def frames() -> Iterator[Frame]:
        yield picture()
        raise MediaError("the camera is gone")

    with pytest.raises(MediaError, match="camera"):
        publish(replace(moving(), open_frames=frames), tmp_path / "a.mp4")
    assert not [*tmp_path.iterdir()]


def test_it_is_hardly_seen(tmp_path: Path) -> None:
    publish(still(), tmp_path / "a.png")
    error = read(tmp_path / "a.png").first().astype(float) - picture()
    assert 10 * np.log10(255**2 / (error**2).mean()) > 41
    assert np.abs(error).max() <= 24


def test_what_is_not_synthetic_gets_none(tmp_path: Path) -> None:
    published = publish(still(SourceType.ENHANCED), tmp_path / "a.png")
    assert published.watermark is None
    assert published.problems == ()
    np.testing.assert_array_equal(read(tmp_path / "a.png").first(), picture())
    assert published.log_index == 0


def test_a_mark_that_is_there_is_kept(tmp_path: Path) -> None:
    mark = Mark.of_hex("00112233aabbccdd")
    published = publish(marked(still(), mark), tmp_path / "a.png")
    assert published.watermark == mark.hex
    assert read_file(tmp_path / "a.png").mark == mark


def test_small_frames_leave_as_a_folder_too(tmp_path: Path) -> None:
    small = Clip.of_frames([np.full((48, 48, 3), level, np.uint8) for level in (0, 90)], 25, step=MADE)
    assert publish(small, tmp_path / "pictures").watermark is None
    assert len(read(tmp_path / "pictures")) == 2


@pytest.mark.parametrize("shape", [(40, 40, 3), (30, 300, 3)])
def test_what_cannot_carry_one_leaves_without_and_nothing_is_claimed(tmp_path: Path, shape: tuple[int, ...]) -> None:
    black = Clip.still(np.zeros(shape, np.uint8), step=MADE)
    published = publish(black, tmp_path / "a.png")
    assert published.watermark is None
    assert len(published.problems) == 1
    assert "watermark" in published.problems[0]
    with c2pa.Reader(str(tmp_path / "a.png")) as reader:
        assert "com.prosopon.watermark" not in reader.json()
        assert "c2pa.watermarked" not in reader.json()
    assert verify(tmp_path / "a.png").synthetic is True
    np.testing.assert_array_equal(read(tmp_path / "a.png").first(), 0)


@pytest.mark.parametrize("name", ["a.png", "a.mp4", "a.webm"])
def test_the_log_and_the_store_know_it(tmp_path: Path, name: str) -> None:
    published = publish(MAKERS[name](), tmp_path / name)
    assert published.watermark is not None
    content = (tmp_path / name).read_bytes() if name != "pictures" else b""
    (found,) = look_up(asset_sha256=sha256(content).hexdigest())
    assert found.entry.watermark == published.watermark
    assert found.index == published.log_index == 0
    record = Store.open().by_payload(published.watermark)
    assert record is not None
    assert record.sha256 == published.sha256 == found.entry.asset
    assert record.title == name
    assert record.source_type == source_type_url(SourceType.COMPOSITE)
    assert record.log_index == 0
    store = Store.open()
    assert pdq(store.thumbnail(record)).distance(pdq(picture())) <= MATCH
    held = store.manifest(record)
    assert sha256(held).hexdigest() == found.entry.manifest
    if published.sidecar is not None:
        assert held == published.sidecar.read_bytes()
    else:
        with c2pa.Reader(str(tmp_path / name)) as reader:
            assert json.loads(reader.json())["active_manifest"].encode() in held
    again = record.fingerprints[0].fingerprint
    assert again.distance(pdq(read(tmp_path / name).first())) <= MATCH


def test_a_log_that_cannot_be_written_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    publish(still(), tmp_path / "a.png")
    (log_folder() / "checkpoint").write_text("rubbish")
    published = publish(still(), tmp_path / "b.png")
    assert published.log_index is None
    assert any("log" in problem for problem in published.problems)
    assert verify(tmp_path / "b.png").synthetic is True
    assert published.watermark is not None
    assert Store.open().by_payload(published.watermark) is not None


def test_a_store_that_cannot_be_written_is_told_and_nothing_is_lost(tmp_path: Path, own_home: Path) -> None:
    shutil.rmtree(own_home / "published", ignore_errors=True)
    (own_home / "published").write_text("a file where the folder should be")
    published = publish(still(), tmp_path / "b.png")
    assert any("recognised" in problem for problem in published.problems)
    assert published.log_index == 0
    assert verify(tmp_path / "b.png").synthetic is True


def test_a_labelled_video_is_marked_behind_its_card_too(tmp_path: Path) -> None:
    published = publish(moving(), tmp_path / "a.mp4", label=True)
    assert published.opening_s == pytest.approx(2.0)
    reading = read_file(tmp_path / "a.mp4")
    assert reading.mark is not None
    assert reading.mark.hex == published.watermark
    record = Store.open().by_payload(reading.mark.hex)
    assert record is not None
    assert Store.open().thumbnail(record).std() > 30  # the picture, not the card


def test_of_a_preview_that_is_made_again_only_the_last_is_remembered(tmp_path: Path) -> None:
    first = publish_picture(picture(), tmp_path / "a.png", MADE)
    again = publish_picture(picture()[::-1].copy(), tmp_path / "a.png", MADE)
    assert Store.open().by_sha256(first.sha256) is None
    assert Store.open().by_sha256(again.sha256) is not None
    assert len(look_up(asset_sha256=first.sha256)) == 1, "what is in the log stays"
