"""What can be set when a clip is protected."""

from __future__ import annotations

from dataclasses import dataclass

from prosopon.core.errors import UsageError
from prosopon.disrupt.pgd.blurs import BlurMode, Schedule


@dataclass(frozen=True)
class PgdOptions:
    """How strongly, and for how long.

    Raises:
        UsageError: changes of less than a grey level, or of more than there are.
    """

    levels: int = 6
    """Largest change of a value, in grey levels of 255."""
    step_levels: float = 1.275
    """Length of one step, likewise: 0.01 where pictures reach from -1 to 1."""
    iterations: int = 10
    """Steps."""
    momentum: float = 0.0
    """How much of past gradients each step keeps, 0 to 1."""
    blur: BlurMode | None = None
    """Blurs that the protection shall survive: the known one, several in turn, or all at once (nine times the work)."""
    schedule: Schedule = "intended"
    """Which several those are."""
    seed: int = 0
    """Of the random start."""

    def __post_init__(self) -> None:
        # Below one level everything is rounded away, and the attack would stand still.
        if not 1 <= self.levels <= 255:
            raise UsageError(f"a change of {self.levels} grey levels is no protection", "use 1 to 255, such as 6")
