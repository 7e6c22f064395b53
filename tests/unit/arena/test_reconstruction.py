"""The reconstruction protocol with reconstructors whose results are known, and a finder that reads the picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from prosopon.arena.reconstruction import compare, find_clips, measure, measure_clip
from prosopon.arena.tally import METRICS
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError
from prosopon.core.faces import Box, Face
from prosopon.media.write.dispatch import encode

N_FRAMES = 7


def clip_of(n_frames: int = N_FRAMES, *, name: str = "clip") -> Clip:
    """A bright square that wanders over a soft background."""
    y, x = np.mgrid[:64, :64]
    frames = []
    for index in range(n_frames):
        picture = np.stack((x * 2, y * 2, 64 + x), axis=-1).astype(np.uint8)
        picture[20:40, 12 + 3 * index : 32 + 3 * index] = 250
        frames.append(picture)
    return Clip.of_frames(frames, 25, name=name)


class SquareFinder:
    """Takes the bright square for a face: landmarks on a ring in it. Sees nobody where there is none."""

    name = "square"

    def find(self, frame: Frame) -> list[Face]:
        rows, columns = np.nonzero(frame.min(axis=-1) > 200)
        if len(rows) < 20:
            return []
        box = Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        angle = np.linspace(0, 2 * np.pi, 68)
        radius = np.array([box.width, box.height]) / 2
        points = np.array(box.centre) + radius * np.stack((np.cos(angle), np.sin(angle)), axis=-1)
        return [Face(box, points.astype(np.float32))]


def perfect(source: Frame, driving: Iterator[Frame]) -> Iterator[Frame]:
    yield from driving


def copying(source: Frame, driving: Iterator[Frame]) -> Iterator[Frame]:
    for _ in driving:
        yield source


def blank(source: Frame, driving: Iterator[Frame]) -> Iterator[Frame]:
    for _ in driving:
        yield np.zeros_like(source)


def test_perfect_reconstruction_has_no_error() -> None:
    tally = measure_clip(clip_of(), perfect, SquareFinder(), size_px=64)
    assert not isinstance(tally, str)
    found = tally.measures()
    assert tally.n_frames == tally.n_wanted_faces == N_FRAMES
    for name in ("l1", "akd", "akd_eyes", "akd_mouth", "mkr"):
        assert found[name].value == 0
    assert found["ssim"].value == pytest.approx(1)
    assert found["psnr"].value is None  # infinite in every frame
    for name in ("l1", "akd"):
        assert (found[name].copy or 0) > 0.01
        assert found[name].ratio == 0


def test_copying_is_the_baseline() -> None:
    tally = measure_clip(clip_of(), copying, SquareFinder(), size_px=64)
    assert not isinstance(tally, str)
    measures = tally.measures()
    for name in METRICS[: METRICS.index("lids")]:
        assert measures[name].value == measures[name].copy, name
        assert measures[name].ratio == 1, name
    # The openings of a ring that does not turn are the same in every frame: there is nothing to follow.
    assert measures["lids"].value is None or measures["lids"].value == pytest.approx(0, abs=1e-3)


class WinkFinder(SquareFinder):
    """The square's green says how open eyes and mouth are."""

    def find(self, frame: Frame) -> list[Face]:
        faces = super().find(frame)
        if faces:
            (face,) = faces
            assert face.landmarks is not None
            centre = np.array(face.box.centre).astype(int)
            high = (float(frame[centre[1], centre[0], 1]) - 200) / 10
            for corner in (36, 42):
                face.landmarks[corner : corner + 6] = [(0, 0), (6, -high), (14, -high), (20, 0), (14, high), (6, high)]
            face.landmarks[[48, 54]] = [(0, 30), (20, 30)]
            face.landmarks[61:64], face.landmarks[65:68] = (10, 30 - high), (10, 30 + high)
        return faces


def winking() -> Clip:
    """A still square that changes its green."""
    frames = []
    for green in (210, 250, 250, 210, 230, 250, 205):
        picture = np.zeros((64, 64, 3), np.uint8)
        picture[20:44, 20:44] = (250, green, 250)
        frames.append(picture)
    return Clip.of_frames(frames, 25, name="winks")


def halfway(source: Frame, driving: Iterator[Frame]) -> Iterator[Frame]:
    """Half of what the driving frame differs from the source."""
    for frame in driving:
        yield ((source.astype(np.int16) + frame) // 2).astype(np.uint8)


def test_jitter_is_what_trembles_and_steady_motion_is_none() -> None:
    def trembling(source: Frame, driving: Iterator[Frame]) -> Iterator[Frame]:
        for index, frame in enumerate(driving):
            yield np.roll(frame, 2 * (index % 2), axis=0)

    for reconstruct, jitter in ((perfect, 0.0), (trembling, 4.0 * 4 / 2)):
        tally = measure_clip(clip_of(), reconstruct, SquareFinder(), size_px=64)
        assert not isinstance(tally, str)
        found = tally.measures()["jitter"]
        # Two pixels of 64 to and fro in y alone: accelerations of 4 and 0 pixels of 64, seen at 256.
        assert found.value == pytest.approx(jitter, rel=0.3)
        # The square wanders steadily; its box is found to whole pixels of a crop that is magnified.
        assert (found.copy or 0) < 3


def test_lids_and_lips_followed_is_the_slope() -> None:
    for reconstruct, slope in ((perfect, 1.0), (halfway, 0.5), (copying, 0.0)):
        tally = measure_clip(winking(), reconstruct, WinkFinder(), size_px=64)
        assert not isinstance(tally, str)
        found = tally.measures()
        for name in ("lids", "lips"):
            assert found[name].value == pytest.approx(slope, abs=0.05), (name, slope)
            assert found[name].copy == 0


def test_lost_faces_are_missing_not_far() -> None:
    tally = measure_clip(clip_of(), blank, SquareFinder(), size_px=64)
    assert not isinstance(tally, str)
    found = tally.measures()
    assert found["mkr"].value == 1
    assert found["mkr"].copy == 0
    assert found["akd"].value is None
    assert found["akd"].ratio is None


def test_every_and_without_finder() -> None:
    tally = measure_clip(clip_of(), copying, None, size_px=32, every=3)
    assert not isinstance(tally, str)
    assert tally.n_frames == 3
    assert tally.n_wanted_faces == 0
    assert tally.measures()["akd"].value is None
    assert (tally.measures()["l1"].value or 0) > 0


def test_a_reconstructor_must_give_every_frame() -> None:
    def short(source: Frame, driving: Iterator[Frame]) -> Iterator[Frame]:
        yield next(driving)

    with pytest.raises(ValueError, match="shorter"):
        measure_clip(clip_of(), short, None, size_px=32)


def test_a_folder_of_people(tmp_path: Path) -> None:
    for person, n_frames in (("anna", 4), ("bo", 6)):
        (tmp_path / person).mkdir()
        encode(clip_of(n_frames), tmp_path / person / "one.gif")
    encode(clip_of(5), tmp_path / "anna" / "two")
    encode(Clip.still(clip_of().first()), tmp_path / "bo" / "still.png")
    (tmp_path / "bo" / "notes.txt").write_text("passed over")
    (tmp_path / "bo" / "broken.mp4").write_text("not a video")
    files = find_clips(tmp_path)
    assert [*files] == ["anna/one.gif", "anna/two", "bo/broken.mp4", "bo/one.gif", "bo/still.png"]
    result = measure(files, copying, None, size_px=32)
    assert {name: tally.n_frames for name, tally in result.people.items()} == {"anna": 9, "bo": 6}
    assert result.total.n_clips == 3
    assert set(result.skipped) == {"bo/broken.mp4", "bo/still.png"}
    data = result.as_json()
    assert data["people"]["bo"]["metrics"]["l1"]["ratio"] == 1
    assert data["total"]["frames"] == 15
    weighted = (9 * result.people["anna"].measures()["l1"].value + 6 * result.people["bo"].measures()["l1"].value) / 15  # type: ignore[operator]
    assert result.total.measures()["l1"].value == pytest.approx(weighted)
    assert measure(files, copying, None, size_px=32, max_clips=1).total.n_clips == 1


def test_published_form(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "test").mkdir()
    encode(clip_of(3), tmp_path / "test" / "frames")
    for name in ("id1#a#0.gif", "id1#b#7.gif", "id2.gif"):
        encode(clip_of(3), tmp_path / "test" / name)
    assert [*find_clips(tmp_path)] == ["frames/frames", "id1/id1#a#0.gif", "id1/id1#b#7.gif", "id2/id2.gif"]


def test_nothing_to_measure(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no folder"):
        find_clips(tmp_path / "absent")
    with pytest.raises(MissingError, match="no videos"):
        find_clips(tmp_path)
    (tmp_path / "notes.txt").write_text("passed over")
    with pytest.raises(MissingError, match="no videos"):
        find_clips(tmp_path)
    (tmp_path / "broken.mp4").write_text("not a video")
    with pytest.raises(MissingError, match="can be measured"):
        measure(find_clips(tmp_path), copying, None)


def test_identity_is_asked_of_result_and_copy_alike():
    class _Finder:
        name = "test"

        def find(self, frame):
            landmarks = np.random.default_rng(0).uniform(5, 25, (68, 2)).astype(np.float32)
            return [Face(Box(4, 4, 28, 28), landmarks)]

    class _Colour:
        same_person = 0.5

        def embed(self, frame, face):
            mean = frame.mean((0, 1)).astype(np.float32)
            return mean / np.linalg.norm(mean)

    red, blue = np.zeros((32, 32, 3), np.uint8), np.zeros((32, 32, 3), np.uint8)
    red[..., 0], blue[..., 2] = 200, 200
    tally = compare(red, [red, red], [blue, red], _Finder(), embedder=_Colour())
    identity = tally.measures()["identity"]
    assert (identity.value, identity.copy) == (0, 1)
    assert compare(red, [red], [blue], _Finder()).measures()["identity"].value is None
