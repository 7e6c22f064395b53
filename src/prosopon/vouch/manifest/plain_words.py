"""What the standard's names mean in plain words: actions, relationships, digital source types, codes."""

from __future__ import annotations

from collections.abc import Mapping

ACTIONS: Mapping[str, str] = {
    "c2pa.addedText": "text was added",
    "c2pa.adjustedColor": "colours were changed",
    "c2pa.changedSpeed": "the speed was changed",
    "c2pa.color_adjustments": "colours were changed",
    "c2pa.converted": "converted to another format",
    "c2pa.copied": "copied",
    "c2pa.created": "created, not out of another file",
    "c2pa.cropped": "cut to a part of the picture",
    "c2pa.deleted": "a part was deleted",
    "c2pa.drawing": "something was drawn",
    "c2pa.dubbed": "speech was replaced",
    "c2pa.edited": "edited",
    "c2pa.edited.metadata": "only the data about it was edited",
    "c2pa.enhanced": "enhanced",
    "c2pa.filtered": "a filter was applied",
    "c2pa.formatted": "layout or typeface was changed",
    "c2pa.managed": "taken into an archive",
    "c2pa.opened": "opened for editing",
    "c2pa.orientation": "turned or mirrored",
    "c2pa.placed": "something was put in",
    "c2pa.printed": "printed",
    "c2pa.produced": "put together",
    "c2pa.published": "published",
    "c2pa.redacted": "statements were blacked out",
    "c2pa.removed": "something that had been put in was taken out",
    "c2pa.repackaged": "packed anew without changing the content",
    "c2pa.resized": "made larger or smaller",
    "c2pa.resized.proportional": "made larger or smaller, in proportion",
    "c2pa.saved": "saved",
    "c2pa.transcoded": "encoded anew",
    "c2pa.translated": "translated",
    "c2pa.trimmed": "shortened",
    "c2pa.unknown": "something was done that was not recorded",
    "c2pa.version_updated": "a newer version of the standard was applied",
    "c2pa.watermarked": "an invisible watermark was put in",
    "c2pa.watermarked.bound": "an invisible watermark that leads to this credential was put in",
    "c2pa.watermarked.unbound": "an invisible watermark was put in, of no registered kind",
}
"""C2PA 2.x, "Actions", and those of version 1."""

RELATIONSHIPS: Mapping[str, str] = {
    "parentOf": "edited from",
    "componentOf": "put in",
    "inputTo": "fed to what made it",
}

SOURCE_TYPES: Mapping[str, str] = {
    "trainedAlgorithmicMedia": "made by AI (a trained model)",
    "compositeWithTrainedAlgorithmicMedia": "made or changed in part by AI (a trained model)",
    "trainedAlgorithmicData": "data made by AI (a trained model)",
    "algorithmicMedia": "made by a program, without a trained model",
    "compositeSynthetic": "put together from parts of which at least one is synthetic",
    "algorithmicallyEnhanced": "changed by a program without generating anything",
    "dataDrivenMedia": "drawn from data",
    "digitalCapture": "taken with a digital camera or recorder",
    "computationalCapture": "taken with a digital camera that merged several shots",
    "compositeCapture": "put together from several shots",
    "negativeFilm": "scanned from a negative",
    "positiveFilm": "scanned from a positive",
    "print": "scanned from a print",
    "humanEdits": "edited by a person, without AI",
    "minorHumanEdits": "edited slightly by a person, without AI",
    "digitalArt": "drawn by a person with digital tools",
    "digitalCreation": "made by a person with digital tools",
    "composite": "put together from several parts",
    "screenCapture": "taken from a screen",
    "virtualRecording": "recorded in a virtual world",
    "empty": "begun empty",
}
"""IPTC NewsCodes "Digital Source Type", and C2PA's own `empty`, by the last part of their addresses."""

AI = frozenset({"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicData"})
"""Source types that say: a trained model made it, or part of it."""


def code_of(address: str) -> str:
    """The last part of a digital source type's address."""
    return address.rstrip("/").rpartition("/")[2]


def source_type_in_words(address: str) -> str:
    """What a digital source type means; the address itself where it is not one that we know."""
    return SOURCE_TYPES.get(code_of(address), address)
