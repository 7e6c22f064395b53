from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from prosopon.arena.making.faking import Fakers
from prosopon.arena.making.originals import Original
from prosopon.arena.making.plan import Fake
from prosopon.arena.making.subject import Subject
from prosopon.studio.person import Expression, Identity, Light, Placement
from prosopon.studio.render import render

SIDE = 160


def somebody(number: int) -> Subject:
    """Two runs of two frames of a rendered person."""
    identity = Identity.random(np.random.default_rng(number))
    shown = [render(identity, Placement(), Expression(jaw_open=opened), Light(), SIDE) for opened in (0.0, 0.5)]
    original = Original(f"r{number}", f"r{number}", "train", "rendered", seed=(0, number))
    return Subject(
        original,
        np.stack([shown[index % 2].image for index in range(4)]),
        np.stack([shown[index % 2].landmarks for index in range(4)]),
        np.array([0.0, 0.04, 1.0, 1.04]),
        Fraction(25),
        None,
        "exact",
    )


@pytest.fixture(scope="module")
def people() -> tuple[Subject, Subject]:
    return somebody(1), somebody(2)


@pytest.fixture(scope="module")
def fakers() -> Fakers:
    return Fakers()


@pytest.mark.parametrize("generator", ["animate", "partswap", "landmark-swap", "edit"])
def test_every_generator_makes_a_fake_of_these_frames(
    generator: str, people: tuple[Subject, Subject], fakers: Fakers
) -> None:
    target, other = people
    made = fakers.make(Fake(generator, other.original, ("r1", "r2"), None, (0, 1)), target, other)
    assert made.frames.shape == target.frames.shape
    assert made.frames.dtype == np.uint8
    assert made.fps == target.fps
    assert (made.times == target.times).all()
    originals = target.frames[list(made.sources)].astype(int)
    changed = np.abs(made.frames.astype(int) - originals)
    x, y = target.landmarks[0].mean(0).astype(int)
    assert changed[:, y - 30 : y + 30, x - 30 : x + 30].mean() > 1  # the face
    assert changed[:, :4].mean() < 0.5  # the border of the picture
    assert (made.sources == (0, 1, 2, 3)) == (generator != "animate")
    again = fakers.make(Fake(generator, other.original, ("r1", "r2"), None, (0, 1)), target, other)
    assert (again.frames == made.frames).all()


def test_without_somebody_else_there_is_no_swap(people: tuple[Subject, Subject], fakers: Fakers) -> None:
    for generator in ("animate", "partswap", "landmark-swap", "magic"):
        with pytest.raises(ValueError, match=r"somebody else|makes no fakes"):
            fakers.make(Fake(generator, None, ("r1",), None, (0,)), people[0], None)
