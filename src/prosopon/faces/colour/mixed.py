"""Lightness by its mean and spread, hue and saturation by their whole distribution: the mixed transfer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.colour.distribution import sot
from prosopon.faces.colour.lab import Planes
from prosopon.faces.colour.reinhard import in_lab, standardised
from prosopon.faces.colour.sample import Sample


def mixed(sample: Sample, like: Sample, directions: NDArray[np.floating]) -> Planes:
    """The colours with lightness like `like`'s in mean and spread, and a and b of Lab in distribution.

    Args:
        sample: what gets new colours.
        like: whose colours it gets.
        directions: unit vectors in the plane of a and b, `(steps, batch, 2)`.

    Returns:
        `(3, N)` in Lab, not clipped.
    """
    own, wanted = in_lab(sample), in_lab(like)
    lightness = standardised(own.channels(slice(0, 1)), wanted.channels(slice(0, 1)))
    hue = sot(own.channels(slice(1, 3)), wanted.channels(slice(1, 3)), directions)
    return np.concatenate((lightness, hue))
