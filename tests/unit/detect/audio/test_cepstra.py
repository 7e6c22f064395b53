"""Cepstra against their formula, and mixtures against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.mixture import GaussianMixture

from prosopon.core.errors import CheckpointError
from prosopon.detect.audio.cepstra import Cepstra, cepstra
from prosopon.detect.audio.lfcc import DIMENSIONS, differences, lfcc
from prosopon.detect.audio.mixture import Mixture
from prosopon.studio.voice import schedule, sing

RATE = 16000


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return sing(schedule("we have found a very old map of the whole valley"), 2.5, seed=2)


def directly(sound: np.ndarray, frame: int) -> np.ndarray:
    """The twenty static coefficients of one frame, term by term."""
    piece = sound[frame * 160 : frame * 160 + 320] * np.hamming(320)
    power = [abs(sum(x * np.exp(-2j * np.pi * k * n / 512) for n, x in enumerate(piece))) ** 2 for k in range(257)]
    edges = [8000 * i / 21 for i in range(22)]
    energies = []
    for low, middle, high in zip(edges[:-2], edges[1:-1], edges[2:], strict=True):
        total = 0.0
        for k, value in enumerate(power):
            hz = k * RATE / 512
            if low < hz <= middle:
                total += value * (hz - low) / (middle - low)
            elif middle < hz < high:
                total += value * (high - hz) / (high - middle)
        energies.append(np.log(total + 1e-8))
    return np.array(
        [
            np.sqrt((1 if n == 0 else 2) / 20)
            * sum(e * np.cos(np.pi * n * (2 * m + 1) / 40) for m, e in enumerate(energies))
            for n in range(20)
        ]
    )


class TestLfcc:
    def test_static_coefficients_are_those_of_the_formula(self, voice: np.ndarray) -> None:
        found = lfcc(voice, RATE)
        assert found.shape[1] == DIMENSIONS
        for frame in (30, 90):
            assert found[frame, :20] == pytest.approx(directly(voice, frame), abs=1e-3)

    def test_differences_are_slopes(self) -> None:
        rows = np.stack((3.0 * np.arange(20), np.full(20, 5.0)), axis=1)
        found = differences(rows)
        assert found[2:-2, 0] == pytest.approx(3)
        assert found[:, 1] == pytest.approx(0)

    def test_frames_come_every_10_ms(self, voice: np.ndarray) -> None:
        assert len(lfcc(voice, RATE)) == (len(voice) - 320) // 160 + 1

    def test_a_sound_shorter_than_a_frame_has_none(self) -> None:
        assert lfcc(np.zeros(100), RATE).shape == (0, DIMENSIONS)

    def test_a_louder_voice_is_the_same_voice(self, voice: np.ndarray) -> None:
        assert cepstra(np.asarray(0.1 * voice, np.float32)) == pytest.approx(cepstra(voice), abs=0.02)

    def test_silence_has_no_cepstra(self) -> None:
        assert len(cepstra(np.zeros(RATE, np.float32))) == 0


class TestMixture:
    @pytest.fixture
    def rows(self) -> np.ndarray:
        rng = np.random.default_rng(0)
        return np.concatenate((rng.normal(0, 1, (400, 3)), rng.normal(4, 0.5, (300, 3))))

    def test_densities_are_those_of_scikit_learn(self, rows: np.ndarray) -> None:
        theirs = GaussianMixture(4, covariance_type="diag", random_state=0).fit(rows)
        ours = Mixture(theirs.weights_, theirs.means_, theirs.covariances_)
        assert ours.log_density(rows) == pytest.approx(theirs.score_samples(rows), abs=1e-9)

    def test_one_gaussian_is_the_normal_density(self) -> None:
        one = Mixture(np.array([1.0]), np.array([[1.0, -2.0]]), np.array([[4.0, 0.25]]))
        at = np.array([[0.0, -1.5]])
        assert one.log_density(at) == pytest.approx(norm.logpdf(0, 1, 2) + norm.logpdf(-1.5, -2, 0.5))

    def test_fitting_finds_both_heaps(self, rows: np.ndarray) -> None:
        found = Mixture.fitted(rows, 2, seed=0)
        assert sorted(found.means.mean(1)) == pytest.approx([0, 4], abs=0.15)
        assert sorted(found.weights) == pytest.approx([3 / 7, 4 / 7], abs=0.02)

    def test_states_come_back(self, rows: np.ndarray) -> None:
        mixture = Mixture.fitted(rows, 2, seed=0)
        back = Mixture.of_state(mixture.state(), "here")
        assert back.log_density(rows) == pytest.approx(mixture.log_density(rows), abs=1e-4)

    def test_states_that_do_not_fit_are_refused(self, rows: np.ndarray) -> None:
        state = Mixture.fitted(rows, 2, seed=0).state()
        with pytest.raises(CheckpointError, match="do not fit"):
            Mixture.of_state({**state, "means": state["means"][:, :2]}, "here")
        with pytest.raises(CheckpointError, match="has no"):
            Mixture.of_state({}, "here")

    def test_the_ratio_is_that_of_both_mixtures(self, voice: np.ndarray) -> None:
        rows = cepstra(voice).astype(np.float64)
        near = Mixture.fitted(rows, 2, seed=0)
        far = Mixture(near.weights, near.means + 3, near.variances)
        same, other = Cepstra(near, near), Cepstra(far, near)
        assert same.ratio(voice) == pytest.approx(0)
        assert (other.ratio(voice) or 0) > 1
        assert other.ratio(np.zeros(RATE, np.float32)) is None
