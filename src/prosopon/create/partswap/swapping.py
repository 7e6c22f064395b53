"""Part swap from Clips to Clip: crop, find the parts, lay over, match colours, paste back; streamed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, label, maximum_filter
from torch import Tensor

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Box, Face
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.core.parts import Part
from prosopon.core.prefetch import prefetch
from prosopon.create.partswap.colour import SkinTone, recoloured
from prosopon.create.partswap.fast import EncodedSource, FastSwapper
from prosopon.create.partswap.following import Head, Scene
from prosopon.create.partswap.named import parts_of
from prosopon.create.partswap.options import SwapOptions, matches_colour, motion, relights, wanted, whose
from prosopon.faces.crop import cut
from prosopon.faces.parsing.parser import FaceParser
from prosopon.faces.parsing.part_map import PartMap
from prosopon.faces.paste import feather, paste
from prosopon.models.tensors import to_frames, to_tensor

_LARGEST_SIDE = 1024
"""Largest side of the head's picture unless it is set: beyond it the decoder's share would be mere upscaling."""
_EDGE = 0.006
"""How soft the edge of a part is, as a share of the head's picture."""
_SEAM = 0.012
"""How far beyond its edge the decoder may paint over what stays."""
_BORDER = 0.06
"""How the picture's own border fades, for parts that reach beyond it."""
_SPECK = 0.05
"""Islands smaller than this share of the largest one are errors of the parser."""
_TONE_FRAMES, _TONE_WITHIN = 6, 250
"""So many frames, out of the first ones, tell the colour of the target's skin."""
_SKIN = frozenset((Part.SKIN, Part.NOSE))


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
    looks = _Looks(parser, wanted(options).names, side)
    picture = scene.source.first()
    if matches_colour(options):
        picture = _matched(picture, scene, looks)
    encoded = _encoded(swapper, picture, scene.head, looks, options)
    border = feather(side, _BORDER)
    for frames, places in _batches(scene, options.batch):
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


def _batches(scene: Scene, size: int) -> Iterator[tuple[list[Frame], list[Head | None]]]:
    frames: list[Frame] = []
    places: list[Head | None] = []
    for frame, place in zip(scene.target.frames(), scene.heads, strict=True):
        frames.append(frame)
        places.append(place)
        if len(frames) == size:
            yield frames, places
            frames, places = [], []
    if frames:
        yield frames, places


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


def _encoded(swapper: FastSwapper, picture: Frame, head: Head, looks: _Looks, options: SwapOptions) -> EncodedSource:
    full = cut(picture, head.box, looks.side)
    return swapper.encode(
        to_tensor(cut(picture, head.box, swapper.size_px)),
        to_tensor(full),
        mask=looks.masks(full[None], [head]),
        numbers=wanted(options).numbers,
        hard=options.hard,
    )


class _Looks:
    """Looks at heads cut out to squares: where their parts are, and what colour their skin has."""

    def __init__(self, parser: FaceParser, names: Sequence[str], side: int) -> None:
        self._parser = parser
        self._parts = parts_of(names)
        self.side = side

    def parsed(self, patch: Frame, head: Head) -> PartMap | None:
        """The parts of a head `uint8 (S, S, 3)`; None where nobody knows where its face is."""
        if head.face is None or head.face.landmarks is None:
            return None
        scale = self.side / head.box.width
        points = ((head.face.landmarks - (head.box.left, head.box.top)) * scale).astype(np.float32)
        low, high = points.min(0), points.max(0)
        return self._parser.parse(patch, replace(Face(Box(*low.tolist(), *high.tolist())), landmarks=points))

    def masks(self, patches: NDArray[np.uint8], heads: Sequence[Head]) -> Tensor | None:
        """Where the parts that have names are, `(B, 1, S, S)`; None where parts are asked for by number."""
        if not self._parts:
            return None
        masks = []
        for patch, head in zip(patches, heads, strict=True):
            found = self.parsed(patch, head)
            if found is None:
                masks.append(np.zeros((self.side, self.side), np.float32))
            else:
                cleaned = replace(found, parts=without_specks(found.parts, self._parts))
                masks.append(cleaned.mask(self._parts, self.side, self.side, feather_px=_EDGE * self.side))
        return torch.from_numpy(np.stack(masks))[:, None]

    def tone(self, frame: Frame, head: Head) -> SkinTone | None:
        """The colour of a head's skin; None where there is none to be seen."""
        patch = cut(frame, head.box, self.side)
        found = self.parsed(patch, head)
        if found is None:
            return None
        return SkinTone.of(patch[found.mask(_SKIN, self.side, self.side) > 0.95])


def without_specks(parts: NDArray[np.uint8], wanted: Collection[Part]) -> NDArray[np.uint8]:
    """A part map without the small islands of some parts, taken together: they become background."""
    islands, count = label(np.isin(parts, [int(part) for part in wanted]))
    if count < 2:
        return parts
    sizes = np.bincount(islands.ravel())[1:]
    small = 1 + np.flatnonzero(sizes < _SPECK * sizes.max())
    return np.where(np.isin(islands, small), np.uint8(Part.BACKGROUND), parts)


def _matched(picture: Frame, scene: Scene, looks: _Looks) -> Frame:
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
