"""Which people of a clip a verb is about: those like a portrait, those unlike another."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from prosopon.app.args import Flag
from prosopon.app.console import Console
from prosopon.core.clip import Clip
from prosopon.core.errors import UsageError
from prosopon.core.faces import Tracks
from prosopon.faces.finder import FaceFinder
from prosopon.faces.identity import embedded, only, portrait

Portraits = Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILES")]


@dataclass(frozen=True)
class Who:
    """Telling people apart by an embedding of their faces. It errs, see docs/faces.md: it is for sorting, not proof."""

    embed: Flag = False
    """Write an embedding beside every face: 128 numbers; the cosine of two says how alike the people are."""
    like: Portraits = field(default=())
    """Keep only people who look like somebody in these pictures."""
    unlike: Portraits = field(default=())
    """Leave out people who look like somebody in these pictures."""
    same_person: float | None = None
    """Cosine from which two people are taken for one, -1 to 1; that of the weights when not given."""

    def __post_init__(self) -> None:
        if self.same_person is not None and not -1 <= self.same_person <= 1:
            raise UsageError(f"same-person is {self.same_person}", "give a cosine, -1 to 1")


@dataclass(frozen=True)
class Told:
    """Who was told apart.

    Attributes:
        tracks: the people who are left.
        same_person: cosine from which two were taken for one; None where nobody was told apart.
    """

    tracks: Tracks
    same_person: float | None = None


def tell_apart(
    tracks: Tracks, clip: Clip, finder: FaceFinder, who: Who, console: Console, *, wanted: bool = False
) -> Told:
    """Embed the people of a clip and keep those asked for; does nothing where nobody asks.

    Args:
        tracks: the people.
        clip: the clip.
        finder: finds the faces of the portraits.
        who: what the user asked for.
        console: hears how it goes.
        wanted: embed in any case.

    Raises:
        MissingError: a portrait shows nobody, or the embedding's weights are not there.
    """
    if not (wanted or who.embed or who.like or who.unlike):
        return Told(tracks)
    from prosopon.faces.reader.reader import FaceReader

    reader = FaceReader.open()
    same_person = reader.same_person if who.same_person is None else who.same_person
    tracks = embedded(tracks, clip, reader, progress=console)
    like, unlike = ([portrait(path, finder, reader) for path in paths] for paths in (who.like, who.unlike))
    return Told(only(tracks, like=like, unlike=unlike, same_person=same_person), same_person)
