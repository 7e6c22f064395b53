"""Orders by likeness: chains, the unusual first, people; and histograms that can be compared."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.faces.chains import chain, unusual_first
from prosopon.faces.histograms import BINS, histogram
from prosopon.faces.people import people

RNG = np.random.default_rng(11)


def on_the_circle(degrees: list[float]) -> np.ndarray:
    angles = np.radians(degrees)
    return np.column_stack((np.cos(angles), np.sin(angles)))


def test_a_chain_goes_from_neighbour_to_neighbour() -> None:
    degrees = [0.0, 50.0, 10.0, 30.0, 20.0, 40.0]
    order = chain(on_the_circle(degrees))
    assert [degrees[i] for i in order] == [0, 10, 20, 30, 40, 50]


def test_a_chain_is_the_greedy_one() -> None:
    vectors = RNG.normal(size=(80, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    order, left = [0], {*range(1, 80)}
    while left:
        order.append(max(left, key=lambda i: float(vectors[i] @ vectors[order[-1]])))
        left.remove(order[-1])
    assert chain(vectors).tolist() == order


@pytest.mark.parametrize("n", [0, 1, 2])
def test_short_chains(n: int) -> None:
    assert chain(np.ones((n, 3))).tolist() == [*range(n)]
    assert unusual_first(np.ones((n, 3))).tolist() == [*range(n)]


def test_the_odd_one_comes_first() -> None:
    degrees = [0.0, 5.0, 170.0, -5.0, 60.0]
    assert unusual_first(on_the_circle(degrees)).tolist()[:2] == [2, 4]
    vectors = RNG.normal(size=(50, 4))
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, 0)
    assert unusual_first(vectors).tolist() == np.argsort(likeness.sum(1), kind="stable").tolist()


def three_people(n: int, spread: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors of three people, twice as many of the second as of the others, and who is who."""
    who = RNG.permutation(np.repeat([0, 1, 2], [n, 2 * n, n]))
    vectors = np.eye(3, 16)[who] + RNG.normal(size=(4 * n, 16)) * spread
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), who


@pytest.mark.parametrize("most_linked", [1000, 20])
def test_people_are_the_same_linked_exactly_or_roughly_first(most_linked: int) -> None:
    vectors, who = three_people(40)
    found = people(vectors, 0.5, most_linked=most_linked)
    assert found.max() == 2
    assert (found[who == 1] == 0).all()  # who has the most faces is the first
    assert len({*found[who == 0]}) == len({*found[who == 2]}) == 1


def test_a_track_counts_as_one_look() -> None:
    # One embedding a hundred times, and another once: two people for a cosine that lies between.
    vectors = np.repeat(on_the_circle([0.0, 80.0]), [100, 1], axis=0)
    assert people(vectors, 0.5).tolist() == [0] * 100 + [1]
    assert people(vectors, 0.1).tolist() == [0] * 101
    assert people(np.zeros((0, 4)), 0.5).tolist() == []


def test_among_as_many_faces_who_comes_first_is_first() -> None:
    assert people(on_the_circle([90.0, 0.0, 91.0, 1.0]), 0.9).tolist() == [0, 1, 0, 1]


def test_histograms_are_unit_vectors_and_compare_colours_not_places() -> None:
    picture = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    shuffled = RNG.permutation(picture.reshape(-1, 3)).reshape(30, 20, 3)
    one, other = histogram(picture), histogram(shuffled)
    assert one.shape == (3 * BINS,)
    assert float(one @ one) == pytest.approx(1, abs=1e-6)
    np.testing.assert_array_equal(one, other)
    black, white = histogram(np.zeros((2, 2, 3), np.uint8)), histogram(np.full((5, 5, 3), 255, np.uint8))
    assert float(black @ white) == 0
    red = np.zeros((1, 1, 3), np.uint8)
    red[..., 0] = 255
    assert float(histogram(red) @ black) == pytest.approx(2 / 3)  # two of three channels in common
