"""Weights that Keras saved as HDF5, read as nothing but arrays of numbers.

HDF5 can point to other files, unpack far more than its size and hold objects. Nothing of that is followed: every link
must lie in the file itself, every array hold plain floating point numbers stored as they are, and sizes are compared
with what a file of weights can have before a byte is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import CheckpointError, MissingError
from prosopon.models.importing import is_hdf5

_MOST_BYTES = 512 * 2**20
"""Of a file."""
_MOST_ENTRIES = 10_000
_DEEPEST = 6
_MOST_AXES = 4
_OF_WHOLE_MODEL = "model_weights"
"""The group that holds the layers where a whole model was saved."""

Layers = Mapping[str, Mapping[str, NDArray[np.float32]]]
"""Arrays by layer and role: `layers["conv2d_5"]["kernel"]`."""


def read_keras(path: Path) -> Layers:
    """The layers of a Keras `.h5` with their arrays; layers without weights are left out.

    Raises:
        MissingError: there is no such file.
        CheckpointError: it is damaged, no HDF5, too large, or holds anything else than arrays of numbers.
    """
    if not path.is_file():
        raise MissingError(f"the checkpoint {path} is not there", "check the path")
    if not is_hdf5(path):
        raise CheckpointError(f"{path} is no HDF5 file", "give the .h5 that the authors published")
    size = path.stat().st_size
    if size > _MOST_BYTES:
        raise CheckpointError(f"{path} has {size / 1e6:.0f} MB, too many for such a net", "do not trust this file")
    try:
        with h5py.File(path, "r") as file:
            return _layers(path, file, size)
    except CheckpointError:
        raise
    except Exception as error:  # on damaged bytes the library raises anything
        said = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise CheckpointError(f"{path} is damaged: {said}", "fetch it again") from None


def _layers(path: Path, file: Any, size: int) -> Layers:
    layers: dict[str, dict[str, NDArray[np.float32]]] = {}
    read = 0
    for where, array in _arrays(path, file, ()):
        parts = where[1:] if where[0] == _OF_WHOLE_MODEL else where
        if where[0] in ("optimizer_weights",) or len(parts) < 2:
            continue
        read += array.size * array.dtype.itemsize
        if read > size:
            raise CheckpointError(f"{path} holds more numbers than its size allows", "do not trust this file")
        role = parts[-1].split(":")[0]
        held = layers.setdefault(parts[0], {})
        if role in held:
            raise CheckpointError(f"{path} has two arrays {role!r} in the layer {parts[0]!r}", "fetch it again")
        held[role] = np.asarray(array[()], np.float32)
    return layers


def _arrays(path: Path, group: Any, where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every array below a group with its place, not yet read."""
    if len(where) > _DEEPEST or len(group) > _MOST_ENTRIES:
        raise CheckpointError(f"{path} holds more than layers and their weights", "do not trust this file")
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise CheckpointError(f"{path} points elsewhere at {name!r}", "do not trust this file")
        entry = group[name]
        place = (*where, str(name))
        if isinstance(entry, h5py.Group):
            yield from _arrays(path, entry, place)
        elif isinstance(entry, h5py.Dataset):
            _check(path, entry, "/".join(place))
            yield place, entry
        else:
            raise CheckpointError(f"{path} holds something else than arrays at {'/'.join(place)}", "fetch it again")


def _check(path: Path, array: Any, where: str) -> None:
    plain = array.dtype.kind == "f" and array.dtype.itemsize in (2, 4, 8)
    if not plain or array.shape is None or len(array.shape) > _MOST_AXES:
        raise CheckpointError(f"{path} holds no plain numbers at {where}", "give the .h5 that the authors published")
    stored = array.compression is None and not array.is_virtual and not array.external
    if not stored or array.size * array.dtype.itemsize > max(array.id.get_storage_size(), 0):
        raise CheckpointError(f"{path} does not hold the numbers of {where} itself", "do not trust this file")
