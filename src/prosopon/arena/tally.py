"""`Tally`: metrics of pictures summed over frames, always beside those of the source left as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

METRICS = ("l1", "psnr", "ssim", "akd", "akd_eyes", "akd_mouth", "mkr", "jitter", "lids", "lips", "identity")
"""Names of all metrics: of `psnr`, `ssim` and `identity` more is better, `lids` and `lips` are best at 1, of the
others less is.

`lids` and `lips` are how much of the true opening and closing of eyes and mouth is seen: the slope of the
reconstruction's opening on the true one over the frames of a clip. Keypoint distances say little about blinks, because
eyes are open in nearly all frames; a slope is made by those in which they are not. `jitter` is the mean difference of
the landmarks' accelerations from the true ones', in pixels a frame and frame: trembling, which no single frame shows.
`identity` is the mean cosine of the face reader's embeddings with those of the true frames: whether it still looks like
the person.
"""


@dataclass(frozen=True)
class Measure:
    """One metric.

    Attributes:
        value: of the reconstruction; None where nothing could be measured.
        copy: of the source frame, unmoved.
    """

    value: float | None
    copy: float | None

    @property
    def ratio(self) -> float | None:
        """Value over copy: 1 is no better than not moving; below 1 is better for errors, above 1 for the others."""
        if self.value is None or self.copy is None or not np.isfinite([self.value, self.copy]).all():
            return None
        if self.copy == 0:
            return 1.0 if self.value == 0 else None
        return self.value / self.copy


@dataclass
class Tally:
    """Sums over frames, from which the means of a clip, a person and everything follow.

    A mean over frames: long clips count for more, as in the published protocol's tool for keypoints.
    """

    n_frames: int = 0
    n_clips: int = 0
    n_wanted_faces: int = 0
    sums: dict[str, list[float]] = field(default_factory=dict)
    copy_sums: dict[str, list[float]] = field(default_factory=dict)

    def add(self, made: Mapping[str, float], copied: Mapping[str, float]) -> None:
        """One frame's metrics; those that could not be measured are absent."""
        for held, values in ((self.sums, made), (self.copy_sums, copied)):
            for name, value in values.items():
                _add(held, name, value, 1)

    def add_slopes(self, made: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
        """One clip's openings of eyes and mouth, `(frames, 2)` each.

        As a mean it is sums of products over sums of squares, so that clips with more movement count for more. A copy
        of the source does not move: its slope is 0.
        """
        truth = truth - truth.mean(0)
        for column, name in enumerate(("lids", "lips")):
            square = float(truth[:, column] @ truth[:, column])
            if square:
                for held, product in ((self.sums, float(made[:, column] @ truth[:, column])), (self.copy_sums, 0.0)):
                    _add(held, name, product, square)

    def join(self, other: Tally) -> None:
        """Add another tally to this one."""
        self.n_frames += other.n_frames
        self.n_clips += other.n_clips
        self.n_wanted_faces += other.n_wanted_faces
        for held, values in ((self.sums, other.sums), (self.copy_sums, other.copy_sums)):
            for name, (value, count) in values.items():
                _add(held, name, value, count)

    def measures(self) -> dict[str, Measure]:
        """Every metric's mean over frames."""
        return {name: Measure(_mean(self.sums.get(name)), _mean(self.copy_sums.get(name))) for name in METRICS}

    def as_json(self) -> dict[str, Any]:
        """Numbers of clips and frames, and each metric with its baseline and ratio."""
        metrics = {
            name: {"value": measure.value, "copy": measure.copy, "ratio": measure.ratio}
            for name, measure in self.measures().items()
        }
        return {"clips": self.n_clips, "frames": self.n_frames, "faces": self.n_wanted_faces, "metrics": metrics}


def _add(held: dict[str, list[float]], name: str, value: float, count: float) -> None:
    total = held.setdefault(name, [0.0, 0])
    total[0] += value
    total[1] += count


def _mean(total: list[float] | None) -> float | None:
    return total[0] / total[1] if total is not None and total[1] else None


def joined(tallies: Iterable[Tally]) -> Tally:
    """One tally of all that several have counted."""
    total = Tally()
    for tally in tallies:
        total.join(tally)
    return total
