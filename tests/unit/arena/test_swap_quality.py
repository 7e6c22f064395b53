"""Measuring swaps of drawn faces, of which everything is known."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_swaps import HIDDEN, N_FRAMES, SIDE, coloured, footage, frame_of, judge, points_of, remade, swapped
from scipy.ndimage import gaussian_filter

from prosopon.arena.swap_figures import FIGURES, Figure, mean_figures
from prosopon.arena.swap_quality import measure
from prosopon.core.clip import Clip, Frame


def figures(made: Clip, *, every: int = 1) -> dict[str, float]:
    return {name: one.value for name, one in measure(footage(), made, judge(), every=every).figures.items()}


def test_the_untouched_target_scores_nothing_and_errs_nowhere() -> None:
    found = figures(footage().clip)
    assert found["identity"] == pytest.approx(0, abs=0.02)
    assert found["identity_target"] == pytest.approx(1, abs=0.01)
    assert found["nearer_source"] == 0
    exact = {"expression": 0, "pose_deg": 0, "flicker": 0, "changed": 0, "detail": 1, "lids": 1, "lips": 1, "found": 1}
    assert {name: found[name] for name in exact} == pytest.approx(exact)
    assert found["outside_equal"] == found["outside_ssim"] == 1
    assert found["expression_still"] > 1
    assert list(found) == [name for name in FIGURES if name in found]
    assert set(found) == set(FIGURES)


def test_another_face_is_told_and_no_more_is_changed() -> None:
    found = figures(swapped())
    assert found["identity"] == pytest.approx(1, abs=0.02)
    assert found["nearer_source"] == 1
    assert found["head_source"] == found["identity_source"] > 0.99
    assert 0.1 < found["changed"] < 0.5
    assert found["outside_equal"] == 1
    half = figures(swapped(0.5))
    assert half["identity"] == pytest.approx(0.5, abs=0.05)


def test_what_is_changed_elsewhere_is_told() -> None:
    def spoilt(frame: Frame, index: int) -> Frame:
        made = coloured(frame, index, (220, 60, 60))
        made[-1, :12] = 255
        return made

    found = figures(remade(spoilt))
    assert 0.99 < found["outside_equal"] < 1
    assert 0.9 < found["outside_ssim"] < 1
    assert found["identity"] == pytest.approx(1, abs=0.02)


def test_a_head_swap_may_change_more_than_a_face_swap() -> None:
    def framed(frame: Frame, index: int) -> Frame:
        frame[points_of(index)[19, 1].astype(int) - 22, 40:80] = 255  # above the brows
        return frame

    made = remade(framed)
    assert measure(footage(), made, judge(), face_type="half").figures["outside_equal"].value < 1
    assert measure(footage(), made, judge(), face_type="head").figures["outside_equal"].value == 1


def test_a_blurred_face_lacks_detail() -> None:
    def blurred(frame: Frame, index: int) -> Frame:
        return np.stack([gaussian_filter(frame[..., c], 2) for c in range(3)], axis=-1)

    found = figures(remade(lambda frame, index: np.where(frame[:1, :1] >= 0, blurred(frame, index), frame)))
    assert found["detail"] < 0.3


def test_flicker_is_what_the_target_does_not_do() -> None:
    def flickering(frame: Frame, index: int) -> Frame:
        return coloured(frame, index, (150, 60, 150 if index % 2 else 170))

    steady, found = figures(swapped(0.5)), figures(remade(flickering))
    assert found["flicker"] > steady["flicker"] + 4
    assert found["change"] > steady["change"] + 4


def test_a_still_face_errs_as_much_as_one_that_does_not_move() -> None:
    def still(frame: Frame, index: int) -> Frame:
        frame[0, 0] = 0  # found as in the first frame
        return frame

    found = figures(remade(still))
    assert found["expression"] == pytest.approx(found["expression_still"])
    assert found["lids"] == pytest.approx(0, abs=1e-6)
    assert found["lips"] == pytest.approx(0, abs=1e-6)
    assert found["pose_deg"] == pytest.approx(np.abs(np.arange(N_FRAMES) - 3.5).mean() / 3)


def test_faces_that_are_not_found_again_are_counted() -> None:
    def hidden(frame: Frame, index: int) -> Frame:
        made = coloured(frame, index, (220, 60, 60))
        if index >= 6:
            made[0, 0] = HIDDEN
        return made

    found = figures(remade(hidden))
    assert found["found"] == 6 / N_FRAMES
    assert found["identity"] == pytest.approx(1, abs=0.02)  # of those that are there

    def all_hidden(frame: Frame, index: int) -> Frame:
        frame[0, 0] = HIDDEN
        return frame

    found = figures(remade(all_hidden))
    assert found["found"] == 0
    assert not {"identity", "expression", "lips"} & set(found)
    assert "changed" in found


def test_a_few_frames_give_nearly_the_same() -> None:
    every, some = figures(swapped()), figures(swapped(), every=3)
    for name in ("identity", "changed", "flicker", "change", "found", "outside_equal", "detail"):
        assert some[name] == pytest.approx(every[name], rel=0.2), name


def test_frames_that_are_asked_for_are_kept() -> None:
    kept = measure(footage(), swapped(), judge(), keep=(1, 5), every=2).kept
    assert sorted(kept) == [1, 5]
    assert (kept[5] == list(swapped().frames())[5]).all()


def test_a_clip_of_another_length_is_refused() -> None:
    short = Clip.of_frames([frame_of(index) for index in range(N_FRAMES - 1)], 25)
    with pytest.raises(ValueError, match="shorter"):
        measure(footage(), short, judge())


def test_means_count_by_weight_and_leave_out_what_is_missing() -> None:
    clips = [{"a": Figure(1.0), "b": Figure(4.0, 3.0)}, {"a": Figure(2.0), "b": Figure(0.0, 1.0)}, {"b": Figure(9, 0)}]
    assert mean_figures(clips) == {"a": 1.5, "b": 3.0}
    assert mean_figures([]) == {}


def test_the_drawing_is_what_the_tests_believe() -> None:
    assert frame_of(3).shape == (SIDE, SIDE, 3)
    assert (frame_of(3)[0, 0] == 3).all()
