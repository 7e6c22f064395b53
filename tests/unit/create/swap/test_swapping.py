"""Face swap from clip to clip: only the face changes, only where it is, and only that of whoever is cast."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from notes import Notes
from numpy.typing import NDArray

from prosopon.core.clip import Clip
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.faces import Box, Face, Track, Tracks
from prosopon.core.history import Relationship
from prosopon.create.swap.merge.settings import MergeSettings
from prosopon.create.swap.model import SwapModel
from prosopon.create.swap.options import SwapOptions, without_learnt_masks
from prosopon.create.swap.plans.plan import get_plan
from prosopon.create.swap.predicting import Person, Seen, predicted, with_steady_masks
from prosopon.create.swap.preview import preview_sheet, variants
from prosopon.create.swap.swapping import Cast
from prosopon.create.swap.technique import FaceSwap, swap_cast
from prosopon.faces.aligned.mean_face import OWN

WIDTH, HEIGHT, FRAMES = 160, 120, 6


def frames(seed: int = 0) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (FRAMES, 12, 16, 3), dtype=np.uint8)
    return coarse.repeat(10, axis=1).repeat(10, axis=2)


def footage(seed: int = 0) -> Clip:
    return Clip.of_frames(frames(seed), Fraction(25), name="target.mp4")


def face(x: float, y: float, side: float = 40.0) -> Face:
    points = (OWN * side + (x, y)).astype(np.float32)
    return Face(Box(*points.min(0).tolist(), *points.max(0).tolist()), points)


def track(x: float, y: float, shown: range = range(FRAMES)) -> Track:
    return Track({index: face(x + index, y) for index in shown})


def tracks(*people: Track) -> Tracks:
    return Tracks(people, FRAMES, "drawn")


@pytest.fixture(scope="module")
def model() -> FaceSwap:
    torch.set_num_threads(1)
    return FaceSwap.tiny()


def made(clip: Clip) -> NDArray[np.uint8]:
    return np.stack(list(clip.frames()))


def test_only_the_face_changes(model: FaceSwap) -> None:
    clip = model.create({"target": tracks(track(50, 30))}, target=footage())
    changed = (made(clip) != frames()).any(-1)
    for index in range(FRAMES):
        rows, columns = np.nonzero(changed[index])
        assert len(rows) > 300
        # The full crop is about twice as wide as the unit square of the mean face.
        assert columns.min() > 50 + index - 30 and columns.max() < 90 + index + 30
        assert rows.min() > 30 - 35 and rows.max() < 70 + 35
    assert not changed[:, :, :10].any() and not changed[:, :, 140:].any()


def test_frames_without_the_person_stay(model: FaceSwap) -> None:
    clip = model.create({"target": tracks(track(50, 30, range(2, 4)))}, target=footage())
    changed = (made(clip) != frames()).any((1, 2, 3))
    assert changed.tolist() == [False, False, True, True, False, False]


def test_the_most_prominent_person_or_everybody(model: FaceSwap) -> None:
    people = tracks(track(20, 30), track(100, 30))
    one = (made(model.create({"target": people}, target=footage())) != frames()).any((0, 1, 3))
    assert one[40] and not one[125]
    both = (made(model.create({"target": people}, target=footage(), everybody=True)) != frames()).any((0, 1, 3))
    assert both[40] and both[125]


def test_each_gets_a_face_of_their_own(model: FaceSwap) -> None:
    torch.manual_seed(5)
    other = FaceSwap(get_plan("df-ud_small"))
    cast = [Cast(track(20, 30), model), Cast(track(100, 30), other)]
    both = made(swap_cast(footage(), cast))
    left = made(model.create({"target": tracks(track(20, 30))}, target=footage()))
    right = made(other.create({"target": tracks(track(100, 30))}, target=footage()))
    assert np.array_equal(both[:, :, :60], left[:, :, :60])
    assert np.array_equal(both[:, :, 130:], right[:, :, 130:])


def test_batches_change_nothing(model: FaceSwap) -> None:
    people = {"target": tracks(track(50, 30))}
    one, many = (made(model.create(people, target=footage(), options=SwapOptions(batch=n))) for n in (1, 4))
    assert np.abs(one.astype(int) - many).max() <= 1


def test_the_history_names_target_and_weights(model: FaceSwap) -> None:
    named = FaceSwap.tiny()
    named.weights_name, named.weights_sha256 = "swap.test", "ab" * 32
    step = named.create({"target": tracks(track(50, 30))}, target=footage()).history[-1]
    assert [parent.relationship for parent in step.parents] == [Relationship.PARENT, Relationship.COMPONENT]
    assert step.parents[1].sha256 == "ab" * 32
    assert step.params["mask"] == "both" and step.params["plan"] == "df-ud_small"


def test_nobody_there(model: FaceSwap) -> None:
    with pytest.raises(MissingError, match="no face"):
        model.create({"target": tracks()}, target=footage())
    blind = Track({0: Face(Box(0, 0, 20, 20))})
    with pytest.raises(MissingError, match="landmarks"):
        model.create({"target": tracks(blind)}, target=footage())
    with pytest.raises(UsageError):
        swap_cast(footage(), [])


def test_weights_of_many_people_are_not_swapped_with(model: FaceSwap) -> None:
    many = FaceSwap.tiny()
    many.pretrained = True
    with pytest.raises(UsageError, match="nobody's in particular"):
        many.create({"target": tracks(track(50, 30))}, target=footage())


def test_a_model_without_masks_takes_the_landmarks() -> None:
    assert without_learnt_masks(MergeSettings(mask="both")).mask == "landmarks"
    assert without_learnt_masks(MergeSettings(mask="all")).mask == "landmarks-parsed"
    assert without_learnt_masks(MergeSettings(mask="parsed")).mask == "parsed"

    torch.manual_seed(0)
    plan = get_plan("dfl_sae_df_small")
    notes = Notes()
    bare = FaceSwap(replace(plan, decoder=replace(plan.decoder, mask=())))
    clip = bare.create({"target": tracks(track(50, 30))}, target=footage(), progress=notes)
    assert (made(clip) != frames()).any()
    assert "landmarks" in notes.said[0]


def test_masks_are_steadied_and_do_not_reach_over_gaps(model: FaceSwap) -> None:
    shown = {index: np.asarray(face(50, 30).landmarks) for index in (0, 1, 2, 4, 5)}
    people = [Person(model, shown)]
    seen = list(predicted(footage(), people, SwapOptions(), parser=None, precision=torch.float32))
    for number, one in enumerate(seen):
        if one.faces:
            one.faces[0].masks.predicted[:] = float(number in (2, 4))  # type: ignore[index]
    steady = list(with_steady_masks(iter(seen), 1.0))
    assert len(steady) == FRAMES
    values = [float(one.faces[0].masks.predicted[0, 0]) if one.faces else None for one in steady]  # type: ignore[index]
    assert values[3] is None
    assert values[0] is not None and 0 < values[0] < values[1] < values[2] < 1  # type: ignore[operator]
    assert values[4] is not None and values[5] is not None and 0.5 < values[4] < 1 and 0 < values[5] < 0.5
    assert list(with_steady_masks(iter(seen), 0.0)) == seen


@pytest.mark.parametrize("sigma", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("count", [1, 2, 7, 30])
def test_steadying_keeps_every_frame_in_order(sigma: float, count: int) -> None:
    seen = [Seen(np.full((2, 2, 3), number, np.uint8)) for number in range(count)]
    assert [int(one.frame[0, 0, 0]) for one in with_steady_masks(iter(seen), sigma)] == list(range(count))


def test_the_preview_shows_a_row_for_each_way(model: FaceSwap) -> None:
    ways = variants(MergeSettings(), learns_mask=True, parser=False)
    assert ways[0].settings == MergeSettings() and len({way.settings for way in ways}) == len(ways) > 5
    assert not any("parsed" in way.settings.mask for way in ways)
    sheet = preview_sheet(
        footage(), [Cast(track(50, 30), model)], ways, 3, SwapOptions(), parser=None, precision=torch.float32
    )
    cell = sheet.shape[1] // 3
    assert abs(sheet.shape[0] / (len(ways) + 1) - cell) < 25
    rows = [sheet[i * (sheet.shape[0] // (len(ways) + 1)) :][:150, :cell].astype(int) for i in range(3)]
    assert np.abs(rows[0] - rows[1]).mean() > 1


def test_the_plans_face_type_is_cut_out(model: FaceSwap) -> None:
    head = SwapModel(get_plan("df-ud_small"), "head")
    assert head.face_type == "head"
    wide = FaceSwap(get_plan("df-ud_small"), "whole")
    wide.net.load_state_dict(model.net.state_dict())
    narrow = (made(model.create({"target": tracks(track(50, 30))}, target=footage())) != frames()).any(-1).sum()
    assert (made(wide.create({"target": tracks(track(50, 30))}, target=footage())) != frames()).any(-1).sum() > narrow
