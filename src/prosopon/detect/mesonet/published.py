"""The authors' weights as ours: Keras' layers by their numbers, its arrays in our order of axes.

A layer's number says when it was made, and layers were made in the order of the published classes. The order in which a
file lists them is another one, in which branches of equal shape would change places.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prosopon.core.errors import CheckpointError
from prosopon.detect.mesonet.net import NETS, Meso4, MesoBase, MesoInception4
from prosopon.models.checkpoint import load_strict, with_counts
from prosopon.models.keras_weights import Layers, read_keras

_NAME = re.compile(r"(conv2d|batch_normalization|dense)_(\d+)")
_KINDS = ("conv2d", "batch_normalization", "dense")
_NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
_AXES = {2: (1, 0), 4: (3, 2, 0, 1)}
"""From (in, out) and (H, W, in, out) to (out, in) and (out, in, H, W)."""


def read_published(path: Path) -> tuple[str, MesoBase]:
    """The net that a `.h5` of the authors is of, with its weights, and the name of its configuration.

    Raises:
        MissingError: there is no such file.
        CheckpointError: it is damaged, or of another net.
    """
    layers = read_keras(path)
    by_kind = {kind: _numbered(layers, kind) for kind in _KINDS}
    counts = tuple(len(by_kind[kind]) for kind in _KINDS)
    for config, kind in NETS.items():
        net = kind()
        modules = _in_order(net)
        if counts == tuple(len(modules[kind]) for kind in _KINDS):
            state = _state(net, modules, layers, by_kind, path)
            load_strict(net, with_counts(state, net), path.name)
            return config, net.eval()
    raise CheckpointError(
        f"{path} has {counts[0]} convolutions, {counts[1]} normalisations and {counts[2]} dense layers: it is of "
        "neither Meso-4 nor MesoInception-4",
        "give Meso4_DF.h5, Meso4_F2F.h5, MesoInception_DF.h5 or MesoInception_F2F.h5",
    )


def _numbered(layers: Layers, kind: str) -> list[str]:
    """The layers of a kind in the order of their numbers."""
    found = [(int(match[2]), name) for name in layers if (match := _NAME.fullmatch(name)) and match[1] == kind]
    return [name for _, name in sorted(found)]


def _in_order(net: MesoBase) -> dict[str, list[tuple[str, nn.Module]]]:
    """Our layers of each kind in the order in which the authors made theirs, with their names."""
    named = dict(net.named_modules())
    if isinstance(net, Meso4):
        convs, norms = [f"convs.{i}" for i in range(4)], [f"norms.{i}" for i in range(4)]
    else:
        assert isinstance(net, MesoInception4)  # noqa: S101 - there are two nets
        convs = [f"blocks.{block}.convs.{i}" for block in range(2) for i in range(7)] + ["convs.0", "convs.1"]
        norms = ["blocks.0.norm", "blocks.1.norm", "norms.0", "norms.1"]
    wanted = {"conv2d": convs, "batch_normalization": norms, "dense": ["hidden", "last"]}
    return {kind: [(name, named[name]) for name in names] for kind, names in wanted.items()}


def _state(
    net: MesoBase,
    modules: dict[str, list[tuple[str, nn.Module]]],
    layers: Layers,
    by_kind: dict[str, list[str]],
    path: Path,
) -> dict[str, Tensor]:
    state: dict[str, Tensor] = {}
    for kind in _KINDS:
        roles = _NORM if kind == "batch_normalization" else {"weight": "kernel", "bias": "bias"}
        for (name, _), layer in zip(modules[kind], by_kind[kind], strict=True):
            for own, theirs in roles.items():
                if theirs not in layers[layer]:
                    raise CheckpointError(f"{path} lacks the {theirs} of {layer}", "fetch it again")
                state[f"{name}.{own}"] = torch.from_numpy(_turned(layers[layer][theirs]))
    if not all(bool(torch.isfinite(value).all()) for value in state.values()):
        raise CheckpointError(f"{path} holds weights that are no numbers", "fetch it again")
    return state


def _turned(array: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.ascontiguousarray(array.transpose(_AXES[array.ndim]) if array.ndim in _AXES else array)
