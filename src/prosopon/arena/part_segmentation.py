"""How good parts are that were found without labels: the published protocol, and what it left open.

Siarohin et al., Motion-supervised Co-Part Segmentation, ICPR 2020, section IV. Three questions:

- *Landmarks*: do the parts' centres say where a face's landmarks are? Least squares from all centres on one half of the
  clips, mean absolute error on the other half, summed over coordinates (lower is better).
- *Foreground*: is what belongs to any part the person? Intersection over union with true masks, where there are some:
  the studio has exact ones. And is it the head? Neck and clothes hardly move, and motion is all that parts are told by.
- *Consistency*: are the parts of a bent picture those of the picture, bent? Mean intersection over union of the parts,
  under maps that are known.

Beside each figure stands what one gets without looking at the picture: the mean landmarks, the mean mask of the first
half, a fixed grid of as many parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from prosopon.models.grid import coordinate_grid
from prosopon.models.tensors import to_tensor
from prosopon.models.tps import SmoothMap

SIZE_PX = 256
"""Side of the pictures that errors are told in, as published."""
_SIGMA_AFFINE, _SIGMA_TPS = 0.08, 0.008
_EPSILON = 1e-6

Segment = Callable[[Tensor], Tensor]
"""Pictures `(B, 3, S, S)` in [0, 1] -> segments `(B, K+1, h, w)` that sum to 1; 0 is the background."""


@dataclass
class Sample:
    """Frames of one clip, cut to the head.

    Attributes:
        name: of the clip.
        frames: `uint8 (T, S, S, 3)` with S = `SIZE_PX`.
        landmarks: `(T, 68, 2)` pixels of them, NaN where unknown.
        masks: `bool (T, S, S)` True for the person, or None where nobody knows.
        heads: the same for the head alone, without neck and clothes, which hardly move.
    """

    name: str
    frames: NDArray[np.uint8]
    landmarks: NDArray[np.float64]
    masks: NDArray[np.bool_] | None = None
    heads: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Beside:
    """A figure and what stands beside it.

    Attributes:
        value: of the parts.
        baseline: without looking at the picture.
        grid: of a fixed grid of as many parts.
    """

    value: float
    baseline: float | None = None
    grid: float | None = None

    def as_json(self) -> dict[str, float | None]:
        """JSON-able."""
        return {"value": self.value, "baseline": self.baseline, "grid": self.grid}


@dataclass(frozen=True)
class PartScores:
    """What was found.

    Attributes:
        landmarks: mean absolute error summed over the coordinates of 68 landmarks, in pixels of 256; the baseline is
            the mean landmarks. None where too few are known.
        foreground: intersection over union with the true masks; the baseline is the mean mask. None without masks.
        head: the same with the masks of heads.
        consistency: mean intersection over union of the parts under known maps.
        shares: mean share of the picture that each part takes, the background first.
        fitted, tested: frames of either half.
        clips: names of the clips, those that were fitted on first.
    """

    landmarks: Beside | None
    foreground: Beside | None
    head: Beside | None
    consistency: Beside
    shares: tuple[float, ...]
    fitted: int
    tested: int
    clips: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""

        def told(one: Beside | None) -> dict[str, float | None] | None:
            return None if one is None else one.as_json()

        return {
            "landmark_mae": told(self.landmarks),
            "foreground_iou": told(self.foreground),
            "head_iou": told(self.head),
            "consistency_iou": told(self.consistency),
            "part_shares": list(self.shares),
            "frames": {"fitted": self.fitted, "tested": self.tested},
            "clips": list(self.clips),
        }


@dataclass
class _Half:
    """One half of the clips, looked at."""

    centres: list[NDArray[np.float64]] = field(default_factory=list)
    grid_centres: list[NDArray[np.float64]] = field(default_factory=list)
    landmarks: list[NDArray[np.float64]] = field(default_factory=list)
    foregrounds: list[NDArray[np.bool_]] = field(default_factory=list)
    masks: list[NDArray[np.bool_]] = field(default_factory=list)
    heads: list[NDArray[np.bool_]] = field(default_factory=list)


def measure_parts(samples: Iterable[Sample], segment: Segment, *, seed: int = 0, batch: int = 8) -> PartScores:
    """Ask the three questions.

    Args:
        samples: clips, in an order that does not hang on what they show; every other one is fitted on.
        segment: what is measured.
        seed: of the maps for consistency.
        batch: frames at once.

    Raises:
        ValueError: there are fewer than two clips.
    """
    halves = (_Half(), _Half())
    names: tuple[list[str], list[str]] = ([], [])
    agreement, grid_agreement = _Agreement(), _Agreement()
    shares: list[NDArray[np.float64]] = []
    random = torch.Generator().manual_seed(seed)
    for number, sample in enumerate(samples):
        half = halves[number % 2]
        names[number % 2].append(sample.name)
        for start in range(0, len(sample.frames), batch):
            rows = slice(start, start + batch)
            pictures = to_tensor(sample.frames[rows])
            found = segment(pictures).float().cpu()
            grid = fixed_grid(found.shape[1] - 1, *found.shape[-2:]).expand(len(found), -1, -1, -1)
            half.centres.append(part_centres(found))
            half.grid_centres.append(part_centres(grid))
            half.landmarks.append(sample.landmarks[rows].reshape(len(found), -1))
            shares.append(found.mean((2, 3)).numpy())
            if sample.masks is not None:
                likeliest = F.interpolate(found, size=(SIZE_PX, SIZE_PX), mode="bilinear").argmax(1)
                half.foregrounds.append((likeliest > 0).numpy())
                half.masks.append(sample.masks[rows])
                if sample.heads is not None:
                    half.heads.append(sample.heads[rows])
            smooth = SmoothMap.random(
                len(found), sigma_affine=_SIGMA_AFFINE, sigma_tps=_SIGMA_TPS, generator=random
            )  # fmt: skip
            bent = segment(smooth.warp_image(pictures, align_corners=True, padding="border")).float().cpu()
            agreement.add(found, bent, smooth)
            grid_agreement.add(grid, grid, smooth)
    if not names[1]:
        raise ValueError("two clips are needed at least, one to fit on and one to test on")
    fit, test = halves
    return PartScores(
        _landmark_error(fit, test),
        _foreground(test.foregrounds, fit.masks, test.masks),
        _foreground(test.foregrounds, fit.heads, test.heads),
        Beside(agreement.iou, grid=grid_agreement.iou),
        tuple(np.concatenate(shares).mean(0).tolist()),
        sum(map(len, fit.landmarks)),
        sum(map(len, test.landmarks)),
        (*names[0], *names[1]),
    )


def part_centres(segments: Tensor) -> NDArray[np.float64]:
    """Centre of mass of each part in pixels of 256, `(B, K+1, h, w)` -> `(B, 2 K)`; the background is left out."""
    large = F.interpolate(segments[:, 1:].double(), size=(SIZE_PX, SIZE_PX), mode="bilinear") + _EPSILON
    shares = large / large.sum((2, 3), keepdim=True)
    at = torch.arange(SIZE_PX, dtype=torch.float64)
    x, y = (shares.sum(2) * at).sum(-1), (shares.sum(3) * at).sum(-1)
    centres: NDArray[np.float64] = torch.stack((x, y), -1).flatten(1).numpy()
    return centres


def fixed_grid(num_parts: int, height: int, width: int) -> Tensor:
    """Parts that never move, `(1, K+1, h, w)`: cells over the middle of the picture, background around them."""
    columns = int(np.ceil(np.sqrt(num_parts)))
    rows = -(-num_parts // columns)
    grid = coordinate_grid(height, width)
    x = ((grid[..., 0] * 1.4 + 1) / 2 * columns).floor().long()
    y = ((grid[..., 1] * 1.4 + 1) / 2 * rows).floor().long()
    cell = y * columns + x + 1
    outside = (x < 0) | (x >= columns) | (y < 0) | (y >= rows) | (cell > num_parts)
    return F.one_hot(cell.masked_fill(outside, 0), num_parts + 1).permute(2, 0, 1)[None].float()


class _Agreement:
    """Counts how far the parts of bent pictures are those of the pictures, bent."""

    def __init__(self) -> None:
        self._both: Tensor | float = 0.0
        self._either: Tensor | float = 0.0

    def add(self, found: Tensor, bent: Tensor, smooth: SmoothMap) -> None:
        """Segments `(B, K+1, h, w)` of pictures, and of the same pictures read at `smooth(grid)`."""
        batch, kinds, height, width = found.shape
        grid = coordinate_grid(height, width).reshape(1, -1, 2).expand(batch, -1, -1)
        read_at = smooth(grid).reshape(batch, height, width, 2)
        # What was bent in from beyond the picture's edge is nobody's.
        inside = (read_at.abs() <= 1).all(-1)
        expected = F.grid_sample(found, read_at, mode="bilinear", padding_mode="border", align_corners=True).argmax(1)
        told = bent.argmax(1)
        one_hot = [F.one_hot(labels, kinds).bool() & inside[..., None] for labels in (expected, told)]
        self._both = self._both + (one_hot[0] & one_hot[1]).sum((0, 1, 2)).double()
        self._either = self._either + (one_hot[0] | one_hot[1]).sum((0, 1, 2)).double()

    @property
    def iou(self) -> float:
        """Mean over the parts that were seen at all, the background among them."""
        both, either = torch.as_tensor(self._both), torch.as_tensor(self._either)
        return float((both[either > 0] / either[either > 0]).mean())


def _landmark_error(fit: _Half, test: _Half) -> Beside | None:
    known, wanted = np.concatenate(fit.landmarks), np.concatenate(test.landmarks)
    usable, asked = np.isfinite(known).all(1), np.isfinite(wanted).all(1)
    if usable.sum() < 2 or not asked.any():
        return None

    def error(learnt: list[NDArray[np.float64]], shown: list[NDArray[np.float64]]) -> float:
        fitted, told = (_with_one(np.concatenate(rows)) for rows in (learnt, shown))
        weights = np.linalg.lstsq(fitted[usable], known[usable], rcond=None)[0]
        return float(np.abs(told[asked] @ weights - wanted[asked]).mean(0).sum())

    mean = float(np.abs(known[usable].mean(0) - wanted[asked]).mean(0).sum())
    return Beside(error(fit.centres, test.centres), mean, error(fit.grid_centres, test.grid_centres))


def _with_one(centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centres with a column of ones, for the intercept."""
    return np.column_stack((centres, np.ones(len(centres))))


def _foreground(
    told: list[NDArray[np.bool_]], fit: list[NDArray[np.bool_]], test: list[NDArray[np.bool_]]
) -> Beside | None:
    if not fit or not test or len(test) != len(told):
        return None
    truth, found = np.concatenate(test), np.concatenate(told)
    mean = np.concatenate(fit).mean(0) > 0.5
    return Beside(_iou(found, truth), _iou(np.broadcast_to(mean, truth.shape), truth))


def _iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Mean over the pictures `(T, H, W)`."""
    both, either = (one & other).sum((1, 2)), (one | other).sum((1, 2))
    return float((both / np.maximum(either, 1)).mean())


def described(scores: PartScores) -> Mapping[str, Beside]:
    """The figures that there are, by what they are called."""
    named = {
        "landmark error (px)": scores.landmarks,
        "foreground IoU": scores.foreground,
        "head IoU": scores.head,
        "consistency IoU": scores.consistency,
    }
    return {name: one for name, one in named.items() if one is not None}
