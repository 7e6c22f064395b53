"""Attributes edited from Clip to Clip: the head is cut out, goes through the net, and is put back; streamed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Box
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.core.prefetch import prefetch
from prosopon.create.stargan.model import StarganModel
from prosopon.create.stargan.options import EditOptions
from prosopon.datasets.attributes import Labels
from prosopon.faces.crop import cut
from prosopon.faces.paste import feather, paste
from prosopon.models.enlarging import enlarged as enlarge
from prosopon.models.tensors import to_tensor

_READ_FRAMES = 8
"""So many frames, spread over a clip, tell which attributes somebody has."""


def labels_of(model: StarganModel, target: Clip, places: Sequence[Box | None]) -> Labels:
    """Which attributes somebody has, `(N,)`, read out of a few frames; of those that exclude each other the likeliest.

    Args:
        model: reads them.
        target: the footage.
        places: the square around the head, frame by frame; None where it is not seen.
    """
    shown = [index for index, place in enumerate(places) if place is not None]
    chosen = {shown[round(share * (len(shown) - 1))] for share in np.linspace(0, 1, _READ_FRAMES)} if shown else set()
    crops = []
    for index, frame in enumerate(target.frames()):
        place = places[index]
        if index in chosen and place is not None:
            crops.append(cut(frame, place, model.config.size_px))
        if len(crops) == len(chosen):
            break
    attributes = model.attributes
    if not crops:
        return attributes.told(())
    likely = model.read(to_tensor(np.stack(crops), model.device)).mean(0).cpu().numpy()
    labels = (likely > 0.5).astype(np.float32)
    for group in attributes.exclusive:
        inside = [attributes.index(name) for name in group]
        best = inside[int(np.argmax(likely[inside]))]
        labels[inside] = 0
        labels[best] = 1
    return labels


def with_edits(
    target: Clip,
    places: Sequence[Box | None],
    model: StarganModel,
    options: EditOptions,
    *,
    labels: Labels,
    wanted: Labels,
    precision: torch.dtype,
) -> Clip:
    """The target with other attributes, as a clip that is computed while it is read.

    Times and sound are the target's; frames in which the person is not seen stay as they are.

    Args:
        target: the footage.
        places: the square around the head, frame by frame; None where it is not seen.
        model: makes the edit.
        options: as set by the user.
        labels: `(N,)`, all attributes that the person has.
        wanted: `(N,)`, all that they shall have.
        precision: of the convolutions.
    """
    names = [name for name, has in zip(model.attributes.names, wanted, strict=True) if has > 0.5]
    step = Step(
        "create.stargan.edit",
        {**asdict(options), "weights": model.weights_name, "attributes": names},
        parents=(target.as_parent(Relationship.PARENT),),
        weights_sha256=model.weights_sha256,
        source_type=SourceType.COMPOSITE,
    )

    before, after = (torch.from_numpy(np.asarray(one, np.float32))[None] for one in (labels, wanted))

    def edit(crops: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
        """What becomes of each crop, or, where its detail is kept, what the edit adds to it; in grey levels."""
        with torch.inference_mode():
            pictures = to_tensor(crops, model.device)
            made = model.edit(pictures, after, precision=precision)
            if options.keep_detail:
                made = made - model.edit(pictures, before, precision=precision)
        yield from made.mul(255).movedim(1, -1).cpu().numpy()

    def frames() -> Iterator[Frame]:
        return prefetch(_edited(target, places, edit, model.config.size_px, options), ahead=8)

    return Clip(
        width=target.width,
        height=target.height,
        open_frames=frames,
        times=target.times,
        fps=target.fps,
        audio=target.audio,
        history=(*target.history, step),
        name=f"{target.name}, edited",
    )


def _edited(
    target: Clip,
    places: Sequence[Box | None],
    edit: Callable[[NDArray[np.uint8]], Iterator[NDArray[np.float32]]],
    size: int,
    options: EditOptions,
) -> Iterator[Frame]:
    pairs = iter(zip(target.frames(), places, strict=True))
    while held := [*islice(pairs, options.batch)]:
        crops = [cut(frame, place, size) for frame, place in held if place is not None]
        made = edit(np.stack(crops)) if crops else iter(())
        for frame, place in held:
            yield frame if place is None else _put_back(frame, next(made), place, options)


def _put_back(frame: Frame, made: NDArray[np.float32], place: Box, options: EditOptions) -> Frame:
    """The frame with the edited head: what the net made, or what the edit changed added to what was there."""
    patch: NDArray[np.floating] = made
    if options.keep_detail:
        side = max(len(made), round(place.width))
        patch = cut(frame, place, side) + enlarged(made, side)
    return paste(frame, patch, place, feather(len(patch), options.border))


def enlarged(change: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """A change `(S, S, 3)` of any sign at another size `(side, side, 3)`, bicubic."""
    tensor = torch.from_numpy(change).movedim(-1, 0)[None]
    out: NDArray[np.float32] = enlarge(tensor, side, side, mode="bicubic")[0].movedim(0, -1).numpy()
    return out
