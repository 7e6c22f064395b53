"""Animation against the exact answer, with animations whose result is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from prosopon.arena import cross_identity
from prosopon.arena.cross_identity import measure_truth
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError
from prosopon.core.faces import Box, Face
from prosopon.media.write.dispatch import encode

N_FRAMES = 6


@dataclass
class Person:
    """As much of `studio.truth.PersonTruth` as is looked at."""

    folder: Path
    clip: Path
    landmarks: np.ndarray


@dataclass
class Truth:
    groups: dict[str, tuple[Person, ...]]

    def performing_alike(self) -> dict[str, tuple[Person, ...]]:
        return self.groups


class NoFaces:
    name = "nobody"

    def find(self, frame: Frame) -> list[Face]:
        return [Face(Box(0, 0, 1, 1))]


def a_person(folder: Path, colour: int) -> Person:
    """A square of a colour that wanders, in the same way for everybody."""
    frames = []
    for index in range(N_FRAMES):
        picture = np.full((64, 64, 3), 20, np.uint8)
        picture[20:40, 10 + 4 * index : 30 + 4 * index] = colour
        frames.append(picture)
    folder.mkdir()
    encode(Clip.of_frames(frames, 25), folder / "pictures")
    angle = np.linspace(0, 2 * np.pi, 68)
    ring = np.stack((np.cos(angle), np.sin(angle)), axis=-1).astype(np.float32) * 10 + 32
    return Person(folder, folder / "pictures", np.repeat(ring[None], N_FRAMES, 0))


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Person, ...]]:
    three = tuple(a_person(tmp_path / name, colour) for name, colour in (("a", 90), ("b", 150), ("c", 250)))
    groups = {"same": three, "alone": (a_person(tmp_path / "d", 60),)}
    monkeypatch.setattr(cross_identity, "read_truth", lambda folder: Truth(groups))
    return groups


def recoloured(source: Frame, driving: Iterator[Frame]) -> Iterator[Frame]:
    """The exact answer: the driving's shape in the source's colour."""
    for frame in driving:
        yield np.where(frame > 40, source.max(), frame).astype(np.uint8)


def copying(source: Frame, driving: Iterator[Frame]) -> Iterator[Frame]:
    for _ in driving:
        yield source


def test_everybody_is_moved_like_the_next_and_compared_with_themselves(
    people: dict[str, tuple[Person, ...]], tmp_path: Path
) -> None:
    result = measure_truth(tmp_path, recoloured, None, size_px=64)
    assert [*result.clips] == ["a/b", "b/c", "c/a"]
    measures = result.total.measures()
    assert result.total.n_frames == 3 * N_FRAMES
    assert (measures["l1"].copy or 0) > 0.02
    assert (measures["l1"].ratio or 1) < 0.2  # edges blur where the head is cut out
    driven = measure_truth(tmp_path, lambda source, driving: driving, None, size_px=64)
    assert (driven.total.measures()["l1"].value or 0) > 0.02  # the driving person is not the answer


def test_copying_is_the_baseline_and_pairs_can_be_few(people: dict[str, tuple[Person, ...]], tmp_path: Path) -> None:
    result = measure_truth(tmp_path, copying, NoFaces(), size_px=64, every=2, max_pairs=2)
    assert [*result.clips] == ["a/b", "b/c"]
    assert result.total.n_frames == 2 * N_FRAMES / 2
    assert result.total.measures()["l1"].ratio == 1
    assert result.back_end == "nobody"


def test_people_who_perform_differently_cannot_be_compared(
    people: dict[str, tuple[Person, ...]], tmp_path: Path
) -> None:
    people.pop("same")
    with pytest.raises(MissingError, match="no two people"):
        measure_truth(tmp_path, copying, None)
