"""Victims by name: which there are, and how one is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch

from prosopon.arena.victims import animation, face_swap, part_swap
from prosopon.arena.victims.animation import Animation
from prosopon.arena.victims.attributes import AttributeEdits
from prosopon.arena.victims.face_reader import Recognition
from prosopon.arena.victims.face_swap import SwappedFace
from prosopon.arena.victims.part_swap import FaceOnDriver
from prosopon.arena.victims.victim import Victim
from prosopon.core.errors import MissingError, UsageError
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.create.partswap.technique import PartSwap
from prosopon.create.stargan.technique import Stargan
from prosopon.create.swap.technique import FaceSwap
from prosopon.faces.reader.net import load_reader
from prosopon.models.catalogue import READER, Entry, catalogue, find
from prosopon.models.pair import SUFFIX

DEFAULT = ("fomm.face", "fomm.face/keypoints", "partswap.face", "swap.mini", "stargan.studio", "faces.reader")
"""What a photo is protected against where nobody says otherwise, as far as the weights are there."""


@dataclass(frozen=True)
class _Kind:
    """What weights of one technique can be attacked as.

    Attributes:
        answers: what of them; the first goes without a suffix.
        open: weights, answer, name, device and precision -> the victim.
    """

    answers: Sequence[str]
    open: Callable[[Entry, str, str, torch.device, torch.dtype], Victim]


def victim_names() -> list[str]:
    """Those whose weights are there, `weights` or `weights/answer`, sorted by weights."""
    return [
        entry.name if number == 0 else f"{entry.name}/{answer}"
        for entry in catalogue().values()
        if (kind := _kind(entry)) is not None
        for number, answer in enumerate(kind.answers)
    ]


def default_names() -> list[str]:
    """Those of `DEFAULT` whose weights are there."""
    known = victim_names()
    return [name for name in DEFAULT if name in known]


def open_victim(name: str, device: torch.device | None = None, *, precision: torch.dtype = torch.float32) -> Victim:
    """The victim of that name.

    Args:
        name: one of `victim_names()`, or the path of a `.safetensors` with its card beside it, where wanted with a
            slash and the answer after it.
        device: where to compute; None is the CPU.
        precision: of the convolutions while it is attacked; float32 or bfloat16. Effects are measured in float32.

    Raises:
        MissingError: its weights are not there.
        CheckpointError: they are damaged.
        UsageError: such weights are no victims, or have no such answer.
    """
    weights, answer = _split(name)
    entry = _found(weights)
    kind = _kind(entry)
    if kind is None:
        raise UsageError(f"the weights {entry.name} do nothing with photos that could be attacked", _known())
    if answer and answer not in kind.answers:
        raise UsageError(f"{entry.name} has no answer {answer!r}", f"use one of {', '.join(kind.answers)}")
    return kind.open(entry, answer or kind.answers[0], name, device or torch.device("cpu"), precision)


def weights_of(name: str) -> str:
    """A victim's name without what of it is attacked."""
    return _split(name)[0]


def _split(name: str) -> tuple[str, str]:
    """Weights and answer. What ends like a file has none: paths have slashes too."""
    weights, slash, answer = name.rpartition("/")
    return (weights, answer) if slash and not name.endswith(SUFFIX) else (name, "")


def _found(weights: str) -> Entry:
    try:
        return find(weights)
    except MissingError:
        technique = weights.split(".", maxsplit=1)[0]
        if technique not in _KINDS or weights.endswith(SUFFIX) or weights in catalogue():
            raise
        raise MissingError(
            f"the weights {weights} are not there, so a photo cannot be protected against them",
            f"train some with prosopon train {technique}, bring some in with prosopon weights import FILE --name "
            f"{weights}, or name another; {_known()}",
        ) from None


def _known() -> str:
    return f"there are {', '.join(victim_names())}"


def _kind(entry: Entry) -> _Kind | None:
    if entry.technique == "faces" and entry.config != _READER_CONFIG:
        return None
    return _KINDS.get(entry.technique)


_READER_CONFIG = READER.rpartition(".")[2]


def _animation(entry: Entry, answer: str, name: str, device: torch.device, precision: torch.dtype) -> Victim:
    model = FirstOrderMotion.from_weights(_where(entry)).to(device)
    return Animation(model, cast("Any", answer), name=name, precision=precision)


def _part_swap(entry: Entry, answer: str, name: str, device: torch.device, precision: torch.dtype) -> Victim:
    model = PartSwap.from_weights(_where(entry)).to(device)
    return FaceOnDriver(model, cast("Any", answer), name=name, precision=precision)


def _face_swap(entry: Entry, answer: str, name: str, device: torch.device, precision: torch.dtype) -> Victim:
    model = FaceSwap.from_weights(_where(entry)).to(device)
    return SwappedFace(model, cast("Any", answer), name=name, precision=precision)


def _attributes(entry: Entry, answer: str, name: str, device: torch.device, precision: torch.dtype) -> Victim:
    return AttributeEdits(Stargan.from_weights(_where(entry)).to(device), name=name, precision=precision)


def _recognition(entry: Entry, answer: str, name: str, device: torch.device, precision: torch.dtype) -> Victim:
    net, card = load_reader(entry.path)
    return Recognition(net.to(device), float(card.get("same_person", 0.5)), name=name, precision=precision)


def _where(entry: Entry) -> str:
    """The file: what was found may lie outside the catalogue."""
    return str(entry.path)


_KINDS: Mapping[str, _Kind] = {
    "fomm": _Kind(animation.ANSWERS, _animation),
    "partswap": _Kind(part_swap.ANSWERS, _part_swap),
    "swap": _Kind(face_swap.ANSWERS, _face_swap),
    "stargan": _Kind(("edits",), _attributes),
    "faces": _Kind(("embedding",), _recognition),
}
