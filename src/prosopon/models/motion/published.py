"""First Order Motion checkpoints of the published form: animation loads them, and part swap starts from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from prosopon.core.errors import CheckpointError
from prosopon.models.importing import read_published

NETS = ("kp_detector", "generator")


def published_states(path: Path) -> dict[str, dict[str, Tensor]]:
    """The nets' weights out of a published checkpoint file, by net, without the computed blur kernels.

    Raises:
        CheckpointError: the file cannot be read safely or does not hold a motion model.
    """
    table = read_published(path)
    missing = [net for net in NETS if net not in table]
    if missing:
        raise CheckpointError(
            f"{path.name} does not look like a First Order Motion checkpoint: it lacks {', '.join(missing)} "
            f"and has {', '.join(sorted(map(str, table))[:8])}",
            "published files have kp_detector and generator at the top level",
        )
    return {
        net: {
            key.removeprefix("module."): value for key, value in table[net].items() if not key.endswith("down.weight")
        }
        for net in (*NETS, "discriminator")
        if isinstance(table.get(net), Mapping)
    }
