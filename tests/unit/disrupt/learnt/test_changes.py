"""What every learnt change must fulfil, tried on both that there are: crops, photos and clips within their budgets."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_nets_of_heads import soft_picture

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import CheckpointError, MediaError, MissingError, UsageError
from prosopon.core.faces import Box, Face, Track, Tracks
from prosopon.core.history import SourceType, source_type_of
from prosopon.core.protocols import Disruptor
from prosopon.disrupt.heads.head import Head
from prosopon.disrupt.learnt.changes import LearntChange, PhotoOptions
from prosopon.disrupt.protector.net import NetConfig, ProtectorNet
from prosopon.disrupt.protector.technique import Protector, model_card
from prosopon.disrupt.universal.change import UniversalChange
from prosopon.disrupt.universal.technique import Universal
from prosopon.faces.aligned.mean_face import OWN
from prosopon.models import checkpoint

BOX = Box(21.4, 9.2, 81.4, 69.2)
both = pytest.mark.parametrize("kind", [Universal, Protector])


def picture(width: int = 101, height: int = 77) -> Frame:
    made = soft_picture(width, height)
    made[:4], made[4:8] = 0, 255
    return made


def landmarks() -> np.ndarray:
    return np.asarray(OWN - OWN.min(0)) / np.ptp(OWN) * 30 + (35, 25)


def tiny(kind: type[LearntChange], **options: Any) -> LearntChange:
    made = kind.tiny()  # type: ignore[attr-defined]
    made.options = PhotoOptions(**options)
    assert isinstance(made, LearntChange)
    return made


@both
@pytest.mark.parametrize("side", [64, 256, 300])
def test_crops_of_any_size_stay_within_epsilon_and_range(kind: type[LearntChange], side: int) -> None:
    change = tiny(kind)
    images = torch.rand((2, 3, side, side), generator=torch.Generator().manual_seed(1)) * 2 - 1
    images[0, :, :8] = 1.0
    made = change.crops(images)
    assert made.shape == images.shape
    assert made.abs().max() <= 1
    assert 0 < float((made - images).abs().max()) <= change.epsilon + 1e-6


@both
def test_the_change_of_crops_grows_with_epsilon(kind: type[LearntChange]) -> None:
    change, images = tiny(kind), torch.zeros(1, 3, 256, 256)
    usual, half = change.crops(images), change.crops(images, epsilon=change.epsilon / 2)
    torch.testing.assert_close(half * 2, usual)
    assert bool((change.crops(images, epsilon=0.0) == images).all())


@both
@pytest.mark.parametrize("mask", ["all", "face", "texture"])
@pytest.mark.parametrize("levels", [3, 6])
def test_photos_change_in_the_head_alone_and_by_no_more_than_allowed(
    kind: type[LearntChange], levels: int, mask: str
) -> None:
    made = tiny(kind, levels=levels, mask=mask).photo(picture(), [Head(BOX, landmarks())])
    change = np.abs(made.astype(int) - picture())
    assert made.dtype == np.uint8
    assert 0 < change.max() <= (2 * levels if mask == "texture" else levels)
    outside = np.ones(change.shape[:2], bool)
    outside[9:70, 21:82] = False
    assert not change[outside].any()


@both
def test_heads_that_overlap_share_what_may_be_changed(kind: type[LearntChange]) -> None:
    heads = [Head(BOX), Head(Box(31.4, 5.2, 91.4, 65.2)), Head(BOX)]
    made = tiny(kind, levels=5).photo(picture(), heads)
    assert np.abs(made.astype(int) - picture()).max() <= 5


@both
def test_heads_at_the_border_outside_and_of_any_size(kind: type[LearntChange]) -> None:
    change = tiny(kind)
    for box in (Box(-30, -30, 20, 20), Box(-400, -300, 700, 800), Box(50, 40, 51.5, 41.5)):
        assert np.abs(change.photo(picture(), [Head(box)]).astype(int) - picture()).max() <= 6
    assert np.array_equal(change.photo(picture(), [Head(Box(500, 500, 560, 560))]), picture())
    assert np.array_equal(change.photo(picture(), []), picture())
    assert change.photo(picture(1, 1), [Head(Box(-3, -3, 4, 4))]).shape == (1, 1, 3)


@both
def test_in_a_photo_the_change_is_that_of_its_crop(kind: type[LearntChange]) -> None:
    side, levels = 256, 20
    whole = np.full((side, side, 3), 128, np.uint8)
    change = tiny(kind, levels=levels)
    made = change.photo(whole, [Head(Box(0, 0, side, side))]).astype(float)
    crop = change.crops(torch.full((1, 3, side, side), 128 / 127.5 - 1), epsilon=levels / 127.5)[0]
    wanted = ((crop + 1) * 127.5).movedim(0, -1).numpy()
    inside = slice(20, side - 20)  # further out it fades
    assert np.abs(made - wanted)[inside, inside].max() <= 0.51


@both
def test_clips_keep_their_size_and_say_what_was_done(kind: type[LearntChange]) -> None:
    frames = np.stack([picture(), picture()[:, ::-1], picture()])
    clip = Clip.of_frames(frames, Fraction(25), name="film.mp4")
    face = Face.around(landmarks().astype(np.float32))
    tracks = Tracks((Track({0: face, 2: face}),), 3, "a test")
    change = tiny(kind)
    assert isinstance(change, Disruptor)
    made = change.protect(clip, tracks, lambda frames: frames)
    seen = np.stack([*made.frames()])
    assert seen.shape == frames.shape
    assert made.times == clip.times
    assert not np.array_equal(seen[0], frames[0])
    assert np.array_equal(seen[1], frames[1])
    assert np.array_equal(seen[2], seen[0])
    assert source_type_of(made.history) == SourceType.ENHANCED
    assert made.history[-1].op == f"disrupt.{change.technique}.protect"
    assert np.array_equal(np.stack([*made.frames()]), seen)


@both
def test_clips_without_pictures_or_faces_are_refused(kind: type[LearntChange]) -> None:
    clip = Clip.of_frames(picture()[None], Fraction(25), name="film.mp4")
    with pytest.raises(MissingError, match="no face"):
        tiny(kind).protect(clip, Tracks((), 1, "a test"))
    with pytest.raises(MediaError):
        tiny(kind).protect(replace(clip, times=()), Tracks((), 0, "a test"))


def saved(folder: Path, kind: type[LearntChange], **card: Any) -> Path:
    torch.manual_seed(3)
    small = NetConfig(width=4, max_width=8, halvings=1, n_blocks=1)
    module = UniversalChange() if kind is Universal else ProtectorNet(small)
    about = {"technique": "universal"} if kind is Universal else model_card(small)
    about = {"config": "studio", "epsilon": 8 / 255, "against": ["one", "two/code"], **about, **card}
    state = {f"change.{key}": value for key, value in module.state_dict().items()}
    return checkpoint.save(state, folder / f"{kind.technique}.test", about, dtype=torch.float16)


@both
def test_weights_come_back_with_what_their_card_says(kind: type[LearntChange], tmp_path: Path) -> None:
    path = saved(tmp_path, kind)
    change = kind.from_weights(path)
    assert change.epsilon == 8 / 255
    assert change.against == ("one", "two/code")
    assert change.weights_name == f"{kind.technique}.test"
    assert change.step(Clip.still(picture())).weights_sha256 == change.weights_sha256 is not None
    assert path.stat().st_size < 500_000
    images = torch.zeros(1, 3, 256, 256)
    assert torch.equal(change.crops(images), kind.from_weights(str(path)).crops(images))


@both
def test_weights_of_others_and_broken_cards_are_refused(kind: type[LearntChange], tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="not of"):
        kind.from_weights(saved(tmp_path, kind, technique="fomm"))
    for epsilon in (None, 0.0, "6", 2.0):
        with pytest.raises(CheckpointError, match="epsilon"):
            kind.from_weights(saved(tmp_path, kind, epsilon=epsilon))
    path = saved(tmp_path, kind)
    state, card = checkpoint.load(path)
    checkpoint.save(dict([*state.items()][1:]), path, card)
    with pytest.raises(CheckpointError, match="does not fit"):
        kind.from_weights(path)
    with pytest.raises(MissingError):
        kind.from_weights(f"{kind.technique}.not-there")


def test_options_are_checked() -> None:
    for levels in (0, 128, -1):
        with pytest.raises(UsageError):
            PhotoOptions(levels=levels)
