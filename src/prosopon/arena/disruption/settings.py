"""What all attacks of a comparison have in common."""

from __future__ import annotations

from dataclasses import dataclass

from prosopon.core.errors import UsageError
from prosopon.disrupt.pgd.named import EPSILON, ITERATIONS, STEP


@dataclass(frozen=True)
class Settings:
    """The budget of every attack.

    Attributes:
        epsilon: largest change of a value, pictures being in [-1, 1].
        iterations: steps of those that have several.
        seed: of every random start and draw.

    Raises:
        UsageError: numbers that make no attack.
    """

    epsilon: float = EPSILON
    iterations: int = ITERATIONS
    seed: int = 0

    def __post_init__(self) -> None:
        if not 2 / 255 <= self.epsilon <= 1:
            raise UsageError(
                f"epsilon is {self.epsilon}", "give 0.008 to 1, pictures being in -1 to 1; published is 0.05"
            )
        if self.iterations < 1:
            raise UsageError(f"iterations is {self.iterations}", "give 1 or more")

    @property
    def step(self) -> float:
        """Length of one step: the published share of epsilon."""
        return self.epsilon * STEP / EPSILON

    @property
    def levels(self) -> int:
        """Epsilon in whole grey levels of 255, rounded down: what a file can hold of it."""
        return int(self.epsilon * 127.5 + 1e-9)
