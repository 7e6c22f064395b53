"""Protection that was learnt beforehand and takes milliseconds: a universal change, or a net that draws one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from prosopon.arena.victims.named import weights_of
from prosopon.disrupt.learnt.changes import LearntChange
from prosopon.disrupt.protector.technique import Protector
from prosopon.disrupt.universal.technique import Universal
from prosopon.models.pair import SUFFIX

_KINDS: Mapping[str, tuple[type[LearntChange], str]] = {
    "universal": (Universal, "universal.studio"),
    "protector": (Protector, "protector.studio"),
}
"""The technique, and the weights where nobody names others."""


@dataclass(frozen=True, eq=False)
class OnePass:
    """What was learnt.

    Attributes:
        change: changes pictures.
        sha256: content id of the weights, as far as there are any.
        learnt_from: names of the weights of nets against which.
    """

    change: LearntChange
    sha256: str = ""
    learnt_from: tuple[str, ...] = ()

    def __call__(self, images: Tensor, epsilon: float) -> Tensor:
        """Pictures `(B, 3, S, S)` in [-1, 1] -> protected ones, no value further off than epsilon."""
        return self.change.crops(images, epsilon=epsilon)


def one_pass(kind: str, weights: str = "") -> OnePass:
    """Open what was learnt.

    Args:
        kind: universal or protector.
        weights: name, path or run folder; the usual ones where empty.

    Raises:
        MissingError: they are not there.
        CheckpointError: they are damaged.
    """
    technique, usual = _KINDS[kind]
    change = technique.from_weights(weights or usual)
    met = tuple(Path(weights_of(name)).name.removesuffix(SUFFIX) for name in change.against)
    return OnePass(change, change.weights_sha256 or "", met)
