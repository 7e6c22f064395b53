"""Protection that was learnt beforehand and takes milliseconds: a universal change, or a net that draws one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from prosopon.arena.victims.named import weights_of
from prosopon.core.errors import MissingError
from prosopon.models.catalogue import find
from prosopon.models.pair import SUFFIX

_OPENED = {
    "universal": ("prosopon.disrupt.universal.technique", "Universal", "universal.studio"),
    "protector": ("prosopon.disrupt.protector.technique", "Protector", "protector.studio"),
}
"""Module, class, and the weights where nobody names others."""


class _Learnt(Protocol):
    @property
    def against(self) -> Sequence[str]: ...

    def crops(self, images: Tensor, *, epsilon: float) -> Tensor: ...


@dataclass(frozen=True, eq=False)
class OnePass:
    """What was learnt.

    Attributes:
        learnt_from: names of the weights against which, as far as its card tells.
    """

    learnt: _Learnt
    learnt_from: tuple[str, ...] = ()

    def __call__(self, images: Tensor, epsilon: float) -> Tensor:
        """Pictures `(B, 3, S, S)` in [-1, 1] -> protected ones."""
        return self.learnt.crops(images.cpu(), epsilon=epsilon).detach().to(images)


def one_pass(kind: str, weights: str = "") -> OnePass:
    """Open what was learnt.

    Args:
        kind: universal or protector.
        weights: name or path; the usual ones where empty.

    Raises:
        MissingError: they are not there.
        CheckpointError: they are damaged.
    """
    where, name, usual = _OPENED[kind]
    find(weights or usual)  # a name that nobody knows is no reason to load anything
    try:
        module: Any = import_module(where)
    except ModuleNotFoundError as error:
        raise MissingError(f"there is no {kind} protection here", "leave it out") from error
    learnt: _Learnt = getattr(module, name).from_weights(weights or usual)
    return OnePass(learnt, tuple(Path(weights_of(met)).name.removesuffix(SUFFIX) for met in learnt.against))
