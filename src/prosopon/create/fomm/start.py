"""What training starts with: weights that exist already."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from prosopon.models import checkpoint
from prosopon.models.motion.published import NETS, published_states


def start_from(modules: Mapping[str, nn.Module], path: Path) -> None:
    """Load weights of ours (`.safetensors`) or a published checkpoint into the nets of a recipe.

    A discriminator is taken where the file has a fitting one: some published files lack it, and ours never have it.

    Raises:
        CheckpointError, MissingError: the file is unsafe, damaged, absent, or of another configuration.
    """
    states: Mapping[str, Mapping[str, Tensor]]
    if path.suffix == ".safetensors":
        state, _ = checkpoint.load(path)
        states = {net: checkpoint.part(state, net) for net in NETS}
    else:
        states = published_states(path)
    for net in NETS:
        checkpoint.load_strict(modules[net], states[net], f"the {net} of {path.name}")
    if "discriminator" in modules and "discriminator" in states:
        checkpoint.load_strict(modules["discriminator"], states["discriminator"], f"the discriminator of {path.name}")
