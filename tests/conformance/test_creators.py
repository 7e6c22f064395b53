"""What every technique that makes media must fulfil: tried with its `tiny()` and the roles that its card names."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from prosopon.core.cards import Card, Family
from prosopon.core.clip import Audio, Clip
from prosopon.core.errors import ProsoponError
from prosopon.core.history import Relationship, source_type_of
from prosopon.core.registry import find_cards, load_technique

CREATORS = {name: card for name, card in find_cards().cards.items() if card.family is Family.CREATE}
every_creator = pytest.mark.parametrize("card", CREATORS.values(), ids=CREATORS.keys())

SIZES = [(48, 48), (61, 45), (33, 70)]


def picture(seed: int, width: int, height: int) -> NDArray[np.uint8]:
    """Soft colours, for white noise has no keypoints."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 255, (5, 5, 3))
    ys, xs = np.linspace(0, 3.999, height), np.linspace(0, 3.999, width)
    rows, columns = ys.astype(int), xs.astype(int)
    down, right = (ys - rows)[:, None, None], (xs - columns)[None, :, None]
    top = coarse[rows][:, columns] * (1 - right) + coarse[rows][:, columns + 1] * right
    bottom = coarse[rows + 1][:, columns] * (1 - right) + coarse[rows + 1][:, columns + 1] * right
    return (top * (1 - down) + bottom * down).astype(np.uint8)


def still(width: int = 48, height: int = 48) -> Clip:
    return Clip.still(picture(0, width, height), name="source.png")


def moving(n: int = 5, width: int = 48, height: int = 48, audio: Audio | None = None) -> Clip:
    frames = [np.roll(picture(1, width, height), 2 * t, axis=1) for t in range(n)]
    return Clip.of_frames(frames, Fraction(30000, 1001), name="moving.mp4", audio=audio)


def clips_for(card: Card, **given: Clip) -> dict[str, Clip]:
    """A clip for each role: a picture as the source, videos as the others."""
    usual = {"source": still(), "driving": moving(), "target": moving()}
    return {role: given.get(role, usual[role]) for role in card.inputs}


def make(card: Card, **given: Clip) -> Clip:
    """Run the technique's tiny model with the defaults of its options."""
    torch.set_num_threads(1)
    technique: Any = load_technique(card.name)
    made: Clip = technique.tiny().create({}, **clips_for(card, **given))
    return made


def moving_role(card: Card) -> str:
    """The role whose clock the result follows."""
    return "target" if "target" in card.inputs else "driving"


def pixels(clip: Clip) -> NDArray[np.uint8]:
    frames = list(clip.frames())
    assert len(frames) == len(clip)
    for frame in frames:
        assert frame.shape == (clip.height, clip.width, 3)
        assert frame.dtype == np.uint8
    return np.stack(frames)


@every_creator
def test_the_result_has_the_clock_and_sound_of_what_moves(card: Card) -> None:
    audio = Audio.of(np.linspace(-1, 1, 800, dtype=np.float32), 8000)
    clip = moving(audio=audio)
    made = make(card, **{moving_role(card): clip})
    assert made.times == clip.times
    assert made.fps == Fraction(30000, 1001)
    assert made.audio is not None
    assert np.array_equal(made.audio.samples, audio.samples)
    assert pixels(made).std() > 1


@every_creator
def test_the_same_input_gives_the_same_pixels_on_every_pass_and_in_every_model(card: Card) -> None:
    made = make(card)
    first = pixels(made)
    assert np.array_equal(pixels(made), first)
    assert np.array_equal(pixels(make(card)), first)


@every_creator
def test_random_numbers_drawn_elsewhere_change_nothing(card: Card) -> None:
    torch.manual_seed(1)
    first = pixels(make(card))
    torch.manual_seed(2)
    assert np.array_equal(pixels(make(card)), first)


@every_creator
@pytest.mark.parametrize("size", SIZES)
def test_every_size_of_every_input_is_taken(card: Card, size: tuple[int, int]) -> None:
    width, height = size
    made = make(card, **{role: still(*size) if role == "source" else moving(3, *size) for role in card.inputs})
    assert (made.width, made.height) == (width, height)
    pixels(made)


@every_creator
def test_one_frame_is_a_video_too(card: Card) -> None:
    assert len(pixels(make(card, **{moving_role(card): moving(1)}))) == 1


@every_creator
def test_a_picture_may_stand_for_what_moves(card: Card) -> None:
    assert len(pixels(make(card, **{moving_role(card): still()}))) == 1


@every_creator
def test_uneven_frame_times_survive(card: Card) -> None:
    times = (0.0, 0.04, 0.2, 0.21, 0.5)
    made = make(card, **{moving_role(card): replace(moving(5), times=times)})
    assert made.times == times
    assert len(pixels(made)) == 5


@every_creator
def test_reading_may_stop_early(card: Card) -> None:
    assert len(list(itertools.islice(make(card).frames(), 2))) == 2


@every_creator
def test_the_history_says_what_it_was_made_of(card: Card) -> None:
    made = make(card)
    step = made.history[-1]
    assert step.op.startswith(f"create.{card.name}.")
    assert source_type_of(made.history) is not None
    assert len(step.parents) == len(card.inputs)
    assert {parent.name for parent in step.parents} == {clip.name for clip in clips_for(card).values()}
    assert all(isinstance(parent.relationship, Relationship) for parent in step.parents)
    assert made.sha256 is None
    assert made.path is None


@every_creator
def test_what_is_no_video_ends_in_an_error_for_the_user(card: Card) -> None:
    sound = Clip(0, 0, lambda: iter(()), (), name="only.wav", audio=Audio.of(np.zeros(10, np.float32), 8000))
    with pytest.raises(ProsoponError):
        pixels(make(card, **{moving_role(card): sound}))


@every_creator
def test_the_state_holds_every_net_and_reads_back(card: Card) -> None:
    """All parameters take gradients, and none is left behind when the model is saved."""
    technique: Any = load_technique(card.name)
    tiny = technique.tiny()
    parameters = [p for net in tiny.modules.values() for p in net.parameters()]
    assert parameters
    assert all(p.requires_grad and torch.isfinite(p).all() for p in parameters)
    kept = {key for net, module in tiny.modules.items() for key in (f"{net}.{k}" for k in module.state_dict())}
    assert set(tiny.state()) == kept
    changed = technique.tiny()
    changed.load_state(
        {key: value + 1 if value.is_floating_point() else value for key, value in tiny.state().items()}, "x"
    )
    assert not torch.equal(next(iter(changed.state().values())), next(iter(tiny.state().values())))
