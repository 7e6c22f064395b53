"""What a target's faces do and a source's do not, in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from prosopon.faces.coverage import Coverage

LEAST_SHARE = 0.01
"""What happens in fewer of the target's frames is not worth a sentence."""


@dataclass(frozen=True)
class Gap:
    """Something that the target does and the source does not, or hardly.

    Attributes:
        words: a sentence.
        target_share: in what share of the target's faces, 0 to 1.
        source_share: in what share of the source's.
    """

    words: str
    target_share: float
    source_share: float


_STEP = (1.0, 1.0, 0.1, 0.05)
"""Numbers are rounded to multiples of this, on each axis of `coverage.AXES`."""
_BEYOND = (5.0, 5.0, 0.1, 0.05)
"""How far past all that the source does something must be to be no matter of measuring."""
_OUTLIERS = 0.005
"""Share of the source's faces that are not taken for what it does: landmarks slip."""
_ENDS = ((0, 1), (0, -1), (1, 1), (1, -1), (2, 1), (2, -1), (3, 1))
"""Axis and direction. A mouth is never more shut than shut."""


def extremes(coverage: Coverage) -> list[Gap]:
    """Ends of single axes beyond which the source hardly has faces and the target does, the most frequent first."""
    found: list[Gap] = []
    for axis, sign in _ENDS:
        ours, theirs = (sign * one.values[:, axis] for one in (coverage.source, coverage.target))
        reach = float(np.quantile(ours, 1 - _OUTLIERS)) + _BEYOND[axis]
        number = float(np.ceil(reach / _STEP[axis] - 1e-9)) * _STEP[axis]
        share, own = float((theirs > number).mean()), float((ours > number).mean())
        if share >= LEAST_SHARE:
            found.append(Gap(_sentence(_beyond(axis, sign, sign * number), share, own), share, own))
    return sorted(found, key=lambda gap: -gap.target_share)


def _beyond(axis: int, sign: int, limit: float) -> str:
    """What is done beyond a limit in a direction."""
    if axis == 2:
        direction = "opens the eyes to more" if sign > 0 else "closes the eyes to less"
        return f"{direction} than {100 * limit:.0f} % of what is usual"
    if axis == 3:
        return f"opens the mouth by more than {100 * limit:.0f} % of its width"
    # Who never looks straight ahead may be exceeded on the near side: "down less than 5 degrees".
    side = ("right", "left") if axis == 0 else ("up", "down")
    towards = side[0] if limit > 0 or (limit == 0 and sign > 0) else side[1]
    than = "more" if towards == side[0 if sign > 0 else 1] else "less"
    verb = f"turns to the picture's {towards} by" if axis == 0 else f"looks {towards}"
    return f"{verb} {than} than {abs(limit):.0f} degrees"


def _sentence(words: str, share: float, own: float) -> str:
    never = "the source never does" if own == 0 else f"the source does in {_percent(own)} of its"
    return f"the target {words} in {_percent(share)} of its frames; {never}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.1f} %"


def combinations(coverage: Coverage, most: int = 8) -> list[Gap]:
    """What the target's faces without a near neighbour do, and what is new in it; the most frequent first."""
    far = [(_doing(coverage.target.values[i].tolist()), int(np.argmax(coverage.differs_in[i]))) for i in _far(coverage)]
    ours = Counter(_doing(values.tolist()) for values in coverage.source.values)
    found: list[Gap] = []
    for words, n in Counter(words for words, _ in far).most_common(most):
        share, own = n / len(coverage.target.faces), ours[words] / len(coverage.source.faces)
        new = Counter(_NEW[axis] for one, axis in far if one == words).most_common(1)[0][0]
        sentence = f"{words}: {_percent(share)} of the target's frames are far from all of the source's, mostly {new}"
        found.append(Gap(sentence, share, own))
    return [gap for gap in found if gap.target_share >= LEAST_SHARE]


_NEW = ("turned another way", "up or down", "by the eyes", "by the mouth", "by the shape of brows, eyes and lips")


def _far(coverage: Coverage) -> list[int]:
    found: list[int] = np.flatnonzero(coverage.far).tolist()
    return found


def _doing(values: list[float]) -> str:
    yaw, pitch, eyes, mouth = values
    side = f"to the {'right' if yaw > 0 else 'left'}"
    words = ["ahead" if abs(yaw) <= 12 else f"half {side}" if abs(yaw) <= 35 else f"far {side}"]
    if abs(pitch) > 10:
        words.append("up" if pitch > 0 else "down")
    if eyes < 0.5:
        words.append("eyes closed")
    if mouth > 0.25:
        words.append("mouth open")
    return ", ".join(words)
