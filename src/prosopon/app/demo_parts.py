"""The demo's second act: parts that were found without labels, and swapped between two people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from prosopon.app.demo_scene import Scene
from prosopon.core.clip import Clip
from prosopon.core.progress import Progress
from prosopon.media.read import read


@dataclass(frozen=True)
class PartsMade:
    """The files of the second act.

    Attributes:
        drawn: the parts, laid over the driving person.
        swapped: the driving person with hair and lips of the one in the source.
        face: the other way round: the source person, performing, with the driving person's face; None where there is
            no such performance.
        compare: all of it in a row.
    """

    drawn: Path
    swapped: Path
    face: Path | None
    compare: Path

    def files(self) -> Iterator[tuple[Path, str]]:
        """Each file with what it shows."""
        yield self.drawn, "parts found without labels, each with its number"
        yield self.swapped, "hair and lips of the source"
        if self.face is not None:
            yield self.face, "the other way round: the driving person's face"


def make_parts(folder: Path, scene: Scene, progress: Progress) -> PartsMade:
    """Draw the parts of the driving person, and put some of the source person's in their place; publish everything.

    Raises:
        MissingError: there are no weights, or nobody is in one of the two.
    """
    from prosopon.app.compare import side_by_side
    from prosopon.create.partswap.following import heads_in_target
    from prosopon.create.partswap.options import ALIGNMENT, WEIGHTS, SwapOptions
    from prosopon.create.partswap.shown import parts_drawn
    from prosopon.create.partswap.technique import PartSwap
    from prosopon.faces.finder import open_finder
    from prosopon.faces.parsing.parser import open_parser
    from prosopon.faces.track import track
    from prosopon.models.device import pick_precision
    from prosopon.vouch.publish import publish

    def published(clip: Clip, path: Path) -> Clip:
        publish(clip, path, force=True, progress=progress)
        return replace(read(path), history=clip.history)

    model = PartSwap.from_weights(WEIGHTS, alignment=ALIGNMENT)
    finder, parser = open_finder("auto"), open_parser()

    def swapped(source: Clip, target: Clip, parts: str, path: Path) -> Clip:
        tracks_by = {
            "source": track(Clip.still(source.first(), name=source.name), finder),
            "target": track(target, finder),
        }
        made = model.create(
            tracks_by, source=source, target=target, options=SwapOptions(parts=parts),
            precision=pick_precision(), parser=parser, progress=progress,
        )  # fmt: skip
        return published(made, path)

    drawn, hair, face = folder / "parts.mp4", folder / "hair_lips.mp4", folder / "face.mp4"
    heads = heads_in_target(scene.driving, SwapOptions(), {"target": track(scene.driving, finder)}, progress)
    overlaid = parts_drawn(model, scene.driving, heads, strength=0.6, weights_name=model.weights_name)
    shown = published(overlaid, drawn)
    result = swapped(scene.source, scene.driving, "hair,lips", hair)
    others = [] if scene.exact is None else [scene.exact, swapped(scene.driving, scene.exact, "face", face)]
    compare = folder / "parts_compare.mp4"
    row = side_by_side((scene.source, scene.driving, shown), result, others)
    publish(row, compare, force=True, progress=progress)
    return PartsMade(drawn, hair, face if others else None, compare)
