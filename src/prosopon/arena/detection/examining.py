"""Shows videos of known truth to the whole tool, as they are and degraded, and keeps what it says of each."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from prosopon.arena.detection.answers import Answer
from prosopon.arena.detection.videos import Shown, Video
from prosopon.arena.journal import Journal
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.history import Step
from prosopon.core.progress import SILENT, Progress
from prosopon.datasets.degradations import NAMED, named
from prosopon.detect.judging.judge import Judge
from prosopon.detect.judging.looking import Looked
from prosopon.detect.judging.roster import Expert
from prosopon.faces.excerpt import runs_of
from prosopon.faces.finder import FaceFinder

VERSION = 1
"""Raised where the same videos come to other answers than before: older journals are not gone on with."""
PLAIN = "none"
_CHUNK = 48
"""Frames that are degraded together: a second or two, as encoders look at them."""
_HELD_BYTES = 512 << 20
"""Degraded frames are kept in memory up to here; longer clips are degraded again in every pass."""


@dataclass
class Examiner:
    """Asks the whole tool about videos.

    Attributes:
        judge: the tool.
        finder: looks for faces.
        frames: of a bundle of pictures at most so many are looked at.
    """

    judge: Judge
    finder: FaceFinder
    frames: int = 32

    def about(self) -> dict[str, Any]:
        """All that its answers depend on, JSON-able."""
        return {
            "version": VERSION,
            "detectors": {expert.name: _about(expert) for expert in self.judge.roster.experts},
            "manner": repr(self.judge.manner),
            "fusion": self.judge.fused_by.as_json(),
            "finder": self.finder.name,
            "frames": self.frames,
        }

    def examine(
        self,
        wanted: Sequence[tuple[Video, str]],
        journal: Journal[Answer],
        progress: Progress = SILENT,
    ) -> list[Answer]:
        """Ask about videos, each after a degradation of `datasets.degradations.NAMED`; known answers are recalled.

        A video that cannot be read, or not to its end, is told and counted as one without an answer.

        Args:
            wanted: videos with names of degradations.
            journal: of earlier answers, keeps new ones.
            progress: hears of every video.

        Raises:
            UsageError: there is no such degradation.
        """
        for under in dict.fromkeys(under for _, under in wanted):
            named(under)
        answers = []
        progress.start("examining", len(wanted))
        for video, under in wanted:
            answer = journal.known((video.key, under))
            if answer is None:
                answer = self._examined(video, under, progress)
                journal.keep(answer)
            answers.append(answer)
            progress.advance()
        progress.finish()
        return answers

    def _examined(self, video: Video, under: str, progress: Progress) -> Answer:
        start = time.monotonic()
        try:
            shown = degraded(video.source.open(self.frames), under)
            looked = self._looked(shown)
            judge = self.judge if shown.is_followed else _of_single_pictures(self.judge)
            found = judge.judge(shown.clip, looked=looked)
        except MediaError as error:
            progress.note(f"{video.key} is not measured: {error.what}")
            return Answer.failed(video.key, under)
        return Answer.of(video.key, under, found, time.monotonic() - start)

    def _looked(self, shown: Shown) -> Looked | None:
        """Who is where as far as the judge need not look himself."""
        if shown.tracks is not None:
            return Looked(shown.tracks, 1, len(shown.clip))
        if shown.is_followed:
            return None
        return Looked(of_pictures(shown.clip, self.finder), 1, len(shown.clip))


def _about(expert: Expert) -> dict[str, Any]:
    """Its weights, and what its values are worth: that may be found out anew for the same weights."""
    worth = getattr(expert.detector, "calibration", None)
    return {"weights": dict(expert.weights), "calibration": None if worth is None else worth.as_json()}


def _of_single_pictures(judge: Judge) -> Judge:
    """The same for pictures that are no movement: nobody is asked who would take them for one, and few are enough."""
    still = tuple(expert for expert in judge.roster.experts if expert.of_excerpts)
    roster = replace(judge.roster, experts=still)
    return replace(judge, roster=roster, manner=replace(judge.manner, least_frames=1))


def of_pictures(clip: Clip, finder: FaceFinder) -> Tracks:
    """The largest face of every picture as one person: such pictures were cut out around somebody."""
    faces: dict[int, Face] = {}
    for index, frame in enumerate(clip.frames()):
        found = finder.find(frame)
        if found:
            faces[index] = found[0]
    return Tracks((Track(faces),) if faces else (), len(clip), finder.name)


def degraded(shown: Shown, under: str) -> Shown:
    """A video after a degradation, with faces where they were.

    Raises:
        UsageError: there is no such degradation.
    """
    change, clip = named(under), shown.clip
    if under == PLAIN or not len(clip):
        return shown

    def frames() -> Iterator[Frame]:
        parts = _chunks(clip) if shown.is_followed else (np.stack([frame]) for frame in clip.frames())
        for part in parts:
            yield from change(part)

    open_frames = frames
    if len(clip) * clip.width * clip.height * 3 <= _HELD_BYTES:
        held = [*frames()]
        open_frames = lambda: iter(held)  # noqa: E731 - a name for either
    step = Step("arena.detection.degraded", {"under": under})
    # The file is not what is looked at any more: nothing may be told from it.
    return replace(shown, clip=clip.derive(step, open_frames))


def _chunks(clip: Clip) -> Iterator[np.typing.NDArray[np.uint8]]:
    """Runs of consecutive frames, none longer than an encoder needs."""
    starts = {run.start for run in runs_of(clip)}
    part: list[Frame] = []
    for index, frame in enumerate(clip.frames()):
        if part and (index in starts or len(part) == _CHUNK):
            yield np.stack(part)
            part = []
        part.append(frame)
    if part:
        yield np.stack(part)


def all_ways(videos: Iterable[Video], unders: Sequence[str]) -> list[tuple[Video, str]]:
    """Every video after every degradation."""
    return [(video, under) for video in videos for under in unders]


def drawn_ways(videos: Iterable[Video], unders: Sequence[str], seed: int) -> list[tuple[Video, str]]:
    """Every video after one degradation, drawn by chance; what is of one original and its fakes draws alike."""
    return [
        (video, unders[int(np.random.default_rng([seed, *_root(video).encode()]).integers(len(unders)))])
        for video in videos
    ]


def _root(video: Video) -> str:
    return "+".join(video.people[:1]) or video.key


KNOWN = tuple(NAMED)
"""Names of all degradations."""
