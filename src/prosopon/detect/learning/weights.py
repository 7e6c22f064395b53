"""Weights of detectors: found, opened, and given their calibration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from prosopon.core.calibration import Calibration
from prosopon.core.errors import CheckpointError, MissingError
from prosopon.models.checkpoint import load, load_strict, part
from prosopon.models.files import write_atomically
from prosopon.models.pair import card_file, read_card
from prosopon.train.trained import find_trained

CALIBRATION = "calibration"
FIGURES = "figures"


@dataclass(frozen=True)
class Opened:
    """Weights that were read.

    Attributes:
        name: what they are called.
        sha256: content id of their file.
        state: tensors by name.
        card: all that is said beside them.
        calibration: what values are worth; None where nobody has found out.
    """

    name: str
    sha256: str
    state: dict[str, Tensor]
    card: dict[str, Any]
    calibration: Calibration | None


def open_weights(technique: str, weights: str | None, shipped: str | None = None) -> Opened:
    """The weights of a detector.

    Args:
        technique: whose they must be.
        weights: name, path or run folder; None: those that come with the package.
        shipped: what these are called; None where none do.

    Raises:
        MissingError: there are none, or they are of another technique; says which line brings some.
        CheckpointError: they are damaged.
    """
    line = f"prosopon train detector {technique} --arena DIR -o RUN"
    wanted = weights if weights is not None else shipped
    if wanted is None:
        raise MissingError(f"no weights of {technique} come with Prosopon", f"train some: {line}")
    try:
        entry = find_trained(wanted, f"train detector {technique} --arena DIR")
    except MissingError:
        if weights is not None:
            raise
        raise MissingError(
            f"the weights {wanted} are not there", f"install Prosopon again, or train some: {line}"
        ) from None
    if entry.technique != technique:
        raise MissingError(
            f"the weights {entry.name} are of {entry.technique}, not of {technique}", "see prosopon weights list"
        )
    state, card = load(entry.path)
    return Opened(entry.name, entry.sha256, state, card, calibration_in(card, entry.name))


def calibration_in(card: Mapping[str, Any], name: str) -> Calibration | None:
    """The calibration that a card holds, or None.

    Raises:
        CheckpointError: it holds something else under that name.
    """
    table = card.get(CALIBRATION)
    if table is None:
        return None
    try:
        return Calibration.of(table)
    except ValueError as error:
        raise CheckpointError(f"the card of {name} holds {error}", "calibrate the weights again") from None


def start_net(net: nn.Module, module: str, technique: str, where: str) -> dict[str, str]:
    """Put weights that were trained before into a net; their content id by name, for the record of the run.

    Args:
        net: takes them.
        module: what it is called in the weights.
        technique: whose they must be.
        where: name, path or run folder.

    Raises:
        MissingError: there are none.
        CheckpointError: they are damaged, or do not fit.
    """
    opened = open_weights(technique, where)
    load_strict(net, part(opened.state, module), opened.name)
    return {f"start {opened.name}": opened.sha256}


def add_to_card(weights: Path, values: Mapping[str, Any]) -> None:
    """Put more onto the card beside weights, in one go: what was there under the same names is replaced.

    Args:
        weights: the `.safetensors`.
        values: JSON-able.

    Raises:
        MissingError, CheckpointError: there is no card, or it is damaged.
        OSError: it cannot be written.
    """
    text = json.dumps({**read_card(weights), **values}, indent=2, ensure_ascii=False) + "\n"
    write_atomically(card_file(weights), lambda file: _fill(file, text))


def _fill(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
