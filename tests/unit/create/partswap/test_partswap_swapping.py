"""Part swap from Clips to Clip, with a tiny model of random weights: what must hold whatever the weights are."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage.color import rgb2lab
from tiny_partswap import face, people

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.faces import Box, Face, Tracks
from prosopon.core.history import Relationship, SourceType
from prosopon.core.parts import Part
from prosopon.create.partswap.following import Head, Scene
from prosopon.create.partswap.looks import Looks
from prosopon.create.partswap.options import SwapOptions
from prosopon.create.partswap.swapping import _matched
from prosopon.create.partswap.technique import PartSwap
from prosopon.faces.crop import cut
from prosopon.faces.head_box import head_box
from prosopon.faces.parsing.part_map import PartMap

N = 12
FACE = face(100, 90, 50)
assert FACE.landmarks is not None
HEAD = head_box([FACE.landmarks])
HAIR = SwapOptions("hair", whose="target", motion="parts", batch=5)


class Squares:
    """Says that the square in which the landmarks lie is hair, and the rest skin."""

    name = "squares"

    def __init__(self, parts: tuple[Part, Part] = (Part.HAIR, Part.SKIN)) -> None:
        self.inside, self.outside = parts

    def parse(self, frame: Frame, face: Face) -> PartMap:
        parts = np.full(frame.shape[:2], self.outside, np.uint8)
        left, top, right, bottom = np.round(face.box).astype(int)
        parts[top:bottom, left:right] = self.inside
        return PartMap(parts, np.array(((1.0, 0, 0), (0, 1.0, 0))))


def noise(seed: int, n: int = 1) -> list[Frame]:
    return list(np.random.default_rng(seed).integers(0, 256, (n, 180, 200, 3), dtype=np.uint8))


def source() -> Clip:
    return Clip.still(noise(0)[0], name="me.png")


def target(n: int = N) -> Clip:
    return Clip.of_frames(noise(1, n), Fraction(10), name="you.mp4")


def made(options: SwapOptions, faces: dict[int, Face], parser: Squares | None = None) -> NDArray[np.uint8]:
    tracks = {"source": people(1, {0: FACE}), "target": people(N, faces)}
    clip = PartSwap.tiny().create(tracks, source=source(), target=target(), options=options, parser=parser or Squares())
    return np.stack(list(clip.frames()))


def around(box: Box, by: float) -> NDArray[np.bool_]:
    """The pixels of a box grown on every side by a share of the head's picture."""
    grow = by * HEAD.width
    ys, xs = np.mgrid[:180, :200] + 0.5
    inside: NDArray[np.bool_] = (
        (xs > box.left - grow) & (xs < box.right + grow) & (ys > box.top - grow) & (ys < box.bottom + grow)
    )
    return inside


@pytest.mark.parametrize("size", [None, 48])
def test_the_part_changes_and_nothing_far_from_it(size: int | None) -> None:
    frames, before = made(replace(HAIR, size=size), dict.fromkeys(range(N), FACE)), np.stack(noise(1, N))
    changed = np.abs(frames.astype(int) - before).max(-1)
    far = ~around(FACE.box, 0.12 if size else 0.08)
    assert far.mean() > 0.5 and not changed[:, far].any()
    assert changed[:, around(FACE.box, -0.02)].mean() > 20


def test_frames_without_the_person_stay_as_they_are() -> None:
    faces = dict.fromkeys((0, 1), FACE)
    frames, before = made(HAIR, faces), np.stack(noise(1, N))
    changed = np.abs(frames.astype(int) - before).any((1, 2, 3))
    # Ten frames a second; the person stays for 0.6 s after they were last seen.
    assert changed.tolist() == [True] * 8 + [False] * 4


def test_the_size_of_batches_changes_nothing() -> None:
    faces = dict.fromkeys(range(4), FACE)
    one, other = (made(replace(HAIR, batch=batch), faces).astype(int) for batch in (1, 5))
    assert np.abs(one - other).max() <= 1


def test_where_the_target_has_not_the_part_the_source_may() -> None:
    class OnlySource(Squares):
        def parse(self, frame: Frame, face: Face) -> PartMap:
            found = super().parse(frame, face)
            return found if abs(float(frame.mean()) - own) < 1e-6 else replace(found, parts=found.parts * 0)

    faces = dict.fromkeys(range(2), FACE)
    own = float(cut(source().first(), HEAD, round(HEAD.width / 8) * 8).mean())
    before = np.stack(noise(1, N))
    changed = {
        whose: np.abs(made(replace(HAIR, whose=whose), faces, OnlySource()).astype(int) - before)[:2].mean()
        for whose in ("target", "source", "both", "overlap")
    }
    assert changed["target"] == changed["overlap"] == 0
    assert changed["source"] == changed["both"] > 1


def test_what_is_said_of_the_result() -> None:
    tracks = {"source": people(1, {0: FACE}), "target": people(N, {0: FACE})}
    clip = PartSwap.tiny().create(tracks, source=source(), target=target(), options=HAIR, parser=Squares())
    step = clip.history[-1]
    assert [(parent.name, parent.relationship) for parent in step.parents] == [
        ("you.mp4", Relationship.PARENT),
        ("me.png", Relationship.COMPONENT),
    ]
    assert step.source_type is SourceType.COMPOSITE
    assert step.params["parts"] == "hair"
    assert (step.params["whose"], step.params["motion"], step.params["parser"]) == ("target", "parts", "squares")
    assert (clip.times, clip.fps) == (target().times, target().fps)
    assert "you.mp4" in clip.name and "me.png" in clip.name
    by_number = PartSwap.tiny().create({}, source=source(), target=target(1)).history[-1]
    assert (by_number.params["whose"], by_number.params["parser"]) == ("target", None)


def test_what_cannot_be_done_is_said_before_any_frame_is_read() -> None:
    def unread() -> None:
        raise AssertionError("a frame was read")

    clip = replace(target(), open_frames=unread)  # type: ignore[arg-type]
    tracks = {"source": people(1, {0: FACE}), "target": people(N, {0: FACE})}
    tiny = PartSwap.tiny()
    with pytest.raises(UsageError, match="part 9"):
        tiny.create(tracks, source=source(), target=clip, options=SwapOptions("9"))
    with pytest.raises(MissingError, match="animation weights"):
        tiny.create(tracks, source=source(), target=clip, options=SwapOptions("hair"), parser=Squares())
    with pytest.raises(MissingError, match=r"you\.mp4"):
        tiny.create({"target": Tracks((), N, "told")}, source=source(), target=clip)


@pytest.mark.parametrize(
    ("whose", "known"),
    [("target", "source"), ("source", "target"), ("overlap", "source"), ("overlap", "target"), ("both", None)],
)
def test_parts_by_name_need_a_face_that_somebody_looked_for(whose: str, known: str | None) -> None:
    tracks = {} if known is None else {known: people(1, {0: FACE})}
    options = replace(HAIR, whose=whose)  # type: ignore[arg-type]
    with pytest.raises(MissingError, match="by name"):
        PartSwap.tiny().create(tracks, source=source(), target=target(), options=options, parser=Squares())


def skin_of(picture: Frame) -> NDArray[np.float64]:
    """Mean colour in Lab of where the landmarks are."""
    values: NDArray[np.float64] = rgb2lab(picture[around(FACE.box, -0.02)][None] / 255.0)[0].mean(0)
    return values


def test_the_sources_skin_takes_the_colour_that_the_targets_has_where_it_is_seen() -> None:
    rng = np.random.default_rng(3)

    def person(colour: tuple[int, int, int]) -> Frame:
        frame = np.full((180, 200, 3), (0, 40, 200), np.uint8)
        frame[around(FACE.box, 0)] = colour
        return np.clip(frame + rng.normal(0, 5, frame.shape), 0, 255).astype(np.uint8)

    light, dark = person((216, 168, 142)), [person((110, 72, 52)) for _ in range(4)]
    nobody = np.zeros_like(light)
    clip = Clip.of_frames([nobody, nobody, *dark], Fraction(10))
    head = Head(HEAD, FACE)
    scene = Scene(Clip.still(light), head, clip, (None, None, head, head, None, head))
    looks = Looks(Squares((Part.SKIN, Part.CLOTHES)), ("lips",), 64)
    matched = _matched(light, scene, looks)
    assert np.abs(skin_of(light) - skin_of(dark[0])).max() > 20
    assert np.abs(skin_of(matched) - skin_of(dark[0])).max() < 1.5
    hidden = Looks(Squares((Part.CLOTHES, Part.HAIR)), ("lips",), 64)
    assert np.array_equal(_matched(light, scene, hidden), light)


def test_colours_are_matched_unless_hair_is_swapped(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def remember(picture: Frame, scene: Scene, looks: Looks) -> Frame:
        asked.append("matched")
        return picture

    monkeypatch.setattr("prosopon.create.partswap.swapping._matched", remember)
    made(HAIR, {0: FACE})
    assert asked == []
    made(replace(HAIR, parts="skin"), {0: FACE})
    assert asked == ["matched"]


def test_arithmetic_in_half_the_bits_gives_nearly_the_same() -> None:
    tracks = {"source": people(1, {0: FACE}), "target": people(2, dict.fromkeys(range(2), FACE))}
    single, half = (
        np.stack(
            list(
                PartSwap.tiny()
                .create(tracks, source=source(), target=target(2), options=HAIR, parser=Squares(), precision=kind)
                .frames()
            )
        ).astype(int)
        for kind in (torch.float32, torch.bfloat16)
    )
    assert 0 < np.abs(single - half).max() < 20
