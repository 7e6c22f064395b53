"""What training starts with: weights of part swap or of animation, whose keypoints become parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from prosopon.core.errors import CheckpointError
from prosopon.create.partswap.model import NETS
from prosopon.create.partswap.published import PublishedStates, as_segmentation, has_segments, with_segments
from prosopon.models import checkpoint

_GENERATOR_ONLY = ("dense_motion_network.", "guides.")
"""What animation has in its generator and a reconstruction module has not."""


def start_from(modules: Mapping[str, nn.Module], path: Path, keypoints: Sequence[int] = ()) -> None:
    """Load weights of ours (`.safetensors`) or a published checkpoint into the nets of a recipe.

    Animation weights serve as well: the detector's points become shifts, its jacobians affine motions, its picture
    layers those of the reconstruction; where they have no segments, those begin at random.

    Args:
        modules: the recipe's nets.
        path: the weights.
        keypoints: which points of animation weights become parts; all of them when empty.

    Raises:
        CheckpointError, MissingError: the file is unsafe, damaged, absent, or of another configuration.
    """
    if path.suffix == ".safetensors":
        state, _ = checkpoint.load(path)
        states = _of_ours(state, path.name)
    else:
        published = PublishedStates([path])
        states = {"segmentation_module": published.segmentation, "reconstruction_module": published.reconstruction}
    try:
        segmentation = _chosen(states["segmentation_module"], keypoints)
    except IndexError:
        raise CheckpointError(
            f"{path.name} has fewer keypoints than the parts of this configuration begin with",
            f"start from weights that have {max(keypoints) + 1} or more, each with its own affine motion",
        ) from None
    own = modules["segmentation_module"].state_dict()
    states = {**states, "segmentation_module": with_segments(segmentation, own)}
    for net in NETS:
        checkpoint.load_strict(modules[net], states[net], f"the {net} of {path.name}")


def _of_ours(state: Mapping[str, Tensor], where: str) -> dict[str, Mapping[str, Tensor]]:
    parts = {net: checkpoint.part(state, net) for net in (*NETS, "kp_detector", "generator")}
    if parts["segmentation_module"]:
        return {net: parts[net] for net in NETS}
    if not parts["kp_detector"]:
        raise CheckpointError(f"{where} holds neither part swap nor animation", "see prosopon weights list")
    pictures = {key: value for key, value in parts["generator"].items() if not key.startswith(_GENERATOR_ONLY)}
    return {"segmentation_module": as_segmentation(parts["kp_detector"]), "reconstruction_module": pictures}


def _chosen(segmentation: Mapping[str, Tensor], keypoints: Sequence[int]) -> dict[str, Tensor]:
    """The heads of some keypoints only; weights that have segments are left as they are."""
    if not keypoints or has_segments(segmentation):
        return dict(segmentation)
    points = torch.tensor(list(keypoints))
    entries = {"shift": points, "affine": (points[:, None] * 4 + torch.arange(4)).flatten()}
    return {
        key: value[entries[key.split(".")[0]]] if key.split(".")[0] in entries else value
        for key, value in segmentation.items()
    }
