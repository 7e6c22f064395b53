"""Colour transfers against recorded outputs of the published face-swapping programs. The records are BGR."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.faces.colour.distribution import idt, sot
from prosopon.faces.colour.histogram import histogram_matched
from prosopon.faces.colour.linear import lct, mkl
from prosopon.faces.colour.reinhard import rct
from prosopon.faces.colour.released import deepfacelab, dfaker, faceswap
from prosopon.faces.colour.sample import Sample

LEVEL = 1 / 255
Picture = NDArray[np.float32]


class Records:
    """The recorded arrays, in RGB."""

    def __init__(self, path: Path) -> None:
        self.held = np.load(path)
        self.target8, self.source8 = (np.ascontiguousarray(self.held[k][..., ::-1]) for k in ("target", "source"))
        self.target, self.source = (one.astype(np.float32) / 255 for one in (self.target8, self.source8))
        self.mask = self.held["mask"].astype(np.float32)
        self.soft_mask = self.held["soft_mask"]

    def turned(self, name: str, *shape: int) -> NDArray[Any]:
        """Rotations or directions, as they act on RGB."""
        turned: NDArray[Any] = self.held[name][..., ::-1].reshape(*shape)
        return turned

    def apart(self, name: str, ours: NDArray[Any]) -> NDArray[np.float64]:
        """Absolute differences in [0, 1], at the pixels that were recorded."""
        recorded = self.held[name][..., ::-1].astype(np.float64)
        recorded = recorded / 255 if self.held[name].dtype == np.uint8 else recorded
        seen = ours if ours.shape == recorded.shape else ours[::2, ::2]
        assert seen.shape == recorded.shape
        return np.abs(seen.astype(np.float64) / (255 if ours.dtype == np.uint8 else 1) - recorded)


@pytest.fixture(scope="module")
def records(shared: Path) -> Records:
    return Records(shared / "parity" / "swap" / "color_transfer.npz")


def sample(picture: Picture, mask: Picture | None = None) -> Sample:
    found = Sample.of(picture, mask)
    assert found is not None
    return found


def picture(colours: Picture) -> Picture:
    return np.ascontiguousarray(colours.T).reshape(96, 96, 3)


def through(records: Records, way: Callable[[Sample, Sample], Picture]) -> Picture:
    return picture(way(sample(records.target), sample(records.source)))


@pytest.mark.parametrize(
    ("name", "way", "most"),
    [
        ("dfl_lct_pca", lct, 1e-5),
        ("dfl_lct_sym", lambda own, like: lct(own, like, "sym"), 1e-5),
        ("dfl_mkl", mkl, 1e-5),
    ],
)
def test_linear_transfers(name: str, way: Callable[[Sample, Sample], Picture], most: float, records: Records) -> None:
    assert records.apart(name, through(records, way)).max() <= most


def test_linear_transfer_by_cholesky_factors(records: Records) -> None:
    # These factors depend on the order of the channels, and the recorded one is BGR.
    own, like = (sample(np.ascontiguousarray(one[..., ::-1])) for one in (records.target, records.source))
    assert records.apart("dfl_lct_chol", picture(lct(own, like, "chol"))[..., ::-1]).max() <= 1e-5


def test_reinhard(records: Records) -> None:
    # The recorded Lab comes out of a coarse table: exact Lab is a quarter of a level away from it.
    assert records.apart("dfl_rct", through(records, rct)).mean() <= 0.25 * LEVEL
    by_table = deepfacelab.rct(records.target, records.source)
    assert records.apart("dfl_rct", by_table).max() <= 2e-4
    assert records.apart("dfl_rct", by_table).mean() <= 1e-6
    masked = deepfacelab.rct(records.target, records.source, records.mask)
    assert records.apart("dfl_rct_masked", masked).max() <= 1e-3


def test_masks_that_blacken(records: Records) -> None:
    blackened = [one * records.mask[..., None] for one in (records.target, records.source)]
    own, like = map(sample, blackened)
    assert records.apart("dfl_mkl_m", picture(mkl(own, like))).max() <= 5e-5
    matched = deepfacelab.idt(*blackened, records.turned("idt_m_rotations", 20, 3, 3))
    assert records.apart("dfl_idt_m_seed21", matched).mean() <= 1e-3
    moved = deepfacelab.sot(*blackened, records.turned("sot_m_directions", 10, 30, 3))
    assert records.apart("dfl_sot_m_seed31_b30", np.clip(moved, 0, 1)).mean() <= 1e-3
    mixed = deepfacelab.mix(*blackened, records.turned("mix_m_directions", 10, 5, 3))
    assert records.apart("dfl_mix_m_seed32", mixed).mean() <= 0.5 * LEVEL


def test_distribution_transfers(records: Records) -> None:
    rotations, directions = records.turned("idt_rotations", 20, 3, 3), records.turned("sot_directions", 10, 5, 3)
    ours = through(records, lambda own, like: idt(own, like, rotations, share=1 / 20))
    assert records.apart("dfl_idt_seed20", ours).mean() <= 2e-4
    released = deepfacelab.idt(records.target, records.source, rotations)
    assert records.apart("dfl_idt_seed20", released).mean() <= 5e-5

    ours = through(records, lambda own, like: sot(own, like, directions))
    assert records.apart("dfl_sot_seed30_noreg", ours).mean() <= 5e-4
    released = deepfacelab.sot(records.target, records.source, directions, smoothed=False)
    assert records.apart("dfl_sot_seed30_noreg", released).mean() <= 5e-5
    released = deepfacelab.sot(records.target, records.source, directions)
    assert records.apart("dfl_sot_seed30_unclipped", released).mean() <= 1e-4


def test_histograms(records: Records) -> None:
    for top in (255, 238):
        matched = deepfacelab.histogram(records.target, records.source, top / 255)
        assert records.apart(f"dfl_hist_{top}", matched).max() <= 1e-6
    whitened = [
        np.clip(one * records.mask[..., None] + 1 - records.mask[..., None], 0, 1)
        for one in (records.target, records.source)
    ]
    assert records.apart("dfl_hist_238_masked", deepfacelab.histogram(*whitened, 238 / 255)).max() <= 1e-6
    for percent in (90, 99, 100):
        matched = faceswap.match_histogram(records.target, records.source, records.mask, percent)
        assert records.apart(f"fs_match_hist_{percent}", matched).max() <= 1e-6
    # Ours takes the middle of equal values' ranks, not their end.
    assert records.apart("dfl_hist_255", through(records, histogram_matched)).mean() <= 0.5 * LEVEL


def test_faceswap(records: Records) -> None:
    average = faceswap.average_colour(records.target, records.source, records.mask)
    assert records.apart("fs_avg_color", average).max() <= 1e-6
    average = faceswap.average_colour(records.target, records.source, records.soft_mask)
    assert records.apart("fs_avg_color_soft", average).max() <= 1e-6
    for clip in (False, True):
        for paper in (False, True):
            moved = faceswap.reinhard(records.target, records.source, records.mask, clip=clip, preserve_paper=paper)
            assert records.apart(f"fs_reinhard_clip{clip:d}_paper{paper:d}", moved).max() <= 1.01 * LEVEL
    for space, mean_levels in (("RGB", 0.02), ("HSV", 0.1), ("LAB", 0.1), ("YCrCb", 0.05)):
        balanced = faceswap.balanced(records.target, space, (10, -20, 15), 20, -10)  # type: ignore[arg-type]
        assert records.apart(f"fs_manual_{space}_10_-20_15_c20_b-10", balanced).mean() <= mean_levels * LEVEL


def test_dfaker(records: Records) -> None:
    adjusted = dfaker.average_adjusted(records.target8, records.source8)
    assert records.apart("df_adjust_avg_color", adjusted).max() == 0
    moved = dfaker.average_transferred(records.target8, records.source8)
    assert records.apart("df_transfer_avg_color", moved).max() <= 2.01 * LEVEL
    assert records.apart("df_transfer_avg_color", moved).mean() <= 0.1 * LEVEL
