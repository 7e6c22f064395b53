"""How fast detection is here: each detector, face finding apart, and the whole command, beside decoding alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from prosopon.arena.timing import alternating, cpu_name
from prosopon.core.clip import Clip
from prosopon.core.errors import UsageError
from prosopon.core.faces import Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.core.protocols import Needs
from prosopon.detect.judging.looking import look
from prosopon.detect.judging.manner import Manner
from prosopon.detect.judging.pieces import pieces_of, shown
from prosopon.detect.judging.roster import Expert, Roster
from prosopon.faces.finder import FaceFinder
from prosopon.media.read import read
from prosopon.media.write import encode
from prosopon.studio.takes import Script

SECONDS, SIDE_PX = 20.0, 512
"""Of the clip that is rendered where none is given."""
_RENDERED_S = 2.0
"""So much of it is rendered, and then played to and fro."""
_SEED = 3_000_017
_LOOKED_AT = 50
"""Frames in which faces are looked for, for the figure of face finding alone."""
DECODING, FINDING = "decoding alone", "face finding"


@dataclass(frozen=True)
class Command:
    """Something that is done with a file from end to end.

    Attributes:
        do: does it.
        about: what it does.
    """

    do: Callable[[Path], object]
    about: str


@dataclass(frozen=True)
class Rate:
    """How fast one thing is.

    Attributes:
        name: what was timed.
        seconds: for all of it, the median over rounds.
        frames: frames that it looked at, or that the clip has.
        decodings: how many times as long it takes as decoding as many frames.
        about: what exactly was done.
    """

    name: str
    seconds: float
    frames: int
    decodings: float
    about: str

    @property
    def per_second(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds


@dataclass(frozen=True)
class Speed:
    """What was measured.

    Attributes:
        rates: decoding, face finding, each detector, commands.
        missing: detectors that are not there, or had nothing to say of this clip, and why.
        clip: what was timed on: name, seconds, frames, size.
    """

    rates: tuple[Rate, ...]
    missing: Mapping[str, str]
    clip: Mapping[str, Any]
    rounds: int
    cpu: str
    threads: int

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            **asdict(self),
            "rates": [{**asdict(rate), "frames_per_second": rate.per_second} for rate in self.rates],
        }


def time_detection(
    path: Path,
    roster: Roster,
    finder: FaceFinder,
    commands: Mapping[str, Command],
    *,
    rounds: int = 3,
    progress: Progress = SILENT,
) -> Speed:
    """Time all of it on one video, everything taking turns.

    Args:
        path: a video with a face.
        roster: the detectors.
        finder: looks for faces.
        commands: what else is done with the file, by name.
        rounds: timed rounds; medians count.
        progress: hears of every round.

    Raises:
        UsageError: it is no video, or nobody is in it.
    """
    clip = read(path)
    looked = look(clip, finder, all_frames=True)
    if clip.is_still or looked.tracks.main is None:
        raise UsageError(f"{path} is no video with a face", "give one to --clip")
    person = Tracks(looked.tracks.tracks[:1], looked.n_looked, finder.name)
    manner = Manner()
    excerpt = shown(pieces_of(clip, person.tracks, manner.runs, manner.run)[0], clip.fps, clip.name)
    some = [*islice(clip.frames(), _LOOKED_AT)]
    works: dict[str, Callable[[], object]] = {
        DECODING: lambda: _drain(read(path)),
        FINDING: lambda: [finder.find(frame) for frame in some],
    }
    frames = {DECODING: len(clip), FINDING: len(some)}
    about = {
        DECODING: "the file is opened and every frame made RGB",
        FINDING: f"by {finder.name}, frames in memory",
    }
    missing = {name: why.because for name, why in roster.left_out.items()}
    for expert in roster.experts:
        given, told = (
            (excerpt, "canvases of faces in memory") if expert.of_excerpts else ((clip, person), _needs(expert))
        )
        score = expert.detector.score(*given)
        if score.abstained is not None:
            missing[expert.name] = score.because
            continue
        works[expert.name] = partial(expert.detector.score, *given)
        frames[expert.name], about[expert.name] = len(given[0]), told
    for name, command in commands.items():
        works[name] = partial(command.do, path)
        frames[name], about[name] = len(clip), command.about
    taken = _timed(works, rounds, progress)
    each = taken[DECODING] / len(clip)
    return Speed(
        tuple(
            Rate(name, taken[name], frames[name], taken[name] / (each * frames[name]), about[name]) for name in works
        ),
        missing,
        {"name": clip.name, "seconds": clip.duration_s, "frames": len(clip), "size": f"{clip.width} x {clip.height}"},
        rounds,
        cpu_name(),
        torch.get_num_threads(),
    )


def rendered_clip(folder: Path, seconds: float = SECONDS, side_px: int = SIDE_PX) -> Path:
    """A file with somebody rendered who moves and talks, in that folder."""
    take = Script(seed=_SEED, seconds=seconds, size_px=side_px).take(0)
    moving = replace(take.clip(), audio=None)
    few = max(2, round(min(_RENDERED_S, seconds) * float(take.fps)))
    held = [*islice(moving.frames(), few)]
    there_and_back = [*held, *held[-2:0:-1]]
    frames = [there_and_back[number % len(there_and_back)] for number in range(len(moving))]
    path = folder / "talking.mp4"
    encode(replace(take.clip(), open_frames=lambda: iter(frames)), path)
    return path


def _needs(expert: Expert) -> str:
    looks = [
        word
        for need, word in ((Needs.MOTION, "all frames with their faces"), (Needs.SOUND, "the sound"))
        if expert.has_need(need)
    ]
    return " and ".join(looks) or "nothing"


def _timed(works: Mapping[str, Callable[[], object]], rounds: int, progress: Progress) -> dict[str, float]:
    nothing = torch.empty(0)

    def done(work: Callable[[], object]) -> torch.Tensor:
        work()
        return nothing

    by_name = {name: partial(done, work) for name, work in works.items()}
    return alternating(by_name, torch.device("cpu"), rounds=rounds, progress=progress)


def _drain(clip: Clip) -> int:
    return sum(1 for _ in clip.frames())
