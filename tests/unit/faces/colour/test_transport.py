from __future__ import annotations

import numpy as np

from prosopon.faces.colour.bilateral import bilateral
from prosopon.faces.colour.distribution import random_directions, random_rotations
from prosopon.faces.colour.sample import Sample
from prosopon.faces.colour.transport import Curves


def sample(*numbers: float, weights: tuple[float, ...] | None = None) -> Sample:
    held = np.ones(len(numbers)) if weights is None else np.array(weights)
    return Sample(np.array([numbers], np.float32), (held / held.sum()).astype(np.float32))


def test_ranks_keep_their_order() -> None:
    own = np.random.default_rng(0).normal(size=5000)
    curves = Curves.between(sample(*own), sample(*np.exp(own[::-1])), 500)
    assert (np.diff(curves.values[0]) >= 0).all()
    middle = np.linspace(-2, 1.5, 30, dtype=np.float32)
    assert np.abs(curves.of(middle[None])[0] - np.exp(middle)).max() < 0.06


def test_weights_count_like_copies() -> None:
    rng = np.random.default_rng(0)
    own, like = rng.normal(size=50), rng.normal(3, 2, 60)
    times = rng.integers(1, 4, 50)
    copies = Curves.between(sample(*np.repeat(own, times)), sample(*like), 200)
    weighted = Curves.between(sample(*own, weights=tuple(times)), sample(*like), 200)
    assert np.abs(copies.values - weighted.values).max() < 1e-4


def test_what_weighs_nothing_does_not_move_the_others() -> None:
    own, like = np.random.default_rng(0).random(500), np.random.default_rng(1).random(400)
    with_stray = sample(*own, 90, -90, weights=(1,) * 500 + (0, 0))
    assert np.array_equal(
        Curves.between(with_stray, sample(*like), 100).values, Curves.between(sample(*own), sample(*like), 100).values
    )


def test_beyond_the_ends_everything_moves_alike() -> None:
    curves = Curves.between(sample(*np.linspace(0, 1, 500)), sample(*np.linspace(3, 4, 500)), 100)
    assert np.abs(curves.of(np.array([[-5, -1, 6]], np.float32)) - (-2, 2, 9)).max() < 0.02


def test_one_value_goes_to_the_middle() -> None:
    like = np.random.default_rng(0).normal(3, 1, 4000)
    curves = Curves.between(sample(4, 4, 4), sample(*like), 256)
    assert abs(float(curves.of(np.array([[4]], np.float32))[0, 0]) - 3) < 1


def test_rotations_turn_and_do_not_mirror() -> None:
    for rotation in random_rotations(np.random.default_rng(0), 20):
        assert np.abs(rotation @ rotation.T - np.eye(3)).max() < 1e-12
        assert np.linalg.det(rotation) > 0


def test_directions_have_no_preference() -> None:
    directions = random_directions(np.random.default_rng(0), 50, 100)
    assert np.abs(np.linalg.norm(directions, axis=-1) - 1).max() < 1e-12
    second_moments = np.einsum("sbi,sbj->ij", directions, directions) / 5000
    assert np.abs(second_moments - np.eye(3) / 3).max() < 0.02


def test_bilateral_of_a_constant_is_the_constant() -> None:
    guide = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    values = np.full((20, 30, 2), 0.7, np.float32)
    assert np.abs(bilateral(values, guide, 5, 0.1) - 0.7).max() < 1e-5
    assert np.abs(bilateral(values, guide, 5, 0.1, np.zeros((20, 30))) - 0.7).max() < 1e-5


def test_bilateral_does_not_reach_across_an_edge() -> None:
    guide = np.zeros((32, 32), np.float32)
    guide[:, 16:] = 1
    values = guide[..., None] * np.float32(3)
    assert np.abs(bilateral(values, guide, 8, 0.1) - values).max() < 1e-3
    assert np.abs(bilateral(values, np.zeros_like(guide), 8, 0.1) - values).max() > 1


def test_bilateral_without_edges_is_about_a_gaussian() -> None:
    values = np.zeros((65, 65, 1), np.float32)
    values[32, 32] = 1
    spread = bilateral(values, np.zeros((65, 65), np.float32), 6, 1)[..., 0]
    y = np.arange(65) - 32
    sigma = np.sqrt((spread.sum(1) * y * y).sum() / spread.sum())
    assert 5 < sigma < 7.5
