"""How pictures cut out of media are written: cut out of marked media they are marked, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.core.history import Parent, Relationship, SourceType, Step
from prosopon.faces.crops import Writers
from prosopon.media.read import content_id


def as_parent(clip: Clip, path: Path) -> Parent:
    """A clip as what pictures are cut out of."""
    return Parent(clip.name, clip.sha256, Relationship.PARENT, path)


def writers_for(parents: Sequence[Parent], op: str = "faces.crop") -> Writers:
    """How pictures made of some files are written: labelled and signed where any of these is synthetic.

    Args:
        parents: the files, each with its path. Of several, they are components.
        op: what is done to them.
    """
    from prosopon.vouch.manifest.verify import verify

    reports = [(one, verify(one.path)) for one in parents if one.path is not None]
    synthetic = [(one, report) for one, report in reports if report.synthetic]
    if not synthetic:
        return Writers()
    from prosopon.vouch.publish import publish_picture
    from prosopon.vouch.value_maps import publish_mask, publish_part_map

    stated = {address.rpartition("/")[2] for _, report in synthetic for address in report.source_types}
    known = [kind for kind in SourceType if kind.value in stated and kind is not SourceType.ENHANCED]
    made_of = [one for one, _ in synthetic]
    if len(parents) > 1:
        made_of = [replace(one, relationship=Relationship.COMPONENT) for one in made_of]
    # Beside real footage, or of several kinds, it is a composite.
    of_one_kind = len(reports) == 1 or (len(known) == 1 and len(synthetic) == len(reports))
    step = Step(op, parents=tuple(made_of), source_type=known[0] if known and of_one_kind else SourceType.COMPOSITE)

    def picture(shown: Frame, destination: Path) -> None:
        publish_picture(shown, destination, step)

    def parts(shown: NDArray[np.uint8], destination: Path) -> None:
        publish_part_map(shown, destination, replace(step, op="faces.parse"))

    def mask(shown: NDArray[np.uint8], destination: Path) -> None:
        publish_mask(shown, destination, replace(step, op="faces.mask"))

    return Writers(picture, parts, mask)


def picture_as_parent(path: Path) -> Parent:
    """A picture file as what another is made of."""
    return Parent(path.name, content_id(path), Relationship.PARENT, path)
