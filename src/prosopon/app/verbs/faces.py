"""`prosopon faces`: find and follow the faces of a picture or video."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
import tyro
from numpy.typing import NDArray
from PIL import Image

from prosopon.app.args import Flag, Force, Input
from prosopon.app.console import Console
from prosopon.app.report import Report
from prosopon.app.who import Told, Who, tell_apart
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import ExitCode, FileExistsAlready, MissingError, UsageError
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.history import Parent, Relationship, SourceType, Step
from prosopon.core.parts import Part
from prosopon.faces.alignment import Aligned, Alignment, face_as_json, write_alignment
from prosopon.faces.crop import cut, square
from prosopon.faces.crops import WriteParts, WritePicture, arrange, cut_faces, mostly, plain_png
from prosopon.faces.draw import draw_faces, draw_legend, draw_parts, drawing
from prosopon.faces.finder import FaceFinder, open_finder
from prosopon.faces.journal import Journal
from prosopon.faces.order import SAME_PERSON, Grouping, Key, grouped, in_order_of
from prosopon.faces.parsing.kept import KeepingParser
from prosopon.faces.parsing.parser import FaceParser, Name, open_parser
from prosopon.faces.sheet import contact_sheet
from prosopon.faces.track import track
from prosopon.media.outputs import replacing
from prosopon.media.part_maps import read_part_map, write_part_map
from prosopon.media.read import read
from prosopon.train.curves import curve

ALIGNMENT = "alignment.jsonl"
_SHEET = "sheet.png"
_DRAWN = "drawn.png"
_PARTS_SHEET = "parts.png"
_MOST_ON_SHEET = 48
_T = TypeVar("_T")


@dataclass(frozen=True)
class Faces:
    """Find and follow the faces of a picture or video: boxes, 68 landmarks, head pose, openings of eyes and mouth.

    With -o a folder is made: alignment.jsonl, the faces cut out, a contact sheet, and a page to look at. A stopped run
    goes on where it was. With --json a picture's faces are printed. With --parts every pixel of the faces cut out is
    told apart: skin, hair, eyes ...
    """

    input: Input
    """Picture, video, or folder of pictures."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="PATH")] = None
    """Folder that is made; without it nothing is written."""
    backend: Literal["auto", "builtin", "mediapipe"] = "auto"
    """Who finds the faces; auto takes mediapipe where it is installed."""
    every: int = 1
    """Look at every n-th frame only."""
    most: int | None = None
    """Keep only so many people, the most prominent ones; all when not given."""
    min_score: float = 0.0
    """Leave out faces of which the finder is less sure than this, 0 to 1."""
    sort: Key = "time"
    """Order of the pictures: best, largest, most open first; angles from the smallest."""
    group: Grouping = "track"
    """Folders of the pictures: one for each track followed, for each range of yaw, for each person (identity), or one
    for all."""
    no_pictures: Flag = False
    """Write the alignment and the page only."""
    size_px: int = 256
    """Side of the pictures."""
    margin: float = 0.3
    """What the pictures show around a face on each side, as a share of its size."""
    parts: Flag = False
    """Write a part map beside each picture as well, and measure how much of the face each part is."""
    parser: Name = "auto"
    """Who makes the part maps: a net of ours, one that you have imported, or the landmarks alone, which know the least;
    auto takes builtin where its weights are there."""
    who: Annotated[Who, tyro.conf.OmitArgPrefixes] = field(default_factory=Who)
    """Telling people apart."""
    force: Force = False
    """Replace a folder that this verb made before."""


def run(args: Faces, console: Console) -> int:
    """Find, follow, write the folder."""
    _check(args)
    finder = open_finder(args.backend)
    parser = open_parser(args.parser) if args.parts else None
    clip = read(args.input, progress=console)
    with ExitStack() as stack:
        journal = _journal(args, clip, finder, console)
        if journal is not None:
            stack.enter_context(journal)
            parser = _keeping(args, parser)
        try:
            found = _found(args, clip, finder, journal, console)
            by_identity = "identity" in (args.sort, args.group)
            told = tell_apart(found, clip, finder, args.who, console, wanted=by_identity)
            tracks = mostly(told.tracks, args.most)
            faces = () if tracks.main is None else _cut_out(args, clip, replace(told, tracks=tracks), parser, console)
        except KeyboardInterrupt:
            if journal is not None:
                console.note(f"{len(journal)} frames are kept; the same command goes on from there")
            raise
        if journal is not None:
            journal.forget()
        if isinstance(parser, KeepingParser):
            parser.forget()
    if tracks.main is None:
        what, hint = f"no face was found in {args.input}", "faces narrower than about 16 pixels are not seen"
        if found.main is not None:
            what, hint = (
                f"nobody of those asked for is in {args.input}",
                "try another portrait, or another --same-person",
            )
        if not console.as_json:
            raise MissingError(what, hint)
        console.fail_softly(what, hint)
        console.answer(_answer(args, clip, tracks, (), parser))
        return ExitCode.MISSING
    console.answer(_answer(args, clip, tracks, faces, parser))
    console.table(("track", "frames", "from", "to", "face width"), [*map(_row, enumerate(tracks.tracks))])
    if args.output is None:
        console.say("nothing was written; give -o FOLDER for the alignment, the pictures and a page")
    else:
        console.say(f"{args.output / ALIGNMENT} and {args.output / 'index.html'}")
    return ExitCode.FINE


def _check(args: Faces) -> None:
    if args.every < 1 or args.size_px < 16 or args.margin < 0 or (args.most is not None and args.most < 1):
        raise UsageError(
            "--every and --most are at least 1, --size-px at least 16, --margin not negative", "correct it"
        )
    if args.parser != "auto" and not args.parts:
        raise UsageError("--parser says who makes part maps, and none were asked for", "add --parts")
    if args.output is None or not (args.output.exists() or args.output.is_symlink()):
        return
    if not args.force:
        raise FileExistsAlready(f"{args.output} exists already", "choose another name, or replace it with --force")
    if not args.output.is_dir() or (any(args.output.iterdir()) and not (args.output / ALIGNMENT).is_file()):
        raise UsageError(f"{args.output} was not made by this verb", "choose another folder")


def _journal(args: Faces, clip: Clip, finder: FaceFinder, console: Console) -> Journal | None:
    """What an earlier run that was stopped has found already; None where there is too little to be worth keeping."""
    if args.output is None or len(clip) == 1:
        return None
    about = {"journal": 1, "sha256": clip.sha256, "finder": finder.name}
    journal = Journal(args.output.absolute().with_name(f".{args.output.name}.faces-found.jsonl"), about)
    if journal.n_recalled:
        console.note(f"{journal.n_recalled} frames were looked at before; going on from there")
    return journal


def _keeping(args: Faces, parser: FaceParser | None) -> FaceParser | None:
    """The parser, remembering what it says; what is drawn from landmarks is drawn again as quickly as read."""
    if args.output is None or parser is None or parser.name == "landmarks":
        return parser
    return KeepingParser(parser, args.output.absolute().with_name(f".{args.output.name}.faces-parsed"))


def _found(args: Faces, clip: Clip, finder: FaceFinder, journal: Journal | None, console: Console) -> Tracks:
    tracks = track(clip, finder, every=args.every, memory=journal, progress=console)
    if args.min_score <= 0:
        return tracks
    sure = [
        Track({index: face for index, face in one.faces.items() if face.confidence >= args.min_score})
        for one in tracks.tracks
    ]
    return replace(tracks, tracks=tuple(one for one in sure if len(one)))


def _cut_out(args: Faces, clip: Clip, told: Told, parser: FaceParser | None, console: Console) -> tuple[Aligned, ...]:
    if args.output is not None:
        return _write(args, clip, told, parser, console)
    return cut_faces(
        told.tracks, clip, None, size_px=args.size_px, margin=args.margin, parser=parser, progress=console
    )  # fmt: skip


def _write(args: Faces, clip: Clip, told: Told, parser: FaceParser | None, console: Console) -> tuple[Aligned, ...]:
    assert args.output is not None  # noqa: S101 - the caller has checked
    tracks = told.tracks
    same_person = SAME_PERSON if told.same_person is None else told.same_person
    picture, part_map = (plain_png, write_part_map) if args.no_pictures else _writers(args.input, clip)
    with replacing(args.output) as folder:
        folder.mkdir()
        faces = cut_faces(
            tracks, clip, None if args.no_pictures else folder / "crops",
            size_px=args.size_px, margin=args.margin, write=picture,
            parser=parser, write_parts=part_map, progress=console,
        )  # fmt: skip
        if not args.no_pictures:
            in_order = in_order_of(faces, args.sort, same_person=same_person)
            groups = grouped(in_order, args.group, same_person=same_person)
            faces = arrange(groups, folder, "crops", ranked=args.sort != "time")
            moved = {(one.frame, one.track): one for one in faces}
            ordered = [moved[one.frame, one.track] for one in in_order]
            picture(_sheet(clip, ordered, args), folder / _SHEET)
            parsed = [one for one in ordered if one.parts is not None]
            if parsed:
                picture(_parts_sheet(parsed, folder, args.sort), folder / _PARTS_SHEET)
            if len(clip) == 1:
                picture(draw_faces(clip.first(), [one.face for one in faces]), folder / _DRAWN)
        write_alignment(Alignment(_about(args, clip, told, parser), _told(args, faces)), folder / ALIGNMENT)
        _report(tracks, clip, folder).write(folder / "index.html")
    return faces


def _told(args: Faces, faces: Sequence[Aligned]) -> tuple[Aligned, ...]:
    """The faces as they are told of: embeddings only where they were asked for, for they are long."""
    if args.who.embed:
        return tuple(faces)
    return tuple(replace(one, face=replace(one.face, embedding=None)) for one in faces)


def _about(args: Faces, clip: Clip, told: Told, parser: FaceParser | None) -> dict[str, Any]:
    tracks = told.tracks
    about: dict[str, Any] = {
        "file": clip.name,
        "sha256": clip.sha256,
        "width": clip.width,
        "height": clip.height,
        "frames": len(clip),
        "fps": None if clip.fps is None else str(clip.fps),
        "frames_looked_at": tracks.n_frames,
        "every": args.every,
        "finder": tracks.back_end,
        "landmarks": "iBUG 300-W, 68 points, (x, y) in pixels of the upright frame",
        "crop_px": args.size_px,
        "crop_margin": args.margin,
    }
    if told.same_person is not None:
        about["same_person"] = told.same_person
    if parser is not None:
        about |= {"parser": parser.name, "parts": {str(int(part)): part.name.lower() for part in Part}}
    return about


def _answer(
    args: Faces, clip: Clip, tracks: Tracks, faces: Sequence[Aligned], parser: FaceParser | None
) -> dict[str, Any]:
    """What `--json` prints: a picture's faces themselves, a video's tracks."""
    about: dict[str, Any] = {"output": args.output, "back_end": tracks.back_end, "frames_looked_at": tracks.n_frames}
    if parser is not None:
        about["parser"] = parser.name
    if len(clip) == 1:
        largest_first = sorted(_told(args, faces), key=lambda one: -one.face.box.width * one.face.box.height)
        return {"faces": [{**face_as_json(one.face), "measures": one.measures} for one in largest_first], **about}
    spans = [
        {"frames": len(one), "first": min(one.faces), "last": max(one.faces), "mean_area": one.mean_area}
        for one in tracks.tracks
    ]
    return {**about, "crops": sum(one.crop is not None for one in faces), "tracks": spans}


def _writers(path: Path, clip: Clip) -> tuple[WritePicture, WriteParts]:
    """How pictures and part maps of this input are written: made of marked media they are marked, too."""
    from prosopon.vouch.verify import verify

    report = verify(path)
    if not report.synthetic:
        return plain_png, write_part_map
    from prosopon.vouch.part_maps import publish_part_map
    from prosopon.vouch.publish import publish_picture

    stated = [address.rpartition("/")[2] for address in report.source_types]
    known = [kind for kind in SourceType if kind.value in stated and kind is not SourceType.ENHANCED]
    parent = Parent(clip.name, clip.sha256, Relationship.PARENT, path)
    step = Step("faces.crop", parents=(parent,), source_type=known[0] if known else SourceType.COMPOSITE)

    def marked(picture: Frame, destination: Path) -> None:
        publish_picture(picture, destination, step)

    def marked_parts(parts: NDArray[np.uint8], destination: Path) -> None:
        publish_part_map(parts, destination, replace(step, op="faces.parse"))

    return marked, marked_parts


def _sheet(clip: Clip, ordered: Sequence[Aligned], args: Faces) -> Frame:
    """Some of the faces in their order, with landmarks drawn in."""
    chosen = _spread(ordered, _MOST_ON_SHEET)
    wanted: dict[int, list[Aligned]] = {}
    for one in chosen:
        wanted.setdefault(one.frame, []).append(one)
    pictures: dict[int, Frame] = {}
    for index, frame in enumerate(clip.frames()):
        for one in wanted.get(index, ()):
            drawn = draw_faces(frame, [one.face])
            pictures[id(one)] = cut(drawn, square(one.face.box, args.margin), 160)
        if index >= max(wanted):
            break
    return contact_sheet([(pictures[id(one)], _caption(one, args.sort)) for one in chosen], side_px=160)


def _parts_sheet(parsed: Sequence[Aligned], folder: Path, key: Key) -> Frame:
    """Some of the faces that have part maps, these laid over them, and last what the colours mean."""
    pictures: list[tuple[Frame, str]] = []
    seen: set[Part] = set()
    for one in _spread(parsed, _MOST_ON_SHEET):
        assert one.crop is not None  # noqa: S101 - only pictures have part maps
        assert one.parts is not None  # noqa: S101
        parts = read_part_map(folder / one.parts)
        with Image.open(folder / one.crop) as crop:
            pictures.append((draw_parts(np.array(crop.convert("RGB")), parts), _caption(one, key)))
        seen |= {Part(int(value)) for value in np.unique(parts) if value != Part.BACKGROUND}
    side_px = 160
    return contact_sheet([*pictures, (draw_legend(seen, side_px), "")], side_px=side_px)


def _caption(one: Aligned, key: Key) -> str:
    where = f"{one.frame}" if one.track == 0 else f"{one.frame}/{one.track}"
    pose = one.face.pose
    values = {
        "blur": one.measures.get("sharpness"),
        "brightness": one.measures.get("brightness"),
        "size": one.measures.get("size_px"),
        "mouth": one.measures.get("mouth"),
        "eyes": one.measures.get("eye_left"),
        "score": one.face.confidence,
        **({} if pose is None else {"yaw": pose.yaw, "pitch": pose.pitch, "roll": pose.roll}),
    }
    value = values.get(key)
    return where if value is None else f"{where}: {value:.3g}"


def _row(numbered: tuple[int, Track]) -> tuple[object, ...]:
    number, one = numbered
    width = sum(face.box.width for face in one.faces.values()) / len(one)
    return number, len(one), min(one.faces), max(one.faces), f"{width:.0f} px"


def _report(tracks: Tracks, clip: Clip, folder: Path) -> Report:
    report = Report(
        f"Faces of {clip.name}",
        f"{tracks.n_frames} frames of {clip.width} x {clip.height} pixels, looked at by {tracks.back_end}",
        "Tracks join faces by place and shape; one person may have several, and nobody is recognised.",
    )
    report.table(("track", "frames", "from", "to", "face width"), [*map(_row, enumerate(tracks.tracks))])
    shown = [
        (folder / name, caption)
        for name, caption in ((_DRAWN, "found"), (_SHEET, "faces"), (_PARTS_SHEET, "parts"))
        if (folder / name).is_file()
    ]
    if shown:
        report.media(*shown)
    for number, one in enumerate(tracks.tracks):
        report.section(f"Track {number}")
        drawn = [_drawn(index, one.faces[index]) for index in _spread(sorted(one.faces), 6)]
        report.svg(*(figure for figure in drawn if figure))
        report.svg(*_pose_curves(one))
    return report


def _spread(things: Sequence[_T], n: int) -> list[_T]:
    """Up to n of the things, evenly spread."""
    if len(things) <= n:
        return [*things]
    return [things[round(i * (len(things) - 1) / (n - 1))] for i in range(n)]


def _drawn(index: int, face: Face) -> str:
    if face.landmarks is None:
        return ""
    return f"<figure>{drawing(face)}<figcaption>frame {index}</figcaption></figure>"


def _pose_curves(one: Track) -> list[str]:
    poses = {index: face.pose for index, face in sorted(one.faces.items()) if face.pose is not None}
    if len(poses) < 2:
        return []
    frames = [*poses]
    return [
        curve("yaw in degrees", frames, [pose.yaw for pose in poses.values()]),
        curve("pitch in degrees", frames, [pose.pitch for pose in poses.values()]),
        curve("roll in degrees", frames, [pose.roll for pose in poses.values()]),
    ]
