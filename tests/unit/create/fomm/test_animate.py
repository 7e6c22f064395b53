"""Animation from Clips to Clip, with a tiny model of random weights: what must hold whatever the weights are."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from notes import Notes

from prosopon.app.compare import side_by_side
from prosopon.core.clip import Audio, Clip, Frame
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.faces import Box, Face
from prosopon.core.history import Relationship, SourceType, source_type_of
from prosopon.create.fomm.framing import Framing, frame_up, look
from prosopon.create.fomm.options import AnimateOptions
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.faces.crop_option import parse_crop

WHOLE = AnimateOptions(crop="whole", driving_crop="whole")


class Marker:
    """Finds a bright square as a face; its landmarks are spread over it."""

    name = "marker"

    def find(self, frame: Frame) -> list[Face]:
        rows, columns = np.nonzero(frame[..., 0] > 250)
        if not len(rows):
            return []
        box = Box(float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))
        spread = np.random.default_rng(0).random((68, 2)).astype(np.float32)
        spread[:4] = [(0, 0), (0, 1), (1, 0), (1, 1)]
        landmarks = spread * (box.width, box.height) + (box.left, box.top)
        return [Face(box, landmarks.astype(np.float32))]


def framed(
    source: Clip, driving: Clip, options: AnimateOptions, finder: Marker | None, notes: Notes | None = None
) -> Framing:
    heard = notes or Notes()
    return frame_up(source, driving, options, look(source, driving, options, finder, heard), heard)


def animate(
    model: FirstOrderMotion, source: Clip, driving: Clip, options: AnimateOptions, finder: Marker | None = None
) -> Clip:
    tracks_by = look(source, driving, options, finder, Notes())
    return model.create(tracks_by, source=source, driving=driving, options=options)


def picture(width: int, height: int, left: int = 10, top: int = 10, side: int = 16) -> Frame:
    frame = np.full((height, width, 3), 90, np.uint8)
    frame[..., 1] = np.linspace(0, 200, width, dtype=np.uint8)
    frame[top : top + side, left : left + side] = (255, 120, 40)
    return frame


def moving(count: int = 7, *, gone: tuple[int, ...] = ()) -> Clip:
    frames = [
        np.full((40, 48, 3), 60, np.uint8) if i in gone else picture(48, 40, left=8 + i, top=9) for i in range(count)
    ]
    sound = Audio.of(np.zeros((1, 800), np.float32), 8000)
    return replace(Clip.of_frames(frames, Fraction(30000, 1001), name="driving.mp4"), audio=sound)


@pytest.fixture(scope="module")
def model() -> FirstOrderMotion:
    return FirstOrderMotion.tiny()


def test_result_has_the_pictures_size_and_the_drivings_clock(model: FirstOrderMotion) -> None:
    source, driving = Clip.still(picture(51, 37), name="portrait.png"), moving()
    result = animate(model, source, driving, WHOLE)
    frames = list(result.frames())
    assert len(frames) == len(result) == 7
    assert all(frame.shape == (37, 51, 3) and frame.dtype == np.uint8 for frame in frames)
    assert result.times == driving.times
    assert result.fps == driving.fps
    assert result.audio is driving.audio
    # Nothing was trained, but the picture's colours must come from the source and not be black.
    assert frames[0].mean() > 30


def test_passes_are_equal(model: FirstOrderMotion) -> None:
    result = animate(model, Clip.still(picture(40, 40)), moving(), WHOLE)
    for first, second in zip(result.frames(), result.frames(), strict=True):
        assert np.array_equal(first, second)


def test_batch_does_not_change_the_result(model: FirstOrderMotion) -> None:
    source, driving = Clip.still(picture(40, 40)), moving()
    by_one = list(animate(model, source, driving, replace(WHOLE, batch=1)).frames())
    by_many = list(animate(model, source, driving, replace(WHOLE, batch=5)).frames())
    assert np.abs(np.stack(by_one).astype(int) - np.stack(by_many)).max() <= 1


def test_history_names_what_went_in_and_labels_the_result(model: FirstOrderMotion) -> None:
    source, driving = Clip.still(picture(40, 40), name="portrait.png"), moving()
    pasted = animate(model, source, driving, WHOLE).history[-1]
    assert pasted.op == "create.fomm.animate"
    roles = {parent.name: parent.relationship for parent in pasted.parents}
    assert roles == {"portrait.png": Relationship.PARENT, "driving.mp4": Relationship.INPUT}
    assert source_type_of((pasted,)) is SourceType.COMPOSITE
    bare = animate(model, source, driving, replace(WHOLE, paste=False))
    assert source_type_of(bare.history) is SourceType.TRAINED


@pytest.mark.parametrize("size", [None, 48])
def test_without_pasting_the_crop_is_written(model: FirstOrderMotion, size: int | None) -> None:
    options = replace(WHOLE, crop="4,4,24,24", paste=False, size=size)
    result = animate(model, Clip.still(picture(60, 50)), moving(2), options)
    side = size or 24
    assert (result.width, result.height) == (side, side)
    assert next(result.frames()).shape == (side, side, 3)


def test_outside_the_pasted_square_nothing_changes(model: FirstOrderMotion) -> None:
    still = picture(80, 40, left=20)
    result = animate(model, Clip.still(still), moving(3), replace(WHOLE, crop="0,0,40,40"))
    for frame in result.frames():
        assert np.array_equal(frame[:, 40:], still[:, 40:])


def test_a_still_can_drive(model: FirstOrderMotion) -> None:
    result = animate(model, Clip.still(picture(40, 40)), Clip.still(picture(40, 40), name="d.png"), WHOLE)
    assert len(list(result.frames())) == 1


def test_absolute_and_relative_differ(model: FirstOrderMotion) -> None:
    source, driving = Clip.still(picture(40, 40)), moving()
    relative = np.stack(list(animate(model, source, driving, WHOLE).frames()))
    absolute = np.stack(list(animate(model, source, driving, replace(WHOLE, motion="absolute")).frames()))
    assert np.abs(relative.astype(int) - absolute).max() > 0


def test_face_frames_the_crop() -> None:
    framing = framed(Clip.still(picture(120, 100, left=40, top=30)), moving(), AnimateOptions(), Marker())
    assert framing.source.left < 40
    assert framing.source.right > 56
    assert framing.source.width == pytest.approx(framing.source.height)
    assert framing.source.left == int(framing.source.left)
    # The driving's square holds the face through all of its way, from 8 to 14 + 16.
    assert framing.driving.left < 8
    assert framing.driving.right > 30


def test_without_a_finder_the_whole_picture_is_used_and_said() -> None:
    notes = Notes()
    framing = framed(Clip.still(picture(50, 40)), moving(), AnimateOptions(), None, notes)
    assert framing.source.width == 50
    assert "whole picture" in notes.said[0]


@pytest.mark.parametrize(("source", "driving"), [(False, True), (True, False)])
def test_no_face_is_one_clear_error(source: bool, driving: bool) -> None:
    grey = np.full((40, 40, 3), 70, np.uint8)
    still = Clip.still(picture(40, 40) if source else grey, name="s.png")
    clip = moving() if driving else Clip.of_frames([grey] * 3, 25, name="d.mp4")
    with pytest.raises(MissingError, match=r"no face was found in the (source s\.png|driving video d\.mp4)"):
        framed(still, clip, AnimateOptions(), Marker())


def test_frames_without_the_person_are_held(model: FirstOrderMotion) -> None:
    driving = moving(60, gone=tuple(range(2, 50)))
    notes = Notes()
    framing = framed(Clip.still(picture(40, 40)), driving, AnimateOptions(), Marker(), notes)
    held = set(np.flatnonzero(framing.held).tolist())
    assert held
    assert held < set(range(2, 60))
    assert any("stands still" in said for said in notes.said)
    frames = list(animate(model, Clip.still(picture(40, 40)), driving, AnimateOptions(), Marker()).frames())
    inside = sorted(held)
    assert np.array_equal(frames[inside[1]], frames[inside[2]])


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "0,0,0,10", "nan,0,5,5", "0,0,inf,5"])
def test_bad_crops_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--driving-crop"):
        parse_crop(text, "driving_crop")


def test_a_crop_outside_the_picture_is_refused() -> None:
    with pytest.raises(UsageError, match="outside"):
        framed(Clip.still(picture(40, 40)), moving(), replace(WHOLE, crop="50,0,10,10"), None)


def test_side_by_side_shows_all_panels_at_one_height() -> None:
    source, driving = Clip.still(picture(30, 60)), moving(5)
    result = Clip.of_frames([picture(64, 64)] * 5, 25)
    row = side_by_side((source, driving), result, (driving,))
    frames = list(row.frames())
    assert len(frames) == 5
    assert all(frame.shape == (row.height, row.width, 3) for frame in frames)
    assert row.height == 64
    # The still stands at the left in every frame.
    assert np.array_equal(frames[0][:, :32], frames[4][:, :32])
    assert source_type_of(row.history) is SourceType.COMPOSITE


def test_a_long_driving_is_looked_at_less_often_and_nothing_is_held() -> None:
    frame = picture(48, 40)
    looks = 0

    class Counting(Marker):
        def find(self, frame: Frame) -> list[Face]:
            nonlocal looks
            looks += 1
            return super().find(frame)

    clip = Clip.of_frames([frame] * 4100, 2)
    framing = framed(Clip.still(frame), clip, AnimateOptions(), Counting())
    assert looks <= 2001
    assert not framing.held.any()
