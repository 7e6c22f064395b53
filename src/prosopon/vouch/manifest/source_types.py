"""What the IPTC digital source types say about whether media are synthetic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

SYNTHETIC = frozenset(
    {
        "trainedAlgorithmicMedia",
        "compositeWithTrainedAlgorithmicMedia",
        "algorithmicMedia",
        "compositeSynthetic",
        "trainedAlgorithmicData",
    }
)
"""Last parts of the addresses that state: made by a machine, wholly or partly."""

NOT_SYNTHETIC = frozenset(
    {
        "digitalCapture",
        "computationalCapture",
        "compositeCapture",
        "negativeFilm",
        "positiveFilm",
        "print",
        "humanEdits",
        "minorHumanEdits",
        "algorithmicallyEnhanced",
        "digitalArt",
        "digitalCreation",
        "dataDrivenMedia",
    }
)
"""Those that state: captured, drawn, or changed without generating anything.

The rest (composite, screenCapture, virtualRecording, ...) leaves it open.
"""


def found_in(assertions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Every digital source type that a manifest's assertions state, under whichever prefix and however deep."""
    for assertion in assertions:
        yield from _values(assertion.get("data"))


def _values(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if str(key).lower().rpartition(":")[2] == "digitalsourcetype":
                yield from _addresses(value)
            else:
                yield from _values(value)
    elif isinstance(node, list):
        for item in node:
            yield from _values(item)


def _addresses(value: Any) -> Iterator[str]:
    """A stated value is an address, a list of them, or a JSON-LD node with an `@id`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _addresses(item)
    elif isinstance(value, Mapping):
        yield from _addresses(value.get("@id"))


def is_synthetic(source_types: Iterable[str]) -> bool | None:
    """True if any of them says so, False if all that say anything deny it, None if nothing is said."""
    codes = {address.rstrip("/").rpartition("/")[2] for address in source_types}
    if codes & SYNTHETIC:
        return True
    return False if codes & NOT_SYNTHETIC else None
