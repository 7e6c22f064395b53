"""The ways of marking by name: `stdm`, `hidden` (learned, stills) and `trustmark` (Adobe's, stills, if installed)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import UsageError
from prosopon.core.history import Relationship, Step
from prosopon.vouch.watermark import trustmark, video
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.reading import Reading, unreadable
from prosopon.vouch.watermark.still import Effort

Method = Literal["stdm", "hidden", "trustmark"]
METHOD_PARAMETER = "method"
"""Of the step that marking adds to a clip's history; `stdm` where it is not there."""


def marked_by(method: Method, clip: Clip, mark: Mark) -> Clip:
    """The same clip with the mark in every frame, see `video.marked`.

    Raises:
        UsageError: the method is for stills, and this is none.
        MediaError: the frames are too small.
        MissingError: the method needs a package or weights that are not there.
    """
    if method == "stdm":
        return video.marked(clip, mark)
    if method == "trustmark":
        return trustmark.marked(clip, mark)
    return _marked_hidden(clip, mark)


def read_by(method: Method, clip: Clip, effort: Effort = "full") -> Reading:
    """Look for a mark of one kind in a clip; see `video.read_clip`.

    Raises:
        MissingError: the method needs a package or weights that are not there.
    """
    if method == "stdm":
        return video.read_clip(clip, effort)
    if method == "trustmark":
        return trustmark.read_clip(clip)
    if not clip.is_still:
        return unreadable("the learned watermark is read in stills only", "hidden")
    from prosopon.vouch.watermark.hidden.still import read  # noqa: PLC0415 - torch, only for those who ask for it

    return read(clip.first(), effort)


def _marked_hidden(clip: Clip, mark: Mark) -> Clip:
    if not clip.is_still:
        raise UsageError("the learned watermark is for stills", "leave out --method hidden for a video")
    from prosopon.vouch.watermark.hidden.still import embed  # noqa: PLC0415 - likewise

    def frames() -> Iterator[Frame]:
        yield embed(clip.first(), mark)

    params = {
        "payload": mark.hex, "kind": mark.kind, METHOD_PARAMETER: "hidden", "algorithm": "com.prosopon.hidden.1",
    }  # fmt: skip
    return clip.derive(Step("vouch.watermark", params, (clip.as_parent(Relationship.PARENT),)), frames)
