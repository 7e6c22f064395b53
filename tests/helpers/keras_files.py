"""MesoNet's weights as Keras saves them, made of a net of ours: what its authors' files look like."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from prosopon.detect.mesonet.net import Meso4, MesoBase, MesoInception4

_NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}


def write_meso(path: Path, net: MesoBase, *, first: int = 1) -> Path:
    """Write the weights of a net; layers are numbered from `first` on, listed in an order that is not that of use."""
    if isinstance(net, Meso4):
        convs, norms = [f"convs.{i}" for i in range(4)], [f"norms.{i}" for i in range(4)]
    else:
        assert isinstance(net, MesoInception4)
        convs = [f"blocks.{b}.convs.{i}" for b in range(2) for i in range(7)] + ["convs.0", "convs.1"]
        norms = ["blocks.0.norm", "blocks.1.norm", "norms.0", "norms.1"]
    state = {key: value.numpy() for key, value in net.state_dict().items()}
    layers: dict[str, dict[str, np.ndarray]] = {}
    for kind, names in (("conv2d", convs), ("dense", ["hidden", "last"])):
        for number, name in enumerate(names, start=first):
            weight = state[f"{name}.weight"]
            kernel = weight.transpose(2, 3, 1, 0) if weight.ndim == 4 else weight.T
            layers[f"{kind}_{number}"] = {"kernel:0": kernel, "bias:0": state[f"{name}.bias"]}
    for number, name in enumerate(norms, start=first):
        layers[f"batch_normalization_{number}"] = {
            theirs + ":0": state[f"{name}.{own}"] for own, theirs in _NORM.items()
        }
    with h5py.File(path, "w") as file:
        listed = [*layers, f"flatten_{first}"]
        file.attrs["layer_names"] = [name.encode() for name in reversed(listed)]
        file.attrs["keras_version"] = b"2.1.5"
        for layer in reversed(listed):
            group = file.create_group(layer)
            for role, array in layers.get(layer, {}).items():
                group.create_dataset(f"{layer}/{role}", data=array)
    return path
