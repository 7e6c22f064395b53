"""Faces cut out of a clip as pictures, with what is measured on them, and the part maps of these pictures.

Pictures that are cut out are parts of the input, not made by us; they carry no credentials. Who cuts up media that are
marked as synthetic hands in a `write` that marks the pictures as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Track, Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.alignment import Aligned, in_order
from prosopon.faces.crop import cut, square
from prosopon.faces.measures import measure
from prosopon.faces.parsing.parser import FaceParser
from prosopon.faces.smooth import smooth_boxes
from prosopon.media.part_maps import write_part_map

WritePicture = Callable[[Frame, Path], None]
"""Writes a picture `uint8 (H, W, 3)` to a path."""
WriteParts = Callable[[NDArray[np.uint8], Path], None]
"""Writes a part map `uint8 (H, W)` to a path."""
PARTS = "parts"
"""Folder of the part maps, beside that of the pictures and arranged like it."""


def plain_png(picture: Frame, path: Path) -> None:
    """A picture without credentials, for parts of what somebody filmed."""
    Image.fromarray(picture).save(path)


def cut_faces(
    tracks: Tracks,
    clip: Clip,
    folder: Path | None,
    *,
    size_px: int = 256,
    margin: float = 0.3,
    write: WritePicture = plain_png,
    parser: FaceParser | None = None,
    write_parts: WriteParts = write_part_map,
    progress: Progress = SILENT,
) -> tuple[Aligned, ...]:
    """Cut every found face out, square along a steady box, and measure it.

    Args:
        tracks: the people of the clip.
        clip: the clip.
        folder: where the pictures go, as `track_00/000012.png`; None: measure only.
        size_px: side of the pictures; measures are comparable only at the same size.
        margin: what is added around the face on every side, as a share of its size.
        write: how a picture is written.
        parser: who says what each pixel shows; None: nobody, and there are no part maps.
        write_parts: how a part map is written.
        progress: hears of every frame.

    Returns:
        Every face, by frame and track; `crop` and `parts` are relative to the folder's parent. With a parser the
        measures have `share_<part>` for each part that it knows, see `PartMap.shares`.
    """
    plans = [(number, track, smooth_boxes(track, len(clip))) for number, track in enumerate(tracks.tracks)]
    found: list[Aligned] = []
    progress.start("cutting faces out", len(clip))
    for index, frame in enumerate(clip.frames()):
        for number, track, boxes in plans:
            if index not in track.faces:
                continue
            face = track.faces[index]
            picture = cut(frame, square(boxes[index], margin), size_px)
            one = Aligned(index, clip.times[index], number, face, measure(picture, face))
            name = f"track_{number:02d}/{index:06d}.png"
            if folder is not None:
                _written(write, picture, folder / name)
                one = replace(one, crop=f"{folder.name}/{name}")
            if parser is not None and face.landmarks is not None:
                parsed = parser.parse(frame, face)
                shares = {f"share_{part.name.lower()}": share for part, share in parsed.shares().items()}
                one = replace(one, measures={**one.measures, **shares})
                if folder is not None:
                    seen = parsed.in_box(square(boxes[index], margin), size_px)
                    _written(write_parts, seen, folder.with_name(PARTS) / name)
                    one = replace(one, parts=f"{PARTS}/{name}")
            found.append(one)
        progress.advance()
    progress.finish()
    return in_order(found)


def _written(write: Callable[[NDArray[np.uint8], Path], None], picture: NDArray[np.uint8], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write(picture, path)


def arrange(groups: Mapping[str, Sequence[Aligned]], base: Path, folder: str, *, ranked: bool) -> tuple[Aligned, ...]:
    """Move pictures into a folder for each group; where they are ranked, names begin with the place in the order.

    Part maps move likewise, so that a picture and its map go on having the same name.

    Args:
        groups: name of the group -> its faces in their order; faces without a picture stay without.
        base: what `crop` is relative to.
        folder: where the groups' folders go, inside `base`.
        ranked: whether names begin with a number.

    Returns:
        The faces with their new `crop` and `parts`, by frame and track.
    """
    moved: list[Aligned] = []
    for name, faces in groups.items():
        for rank, one in enumerate(faces):
            if one.crop is None:
                moved.append(one)
                continue
            label = (
                f"t{one.track:02d}_{one.frame:06d}.png" if name != f"track_{one.track:02d}" else f"{one.frame:06d}.png"
            )
            inside = f"{name}/{f'{rank:06d}_' if ranked else ''}{label}"
            crop = _moved(base, one.crop, f"{folder}/{inside}")
            parts = None if one.parts is None else _moved(base, one.parts, f"{PARTS}/{inside}")
            moved.append(replace(one, crop=crop, parts=parts))
    for place in sorted((*(base / folder).rglob("*"), *(base / PARTS).rglob("*")), reverse=True):
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()
    return in_order(moved)


def _moved(base: Path, before: str, after: str) -> str:
    """The new place of a file, both relative to `base`."""
    if after != before:
        (base / after).parent.mkdir(parents=True, exist_ok=True)
        (base / before).rename(base / after)
    return after


def mostly(tracks: Tracks, most: int | None) -> Tracks:
    """The most prominent people only; all of them where `most` is None."""
    kept: tuple[Track, ...] = tracks.tracks if most is None else tracks.tracks[:most]
    return replace(tracks, tracks=kept)
