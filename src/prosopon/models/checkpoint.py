"""Weights on disk: `<name>.safetensors` holds the tensors, `<name>.json` beside it what they are. No pickles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from prosopon.core.content_id import sha256_of
from prosopon.core.errors import CheckpointError, MissingError
from prosopon.models.files import write_atomically
from prosopon.models.pair import card_file, read_card, weights_file

_LARGEST_FP16 = 65504.0
_LISTED = 6


def save(
    module_state: Mapping[str, Tensor], path_stem: Path, meta: Mapping[str, Any], dtype: torch.dtype | None = None
) -> Path:
    """Write the pair `<path_stem>.safetensors` and `.json`, each whole or not at all.

    Args:
        module_state: tensors by key, on any device; tied tensors are stored once for each key.
        path_stem: where, without a suffix; its folder must exist.
        meta: what the weights are, JSON-able. `sha256` and `size_bytes` of the tensors' file are added.
        dtype: `torch.float16` halves the file: kernels and matrices are stored in it, while vectors (biases, norms,
            running statistics) and values beyond its range keep their type. None stores everything as it is.

    Returns:
        The path of the `.safetensors`.

    Raises:
        OSError: the folder cannot be written, or the disk is full; an earlier pair stays.
    """
    path = weights_file(path_stem)
    state = {key: _stored(tensor, dtype) for key, tensor in module_state.items()}
    write_atomically(path, lambda file: _write_tensors(file, state))
    card = {**meta, "sha256": sha256_of(path), "size_bytes": path.stat().st_size}
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    write_atomically(card_file(path), lambda file: _write_text(file, text))
    return path


def _write_tensors(file: Path, state: dict[str, Tensor]) -> None:
    try:
        save_file(state, file)
    except SafetensorError as error:  # what it makes of a full disk, among others
        raise OSError(str(error)) from error


def _write_text(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def _stored(tensor: Tensor, dtype: torch.dtype | None) -> Tensor:
    held = tensor.detach().cpu()
    if dtype is not None and held.dtype == torch.float32 and held.ndim >= 2:
        fits = dtype != torch.float16 or not bool((held.abs() > _LARGEST_FP16).any())
        held = held.to(dtype) if fits else held
    return held.clone(memory_format=torch.contiguous_format)


def load(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of a `.safetensors` on the CPU, half precision widened to fp32, and the card beside it.

    Raises:
        MissingError: one of the two files is not there.
        CheckpointError: damaged, cut short, not of this form, or not the file that the card speaks of.
    """
    card = read_card(path)
    expected = card.get("sha256")
    found = sha256_of(path) if path.is_file() else None
    if found is None:
        raise MissingError(f"the weights {path} are not there", "prosopon weights list shows what is")
    if expected is None:
        raise CheckpointError(f"the card {card_file(path)} names no sha256", "import the weights again")
    try:
        state = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            f"the weights {path} are damaged or no safetensors: {error}", "fetch them again"
        ) from None
    if found != expected:
        raise CheckpointError(
            f"the weights {path} have sha256 {found[:12]}… but their card says {str(expected)[:12]}…",
            "fetch both files again",
        )
    return {key: _widened(tensor) for key, tensor in state.items()}, card


def _widened(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor


def load_strict(module: nn.Module, state: Mapping[str, Tensor], where: str) -> None:
    """Load `state` into `module`, key for key and shape for shape.

    Args:
        module: takes the tensors, wherever it is.
        state: keys as in `module.state_dict()`.
        where: what is being loaded, for the error: `the generator of fomm.mini`.

    Raises:
        CheckpointError: keys are missing, unexpected or of another shape; lists them, and nothing was loaded.
    """
    own = module.state_dict()
    missing = [key for key in own if key not in state]
    unexpected = [key for key in state if key not in own]
    shapes = [
        f"{key} {tuple(state[key].shape)} instead of {tuple(own[key].shape)}"
        for key in own
        if key in state and state[key].shape != own[key].shape
    ]
    problems = [
        f"{kind}: {_listed(keys)}"
        for kind, keys in (("missing", missing), ("unexpected", unexpected), ("ill-shaped", shapes))
        if keys
    ]
    if problems:
        raise CheckpointError(
            f"{where} does not fit the net: {'; '.join(problems)}", "use the configuration that they were trained with"
        )
    module.load_state_dict(dict(state))


def with_counts(state: Mapping[str, Tensor], module: nn.Module) -> dict[str, Tensor]:
    """A state with the module's own counts of batches where it has none.

    Files of before torch 0.4.1 do not count batches, and the count plays no part in what nets of ours answer.
    """
    counts = {key: value for key, value in module.state_dict().items() if key.endswith("num_batches_tracked")}
    return {**counts, **state}


def part(state: Mapping[str, Tensor], module: str) -> dict[str, Tensor]:
    """The tensors of one module out of a file that holds several, `<module>.<key>` -> `<key>`."""
    return {key.removeprefix(f"{module}."): value for key, value in state.items() if key.startswith(f"{module}.")}


def _listed(keys: list[str]) -> str:
    more = len(keys) - _LISTED
    return ", ".join(keys[:_LISTED]) + (f" and {more} more" if more > 0 else "")
