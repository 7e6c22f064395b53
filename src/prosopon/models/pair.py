"""The pair that weights are on disk: `<name>.safetensors` and its card `<name>.json`. Needs no PyTorch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from prosopon.core.errors import CheckpointError, MissingError

SUFFIX = ".safetensors"


def weights_file(stem: Path) -> Path:
    """`<stem>.safetensors`; dots within the name stay: `fomm.mini` is a name, not a name and a suffix."""
    return stem if stem.name.endswith(SUFFIX) else stem.with_name(stem.name + SUFFIX)


def card_file(path: Path) -> Path:
    """The `.json` beside a `.safetensors`."""
    return path.with_name(path.name.removesuffix(SUFFIX) + ".json")


def read_card(path: Path) -> dict[str, Any]:
    """The card `.json` beside the weights `path`.

    Raises:
        MissingError: it is not there.
        CheckpointError: it is no JSON object.
    """
    beside = card_file(path)
    try:
        card = json.loads(beside.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingError(
            f"the weights {path} need the card {beside.name} beside them",
            "copy both files, or bring published weights in with: prosopon weights import",
        ) from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"the card {beside} cannot be read: {error}", "fetch it again") from None
    if not isinstance(card, dict):
        raise CheckpointError(f"the card {beside} is no JSON object", "fetch it again")
    return card
