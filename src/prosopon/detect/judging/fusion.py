"""`Fusion`: the answers of several detectors about one person as one likelihood ratio.

Detectors err together, since they learn from the same fakes: adding their ratios up as if they were independent says
too much. So a fusion is fitted on people whom no detector has learnt from: a sum with weights that are not negative, an
offset, and a bound.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from prosopon.core.errors import ProsoponError
from prosopon.train.toml import dumps

FUSION_FILE = Path(__file__).with_name("fusion.toml")
"""The fusion that comes with the package; while it is not there, the mean is taken."""


@dataclass(frozen=True)
class Fusion:
    """How ratios become one: `sum of weight * log10 LR + offset`, kept within bounds; who abstains counts 0.

    Attributes:
        weights: by detector, 0 or more; empty: the mean of all that answer.
        offset: in powers of ten.
        most_log10_lr: the largest ratio either way, in powers of ten.
        data: on what it was fitted, in plain English; empty where it was not.
        real, fakes, people: how many clips and different people that was.
        ece_before, ece_after: expected calibration error of the mean and of this, on people held out; 0 to 1.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    offset: float = 0.0
    most_log10_lr: float = 2.0
    data: str = ""
    real: int = 0
    fakes: int = 0
    people: int = 0
    ece_before: float | None = None
    ece_after: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no fit can give.

        Raises:
            ValueError: a weight is negative.
        """
        if any(weight < 0 for weight in self.weights.values()):
            raise ValueError(f"weights of a fusion are not negative: {dict(self.weights)}")

    def knows(self, name: str) -> bool:
        """Whether a detector takes part in it."""
        return not self.weights or self.weights.get(name, 0.0) > 0

    def log10_lr(self, answers: Mapping[str, float]) -> float | None:
        """Ratios by detector, in powers of ten -> one; None where nobody answers who takes part."""
        heard = {name: value for name, value in answers.items() if self.knows(name)}
        if not heard:
            return None
        if self.weights:
            total = self.offset + sum(self.weights[name] * value for name, value in heard.items())
        else:
            total = self.offset + sum(heard.values()) / len(heard)
        return min(max(total, -self.most_log10_lr), self.most_log10_lr)

    def as_toml(self) -> str:
        """As a file that `Fusion.read` reads."""
        return dumps(asdict(self))

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self) | {"weights": dict(self.weights), "kind": "fitted" if self.weights else "mean"}

    @classmethod
    def read(cls, path: Path = FUSION_FILE) -> Self:
        """From a file.

        Raises:
            ProsoponError: it cannot be read, or is no fusion.
        """
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            weights = {str(name): float(weight) for name, weight in table.pop("weights").items()}
            return cls(weights=weights, **table)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ProsoponError(f"{path} cannot be read as a fusion of detectors: {error}", "fit it again") from error


@lru_cache(maxsize=1)
def shipped() -> Fusion:
    """The fusion that comes with the package; the mean where there is none.

    Raises:
        ProsoponError: it is damaged.
    """
    return Fusion.read() if FUSION_FILE.is_file() else Fusion()
