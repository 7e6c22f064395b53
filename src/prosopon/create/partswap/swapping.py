"""Part swap from Clips to Clip: crop, find the parts, lay over, match colours, paste back; streamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, maximum_filter

from prosopon.core.clip import Clip, Frame
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.core.prefetch import prefetch
from prosopon.create.partswap.colour import SkinTone, recoloured
from prosopon.create.partswap.fast import EncodedSource, FastSwapper
from prosopon.create.partswap.following import Head, Scene, in_batches
from prosopon.create.partswap.looks import Looks
from prosopon.create.partswap.options import SwapOptions, matches_colour, motion, relights, wanted, whose
from prosopon.faces.crop import cut
from prosopon.faces.parsing.parser import FaceParser
from prosopon.faces.paste import feather, paste
from prosopon.models.tensors import to_frames, to_tensor

_LARGEST_SIDE = 1024
"""Largest side of the head's picture unless it is set: beyond it the decoder's share would be mere upscaling."""
_SEAM = 0.012
"""How far beyond its edge the decoder may paint over what stays."""
_BORDER = 0.06
"""How the picture's own border fades, for parts that reach beyond it."""
_TONE_FRAMES, _TONE_WITHIN = 6, 250
"""So many frames, out of the first ones, tell the colour of the target's skin."""


def swapped(
    swapper: FastSwapper,
    scene: Scene,
    options: SwapOptions,
    parser: FaceParser,
    *,
    record: Mapping[str, Any],
    weights_sha256: str | None,
) -> Clip:
    """The target with parts of the source, as a clip that is computed while it is read.

    Args:
        swapper: the nets.
        scene: who is where; the target's times and sound stay, and so do frames that show nobody.
        options: as set by the user.
        parser: finds parts by name, and skin.
        record: names of weights, for the history.
        weights_sha256: of the part swap weights.
    """
    source, target = scene.source, scene.target
    step = Step(
        "create.partswap.swap",
        {
            **asdict(options),
            **record,
            "motion": motion(options),
            "whose": whose(options),
            "parser": parser.name if wanted(options).names else None,
        },
        parents=(target.as_parent(Relationship.PARENT), source.as_parent(Relationship.COMPONENT)),
        weights_sha256=weights_sha256,
        source_type=SourceType.COMPOSITE,
    )
    return Clip(
        width=target.width,
        height=target.height,
        open_frames=lambda: prefetch(_frames(swapper, scene, options, parser), ahead=8),
        times=target.times,
        fps=target.fps,
        audio=target.audio,
        history=(*target.history, step),
        name=f"{target.name} with parts of {source.name}",
    )


def _frames(
    swapper: FastSwapper,
    scene: Scene,
    options: SwapOptions,
    parser: FaceParser,
) -> Iterator[Frame]:
    seen = [one for one in scene.heads if one is not None]
    if not seen:
        yield from scene.target.frames()
        return
    side = options.size or _working_side([one.box.width for one in seen], swapper.size_px)
    looks = Looks(parser, wanted(options).names, side)
    picture = scene.source.first()
    if matches_colour(options):
        picture = _matched(picture, scene, looks)
    encoded = _encoded(swapper, picture, scene.head, looks, options)
    border = feather(side, _BORDER)
    for frames, places in in_batches(scene.target, scene.heads, options.batch):
        shown = [(index, place) for index, place in enumerate(places) if place is not None]
        if not shown:
            yield from frames
            continue
        full = np.stack([cut(frames[index], place.box, side) for index, place in shown])
        small = np.stack([cut(frames[index], place.box, swapper.size_px) for index, place in shown])
        masks = looks.masks(full, [place for _, place in shown])
        made, taken = swapper.swap(
            encoded,
            to_tensor(small),
            to_tensor(full),
            mask=masks,
            numbers=wanted(options).numbers,
            whose=whose(options),
            hard=options.hard,
            relight=relights(options),
        )
        patches, shares = to_frames(made), taken[:, 0].cpu().numpy()
        done = dict(enumerate(frames))
        for (index, place), patch, share in zip(shown, patches, shares, strict=True):
            done[index] = paste(frames[index], patch, place.box, _reach(share, side) * border)
        yield from (done[index] for index in range(len(frames)))


def _working_side(widths: Sequence[float], net_px: int) -> int:
    """As large as the head is in the target, in whole steps of eight pixels."""
    usual = float(np.median(widths))
    return int(min(_LARGEST_SIDE, max(net_px, 8 * round(usual / 8))))


def _reach(share: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Where a swapped head covers its frame: the parts, and a seam around them."""
    seam = _SEAM * side
    grown = maximum_filter(share, size=2 * round(seam) + 1)
    softened: NDArray[np.float32] = gaussian_filter(grown, seam / 2)
    return np.clip(softened, 0, 1)


def _encoded(swapper: FastSwapper, picture: Frame, head: Head, looks: Looks, options: SwapOptions) -> EncodedSource:
    full = cut(picture, head.box, looks.side)
    return swapper.encode(
        to_tensor(cut(picture, head.box, swapper.size_px)),
        to_tensor(full),
        mask=looks.masks(full[None], [head]),
        numbers=wanted(options).numbers,
        hard=options.hard,
    )


def _matched(picture: Frame, scene: Scene, looks: Looks) -> Frame:
    """The source picture with its skin in the colour of the target's; as it is where either shows no skin."""
    own = looks.tone(picture, scene.head)
    known = [index for index, place in enumerate(scene.heads[:_TONE_WITHIN]) if place is not None]
    if own is None or not known:
        return picture
    looked_at = {known[round(share * (len(known) - 1))] for share in np.linspace(0, 1, _TONE_FRAMES)}
    tones = []
    for index, frame in enumerate(scene.target.frames()):
        place = scene.heads[index]
        if index in looked_at and place is not None and (tone := looks.tone(frame, place)) is not None:
            tones.append(tone)
        if index >= max(looked_at):
            break
    return recoloured(picture, own, SkinTone.joined(tones)) if tones else picture
