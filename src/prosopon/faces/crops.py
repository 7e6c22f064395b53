"""Faces cut out of a clip as pictures, with what is measured on them, their part maps and their masks.

Pictures that are cut out are parts of the input, not made by us; they carry no credentials. Who cuts up media that are
marked as synthetic hands in `Writers` that mark the pictures as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Track, Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.aligned.maps import composed, inverted
from prosopon.faces.alignment import Aligned, in_order
from prosopon.faces.filters import Quality
from prosopon.faces.framing import Framing, Place, SteadySquares
from prosopon.faces.masks import MaskKind, mask_of
from prosopon.faces.measures import measure
from prosopon.faces.parsing.parser import FaceParser
from prosopon.faces.parsing.part_map import PartMap
from prosopon.media.part_maps import write_part_map

WritePicture = Callable[[Frame, Path], None]
"""Writes a picture `uint8 (H, W, 3)` to a path."""
WriteMap = Callable[[NDArray[np.uint8], Path], None]
"""Writes a part map or a mask `uint8 (H, W)` to a path."""
CROPS, PARTS, MASKS = "crops", "parts", "masks"
"""Folders of the pictures, of their part maps, and of their masks (`masks/<kind>`), all arranged alike."""


def plain_png(picture: NDArray[np.uint8], path: Path) -> None:
    """A picture `(H, W, 3)` or mask `(H, W)` without credentials, for parts of what somebody filmed."""
    Image.fromarray(picture).save(path)


@dataclass(frozen=True)
class Writers:
    """How pictures, part maps and masks are written."""

    picture: WritePicture = plain_png
    parts: WriteMap = write_part_map
    mask: WriteMap = plain_png


@dataclass(frozen=True)
class Among:
    """Where a clip stands among several that are cut up together.

    Attributes:
        source: its number.
        first_track: number of its first track.
        label: what the names of its pictures begin with; empty where there is only one clip.
        every: only every n-th frame was looked at.
    """

    source: int = 0
    first_track: int = 0
    label: str = ""
    every: int = 1


@dataclass
class Cut:
    """What came of cutting.

    Attributes:
        faces: those that were kept, in order of frame and track.
        left_out: how many others there are, by reason.
    """

    faces: tuple[Aligned, ...] = ()
    left_out: Counter[str] = field(default_factory=Counter)


def cut_faces(
    tracks: Tracks,
    clip: Clip,
    folder: Path | None,
    *,
    framing: Framing = SteadySquares(),  # noqa: B008 - frozen
    parser: FaceParser | None = None,
    with_parts: bool = True,
    masks: Sequence[MaskKind] = (),
    quality: Quality = Quality(),  # noqa: B008 - frozen
    writers: Writers = Writers(),
    among: Among = Among(),
    progress: Progress = SILENT,
) -> Cut:
    """Cut every found face out and measure it.

    Args:
        tracks: the people of the clip.
        clip: the clip.
        folder: where the pictures go, as `crops/track_00/000012.png`; None: measure only.
        framing: where the pictures lie; measures are comparable only at the same size.
        parser: who says what each pixel shows; None: nobody, and there are no part maps.
        with_parts: whether part maps are written and measured where there is a parser.
        masks: kinds of masks that are written; `parsed` asks for a parser.
        quality: pictures that are not good enough are not written; what the finder alone says is not asked again.
        writers: how pictures are written.
        among: where the clip stands among several.
        progress: hears of every frame.

    Returns:
        Every face that is kept; its `crop`, `parts` and `masks` are relative to the folder. With part maps the measures
        have `share_<part>` for each part that the parser knows, see `PartMap.shares`.
    """
    plans = [
        (among.first_track + number, one, framing.places(one, len(clip), among.every))
        for number, one in enumerate(tracks.tracks)
    ]
    found: list[Aligned] = []
    out: Counter[str] = Counter()
    progress.start("cutting faces out", len(clip))
    for index, frame in enumerate(clip.frames()):
        for number, track, places in plans:
            if index not in track.faces:
                continue
            if index not in places:
                out["implausible"] += 1
                continue
            face, place = track.faces[index], places[index]
            picture = place.cut(frame)
            measures = measure(picture, face)
            reason = quality.against_picture(measures)
            if reason is not None:
                out[reason] += 1
                continue
            one = Aligned(index, clip.times[index], number, face, measures, source=among.source, matrix=place.matrix)
            parsed = parser.parse(frame, face) if parser is not None and face.landmarks is not None else None
            if parsed is not None and with_parts:
                shares = {f"share_{part.name.lower()}": share for part, share in parsed.shares().items()}
                one = replace(one, measures={**measures, **shares})
            if folder is not None:
                shown = _Shown(
                    picture,
                    _parts_seen(parsed, place) if parsed is not None and with_parts else None,
                    {kind: mask_of(kind, face, parsed, place.matrix, place.size_px) for kind in masks},
                )
                one = _written(one, shown, folder, f"track_{number:02d}/{_stem(index, among.label)}.png", writers)
            found.append(one)
        progress.advance()
    progress.finish()
    return Cut(in_order(found), out)


def _stem(frame: int, label: str) -> str:
    return f"{label}_{frame:06d}" if label else f"{frame:06d}"


@dataclass(frozen=True)
class _Shown:
    """What is written of one face."""

    picture: Frame
    parts: NDArray[np.uint8] | None
    masks: Mapping[MaskKind, NDArray[np.uint8] | None]


def _written(one: Aligned, shown: _Shown, folder: Path, name: str, writers: Writers) -> Aligned:
    crop, parts = f"{CROPS}/{name}", f"{PARTS}/{name}"
    _write(writers.picture, shown.picture, folder / crop)
    if shown.parts is not None:
        _write(writers.parts, shown.parts, folder / parts)
    masks: dict[str, str] = {}
    for kind, mask in shown.masks.items():
        if mask is not None:
            masks[kind] = f"{MASKS}/{kind}/{name}"
            _write(writers.mask, mask, folder / masks[kind])
    return replace(one, crop=crop, parts=None if shown.parts is None else parts, masks=masks)


def _write(write: Callable[[NDArray[np.uint8], Path], None], picture: NDArray[np.uint8], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write(picture, path)


def _parts_seen(parsed: PartMap, place: Place) -> NDArray[np.uint8]:
    """The part map as the crop shows it, nearest pixel; background where it does not reach."""
    if place.box is not None:
        return parsed.in_box(place.box, place.size_px)
    to_map = composed(inverted(parsed.matrix), inverted(place.matrix))
    size = (place.size_px, place.size_px)
    data = tuple(to_map.ravel().tolist())
    seen = Image.fromarray(parsed.parts).transform(size, Image.Transform.AFFINE, data, Image.Resampling.NEAREST)
    return np.asarray(seen)


def arrange(
    groups: Mapping[str, Sequence[Aligned]], base: Path, *, ranked: bool, labels: Sequence[str] = ()
) -> tuple[Aligned, ...]:
    """Move pictures into a folder for each group; where they are ranked, names begin with the place in the order.

    Part maps and masks move likewise, so that a picture and what belongs to it go on having the same name.

    Args:
        groups: name of the group -> its faces in their order; faces without a picture stay without.
        base: what `crop` is relative to; the groups' folders go into `crops` inside.
        ranked: whether names begin with a number.
        labels: of the sources, see `Among`; none where there is only one.

    Returns:
        The faces with their new `crop`, `parts` and `masks`, in order of source, frame and track.
    """
    moved: list[Aligned] = []
    for name, faces in groups.items():
        for rank, one in enumerate(faces):
            if one.crop is None:
                moved.append(one)
                continue
            stem = _stem(one.frame, labels[one.source] if labels else "")
            label = stem if name == f"track_{one.track:02d}" else f"t{one.track:02d}_{stem}"
            inside = f"{name}/{f'{rank:06d}_' if ranked else ''}{label}.png"
            crop = _moved(base, one.crop, f"{CROPS}/{inside}")
            parts = None if one.parts is None else _moved(base, one.parts, f"{PARTS}/{inside}")
            masks = {kind: _moved(base, place, f"{MASKS}/{kind}/{inside}") for kind, place in one.masks.items()}
            moved.append(replace(one, crop=crop, parts=parts, masks=masks))
    tops = [base / top for top in (CROPS, PARTS, MASKS)]
    for place in sorted((inner for top in tops for inner in top.rglob("*")), reverse=True):
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()
    return in_order(moved)


def _moved(base: Path, before: str, after: str) -> str:
    """The new place of a file, both relative to `base`."""
    if after != before:
        (base / after).parent.mkdir(parents=True, exist_ok=True)
        (base / before).rename(base / after)
    return after


def discard(faces: Sequence[Aligned], base: Path) -> None:
    """Remove the pictures, part maps and masks of some faces."""
    for one in faces:
        for place in (one.crop, one.parts, *one.masks.values()):
            if place is not None:
                (base / place).unlink(missing_ok=True)


def mostly(tracks: Tracks, most: int | None) -> Tracks:
    """The most prominent people only; all of them where `most` is None."""
    kept: tuple[Track, ...] = tracks.tracks if most is None else tracks.tracks[:most]
    return replace(tracks, tracks=kept)
