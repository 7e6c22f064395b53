"""Published checkpoints of others, read without running anything that is in them, and stored as our own kind."""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from prosopon.core.content_id import sha256_of
from prosopon.core.errors import CheckpointError, FileExistsAlready, MissingError, UsageError
from prosopon.core.registry import load_technique
from prosopon.models import checkpoint
from prosopon.models.catalogue import Entry, catalogue, check_name, find, user_folder
from prosopon.models.pair import SUFFIX

_HDF5 = b"\x89HDF"
_REFUSED = re.compile(r"GLOBAL (\S+) (?:was not an allowed global|whose module \S+ is blocked)")
_LISTED = 5
# Tensors hardly compress, so that a file which unpacks to far more than its size is not one of weights.
_MOST_UNPACKED = 20


@runtime_checkable
class Importer(Protocol):
    """A technique that can take published weights."""

    @classmethod
    def import_published(cls, path: Path, config: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The tensors as our nets name them, `<module>.<key>`, and what goes on the card.

        Raises:
            CheckpointError: the file is not one of this technique and configuration.
            UsageError: there is no such configuration.
        """
        ...


def read_published(path: Path) -> dict[str, Any]:
    """What a published `.pth`, `.pth.tar`, `.pt`, `.ckpt` or `.safetensors` holds, on the CPU.

    Pickles are read with `weights_only=True`: tensors, numbers, strings and containers, no other Python objects.

    Raises:
        MissingError: there is no such file.
        CheckpointError: it is damaged, of another form, or asks for Python objects; names those that were refused.
    """
    if not path.is_file():
        raise MissingError(f"the checkpoint {path} is not there", "check the path")
    if path.name.endswith(SUFFIX):
        return dict(_read_safetensors(path))
    if is_hdf5(path):
        raise CheckpointError(
            f"{path} is an HDF5 file of Keras, and these nets were published by PyTorch",
            "see prosopon list: --technique mesonet takes such files",
        )
    _refuse_bomb(path)
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # on damaged or hostile bytes the reader raises anything
        raise _refusal(path, error) from None
    if not isinstance(loaded, Mapping):
        raise CheckpointError(f"{path} holds a {type(loaded).__name__}, not tensors by name", "look for its state_dict")
    return dict(loaded)


def is_hdf5(path: Path) -> bool:
    """Whether a file begins as HDF5 does; False where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(_HDF5)) == _HDF5
    except OSError:
        return False


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged or no safetensors: {error}", "fetch it again") from None


def _refuse_bomb(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > _MOST_UNPACKED * path.stat().st_size:
        raise CheckpointError(f"{path} would unpack to {unpacked / 1e9:.1f} GB", "do not trust this file")


def _refusal(path: Path, error: Exception) -> CheckpointError:
    refused = sorted(set(_REFUSED.findall(str(error))) | set(_unsafe_globals(path)))
    if refused:
        more = f" and {len(refused) - _LISTED} more" if len(refused) > _LISTED else ""
        return CheckpointError(
            f"{path} was refused: beside tensors it wants to create the Python objects "
            f"{', '.join(refused[:_LISTED])}{more}, which can run any code",
            "ask its author for a state_dict or safetensors; or, on a machine that you can afford to lose, "
            "load it there and save its state_dict alone with torch.save",
        )
    said = str(error).splitlines()[0][:120] if str(error) else ""
    reason = (
        "it holds more than tensors" if isinstance(error, pickle.UnpicklingError) else f"{type(error).__name__} {said}"
    )
    return CheckpointError(f"{path} is damaged or no PyTorch checkpoint: {reason}", "fetch it again")


def _unsafe_globals(path: Path) -> list[str]:
    """All Python objects that the file asks for and that are refused; empty for what is no zip of PyTorch."""
    try:
        return list(torch.serialization.get_unsafe_globals_in_checkpoint(path))
    except Exception:  # the file is hostile or damaged, and the error that we are explaining says so
        return []


def import_weights(
    path: Path,
    *,
    technique: str,
    config: str,
    name: str,
    licence: str,
    origin: str,
    importer: object | None = None,
    force: bool = False,
) -> Entry:
    """Store published weights among the user's own, as exact as they are.

    Args:
        path: the published file.
        technique: name of the technique whose nets they fit.
        config: name of its configuration.
        name: what they shall be called.
        licence: under which licence they were published.
        origin: where they come from: an address, a paper.
        importer: who reads the file, for nets that are no technique of their own; the technique where not given.
        force: whether weights of the same name may be overwritten.

    Returns:
        The entry of the catalogue that they have become.

    Raises:
        MissingError: there is no such file or technique.
        CheckpointError: the file is unsafe, damaged or not of this technique.
        UsageError: the technique imports nothing, or the name cannot be used.
        FileExistsAlready: there are weights of that name and `force` is off.
    """
    check_name(name)
    if name in catalogue() and not force:
        raise FileExistsAlready(f"there are weights called {name!r} already", "use another --name, or -f to overwrite")
    importer = importer or load_technique(technique)
    if not isinstance(importer, Importer):
        raise UsageError(f"the technique {technique!r} imports no published weights", "see prosopon list")
    state, card = importer.import_published(path, config)
    card = {
        **card,
        "technique": technique,
        "config": config,
        "licence": licence or card.get("licence", "unknown"),
        "origin": origin or card.get("origin", "unknown"),
        "imported_from": {"file": path.name, "sha256": sha256_of(path)},
    }
    folder = user_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        checkpoint.save(state, folder / name, card)
    except OSError as error:
        raise CheckpointError(
            f"the weights cannot be stored in {folder}: {error}", "make room, or set PROSOPON_HOME"
        ) from error
    return find(name)
