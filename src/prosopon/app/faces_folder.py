"""Writing the folder of `prosopon faces`: pictures in their order and groups, sheets, the alignment, the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from prosopon.app.console import Console
from prosopon.app.faces_looking import NOT_AMONG_THE_BEST, Footage, Inner, Seen
from prosopon.app.faces_marks import as_parent, writers_for
from prosopon.app.faces_options import ALIGNMENT, Faces
from prosopon.app.faces_page import DRAWN, PARTS_SHEET, SHEET, page
from prosopon.core.clip import Frame
from prosopon.core.parts import Part
from prosopon.core.progress import Progress
from prosopon.faces.aligned.cut import cut_aligned
from prosopon.faces.alignment import Aligned, Alignment, Source, about_sources, write_alignment
from prosopon.faces.best import best_first
from prosopon.faces.crop import cut, square
from prosopon.faces.crops import Among, Writers, arrange, cut_faces, discard
from prosopon.faces.draw import draw_faces, draw_legend, draw_parts
from prosopon.faces.order import SAME_PERSON, grouped, in_order_of, value
from prosopon.faces.parsing.parser import FaceParser
from prosopon.faces.sheet import contact_sheet
from prosopon.media.outputs import replacing
from prosopon.media.part_maps import read_part_map

_MOST_ON_SHEET = 48
_SHEET_PX = 160
_LABEL_LENGTH = 16
_T = TypeVar("_T")


class _NobodyLeft(Exception):  # noqa: N818 - no error: there is nothing to write
    """Every face was left out while cutting."""


def write_folder(
    args: Faces, output: Path, seen: Seen, parser: FaceParser | None, console: Console
) -> tuple[Aligned, ...]:
    """Make the folder; it is there whole or not at all.

    Returns:
        The faces that are in it; `seen.left_out` counts those that are not. None: there is no folder.
    """
    try:
        return _write_folder(args, output, seen, parser, console)
    except _NobodyLeft:
        return ()


def _write_folder(
    args: Faces, output: Path, seen: Seen, parser: FaceParser | None, console: Console
) -> tuple[Aligned, ...]:
    same_person = SAME_PERSON if seen.same_person is None else seen.same_person
    with_pictures = not args.no_pictures
    with replacing(output) as folder:
        folder.mkdir()
        faces = cut_out(args, seen, folder if with_pictures else None, parser, console)
        if not faces:
            raise _NobodyLeft
        if with_pictures:
            ordered = in_order_of(faces, args.sort, same_person=same_person, picture=lambda one: _picture(folder, one))
            groups = grouped(ordered, args.group, same_person=same_person)
            labels = [one.source.label for one in seen.footage]
            faces = arrange(groups, folder, ranked=args.sort != "time", labels=labels if any(labels) else ())
            moved = {(one.frame, one.track): one for one in faces}
            ordered = [moved[one.frame, one.track] for one in ordered]
            _sheets(args, seen, ordered, folder)
        about = _about(args, seen, parser)
        write_alignment(Alignment(about, told(args, faces)), folder / ALIGNMENT)
        page(args, seen, faces, folder).write(folder / "index.html")
    return faces


def cut_out(
    args: Faces, seen: Seen, folder: Path | None, parser: FaceParser | None, console: Console
) -> tuple[Aligned, ...]:
    """Cut the faces of all clips out, and keep the best of them where only so many are wanted.

    Args:
        args: how.
        seen: the clips and their people; hears what is left out.
        folder: where pictures go; None: faces are measured only.
        parser: who makes part maps, or nobody.
        console: hears of every frame.
    """
    several = len(seen.footage) > 1
    if several:
        console.start("cutting faces out", seen.n_looked * args.every)
    progress: Progress = Inner(console) if several else console
    faces: list[Aligned] = []
    for number, one in enumerate(seen.footage):
        if not one.tracks.tracks:
            continue
        cut_of_it = cut_faces(
            one.tracks,
            one.clip,
            folder,
            framing=args.framing,
            parser=parser,
            with_parts=args.parts,
            masks=args.mask_kinds,
            quality=args.quality,
            writers=_writers(one) if folder is not None else Writers(),
            among=Among(number, one.first_track, one.source.label, args.every),
            progress=progress,
        )
        faces += cut_of_it.faces
        seen.left_out.update(cut_of_it.left_out)
    if several:
        console.finish()
    if args.best is None or len(faces) <= args.best:
        return tuple(faces)
    chosen = {(one.frame, one.track) for one in best_first(faces, args.best)}
    out = [one for one in faces if (one.frame, one.track) not in chosen]
    if folder is not None:
        discard(out, folder)
    seen.left_out[NOT_AMONG_THE_BEST] += len(out)
    return tuple(one for one in faces if (one.frame, one.track) in chosen)


def told(args: Faces, faces: Sequence[Aligned]) -> tuple[Aligned, ...]:
    """The faces as they are told of: embeddings only where they were asked for, for they are long."""
    if args.who.embed:
        return tuple(faces)
    return tuple(replace(one, face=replace(one.face, embedding=None)) for one in faces)


def _writers(*footage: Footage) -> Writers:
    return writers_for([as_parent(one.clip, one.source.path) for one in footage])


def _about(args: Faces, seen: Seen, parser: FaceParser | None) -> dict[str, Any]:
    """The first line of the alignment file."""
    about = about_sources([_source(one) for one in seen.footage])
    about |= {
        "frames_looked_at": seen.n_looked,
        "every": args.every,
        "finder": seen.finder,
        "landmarks": "iBUG 300-W, 68 points, (x, y) in pixels of the upright frame",
        "crop_px": args.size_px,
    }
    if args.align is None:
        about["crop_margin"] = args.margin
    else:
        about |= {"align": args.align, "mean_face": args.mean_face}
    if args.steady is not None:
        about["steady_frames"] = args.steady
    if seen.same_person is not None:
        about["same_person"] = seen.same_person
    if seen.left_out:
        about["left_out"] = dict(sorted(seen.left_out.items()))
    if parser is not None:
        about["parser"] = parser.name
    if args.parts:
        about["parts"] = {str(int(part)): part.name.lower() for part in Part}
    return about


def _source(one: Footage) -> Source:
    clip = one.clip
    fps = None if clip.fps is None else str(clip.fps)
    return Source(one.source.file, clip.sha256, clip.width, clip.height, len(clip), fps)


def _picture(folder: Path, one: Aligned) -> Frame:
    assert one.crop is not None  # noqa: S101 - asked for by who compares pictures
    with Image.open(folder / one.crop) as crop:
        return np.array(crop.convert("RGB"))


def _sheets(args: Faces, seen: Seen, ordered: Sequence[Aligned], folder: Path) -> None:
    """Contact sheets of faces and part maps; of a still the whole picture with what was found drawn over it."""
    chosen = spread(ordered, _MOST_ON_SHEET)
    shown = [one for number, one in enumerate(seen.footage) if any(face.source == number for face in chosen)]
    write = _writers(*shown).picture
    write(_sheet(args, seen, chosen), folder / SHEET)
    parsed = [one for one in ordered if one.parts is not None]
    if parsed:
        write(_parts_sheet(args, spread(parsed, _MOST_ON_SHEET), folder), folder / PARTS_SHEET)
    if seen.still is not None:
        write(draw_faces(seen.still.first(), [one.face for one in ordered]), folder / DRAWN)


def _sheet(args: Faces, seen: Seen, chosen: Sequence[Aligned]) -> Frame:
    """Some of the faces in their order, with landmarks drawn in."""
    drawn = _in_frames(seen, chosen, lambda frame, one: _shown(args, draw_faces(frame, [one.face]), one))
    pictures = [(drawn[one.frame, one.track], caption(args, seen, one)) for one in chosen]
    return contact_sheet(pictures, side_px=_SHEET_PX)


def _shown(args: Faces, drawn: Frame, one: Aligned) -> Frame:
    if args.align is None or one.matrix is None:
        return cut(drawn, square(one.face.box, args.margin), _SHEET_PX)
    return cut_aligned(drawn, one.matrix * (_SHEET_PX / args.size_px), _SHEET_PX)


def _in_frames(
    seen: Seen, chosen: Sequence[Aligned], show: Callable[[Frame, Aligned], Frame]
) -> Mapping[tuple[int, int], Frame]:
    """What is shown of some faces, by frame and track, in one pass over each clip."""
    found: dict[tuple[int, int], Frame] = {}
    for number, footage in enumerate(seen.footage):
        wanted: dict[int, list[Aligned]] = {}
        for one in chosen:
            if one.source == number:
                wanted.setdefault(one.frame, []).append(one)
        last = max(wanted, default=-1)
        for index, frame in enumerate(footage.clip.frames() if wanted else ()):
            if index > last:
                break
            found |= {(index, one.track): show(frame, one) for one in wanted.get(index, ())}
    return found


def _parts_sheet(args: Faces, chosen: Sequence[Aligned], folder: Path) -> Frame:
    """Some of the faces that have part maps, these laid over them, and last what the colours mean."""
    pictures: list[tuple[Frame, str]] = []
    found: set[Part] = set()
    for one in chosen:
        assert one.parts is not None  # noqa: S101 - they were chosen for having some
        parts = read_part_map(folder / one.parts)
        pictures.append((draw_parts(_picture(folder, one), parts), caption(args, None, one)))
        found |= {Part(int(part)) for part in np.unique(parts) if part != Part.BACKGROUND}
    return contact_sheet([*pictures, (draw_legend(found, _SHEET_PX), "")], side_px=_SHEET_PX)


def caption(args: Faces, seen: Seen | None, one: Aligned) -> str:
    """Where a face is from, and what it is sorted by."""
    where = f"{one.frame}" if one.track == 0 else f"{one.frame}/{one.track}"
    if seen is not None and len(seen.footage) > 1:
        where = f"{seen.footage[one.source].source.label[:_LABEL_LENGTH]} {one.frame}"
    found = value(one, args.sort)
    return where if found is None else f"{where}: {found:.3g}"


def spread(things: Sequence[_T], n: int) -> list[_T]:
    """Up to n of the things, evenly spread."""
    if len(things) <= n:
        return [*things]
    return [things[round(i * (len(things) - 1) / (n - 1))] for i in range(n)]
