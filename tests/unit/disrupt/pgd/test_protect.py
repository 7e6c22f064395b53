"""What every technique that disturbs must fulfil, tried on the one there is: clips in, protected clips out."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from small_victims import SmallEditor
from torch import Tensor

from prosopon.core.clip import Audio, Clip
from prosopon.core.errors import ProsoponError, UsageError
from prosopon.core.faces import Tracks
from prosopon.core.history import Relationship, SourceType, source_type_of
from prosopon.core.protocols import Disruptor
from prosopon.core.registry import load_technique
from prosopon.disrupt.pgd.eight_bit import rounded
from prosopon.disrupt.pgd.options import PgdOptions
from prosopon.disrupt.pgd.technique import Pgd
from prosopon.models.tensors import to_tensor

NOBODY = Tracks((), 0, "none")


def moving(n: int = 3, height: int = 9, width: int = 14, audio: Audio | None = None) -> Clip:
    frames = np.random.default_rng(0).integers(0, 256, (n, height, width, 3), dtype=np.uint8)
    frames[:, 0] = 255
    frames[:, 1] = 0
    return Clip.of_frames(frames, Fraction(30000, 1001), name="moving.mp4", audio=audio)


def editor(frames: Tensor) -> Tensor:
    """Takes and gives [0, 1], as nets are handed to a disruptor."""
    answer: Tensor = (SmallEditor()(frames * 2 - 1) + 1) / 2
    return answer


def pixels(clip: Clip) -> NDArray[np.uint8]:
    frames = np.stack(list(clip.frames()))
    assert frames.shape == (len(clip), clip.height, clip.width, 3)
    assert frames.dtype == np.uint8
    return frames


def protected(clip: Clip, **options: Any) -> Clip:
    torch.set_num_threads(1)
    return Pgd(PgdOptions(**options)).protect(clip, NOBODY, editor)


def disturbance(clip: Clip, made: Clip) -> float:
    with torch.no_grad():
        before, after = (editor(to_tensor(pixels(c))) for c in (clip, made))
    return float((after - before).square().mean())


def test_it_is_found_and_is_a_disruptor() -> None:
    assert load_technique("pgd") is Pgd
    assert isinstance(Pgd.tiny(), Disruptor)


def test_size_times_and_sound_stay() -> None:
    audio = Audio.of(np.linspace(-1, 1, 800, dtype=np.float32), 8000)
    clip = replace(moving(audio=audio), times=(0.0, 0.04, 0.2))
    made = Pgd.tiny().protect(clip, NOBODY, editor)
    assert (made.width, made.height, made.times, made.fps) == (14, 9, (0.0, 0.04, 0.2), Fraction(30000, 1001))
    assert made.audio is audio
    assert len(pixels(made)) == 3


@pytest.mark.parametrize("levels", [1, 6, 255])
def test_no_value_changes_by_more_levels_than_allowed(levels: int) -> None:
    clip = moving()
    change = np.abs(pixels(protected(clip, levels=levels, iterations=3)).astype(int) - pixels(clip).astype(int))
    assert change.max() <= levels
    assert change.max() >= min(levels, 5)


def test_the_pixels_that_are_written_disturb_the_net_more_than_noise_does() -> None:
    clip = moving()
    noise = np.random.default_rng(1).choice([-6, 6], pixels(clip).shape)
    noisy = Clip.of_frames(np.clip(pixels(clip) + noise, 0, 255).astype(np.uint8), 25)
    assert disturbance(clip, protected(clip)) > 2 * disturbance(clip, noisy)


def test_one_level_is_enough_to_move() -> None:
    """Where a smaller start would be rounded away and leave the attack where there is no gradient."""
    clip = moving()
    assert disturbance(clip, protected(clip, levels=1, step_levels=0.5)) > 0


def test_the_net_sees_pictures_of_256_levels_in_unit_range() -> None:
    seen: list[Tensor] = []

    def watching(frames: Tensor) -> Tensor:
        seen.append(frames.detach())
        return editor(frames)

    pixels(Pgd.tiny().protect(moving(1), NOBODY, watching))
    assert len(seen) == 3
    for frames in seen:
        assert frames.shape == (1, 3, 9, 14)
        assert torch.allclose(frames * 255, (frames * 255).round(), atol=1e-4)
        assert frames.min() >= 0
        assert frames.max() <= 1


def test_rounding_passes_gradients() -> None:
    pictures = torch.tensor([-1.0, 0.001, 0.9999], requires_grad=True)
    levels = rounded(pictures)
    assert torch.allclose(levels.detach(), torch.tensor([-1.0, 1 / 255, 1.0]), atol=1e-6)
    (levels * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert pictures.grad is not None
    assert pictures.grad.tolist() == [1.0, 2.0, 3.0]


def test_every_pass_gives_the_same_whatever_is_drawn_elsewhere() -> None:
    made = protected(moving())
    torch.manual_seed(1)
    first = pixels(made)
    torch.manual_seed(2)
    assert np.array_equal(pixels(made), first)
    assert np.array_equal(pixels(protected(moving())), first)
    assert not np.array_equal(pixels(protected(moving(), seed=1)), first)


def test_frames_that_are_alike_stay_alike_and_are_those_of_a_still() -> None:
    frame = pixels(moving(1))[0]
    both = pixels(protected(Clip.of_frames([frame, frame], 25)))
    assert np.array_equal(both[0], both[1])
    still = Clip.still(frame)
    made = protected(still)
    assert made.is_still
    assert np.array_equal(pixels(made)[0], both[0])


def test_reading_may_stop_early() -> None:
    assert len(list(itertools.islice(protected(moving()).frames(), 1))) == 1


@pytest.mark.parametrize("blur", ["white", "spread", "eot"])
def test_it_can_be_made_to_survive_blurs(blur: Any) -> None:
    clip = moving(1)
    assert disturbance(clip, protected(clip, blur=blur, iterations=2)) > 0


def test_the_history_says_enhanced_and_not_generated() -> None:
    clip = moving()
    made = protected(clip, seed=4)
    step = made.history[-1]
    assert step.op == "disrupt.pgd.protect"
    assert source_type_of(made.history) is SourceType.ENHANCED
    assert step.seed == 4
    assert step.params["levels"] == 6
    assert [(parent.name, parent.relationship) for parent in step.parents] == [("moving.mp4", Relationship.PARENT)]
    assert made.sha256 is None
    assert made.path is None


def test_a_sound_and_a_net_without_gradients_are_refused() -> None:
    sound = Clip(0, 0, lambda: iter(()), (), name="only.wav")
    with pytest.raises(ProsoponError):
        protected(sound)
    cut_off = Pgd.tiny().protect(moving(), NOBODY, lambda frames: editor(frames).detach())
    with pytest.raises(UsageError):
        pixels(cut_off)


@pytest.mark.parametrize("levels", [0, -1, 256])
def test_impossible_strengths_are_refused(levels: int) -> None:
    with pytest.raises(UsageError):
        PgdOptions(levels=levels)
