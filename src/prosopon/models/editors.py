"""Published nets that redraw pictures and are no technique here: brought in and opened as what may be disrupted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from prosopon.core.errors import CheckpointError, UsageError
from prosopon.models import cyclegan, ganimation, pix2pixhd
from prosopon.models.catalogue import find
from prosopon.models.checkpoint import load, load_strict, part
from prosopon.models.importing import read_published

_MODULE = "generator"


@dataclass(frozen=True)
class Editor:
    """One family of nets.

    Attributes:
        name: what weights cards call it.
        nets: how a net is built, by configuration.
        translate: a published state, as a net of ours names it.
    """

    name: str
    nets: Mapping[str, Callable[[], nn.Module]]
    translate: Callable[[Mapping[str, Tensor], nn.Module], dict[str, Tensor]]

    def import_published(self, path: Path, config: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """A published generator as our weights: the state as `generator.<key>`, and what goes on the card.

        Raises:
            MissingError: there is no such file.
            CheckpointError: it is unsafe, damaged, or not of this net.
            UsageError: there is no such configuration.
        """
        net = self._build(config)
        tensors = {str(key): value for key, value in read_published(path).items() if isinstance(value, Tensor)}
        load_strict(net, self.translate(tensors, net), path.name)
        return {f"{_MODULE}.{key}": tensor for key, tensor in net.state_dict().items()}, {}

    def open(self, weights: str | Path) -> nn.Module:
        """A generator with imported weights, by name or path, on the CPU, in train mode as in published attacks.

        Raises:
            MissingError: there are no such weights.
            CheckpointError: they are damaged, or of another family.
        """
        entry = find(weights)
        if entry.technique != self.name or entry.config not in self.nets:
            raise CheckpointError(
                f"the weights {entry.name} are of {entry.technique} ({entry.config}), not of {self.name}",
                "see prosopon weights list",
            )
        net = self._build(entry.config)
        state, _ = load(entry.path)
        load_strict(net, part(state, _MODULE), entry.name)
        return net

    def _build(self, config: str) -> nn.Module:
        if config not in self.nets:
            raise UsageError(f"{self.name} has no configuration {config!r}", f"use one of {', '.join(self.nets)}")
        return self.nets[config]()


EDITORS: Mapping[str, Editor] = {
    editor.name: editor
    for editor in (
        Editor("ganimation", {"au17": ganimation.Generator}, ganimation.from_published),
        Editor(
            "cyclegan",
            {
                "resnet_9blocks": cyclegan.Generator,
                "resnet_6blocks": lambda: cyclegan.Generator(n_blocks=6),
                "resnet_9blocks_dropout": lambda: cyclegan.Generator(dropout=True),
            },
            lambda state, _: cyclegan.from_published(state),
        ),
        Editor(
            "pix2pixhd",
            {"global": pix2pixhd.GlobalGenerator, "local": pix2pixhd.LocalEnhancer},
            lambda state, _: pix2pixhd.from_published(state),
        ),
    )
}
"""All of them, by name."""
