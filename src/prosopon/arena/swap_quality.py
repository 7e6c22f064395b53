"""How good a face swap is on a clip that it has not learnt from: whose face, what it does, and what it leaves alone.

Everything is measured by the same finder and the same embedding on what goes in and on what comes out, so that the
untouched target and any other way of swapping can stand beside it. A swap is a function from clip to clip: nothing here
knows how it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_laplace

from prosopon.arena.masked_metrics import masked_ssim
from prosopon.arena.swap_figures import FIGURES, Figure, Figures
from prosopon.arena.swap_people import Embedding, Footage, Known, identity_figures
from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Face, Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.create.swap.measures import flicker, movement
from prosopon.faces.aligned.cut import cut_aligned
from prosopon.faces.aligned.face_types import FaceType, crop_matrix
from prosopon.faces.aligned.hull import landmark_mask
from prosopon.faces.aligned.maps import apply
from prosopon.faces.finder import FaceFinder
from prosopon.faces.openings import eye_opening, mouth_opening
from prosopon.faces.steady import steady_landmarks

Swap = Callable[[Clip, Tracks], Clip]
"""A clip and its people -> the clip with another face on the most prominent one, as many frames of the same size."""

_CROP_PX = 256
"""Side of the crops that flicker and detail are seen in."""
_DETAIL_PX = 1.5
"""What is as fine as that in such a crop is detail: lashes, wrinkles, pores, stubble."""
_LUMA = np.array((0.299, 0.587, 0.114), np.float32)
_SIGMA_FRAMES = 1.0
"""Smoothing of the landmarks by which those crops are cut: it shall be the picture that trembles, not they."""
_SAME_PLACE = 0.3
"""Overlap with the target's face from which a face that was found is the one that was swapped."""
_BEYOND = 0.05
"""How far beyond its crop a swap may reach, as a share of the crop's side: it may smooth where its crops lie."""


@dataclass(frozen=True)
class Judge:
    """Who looks, and whom faces are compared with.

    Attributes:
        finder: the one that followed the people of the clips.
        face: tells the two people apart by their faces alone.
        head: tells them apart by their whole heads.
    """

    finder: FaceFinder
    face: Known
    head: Known


@dataclass(frozen=True)
class Measured:
    """What was measured on one clip.

    Attributes:
        figures: by the names of `FIGURES`.
        kept: frames that were asked for, by index.
    """

    figures: Figures
    kept: Mapping[int, Frame] = field(default_factory=dict)


def measure(
    before: Footage,
    made: Clip,
    judge: Judge,
    *,
    face_type: FaceType = "full",
    every: int = 1,
    keep: Collection[int] = (),
    progress: Progress = SILENT,
) -> Measured:
    """Measure what a swap has made of a clip.

    Args:
        before: the untouched target.
        made: the same clip with another face, as it is before it is encoded.
        judge: who looks.
        face_type: how much of a head the swap may have changed.
        every: look at every n-th frame; flicker is seen between it and the next one in any case.
        keep: frames of `made` that are returned as well.
        progress: hears of every frame.

    Returns:
        Figures that could not be measured are absent.

    Raises:
        ValueError: the clips differ in length.
    """
    seen = _Seen(judge, face_type)
    kept: dict[int, Frame] = {}
    steady = steady_landmarks(before.person, _SIGMA_FRAMES)
    last: tuple[int, _Crop] | None = None
    progress.start(f"measuring {before.name}", len(before.clip))
    for index, (theirs, ours) in enumerate(zip(before.clip.frames(), made.frames(), strict=True)):
        progress.advance()
        if index in keep:
            kept[index] = ours
        if index not in steady:
            last = None
            continue
        looked = index % every == 0
        crop = _Crop.of(theirs, ours, steady[index]) if looked or last is not None else None
        if looked and crop is not None:
            seen.note(detail=crop.detail())
        if last is not None and crop is not None and last[0] == index - 1:
            seen.add_pair(last[1], crop)
        last = (index, crop) if looked and crop is not None else None
        if looked:
            seen.add(theirs, ours, before.person.faces[index])
    progress.finish()
    return Measured(seen.figures(), kept)


@dataclass(frozen=True)
class _Crop:
    """A face before and after, cut out alike, and where it is."""

    theirs: Frame
    ours: Frame
    mask: NDArray[np.float32]

    @classmethod
    def of(cls, theirs: Frame, ours: Frame, landmarks: NDArray[np.float32]) -> _Crop:
        matrix = crop_matrix(landmarks, "full", _CROP_PX)
        before, after = (cut_aligned(frame, matrix, _CROP_PX) for frame in (theirs, ours))
        return cls(before, after, landmark_mask(apply(matrix, landmarks), _CROP_PX))

    def detail(self) -> float:
        """Fine detail after over that before; NaN where there was none before."""
        theirs, ours = (self._fine(picture) for picture in (self.theirs, self.ours))
        return ours / theirs if theirs > 0 else float("nan")

    def _fine(self, picture: Frame) -> float:
        """Root mean square of what is fine."""
        fine = gaussian_laplace(picture.astype(np.float32) @ _LUMA, _DETAIL_PX)
        return float(np.sqrt((np.square(fine) * self.mask).sum() / max(1e-6, float(self.mask.sum()))))


@dataclass
class _Seen:
    """What was seen of one clip so far."""

    judge: Judge
    face_type: FaceType
    driving: list[Face] = field(default_factory=list)
    made: list[Face | None] = field(default_factory=list)
    faces: list[Embedding] = field(default_factory=list)
    heads: list[Embedding] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, theirs: Frame, ours: Frame, driving: Face) -> None:
        """One frame before and after, and where the target's face is in it."""
        face = _same(self.judge.finder.find(ours), driving)
        self.driving.append(driving)
        self.made.append(face)
        if face is not None:
            self.faces.append(self.judge.face.embedder.embed(ours, face))
            self.heads.append(self.judge.head.embedder.embed(ours, face))
        assert driving.landmarks is not None  # noqa: S101 - only such frames are looked at
        equal = (theirs == ours).all(-1)
        outside = ~_within(driving.landmarks, self.face_type, *equal.shape)
        untouched = float(equal[outside].mean()) if outside.any() else np.nan
        # Only what is beyond the crop may differ here: windows would see a little of the inside otherwise.
        only = np.where(outside[..., None], ours, theirs)
        ssim = untouched if untouched == 1 or np.isnan(untouched) else masked_ssim(only, theirs, outside)
        self.note(changed=1 - float(equal.mean()), outside_equal=untouched, outside_ssim=ssim)

    def add_pair(self, one: _Crop, other: _Crop) -> None:
        """Two neighbouring frames."""
        masks, still = (one.mask, other.mask), (np.zeros_like(one.ours),) * 2
        ours = (one.ours, other.ours)
        self.note(
            flicker=flicker(ours, masks, (one.theirs, other.theirs)),
            change=flicker(ours, masks, still),
        )

    def note(self, **values: float) -> None:
        """What one frame gave; what could not be measured is passed over."""
        for name, value in values.items():
            if np.isfinite(value):
                self.values.setdefault(name, []).append(value)

    def figures(self) -> Figures:
        """Those that could be measured."""
        moved = movement(self.made, self.driving)
        self.note(
            expression=moved.expression,
            expression_still=moved.expression_still,
            pose_deg=moved.pose_deg,
            found=moved.found,
        )
        found = {name: Figure(float(np.mean(values))) for name, values in self.values.items()}
        found |= identity_figures(self.faces, self.heads, self.judge.face, self.judge.head)
        found |= self._slopes()
        return {name: found[name] for name in FIGURES if name in found}

    def _slopes(self) -> dict[str, Figure]:
        """How far lids and lips follow; a clip in which they move more counts for more."""
        both = [
            (made.landmarks, driving.landmarks)
            for made, driving in zip(self.made, self.driving, strict=True)
            if made is not None and made.landmarks is not None and driving.landmarks is not None
        ]
        found: dict[str, Figure] = {}
        for name, opening in (("lids", eye_opening), ("lips", mouth_opening)):
            if not both:
                break
            ours, theirs = (opening(np.stack([pair[i] for pair in both]).astype(np.float64)) for i in (0, 1))
            theirs = theirs - theirs.mean()
            square = float(theirs @ theirs)
            if square > 0 and np.isfinite(ours).all():
                found[name] = Figure(float(ours @ theirs) / square, square)
        return found


def _same(faces: Sequence[Face], driving: Face) -> Face | None:
    """The face that is where the target's is, None where there is none with landmarks."""
    near = [face for face in faces if face.landmarks is not None and face.box.iou(driving.box) >= _SAME_PLACE]
    return max(near, key=lambda face: face.box.iou(driving.box), default=None)


def _within(landmarks: NDArray[np.float32], face_type: FaceType, height: int, width: int) -> NDArray[np.bool_]:
    """The pixels `(height, width)` that a swap's crop may have shown."""
    matrix = crop_matrix(landmarks, face_type, 1)
    x, y = np.arange(width) + 0.5, (np.arange(height) + 0.5)[:, None]
    places = [row[0] * x + row[1] * y + row[2] for row in matrix]
    inside: NDArray[np.bool_] = np.logical_and.reduce([(at > -_BEYOND) & (at < 1 + _BEYOND) for at in places])
    return inside
