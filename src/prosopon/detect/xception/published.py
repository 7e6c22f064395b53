"""Published Xception checkpoints as ours: of FaceForensics++, of DeepfakeBench, and those trained on ImageNet.

FaceForensics++ saved whole modules, which cannot be loaded without running what they name; they are read as data. Keys
have the prefix `model.` there and `backbone.` in DeepfakeBench, and the head lies one deeper where it had dropout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from prosopon.core.errors import CheckpointError
from prosopon.detect.xception.net import FAKE, XceptionNet
from prosopon.models.checkpoint import load_strict, with_counts
from prosopon.models.importing import is_hdf5, read_published
from prosopon.models.pair import SUFFIX
from prosopon.models.whole_modules import read_module

HEAD = "last_linear"
_PREFIXES = ("module.", "model.", "backbone.", "net.")
_HEADS = {"last_linear.1": HEAD, "fc": HEAD}
_PASSED_OVER = ("adjust_channel.",)
"""Layers of DeepfakeBench's class that its forward pass does not use."""


@dataclass(frozen=True)
class Published:
    """A form of published checkpoints.

    Attributes:
        fake: which of the two classes is a fake.
        with_head: whether it tells real from fake at all.
    """

    fake: int = FAKE
    with_head: bool = True


CONFIGS: Mapping[str, Published] = {
    "ffpp": Published(),
    "fake-first": Published(fake=0),
    "imagenet": Published(with_head=False),
}
"""`ffpp`: FaceForensics++ and DeepfakeBench, class 1 is the fake; `fake-first`: class 0 is; `imagenet`: knows objects,
and is good to start training from."""


def read_weights(path: Path, config: Published) -> dict[str, Tensor]:
    """The state of an `XceptionNet`, without the head where it has none that tells real from fake.

    Raises:
        MissingError: there is no such file.
        CheckpointError: it is unsafe, damaged, or of another net.
    """
    found = _renamed(_tensors(path))
    net = XceptionNet(config.fake)
    head = [key for key in net.state_dict() if key.startswith(f"{HEAD}.")]
    given = {key: value for key, value in found.items() if not key.startswith(f"{HEAD}.")}
    own = {key: found[key] for key in head if key in found} if config.with_head else _keys(net, head)
    state = with_counts({**given, **own}, net)
    load_strict(net, state, path.name)
    return state if config.with_head else {key: value for key, value in state.items() if key not in head}


def _keys(net: XceptionNet, keys: list[str]) -> dict[str, Tensor]:
    state = net.state_dict()
    return {key: state[key] for key in keys}


def _tensors(path: Path) -> dict[str, Tensor]:
    """Tensors by name: by PyTorch's own safe reader, else as the data of a whole module."""
    try:
        held = read_published(path)
    except CheckpointError:
        if path.name.endswith(SUFFIX) or is_hdf5(path):
            raise
        return read_module(path)
    for nested in [held, *(value for value in held.values() if isinstance(value, Mapping))]:
        tensors = {str(key): value for key, value in nested.items() if isinstance(value, Tensor)}
        if len(tensors) > 2:
            return tensors
    raise CheckpointError(f"{path} holds no tensors by name", "look for its state_dict")


def _renamed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Keys without prefixes, pointwise kernels with four axes."""
    renamed: dict[str, Tensor] = {}
    for key, value in tensors.items():
        name, again = key, True
        while again:
            stripped = next((name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix)), name)
            name, again = stripped, stripped != name
        if name.startswith(_PASSED_OVER):
            continue
        layer, _, role = name.rpartition(".")
        name = f"{_HEADS.get(layer, layer)}.{role}"
        # The ImageNet file stores its pointwise kernels as matrices.
        flat = name.endswith("pointwise.weight") and value.ndim == 2
        renamed[name] = value[:, :, None, None] if flat else value
    return renamed
