"""Animation against the exact answer: one rendered person moved like another, who gave the same performance.

No footage of real people has this answer: what the source person would have looked like doing what the driving person
did. The studio renders it (`studio render --same-motion`), so that identity, pose and expression can be told apart.
"""

from __future__ import annotations

from pathlib import Path

from prosopon.arena.metrics import KEYPOINT_PICTURE_PX
from prosopon.arena.reconstruction import Reconstruct, Reconstruction, compare, crops
from prosopon.arena.tally import Tally
from prosopon.core.errors import MissingError
from prosopon.core.faces import Box
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.crop import cut
from prosopon.faces.finder import FaceFinder
from prosopon.faces.head_box import head_box
from prosopon.faces.identity import Embedder
from prosopon.media.read import read
from prosopon.studio.truth import PersonTruth, read_truth


def measure_truth(
    folder: Path,
    animate: Reconstruct,
    finder: FaceFinder | None,
    *,
    embedder: Embedder | None = None,
    size_px: int = KEYPOINT_PICTURE_PX,
    every: int = 1,
    max_pairs: int | None = None,
    progress: Progress = SILENT,
) -> Reconstruction:
    """Animate each person's first frame by the next person of the same performance, and compare with the first's film.

    Both are cropped to the head by the true landmarks, in one box that does not move.

    Args:
        folder: what `prosopon studio render --same-motion` wrote.
        animate: what is measured; motion must be relative to the first frame.
        finder: finds the keypoints in result and answer alike; without one their metrics are left out.
        embedder: tells whether it still looks like the person; without one that metric is left out.
        size_px: side of the pictures that are compared.
        every: look at every n-th frame.
        max_pairs: stop after so many pairs.
        progress: hears of every frame.

    Returns:
        Tallies by `source/driving`.

    Raises:
        MissingError: no two people of the folder give the same performance.
    """
    pairs = [
        (source, group[(number + 1) % len(group)])
        for group in read_truth(folder).performing_alike().values()
        if len(group) > 1
        for number, source in enumerate(group)
    ]
    if not pairs:
        raise MissingError(
            f"no two people in {folder} give the same performance",
            "render some: prosopon studio render --people 8 --same-motion -o DIR",
        )
    tallies: dict[str, Tally] = {}
    for source, driving in pairs[:max_pairs]:
        name = f"{source.folder.name}/{driving.folder.name}"
        answer, film = read(source.clip), read(driving.clip)
        box, driving_box = _box(source), _box(driving)
        progress.start(f"{source.folder.name} moved like {driving.folder.name}", -(-len(answer) // every))
        picture = cut(answer.first(), box, size_px)
        wanted, frames = crops(answer, box, size_px, every), crops(film, driving_box, size_px, every)
        tallies[name] = compare(picture, wanted, animate(picture, frames), finder, embedder=embedder, progress=progress)
        progress.finish()
    return Reconstruction(tallies, {}, None if finder is None else finder.name, size_px, every)


def _box(person: PersonTruth) -> Box:
    return head_box([*person.landmarks])
