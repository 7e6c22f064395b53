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
from prosopon.core.progress import Progress
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
    for weights, path in _animation_weights(contest).items():
        jobs = _jobs(contest, weights)
        if not jobs:
            continue
        model = FirstOrderMotion.from_weights(path)
        model.to(contest.device)
        for subject in contest.subjects[:PICTURES]:
            heads = [subject.picture, *(contest.protected(job, subject) for job in jobs)]
            names = ["as it was", *(job.name for job in jobs)]
            try:
                clips = [
                    _moved(model, _source(subject, head, name), driving, finder, progress)
                    for head, name in zip(heads, names, strict=True)
                ]
            except MissingError as error:
                progress.note(f"{subject.name} is not animated: {error.what}")
                continue
            file = folder / f"{_plain(weights)}-{_plain(subject.name)}.mp4"
            row = side_by_side((driving, *clips[:-1]), clips[-1])
            publish(row, file, force=True, progress=progress)
            made.append((file, f"{subject.name}, {weights}: the driving clip, {', '.join(names)}"))
    return made


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


def _moved(model: FirstOrderMotion, source: Clip, driving: Clip, finder: FaceFinder, progress: Progress) -> Clip:
    options = AnimateOptions()
    tracks = look(source, driving, options, finder, progress)
    return model.create(tracks, source=source, driving=driving, options=options, progress=progress)


def _plain(name: str) -> str:
    return re.sub("[^A-Za-z0-9]+", "-", name).strip("-").lower()
