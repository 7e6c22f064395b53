"""What can be set when a picture is attacked on behalf of its owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prosopon.core.errors import UsageError
from prosopon.disrupt.ensemble.limits import Space
from prosopon.disrupt.heads.allowed import Mask

Method = Literal["pgd", "ifgsm", "fgsm"]
"""Many steps from noise, many from nearly the picture itself, or a single one."""
Order = Literal["in turn", "together"]
"""One net a step, the others remembered by momentum; or the mean of all nets' gradients in every step."""
THROUGH = ("png", "jpeg75", "png", "half", "png", "screenshot")
"""What is between the picture and the nets, drawn anew for each step; twice is twice as often."""


@dataclass(frozen=True)
class EnsembleOptions:
    """How strongly, where, and for how long.

    Raises:
        UsageError: numbers that make no attack.
    """

    levels: int = 6
    """Largest change of a value, in grey levels of 255."""
    method: Method = "pgd"
    """How it goes about it."""
    mask: Mask = "all"
    """Where the picture may change."""
    space: Space = "levels"
    """What levels count: changes of every value, or mostly of colour; see `limits`."""
    least_ssim: float | None = None
    """SSIM to the untouched head that must be left, such as 0.98; None: any."""
    steps: int = 100
    """Most steps for each face."""
    step_levels: float = 1.5
    """Length of a step, in grey levels."""
    order: Order = "in turn"
    """How several nets share the steps."""
    momentum: float = 0.9
    """How much of past gradients each step keeps, 0 to 1."""
    through: tuple[str, ...] = THROUGH
    """Launderings by name (`models.laundering.named`) that steps look through, each as likely as any other."""
    framings: int = 3
    """Crops of each head that steps go through: programs do not agree on where a head ends."""
    framing_share: float = 0.03
    """How far those crops lie apart, as a share of the crop's side."""
    check_every: int = 10
    """After so many steps of each face it is looked at how far the nets are off; the best is kept."""
    seed: int = 0
    """Of the start, the framings and the draws."""

    def __post_init__(self) -> None:
        if not 1 <= self.levels <= 127:
            raise UsageError(f"a change of {self.levels} grey levels is no protection", "use 1 to 127, such as 6")
        if self.steps < 1 or self.framings < 1 or self.check_every < 1:
            raise UsageError(
                "an attack needs one step, one framing and one step between looks at least", "use 1 or more"
            )
        if not (self.step_levels > 0 and 0 <= self.momentum <= 1 and 0 <= self.framing_share <= 0.2):
            raise UsageError(
                f"steps of {self.step_levels} levels, momentum {self.momentum} and framings {self.framing_share} apart "
                "make no attack",
                "steps are above 0, momentum lies between 0 and 1, framings between 0 and 0.2",
            )
        if self.least_ssim is not None and not 0 < self.least_ssim < 1:
            raise UsageError(f"an SSIM of {self.least_ssim} cannot be kept", "use 0 to 1, such as 0.98")
        if not self.through:
            raise UsageError("nothing is between the picture and the nets", "name png at least")
