"""Means, or means and spreads, of Lab colours carried over (Reinhard et al., Color Transfer between Images, 2001)."""

from __future__ import annotations

import numpy as np

from prosopon.faces.colour.lab import Planes, lab_of, rgb_of
from prosopon.faces.colour.sample import Sample

_LEAST_SPREAD = 0.1
"""About what rounding to 8 bits makes the lightness of one colour vary: less is no contrast that could be stretched."""
_LOW, _HIGH = np.array((0.0, -127.0, -127.0), np.float32), np.array((100.0, 127.0, 127.0), np.float32)


def mean_moved(sample: Sample, like: Sample) -> Planes:
    """The colours shifted in Lab so that their mean is that of `like`, `(3, N)` in [0, 1]; contrast stays."""
    own, wanted = in_lab(sample), in_lab(like)
    return shown(own.colours + (wanted.mean() - own.mean()).astype(np.float32)[:, None])


def rct(sample: Sample, like: Sample) -> Planes:
    """The colours with the mean and the standard deviation of `like` in each channel of Lab, `(3, N)` in [0, 1]."""
    return shown(standardised(in_lab(sample), in_lab(like)))


def standardised(sample: Sample, like: Sample) -> Planes:
    """Each channel scaled and shifted to the mean and the standard deviation of `like`, `(C, N)`."""
    gain = like.spread() / np.maximum(sample.spread(), _LEAST_SPREAD)
    shift = like.mean() - sample.mean() * gain
    return sample.colours * gain.astype(np.float32)[:, None] + shift.astype(np.float32)[:, None]


def in_lab(sample: Sample) -> Sample:
    """The same colours in Lab."""
    return Sample(lab_of(sample.colours), sample.weights)


def shown(lab: Planes) -> Planes:
    """Lab colours brought into the range of Lab, then into that of a screen."""
    return rgb_of(np.clip(lab, _LOW[:, None], _HIGH[:, None]))
