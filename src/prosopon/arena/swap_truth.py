"""Face swaps against the exact answer: two rendered people who gave the same performance, one with the other's face.

No footage of real people has this answer: the source doing what the target did, in the same light. Heads differ in
shape and place, so both are cut out by their true landmarks before they are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.arena.landmark_warp import Portrait, laid_over
from prosopon.arena.masked_metrics import masked_l1, masked_psnr, masked_ssim
from prosopon.arena.swap_figures import Figure, Figures
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.aligned.cut import cut_aligned
from prosopon.faces.aligned.face_types import FaceType, crop_matrix
from prosopon.faces.aligned.hull import grown, landmark_mask
from prosopon.faces.aligned.maps import apply
from prosopon.faces.colour.transfer import transferred
from prosopon.media.read import read
from prosopon.studio.truth import PersonTruth, read_truth

EXACT: Mapping[str, str] = {
    "exact_ssim": "SSIM",
    "exact_psnr": "PSNR (dB)",
    "exact_l1": "L1",
    "exact_ssim_recoloured": "SSIM, same colours",
    "exact_l1_recoloured": "L1, same colours",
}
"""Names of the figures and what tables call them. The last two are measured after the face was given the answer's
colours (`rct`): a swap that keeps the target's skin, as one should beside its neck, is not the worse for it."""

ON_TARGET = "the answer, on the target"
"""The source's own frames bent onto the target's true landmarks, in the target's colours: the answer, as far as it can
be had on another head."""

_RIM = 0.04
"""How much of the face's edge is left out, as a share of the crop's side: there every swap fades into the target."""


@dataclass(frozen=True)
class ExactPair:
    """Two people of the same performance.

    Attributes:
        name: of both.
        source: whose face is wanted; their film is the answer.
        target: whose film is edited.
    """

    name: str
    source: PersonTruth
    target: PersonTruth


def exact_pair(folder: Path, source: int, target: int) -> ExactPair:
    """Two people of what `prosopon studio render --same-motion` wrote, by their numbers.

    Raises:
        MissingError: one of them is not there.
        UsageError: they are one person, or gave different performances.
    """
    people = {person.number: person for person in read_truth(folder).people}
    for number in (source, target):
        if number not in people:
            raise MissingError(f"{folder} has no person {number}", f"there are {', '.join(map(str, sorted(people)))}")
    if source == target:
        raise UsageError(f"person {source} is named as source and target", "name two people")
    one, other = people[source], people[target]
    if one.performance_id != other.performance_id or len(one) != len(other):
        raise UsageError(
            f"{one.folder.name} and {other.folder.name} of {folder} gave different performances",
            "render some who gave the same: prosopon studio render --same-motion",
        )
    return ExactPair(f"{folder.name}: {one.folder.name} on {other.folder.name}", one, other)


def measure_exact(
    pair: ExactPair,
    made: Clip,
    *,
    face_type: FaceType = "full",
    side_px: int = 128,
    every: int = 1,
    progress: Progress = SILENT,
) -> Figures:
    """Compare what a swap has made of the target's film with the source's, inside the face of the answer.

    Args:
        pair: the two.
        made: the target's film with the source's face.
        face_type: how much of a head is cut out, by the true landmarks.
        side_px: side of the crops.
        every: look at every n-th frame.
        progress: hears of every frame.

    Returns:
        Means over frames by the names of `EXACT`; PSNR without frames that are equal.
    """
    rows: list[dict[str, float]] = []
    progress.start(f"comparing with {pair.source.folder.name}", len(pair.source))
    for index, (ours, answer) in enumerate(zip(made.frames(), read(pair.source.clip).frames(), strict=True)):
        progress.advance()
        if index % every:
            continue
        points = pair.source.landmarks[index]
        matrix = crop_matrix(points, face_type, side_px)
        wanted = cut_aligned(answer, matrix, side_px)
        got = cut_aligned(ours, crop_matrix(pair.target.landmarks[index], face_type, side_px), side_px)
        mask = grown(landmark_mask(apply(matrix, points), side_px), -_RIM * side_px)
        recoloured = _recoloured(got, wanted, mask)
        rows.append(
            {
                "exact_ssim": masked_ssim(got, wanted, mask),
                "exact_psnr": masked_psnr(got, wanted, mask),
                "exact_l1": masked_l1(got, wanted, mask),
                "exact_ssim_recoloured": masked_ssim(recoloured, wanted, mask),
                "exact_l1_recoloured": masked_l1(recoloured, wanted, mask),
            }
        )
    progress.finish()
    finite = {name: [row[name] for row in rows if np.isfinite(row[name])] for name in EXACT}
    return {name: Figure(float(np.mean(values))) for name, values in finite.items() if values}


def answer_on_target(pair: ExactPair) -> Clip:
    """The source's own frames bent onto the target's face: no swap, but what one could be."""
    film, answer = read(pair.target.clip), read(pair.source.clip)

    def frames() -> Iterator[Frame]:
        both = zip(film.frames(), answer.frames(), strict=True)
        for index, (frame, picture) in enumerate(both):
            portrait = Portrait(picture, pair.source.landmarks[index].astype(np.float64))
            yield laid_over(frame, portrait, pair.target.landmarks[index])

    parents = (film.as_parent(Relationship.PARENT), answer.as_parent(Relationship.COMPONENT))
    return film.derive(Step("arena.answer_on_target", parents=parents, source_type=SourceType.COMPOSITE), frames)


def _recoloured(picture: Frame, like: Frame, mask: NDArray[np.float32]) -> Frame:
    """A face in the colours of another, both measured under one mask."""
    own, wanted = (np.asarray(one, np.float32) / np.float32(255) for one in (picture, like))
    changed = transferred(own, wanted, "rct", mask=mask, like_mask=mask)
    return np.asarray(np.round(changed * 255), np.uint8)
