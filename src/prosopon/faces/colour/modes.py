"""`ColourMode`: the names of the colour transfers, for whoever only needs those."""

from __future__ import annotations

from typing import Literal

ColourMode = Literal["none", "mean", "rct", "lct", "mkl", "idt", "sot", "mix", "histogram"]
"""From nothing to everything: the mean of Lab; with its spreads (rct); mean and covariance of RGB (lct, and mkl, which
moves colours least); the whole distribution (idt, and sot, which is smoother); lightness as in rct and hue as in sot
(mix); the histogram of each channel."""
