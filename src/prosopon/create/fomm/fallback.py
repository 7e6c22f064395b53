"""Which layers of nets in int8 go back to bf16: those that spoil the pictures most, until these are good enough."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

LEAST_DB = 32.0
"""Peak signal-to-noise ratio of the pictures against float32 that int8 must reach."""
_GROUPS = 6
"""So many groups of neighbouring layers in a stack: each of them costs one compilation to measure."""


class Quantised(Protocol):
    """A stack of convolutions of which some are in int8, see `models.openvino.CompiledStack`."""

    int8_layers: tuple[str, ...]

    def put_back(self, layers: Collection[str]) -> None:
        """Compute these in bf16 and all others in int8."""
        ...


@dataclass(frozen=True)
class LayerGroup:
    """Neighbouring layers of a stack.

    Attributes:
        stack: its name.
        layers: names of the layers.
        alone_db: PSNR of the pictures when only these layers are in int8.
    """

    stack: str
    layers: tuple[str, ...]
    alone_db: float


@dataclass(frozen=True)
class FellBack:
    """What was decided.

    Attributes:
        before_db: PSNR of the pictures with everything in int8 that could be.
        after_db: of what was settled on.
        groups: all groups, the worst first; none where nothing had to be measured.
        n_back: how many of them, from the first on, went back to bf16.
    """

    before_db: float
    after_db: float
    groups: tuple[LayerGroup, ...] = ()
    n_back: int = 0

    @property
    def line(self) -> str:
        """For people."""
        if not self.n_back:
            return f"int8 is {self.before_db:.1f} dB from fp32"
        return (
            f"int8 was {self.before_db:.1f} dB from fp32: {self.n_back} of {len(self.groups)} groups of layers went "
            f"back to bf16, which makes it {self.after_db:.1f} dB"
        )


def fall_back(stacks: Mapping[str, Quantised], psnr_db: Callable[[], float], *, least_db: float = LEAST_DB) -> FellBack:
    """Put layers back until the pictures are as good as wanted, or nothing is left in int8.

    Args:
        stacks: by name; they are left as decided.
        psnr_db: measures the pictures with the stacks as they are.
        least_db: wanted.
    """
    before = psnr_db()
    pieces = [(name, layers) for name, stack in stacks.items() for layers in _split(stack.int8_layers)]
    if before >= least_db or not pieces:
        return FellBack(before, before)
    groups = []
    for name, layers in pieces:
        for other, stack in stacks.items():
            stack.put_back([layer for layer in stack.int8_layers if other != name or layer not in layers])
        groups.append(LayerGroup(name, layers, psnr_db()))
    groups.sort(key=lambda group: group.alone_db)
    after, n_back = before, 0
    while after < least_db and n_back < len(groups):
        n_back += 1
        for name, stack in stacks.items():
            stack.put_back([layer for group in groups[:n_back] if group.stack == name for layer in group.layers])
        after = psnr_db()
    return FellBack(before, after, tuple(groups), n_back)


def _split(layers: Sequence[str]) -> list[tuple[str, ...]]:
    """Layers in at most six groups of neighbours, about equally many in each."""
    count = min(_GROUPS, len(layers))
    edges = [round(i * len(layers) / count) for i in range(count + 1)] if count else []
    return [tuple(layers[start:stop]) for start, stop in pairwise(edges)]
