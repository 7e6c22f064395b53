"""A contact sheet of some frames under several merge settings, to choose by eye before a long run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError
from prosopon.create.swap.merge.masks import needs
from prosopon.create.swap.merge.settings import MergeSettings
from prosopon.create.swap.options import SwapOptions, without_learnt_masks
from prosopon.create.swap.predicting import Person, predicted
from prosopon.create.swap.swapping import Cast, merged
from prosopon.faces.aligned.cut import cut_aligned
from prosopon.faces.aligned.face_types import crop_matrix
from prosopon.faces.parsing.parser import FaceParser
from prosopon.faces.sheet import contact_sheet

_SIDE_PX = 192


@dataclass(frozen=True)
class Variant:
    """One way to put the face in.

    Attributes:
        caption: what is different, for people.
        settings: all of it.
    """

    caption: str
    settings: MergeSettings


def variants(settings: MergeSettings, *, learns_mask: bool, parser: bool) -> list[Variant]:
    """The user's own settings first, then one thing changed at a time; those that a model or machine cannot do are
    left out.

    Args:
        settings: the user's.
        learns_mask: whether the model knows masks.
        parser: whether there is a face parser.
    """
    changes = [
        ("as set", {}),
        ("seamless", {"blend": "seamless"}),
        ("landmarks' hull, wide edge", {"mask": "landmarks", "blur_percent": 12.0}),
        ("hands and hair stay", {"mask": "both-parsed"}),
        ("edge drawn in", {"erode_percent": 6.0, "blur_percent": 8.0}),
        ("colours: lct", {"colour": "lct"}),
        ("colours: mkl", {"colour": "mkl"}),
        ("colours as learnt", {"colour": "none"}),
        ("sharpened", {"sharpen_percent": 80.0}),
    ]
    found: list[Variant] = []
    for caption, changed in changes:
        made = replace(settings, **changed)  # type: ignore[arg-type]
        made = made if learns_mask else without_learnt_masks(made)
        if not parser and {"parsed", "parsed_predicted"} & set(needs(made.mask)):
            continue
        if all(made != one.settings for one in found):
            found.append(Variant(caption, made))
    return found


def preview_sheet(
    target: Clip,
    cast: Sequence[Cast],
    ways: Sequence[Variant],
    count: int,
    options: SwapOptions,
    *,
    parser: FaceParser | None,
    precision: torch.dtype,
) -> Frame:
    """A row for each way, the untouched target first; a column for each of some frames, spread over the clip.

    Args:
        target: the footage.
        cast: who gets whose face; frames of the first are shown.
        ways: settings.
        count: frames.
        options: route and batch; its merge settings are those of `ways`.
        parser: says what is before a face.
        precision: of the nets.

    Returns:
        `uint8 (H, W, 3)`.

    Raises:
        MissingError: nobody of the cast has landmarks.
    """
    known = sorted(index for index, face in cast[0].track.faces.items() if face.landmarks is not None)
    if not known:
        raise MissingError(f"no face with landmarks was found in {target.name}", "give footage that shows one clearly")
    chosen = [known[i] for i in np.unique(np.linspace(0, len(known) - 1, count).astype(int))]
    frames = _frames(target, chosen)
    still = Clip.of_frames(frames, 1, name=target.name)
    people = [
        Person(
            one.model,
            {
                place: face.landmarks
                for place, index in enumerate(chosen)
                if (face := one.track.faces.get(index)) is not None and face.landmarks is not None
            },
        )
        for one in cast
    ]
    views = [crop_matrix(people[0].landmarks[place], "whole", _SIDE_PX) for place in range(len(chosen))]
    cells = [
        (cut_aligned(frame, view, _SIDE_PX), f"frame {index}")
        for frame, view, index in zip(frames, views, chosen, strict=True)
    ]
    for number, way in enumerate(ways, start=1):
        # Frames that lie far apart have nothing to be steadied with.
        alone = replace(way.settings, colour_steadiness=0.0, place_sigma_frames=0.0, mask_sigma_frames=0.0)
        asked = replace(options, merge=alone)
        seen = predicted(still, people, asked, parser=parser, precision=precision)
        row: Iterator[Frame] = (one.frame for one in merged(seen, asked, None))
        cells += [
            (cut_aligned(frame, view, _SIDE_PX), f"{number}: {way.caption}")
            for frame, view in zip(row, views, strict=True)
        ]
    return contact_sheet(cells, columns=len(chosen), side_px=_SIDE_PX)


def _frames(target: Clip, chosen: Sequence[int]) -> list[Frame]:
    wanted, last = set(chosen), max(chosen)
    found = []
    for index, frame in enumerate(target.frames()):
        if index in wanted:
            found.append(frame)
        if index >= last:
            break
    return found
