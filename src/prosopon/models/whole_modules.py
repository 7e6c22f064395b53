"""Files in which a whole PyTorch module was saved, read as tensors by name without running anything that is in them."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from prosopon.core.errors import CheckpointError, MissingError
from prosopon.models.module_pickle import Laid, Refused, Stored, read_pickle
from prosopon.models.module_state import state_of

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_MOST_BYTES = 4 * 2**30
_MOST_PICKLE = 64 * 2**20
_MOST_TENSORS = 20_000
_MOST_UNPACKED = 4
"""How many times its size an archive may unpack to."""

Storages = Mapping[str, Tensor]


def read_module(path: Path) -> dict[str, Tensor]:
    """Parameters and buffers of a module by dotted name, on the CPU; of a state dictionary, its tensors.

    Both forms are read: the archives of PyTorch 1.6 and later, and the older ones.

    Raises:
        MissingError: there is no such file.
        CheckpointError: it is damaged, or asks for anything else than tensors.
    """
    if not path.is_file():
        raise MissingError(f"the checkpoint {path} is not there", "check the path")
    size = path.stat().st_size
    if size > _MOST_BYTES:
        raise CheckpointError(f"{path} has {size / 1e9:.1f} GB, too many for a net", "do not trust this file")
    try:
        laid, storages = _archive(path, size) if zipfile.is_zipfile(path) else _older(path, size)
        return {name: _tensor(one, storages) for name, one in laid.items()}
    except Refused as error:
        raise CheckpointError(f"{path}: {error.what}", error.hint) from None
    except (CheckpointError, MissingError):
        raise
    except Exception as error:  # on damaged bytes anything may happen
        raise CheckpointError(
            f"{path} is damaged or no PyTorch checkpoint: {type(error).__name__} {error}", "fetch it again"
        ) from None


def _state(whole: Any, size: int) -> dict[str, Laid]:
    """Which tensors there are. Some may share their numbers, but not so many that they fill the memory."""
    laid = state_of(whole, _MOST_TENSORS)
    if sum(prod(one.size) for one in laid.values()) > size:
        raise Refused("its tensors are far larger than the file")
    return laid


def _archive(path: Path, n_bytes: int) -> tuple[dict[str, Laid], Storages]:
    with zipfile.ZipFile(path) as archive:
        members = {member.filename: member for member in archive.infolist()}
        if sum(member.file_size for member in members.values()) > _MOST_UNPACKED * n_bytes:
            raise Refused("it would unpack to far more than its size")
        pickles = [name for name in members if name.endswith("/data.pkl") and name.count("/") == 1]
        if len(pickles) != 1:
            raise ValueError("its archive has no data.pkl")
        root = pickles[0].removesuffix("data.pkl")
        order = members.get(f"{root}byteorder")
        if order is not None and archive.read(order).strip() != b"little":
            raise ValueError("its numbers begin with the highest byte")
        size = members[pickles[0]].file_size
        if size > _MOST_PICKLE:
            raise Refused(f"its pickle has {size:,} bytes")
        with archive.open(pickles[0]) as file:
            laid = _state(read_pickle(file, size), n_bytes)
        wanted = {one.stored.key: one.stored for one in laid.values()}
        return laid, {key: _numbers(archive.read(f"{root}data/{key}"), stored) for key, stored in wanted.items()}


def _older(path: Path, size: int) -> tuple[dict[str, Laid], Storages]:
    with path.open("rb") as file:
        if read_pickle(file, 64) != _MAGIC or read_pickle(file, 64) != _PROTOCOL:
            raise ValueError("it does not begin as such a file")
        about = read_pickle(file, 4096)
        if not isinstance(about, Mapping) or about.get("little_endian") is not True:
            raise ValueError("its numbers begin with the highest byte")
        stored: dict[str, Stored] = {}
        laid = _state(read_pickle(file, min(size, _MOST_PICKLE), stored), size)
        keys = read_pickle(file, size)
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise ValueError("it does not say which numbers follow")
        return laid, dict(_in_turn(file, keys, stored, size))


def _in_turn(file: IO[bytes], keys: list[str], kinds: Mapping[str, Stored], size: int) -> Iterator[tuple[str, Tensor]]:
    """The stored numbers as they follow each other."""
    for key in keys:
        if key not in kinds:
            raise ValueError("it holds numbers that belong to nothing")
        (count,) = struct.unpack("<q", file.read(8))
        n_bytes = count * _item(kinds[key].dtype)
        if count < 0 or n_bytes > size:
            raise ValueError("it says that more numbers follow than there are")
        yield key, _numbers(file.read(n_bytes), kinds[key])


def _numbers(raw: bytes, stored: Stored) -> Tensor:
    item = _item(stored.dtype)
    if len(raw) % item:
        raise ValueError("some of its numbers are cut off")
    return torch.frombuffer(bytearray(raw), dtype=_dtype(stored.dtype)) if raw else torch.zeros(0)


def _tensor(one: Laid, storages: Storages) -> Tensor:
    held = storages[one.stored.key][one.stored.first :]
    if prod(one.size) == 0:
        return torch.zeros(one.size, dtype=_dtype(one.stored.dtype))
    last = one.offset + sum((side - 1) * step for side, step in zip(one.size, one.stride, strict=True))
    if last >= len(held) or prod(one.size) > len(held):
        raise ValueError("it has a tensor that reaches beyond its numbers")
    return held.as_strided(one.size, one.stride, one.offset).clone(memory_format=torch.contiguous_format)


def _item(dtype: str) -> int:
    return _dtype(dtype).itemsize


def _dtype(name: str) -> torch.dtype:
    dtype: torch.dtype = getattr(torch, name)
    return dtype
