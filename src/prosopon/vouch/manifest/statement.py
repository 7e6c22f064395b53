"""What somebody states about a file of their own, and the manifest that says so: no more and no less.

Who states nothing about where a file comes from gets `c2pa.opened`: they had this file before them, as it is, and
signed it. `c2pa.created` needs a digital source type in the standard, and we do not invent one: a camera is only ever
claimed by who says `digitalCapture`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from prosopon.core.errors import UsageError
from prosopon.core.history import Relationship
from prosopon.vouch.manifest.definition import (
    SOURCE_TYPE_URL,
    Ingredient,
    Manifest,
    claim,
    no_training_assertion,
    software_version,
    without_folders,
)

GENERATOR = "Prosopon-sign"
"""The software in the claim: not the name under which synthetic media are made, which may overwrite their like."""

ORIGINS = (
    "digitalCapture",
    "computationalCapture",
    "compositeCapture",
    "negativeFilm",
    "positiveFilm",
    "print",
    "screenCapture",
    "virtualRecording",
    "digitalCreation",
    "dataDrivenMedia",
)
"""Digital source types of something new: what was made from another file cannot have them."""

CAPTURES = ORIGINS[:6]
"""Those that claim a camera or a scanner."""

CHANGES = (
    "humanEdits",
    "algorithmicallyEnhanced",
    "composite",
    "compositeSynthetic",
    "compositeWithTrainedAlgorithmicMedia",
    "trainedAlgorithmicMedia",
    "algorithmicMedia",
)
"""Digital source types that something made from another file can have, too."""

ACTIONS = (
    "c2pa.addedText",
    "c2pa.adjustedColor",
    "c2pa.changedSpeed",
    "c2pa.converted",
    "c2pa.cropped",
    "c2pa.deleted",
    "c2pa.drawing",
    "c2pa.dubbed",
    "c2pa.edited",
    "c2pa.edited.metadata",
    "c2pa.enhanced",
    "c2pa.filtered",
    "c2pa.orientation",
    "c2pa.published",
    "c2pa.repackaged",
    "c2pa.resized",
    "c2pa.resized.proportional",
    "c2pa.transcoded",
    "c2pa.trimmed",
    "c2pa.unknown",
    "c2pa.watermarked.unbound",
)
"""Actions of C2PA 2.x that can be stated without parameters. Those about ingredients follow from the ingredients."""


@dataclass(frozen=True)
class Statement:
    """What is stated about one file.

    Attributes:
        title: what it is called.
        source_type: an IPTC digital source type, one of `ORIGINS` and `CHANGES`; None: nothing is said.
        actions: what was done to it, in order, each one of `ACTIONS`.
        no_training: add the wish that nobody learns from it.
        thumbnail: a small JPEG of it.

    Raises:
        UsageError: a word is none of the standard's.
    """

    title: str
    source_type: str | None = None
    actions: tuple[str, ...] = ()
    no_training: bool = False
    thumbnail: bytes | None = None

    def __post_init__(self) -> None:
        """Refuse what the standard does not know."""
        if self.source_type is not None and self.source_type not in (*ORIGINS, *CHANGES):
            raise _unknown(self.source_type, "digital source type", (*ORIGINS, *CHANGES))
        for action in self.actions:
            if action in ("c2pa.created", "c2pa.opened", "c2pa.placed"):
                raise UsageError(f"{action} is written by itself", "it follows from --source-type and the ingredients")
            if action not in ACTIONS:
                raise _unknown(action, "action", ACTIONS)


def manifest_of(
    statement: Statement, ingredients: tuple[Ingredient, ...], *, opened_source_type: str | None = None
) -> Manifest:
    """The manifest that says what was stated.

    Args:
        statement: about the file.
        ingredients: what it was made from. With one that is the parent, the first action is `c2pa.opened`; without,
            it is `c2pa.created`, and a source type must have been stated.
        opened_source_type: what the parent, which has no credential of its own, is said to be elsewhere.

    Raises:
        UsageError: there is neither a parent nor a source type, or the file has a parent and is said to be new.
    """
    by = {
        relationship: [one.label for one in ingredients if one.parent.relationship is relationship]
        for relationship in Relationship
    }
    opened, used = by[Relationship.PARENT], by[Relationship.INPUT]
    placed = by[Relationship.COMPONENT]
    later: list[dict[str, Any]] = [{"action": "c2pa.placed", "parameters": {"ingredientIds": placed}}] if placed else []
    later += [{"action": action} for action in statement.actions]
    if opened:
        if statement.source_type in ORIGINS:
            raise UsageError(
                f"{statement.source_type} says where something new comes from, but this was made from another file",
                f"state what was done since: {', '.join(CHANGES[:3])}; or nothing",
            )
        first: dict[str, Any] = {
            "action": "c2pa.opened",
            "when": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "softwareAgent": {"name": GENERATOR, "version": software_version()},
            "parameters": {"ingredientIds": opened},
        }
        if opened_source_type is not None:
            first["digitalSourceType"] = SOURCE_TYPE_URL + opened_source_type
        if (statement.source_type is not None or used) and "c2pa.edited" not in statement.actions:
            later.append({"action": "c2pa.edited"})
        telling = next((one for one in later if one["action"] == "c2pa.edited"), first)
    elif statement.source_type is not None:
        first = telling = {"action": "c2pa.created"}
    else:
        raise UsageError("without a parent it has to be said where this comes from", "add --source-type")
    if statement.source_type is not None:
        telling["digitalSourceType"] = SOURCE_TYPE_URL + statement.source_type
    if used:
        telling["parameters"] = {"ingredientIds": used}
    definition = claim(without_folders(statement.title), [first, *later], generator=GENERATOR)
    if statement.no_training:
        definition["assertions"].append(no_training_assertion())
    return Manifest(definition, ingredients, statement.thumbnail)


def _unknown(word: str, what: str, known: tuple[str, ...]) -> UsageError:
    near = get_close_matches(word, known, 1)
    return UsageError(f"{word!r} is no {what}", f"did you mean {near[0]}?" if near else f"one of: {', '.join(known)}")
