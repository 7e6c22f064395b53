"""Which driving frame is taken to be in the source's state, and what is wrong with it.

What the driving does is carried over as the change since its reference frame. If the eyes are shut there, every
opening of them opens the source's eyes wider than they are; if the head is turned, turning back turns the source away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.openings import eye_opening, mouth_opening
from prosopon.faces.pose68 import pose68

Floats = NDArray[np.float64]

_PARTS = ("yaw", "pitch", "roll", "eyes", "mouth", "haste")
_BEARABLE = np.array((15.0, 20.0, 15.0, 0.35, 0.12, 1.5))
"""From which difference on each part is told: degrees; share of the usual opening of the eyes that is missing; opening
of the mouth (`faces.openings`); face sizes a second, at which a picture is blurred.
Of pitch more is borne, since the mean head mistakes a long nose for a bowed head."""
_SHUT = 0.15
"""Below this opening of the eyes the source's are taken to be shut on purpose (`faces.openings`)."""
_CLEARLY_BETTER = 0.6
"""Another frame is named where it has less than this share of the chosen one's misfit."""


@dataclass(frozen=True)
class Judgement:
    """How well a driving frame serves as the reference.

    Attributes:
        frame: its index.
        time_s: its time.
        problems: what does not fit the source, one phrase each; empty where all is well.
        better: index of a frame that fits clearly better; None where there is none.
        better_time_s: its time.
    """

    frame: int
    time_s: float
    problems: tuple[str, ...]
    better: int | None = None
    better_time_s: float | None = None

    def as_json(self) -> dict[str, Any]:
        """For the answer of a verb."""
        return {
            "frame": self.frame,
            "time_s": self.time_s,
            "problems": list(self.problems),
            "better_frame": self.better,
            "better_time_s": self.better_time_s,
        }

    def sentence(self, driving: str) -> str | None:
        """One line for the user; None where all is well.

        Args:
            driving: what the driving video is called.
        """
        if not self.problems:
            return None
        what = f"{driving}: in the reference frame {self.frame} ({self.time_s:.1f} s) {' and '.join(self.problems)}"
        if self.better is None:
            return f"{what}; no frame fits the picture better, so another video or picture would do more"
        return (
            f"{what}; frame {self.better} ({self.better_time_s:.1f} s) fits better: use --best-frame, or let the video "
            "begin there"
        )


def judge(
    source: NDArray[np.float32],
    faces: Mapping[int, NDArray[np.float32]],
    times: Sequence[float],
    *,
    chosen: int | None = None,
) -> Judgement:
    """Choose the reference, or say what is wrong with the one that was chosen.

    Args:
        source: landmarks `(68, 2)` of the source.
        faces: of the driving's frames by index, at least one.
        times: of all driving frames, seconds.
        chosen: the reference; None for the one that fits best.
    """
    indices = sorted(faces)
    apart = _differences(source, [faces[index] for index in indices], [times[index] for index in indices])
    misfit = ((apart / _BEARABLE) ** 2).sum(1)
    best = int(misfit.argmin())
    row = best if chosen is None else indices.index(chosen)
    problems = tuple(
        _phrase(part, value)
        for part, value, bearable in zip(_PARTS, apart[row], _BEARABLE, strict=True)
        if abs(value) > bearable
    )
    frame, time_s = indices[row], float(times[indices[row]])
    if not problems or misfit[best] > _CLEARLY_BETTER * misfit[row]:
        return Judgement(frame, time_s, problems)
    return Judgement(frame, time_s, problems, indices[best], float(times[indices[best]]))


def _differences(source: NDArray[np.float32], faces: Sequence[NDArray[np.float32]], times: Sequence[float]) -> Floats:
    """Of each driving face from the source, `(T, 6)` in the order of `_PARTS`; signs are the driving's."""
    series = np.stack(faces).astype(np.float64)
    own = source.astype(np.float64)
    poses = np.array([(pose.yaw, pose.pitch, pose.roll) for pose in map(pose68, [own, *series])])
    turned = (poses[1:] - poses[0] + 180) % 360 - 180
    # People's eyes are not open alike far, so the driving's are compared with what is usual for them.
    eyes = eye_opening(series)
    share = eyes / max(1e-6, float(np.percentile(eyes, 75)))
    missing = np.maximum(0.0, 1 - share) if eye_opening(own) > _SHUT else -np.maximum(0.0, share - 0.5)
    mouth = mouth_opening(series) - mouth_opening(own)
    size = np.ptp(series, axis=1).max(1)
    passed = np.maximum(np.diff(times), 1e-6)
    steps = np.linalg.norm(np.diff(series.mean(1), axis=0), axis=1) / size[1:] / passed
    haste = np.maximum(np.concatenate((steps[:1], steps)), np.concatenate((steps, steps[-1:]))) if len(steps) else 0.0
    apart: Floats = np.nan_to_num(np.column_stack((turned, missing, mouth, np.broadcast_to(haste, len(series)))))
    return apart


def _phrase(part: str, value: float) -> str:
    """What is wrong, in words."""
    more = value > 0
    if part == "yaw":
        side = "right" if more else "left"
        return f"the head is turned {abs(value):.0f} degrees further to the {side} than the picture's"
    if part == "pitch":
        return f"the head looks {abs(value):.0f} degrees further {'up' if more else 'down'} than the picture's"
    if part == "roll":
        return f"the head is tilted by {abs(value):.0f} degrees against the picture's"
    if part == "eyes":
        return "the eyes are shut" if more else "the eyes are open and the picture's are shut"
    if part == "mouth":
        return "the mouth is open" if more else "the mouth is shut and the picture's is open"
    return "the head moves so fast that it is blurred"
