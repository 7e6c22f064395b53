"""Each channel's histogram carried over by a curve of its own: simple, and blind to how channels go together."""

from __future__ import annotations

import numpy as np

from prosopon.faces.colour.lab import Planes
from prosopon.faces.colour.sample import Sample
from prosopon.faces.colour.transport import Curves

_LEVELS = 256
_SPAN = (-0.5 / (_LEVELS - 1), 1 + 0.5 / (_LEVELS - 1))
"""So that the levels of 8-bit pictures lie in the middles of the bins."""


def histogram_matched(sample: Sample, like: Sample) -> Planes:
    """The colours with the histogram of `like` in red, green and blue, `(3, N)` in [0, 1]."""
    own, wanted = (Sample(np.clip(one.colours, 0, 1), one.weights) for one in (sample, like))
    return np.clip(Curves.between(own, wanted, _LEVELS, _SPAN).of(own.colours), 0, 1)
