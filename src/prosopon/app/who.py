"""Which people of a clip a verb is about: those like a portrait, those unlike another."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from prosopon.app.args import Flag
from prosopon.core.clip import Clip
from prosopon.core.errors import UsageError
from prosopon.core.faces import Tracks
from prosopon.core.progress import SILENT, Progress
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


class Teller:
    """Tells the people of clips apart; does nothing where nobody asks.

    Args:
        finder: finds the faces of the portraits.
        who: what the user asked for.
        wanted: embed in any case.

    Attributes:
        same_person: cosine from which two are taken for one; None where nobody is told apart.

    Raises:
        MissingError: a portrait shows nobody, or the embedding's weights are not there.
    """

    def __init__(self, finder: FaceFinder, who: Who, *, wanted: bool = False) -> None:
        self.same_person: float | None = None
        if not (wanted or who.embed or who.like or who.unlike):
            return
        from prosopon.faces.reader.reader import FaceReader

        self._reader = FaceReader.open()
        self.same_person = self._reader.same_person if who.same_person is None else who.same_person
        self._like, self._unlike = (
            [portrait(path, finder, self._reader) for path in paths] for paths in (who.like, who.unlike)
        )

    def tell(self, tracks: Tracks, clip: Clip, progress: Progress = SILENT) -> Tracks:
        """The people of a clip with embeddings, and of them those asked for."""
        if self.same_person is None:
            return tracks
        tracks = embedded(tracks, clip, self._reader, progress=progress)
        return only(tracks, like=self._like, unlike=self._unlike, same_person=self.same_person)
