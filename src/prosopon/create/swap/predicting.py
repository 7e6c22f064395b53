"""What the nets make of every face of the target, frame by frame, with all masks that merging will ask for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Face
from prosopon.create.swap.merge.masks import FaceMasks, needs
from prosopon.create.swap.model import SwapModel
from prosopon.create.swap.options import SwapOptions
from prosopon.faces.aligned.cut import cut_aligned
from prosopon.faces.aligned.face_types import crop_matrix
from prosopon.faces.aligned.hull import landmark_mask
from prosopon.faces.aligned.maps import Matrix, apply
from prosopon.faces.aligned.parsed import parsed_mask
from prosopon.faces.parsing.parser import FaceParser

_REACH = 3.0
"""Masks are smoothed over so many standard deviations, each way."""
_STILL = np.array(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))


@dataclass(frozen=True)
class Person:
    """One person of the target who gets another face.

    Attributes:
        model: makes it.
        landmarks: where their face is, `(68, 2)` in pixels of the frame, by frame; already steady.
    """

    model: SwapModel
    landmarks: Mapping[int, NDArray[np.floating]]


@dataclass(frozen=True)
class Predicted:
    """What was made of one face of a frame.

    Attributes:
        face: `float32 (O, O, 3)` RGB in [0, 1].
        masks: over the same crop.
        matrix: from pixels of the frame to pixels of the crop.
        centre: middle of the landmarks in the frame, pixels.
    """

    face: NDArray[np.float32]
    masks: FaceMasks
    matrix: Matrix
    centre: tuple[float, float]


@dataclass(frozen=True)
class Seen:
    """A frame and what was made of its faces, by the number of the person."""

    frame: Frame
    faces: Mapping[int, Predicted] = field(default_factory=dict)


def predicted(
    target: Clip,
    people: Sequence[Person],
    options: SwapOptions,
    *,
    parser: FaceParser | None,
    precision: torch.dtype,
    start: int = 0,
) -> Iterator[Seen]:
    """The frames of the target in order, with what the nets make of the faces in them.

    Args:
        target: the footage.
        people: who gets another face.
        options: as set by the user.
        parser: says what is before a face; None where no mask asks for it.
        precision: of the nets.
        start: the first frame that is looked at. Results are the same to the last bit as from the beginning where it is
            a multiple of `options.batch`.
    """
    for first, frames in _batches(islice(target.frames(), start, None), options.batch, start):
        made: list[dict[int, Predicted]] = [{} for _ in frames]
        for number, person in enumerate(people):
            shown = [i for i in range(len(frames)) if first + i in person.landmarks]
            if shown:
                points = [np.asarray(person.landmarks[first + i], np.float64) for i in shown]
                faces = _made_of(
                    [frames[i] for i in shown], points, person.model,
                    options=options, parser=parser, precision=precision,
                )  # fmt: skip
                for i, face in zip(shown, faces, strict=True):
                    made[i][number] = face
        yield from (Seen(frame, faces) for frame, faces in zip(frames, made, strict=True))


def _made_of(
    frames: Sequence[Frame],
    points: Sequence[NDArray[np.float64]],
    model: SwapModel,
    *,
    options: SwapOptions,
    parser: FaceParser | None,
    precision: torch.dtype,
) -> list[Predicted]:
    """What a net makes of one person in some frames."""
    plan = model.plan
    wanted = set(needs(options.merge.mask))
    units = [crop_matrix(one, model.face_type, 1) for one in points]
    crops = [cut_aligned(frame, unit * plan.input_px, plan.input_px) for frame, unit in zip(frames, units, strict=True)]
    out = model.swap(np.stack(crops), options.route, precision=precision)
    own = model.swap(np.stack(crops), "b", precision=precision) if "target" in wanted else None
    pictures = np.ascontiguousarray(out.face.permute(0, 2, 3, 1).numpy())
    side = plan.output_px
    found = []
    for i, (frame, unit, landmarks) in enumerate(zip(frames, units, points, strict=True)):
        matrix = unit * side
        inside = apply(matrix, landmarks)
        masks = FaceMasks(
            predicted=None if out.mask is None else out.mask[i, 0].numpy(),
            target=None if own is None or own.mask is None else own.mask[i, 0].numpy(),
            landmarks=landmark_mask(inside, side, "hull") if "landmarks" in wanted else None,
        )
        if parser is not None and "parsed" in wanted:
            masks = replace(
                masks, parsed=parsed_mask(parser.parse(frame, Face.around(landmarks.astype(np.float32))), matrix, side)
            )
        if parser is not None and "parsed_predicted" in wanted:
            picture = np.round(np.clip(pictures[i], 0, 1) * 255).astype(np.uint8)
            masks = replace(
                masks,
                parsed_predicted=parsed_mask(
                    parser.parse(picture, Face.around(inside.astype(np.float32))), _STILL, side
                ),
            )
        x, y = landmarks.mean(0).tolist()
        found.append(Predicted(pictures[i], masks, matrix, (x, y)))
    return found


def with_steady_masks(seen: Iterable[Seen], sigma_frames: float) -> Iterator[Seen]:
    """The same frames, their masks averaged over time: a Gaussian that looks ahead and does not reach over gaps.

    Masks lie in the crop that follows the face, so that it is their trembling that is averaged and not their way.
    """
    if sigma_frames <= 0:
        yield from seen
        return
    reach = reach_of(sigma_frames)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_frames) ** 2)
    held: deque[Seen] = deque()
    middle = 0
    for one in seen:
        held.append(one)
        if len(held) > middle + reach:
            yield _steady(held, middle, weights)
            if middle == reach:
                held.popleft()
            else:
                middle += 1
    while middle < len(held):
        yield _steady(held, middle, weights)
        if middle == reach:
            held.popleft()
        else:
            middle += 1


def reach_of(sigma_frames: float) -> int:
    """How many frames before and after one its masks are averaged with."""
    return 0 if sigma_frames <= 0 else max(1, int(np.ceil(_REACH * sigma_frames)))


def _steady(held: Sequence[Seen], middle: int, weights: NDArray[np.float64]) -> Seen:
    """The frame in the middle, its masks averaged with those of its neighbours."""
    now = held[middle]
    reach = len(weights) // 2
    faces = {}
    for number, face in now.faces.items():
        first, last = middle, middle
        while first > max(0, middle - reach) and number in held[first - 1].faces:
            first -= 1
        while last < min(len(held) - 1, middle + reach) and number in held[last + 1].faces:
            last += 1
        around = [(held[i].faces[number].masks, weights[i - middle + reach]) for i in range(first, last + 1)]
        faces[number] = replace(face, masks=_averaged(face.masks, around))
    return Seen(now.frame, faces)


def _averaged(now: FaceMasks, around: Sequence[tuple[FaceMasks, float]]) -> FaceMasks:
    """Each kind of mask that there is, averaged."""
    changed: dict[str, NDArray[np.float32] | None] = {}
    for kind, mask in vars(now).items():
        if mask is None:
            continue
        known = [(getattr(one, kind), weight) for one, weight in around if getattr(one, kind) is not None]
        total = sum(weight for _, weight in known)
        weighted = np.stack([one * np.float32(weight / total) for one, weight in known])
        changed[kind] = np.asarray(weighted.sum(0), np.float32)
    return FaceMasks(**changed)


def _batches(frames: Iterator[Frame], size: int, start: int) -> Iterator[tuple[int, list[Frame]]]:
    """Frames in lists of so many, each with the index of its first; `start` is that of the very first."""
    held = []
    for frame in frames:
        held.append(frame)
        if len(held) == size:
            yield start, held
            start, held = start + size, []
    if held:
        yield start, held
