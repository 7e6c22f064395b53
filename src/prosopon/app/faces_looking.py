"""Looking through clips for faces: each read, searched, sifted and told apart, remembered until all is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from prosopon.app.console import Console
from prosopon.app.faces_options import Faces
from prosopon.app.faces_sources import SourcePath
from prosopon.app.who import Teller
from prosopon.core.clip import Clip
from prosopon.core.errors import MediaError
from prosopon.core.faces import Tracks
from prosopon.core.progress import Progress
from prosopon.faces.crops import mostly
from prosopon.faces.filters import sift
from prosopon.faces.finder import FaceFinder
from prosopon.faces.journal import Journal, Journals
from prosopon.faces.parsing.kept import KeepingParser
from prosopon.faces.parsing.parser import FaceParser
from prosopon.faces.track import track
from prosopon.media.read import read

OTHER_PEOPLE, LESS_PROMINENT, NOT_AMONG_THE_BEST = "other people", "less prominent", "not among the best"
"""Reasons for which faces are left out that are none of quality."""


@dataclass(frozen=True)
class Footage:
    """A clip with the people in it.

    Attributes:
        source: what it was read from.
        clip: the clip.
        tracks: its people.
        first_track: number of the first of them among the people of all clips.
    """

    source: SourcePath
    clip: Clip
    tracks: Tracks
    first_track: int


@dataclass
class Seen:
    """What was seen in all clips.

    Attributes:
        finder: name of who looked.
        footage: the clips that could be read, in order.
        unreadable: files that could not, and why.
        left_out: how many faces are left out, by reason.
        n_found: how many faces were found in all.
        same_person: cosine from which two people were taken for one; None where nobody was told apart.
    """

    finder: str
    footage: list[Footage] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    n_found: int = 0
    same_person: float | None = None

    @property
    def n_tracks(self) -> int:
        """Number of people in all clips."""
        return sum(len(one.tracks.tracks) for one in self.footage)

    @property
    def n_looked(self) -> int:
        """Number of frames that were looked at."""
        return sum(one.tracks.n_frames for one in self.footage)

    @property
    def still(self) -> Clip | None:
        """The picture, where a single one was looked at."""
        only = self.footage[0].clip if len(self.footage) == 1 else None
        return only if only is not None and len(only) == 1 else None


class Inner:
    """Progress of one clip among several: what it counts goes into the bar of them all."""

    def __init__(self, outer: Progress) -> None:
        self._outer = outer

    def start(self, stage: str, total: int | None) -> None:
        """Nothing: the outer stage goes on."""

    def advance(self, n: int = 1) -> None:
        """So many more units of the outer stage."""
        self._outer.advance(n)

    def note(self, text: str) -> None:
        """What the user should know."""
        self._outer.note(text)

    def finish(self) -> None:
        """Nothing: the outer stage goes on."""


class Memories:
    """What is kept beside the output while it is not there yet, so that a run that was stopped goes on.

    Args:
        output: the folder that will be made; None: nothing is kept.
        finder: whose findings are kept.
        several: whether there are several clips.
    """

    def __init__(self, output: Path | None, finder: FaceFinder, *, several: bool) -> None:
        self._output, self._several = output, several
        self._about = {"journal": 1, "finder": finder.name}
        self._journals = Journals(self._beside("faces-found"), self._about) if output is not None and several else None
        self._journal: Journal | None = None
        self._parser: KeepingParser | None = None
        self.n_recalled, self.n_known = 0, 0

    def _beside(self, ending: str) -> Path:
        assert self._output is not None  # noqa: S101 - asked for by the callers
        return self._output.absolute().with_name(f".{self._output.name}.{ending}")

    @contextmanager
    def of(self, clip: Clip) -> Iterator[Journal | None]:
        """The journal of a clip; None where there is too little to be worth keeping."""
        if self._output is None or (len(clip) == 1 and not self._several):
            yield None
            return
        if self._journals is not None:
            journal = self._journals.of(clip.sha256)
        else:
            path = self._beside("faces-found.jsonl")
            journal = self._journal = Journal(path, {**self._about, "sha256": clip.sha256})
        self.n_recalled += journal.n_recalled
        try:
            with journal:
                yield journal
        finally:
            self.n_known += len(journal)
            if self._journals is not None:
                self._journals.tidy()

    def keeping(self, parser: FaceParser | None) -> FaceParser | None:
        """The parser, remembering what it says; what is drawn from landmarks is drawn again as quickly as read."""
        if self._output is None or parser is None or parser.name == "landmarks":
            return parser
        self._parser = KeepingParser(parser, self._beside("faces-parsed"))
        return self._parser

    def forget(self) -> None:
        """All is done."""
        for kept in (self._journals, self._journal, self._parser):
            if kept is not None:
                kept.forget()


def look(args: Faces, sources: Sequence[SourcePath], finder: FaceFinder, memories: Memories, console: Console) -> Seen:
    """Look through all clips.

    Raises:
        MediaError: none of them could be read.
    """
    teller = Teller(finder, args.who, wanted=args.tells_apart)
    seen = Seen(finder.name, same_person=teller.same_person)
    several = len(sources) > 1
    looking = _Looking(args, finder, teller, memories, Inner(console) if several else console)
    if several:
        console.start(f"looking through {len(sources)} files", None)
    for source in sources:
        try:
            looking.look_at(source, seen)
        except MediaError as error:
            if not several:
                raise
            console.note(f"left out: {error.what}")
            seen.unreadable[source.file] = error.what
    console.finish()
    if memories.n_recalled:
        console.note(f"{memories.n_recalled} frames were looked at before; going on from there")
    if not seen.footage:
        raise MediaError(
            f"none of the {len(sources)} files in {args.input} can be read", "the notes above say why for each"
        )
    return seen


@dataclass(frozen=True)
class _Looking:
    """All that looking through a clip needs."""

    args: Faces
    finder: FaceFinder
    teller: Teller
    memories: Memories
    progress: Progress

    def look_at(self, source: SourcePath, seen: Seen) -> None:
        """Look through one clip, and add what is seen there."""
        clip = read(source.path, progress=self.progress)
        if not len(clip) and source.label:
            raise MediaError(f"{source.file} has no pictures, only sound", "give pictures and videos")
        with self.memories.of(clip) as journal:
            tracks = track(clip, self.finder, every=self.args.every, memory=journal, progress=self.progress)
        seen.n_found += _faces(tracks)
        sifted, out = sift(tracks, self.args.quality)
        asked_for = self.teller.tell(sifted, clip, self.progress)
        kept = mostly(asked_for, self.args.most)
        seen.left_out.update(out)
        for reason, before, after in ((OTHER_PEOPLE, sifted, asked_for), (LESS_PROMINENT, asked_for, kept)):
            if _faces(before) > _faces(after):
                seen.left_out[reason] += _faces(before) - _faces(after)
        seen.footage.append(Footage(source, clip, kept, seen.n_tracks))


def _faces(tracks: Tracks) -> int:
    return sum(map(len, tracks.tracks))
