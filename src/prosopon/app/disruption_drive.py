"""Protected heads that are animated: the head as it was and protected ones, each moved by the same clip."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from prosopon.app.compare import side_by_side
from prosopon.arena.disruption.contest import Contest
from prosopon.arena.disruption.plan import Job
from prosopon.arena.disruption.subjects import Subject
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError
from prosopon.core.history import SourceType
from prosopon.core.progress import SILENT, Progress
from prosopon.create.fomm.framing import look
from prosopon.create.fomm.options import AnimateOptions
from prosopon.create.fomm.technique import TECHNIQUE, FirstOrderMotion
from prosopon.faces.finder import FaceFinder
from prosopon.vouch.publish import publish

PICTURES = 3
"""So many heads are animated."""


def animated_rows(
    folder: Path, contest: Contest, driving: Clip, finder: FaceFinder, *, progress: Progress
) -> list[tuple[Path, str]]:  # fmt: skip
    """Publish a video for each of the first heads and each animation net: driving, as it was, protected.

    Nothing of it is special: the protected head is animated as `prosopon animate` animates any picture, its face
    found anew.

    Args:
        folder: exists.
        contest: what was compared.
        driving: moves them.
        finder: finds the faces.
        progress: hears of every frame; of heads in which no face is found, too.

    Returns:
        Files with captions.
    """
    made: list[tuple[Path, str]] = []
    scene = _Scene(driving, finder, progress)
    for weights, path in _animation_weights(contest).items():
        jobs = _jobs(contest, weights)
        if not jobs:
            continue
        model = FirstOrderMotion.from_weights(path)
        model.to(contest.device)
        for number, subject in enumerate(contest.subjects[:PICTURES]):
            heads = {"as it was": subject.picture, **{job.name: contest.protected(job, subject) for job in jobs}}
            try:
                clips = [scene.moved(model, _source(subject, head, name)) for name, head in heads.items()]
            except MissingError as error:
                progress.note(f"{subject.name} is not animated: {error.what}")
                continue
            file = folder / f"{_plain(weights)}-{number}-{_plain(subject.name)}.mp4"
            row = side_by_side((driving, *clips[:-1]), clips[-1])
            publish(row, file, force=True, progress=progress)
            made.append((file, f"{subject.name}, {weights}: the driving clip, {', '.join(heads)}"))
    return made


class _Scene:
    """The driving clip, whose faces are looked for once."""

    def __init__(self, driving: Clip, finder: FaceFinder, progress: Progress) -> None:
        self._driving, self._finder = driving, finder
        still = Clip.still(driving.first(), name=driving.name)
        self._tracks = look(still, driving, AnimateOptions(crop="whole"), finder, progress)

    def moved(self, model: FirstOrderMotion, source: Clip) -> Clip:
        """A head, moved; frames are computed while they are read.

        Raises:
            MissingError: no face is found in it.
        """
        found = look(source, self._driving, AnimateOptions(driving_crop="whole"), self._finder, SILENT)
        return model.create(
            {**self._tracks, **found}, source=source, driving=self._driving, options=AnimateOptions(), progress=SILENT
        )


def _animation_weights(contest: Contest) -> dict[str, Path]:
    """Files of the weights that animate, by what the contest calls them."""
    return {one.weights: one.path for one in contest.opponents.values() if one.technique == TECHNIQUE}


def _jobs(contest: Contest, weights: str) -> list[Job]:
    """For each answer that is attacked the attack that came first."""
    found: dict[str, Job] = {}
    for job in contest.plan.jobs:
        if job.is_on_one and job.is_white_box(weights):
            found.setdefault(str(job.against), job)
    return [*found.values()]


def _source(subject: Subject, head: Frame, name: str) -> Clip:
    """A head as a picture to be animated."""
    step = subject.step("arena.disruption.head", SourceType.ENHANCED, protected=name)
    return replace(Clip.still(head, name=name), history=(*subject.clip.history, step))


def _plain(name: str) -> str:
    return re.sub("[^A-Za-z0-9]+", "-", name).strip("-").lower()
