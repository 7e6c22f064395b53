"""`prosopon import faces`: take over what DeepFaceLab or faceswap knows of faces, without running their pickles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from prosopon.app.args import Force, Input, Output
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, FileExistsAlready, MediaError, MissingError, UsageError

if TYPE_CHECKING:
    from prosopon.faces.imported.convert import ImportedFace

ALIGNMENT = "alignment.jsonl"
_ALIGNMENTS = (".fsa", ".json", ".p", ".pickle")


@dataclass(frozen=True)
class ImportFaces:
    """Take over the faces that DeepFaceLab or faceswap has found: landmarks, boxes, matrices, masks and pictures.

    Both keep them as pickles, which can run any code when they are opened. Here nothing in them is run: plain numbers
    and words are read, whatever asks for more is refused, and the rest goes on. A folder is made with alignment.jsonl,
    crops/ and, of DeepFaceLab, masks/.
    """

    input: Input
    """Folder of face pictures, faceset.pak, or alignments of faceswap (.fsa, .json, .p)."""
    output: Output
    """Folder that is made."""
    pictures: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """The frames, which tells which frame is which; or, for alignments of faceswap, the face pictures."""
    fps: float = 25.0
    """Frames a second, for times that the file does not tell."""
    force: Force = False
    """Replace a folder that this verb made before."""


@dataclass
class _Found:
    """What was read so far.

    Attributes:
        what: the format, for the answer.
        faces: the faces.
        refused: one line for everything that was not read.
        frames: names of all frames in order, where they were given.
        size: width and height of those.
    """

    what: str = ""
    faces: list[ImportedFace] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    frames: Sequence[str] = ()
    size: tuple[int, int] | None = None

    def refuse(self, line: str, console: Console) -> None:
        self.refused.append(line)
        console.note(line)


def run(args: ImportFaces, console: Console) -> int:
    """Read, write the folder."""
    _check(args)

    from prosopon.faces.alignment import write_alignment
    from prosopon.faces.imported.convert import as_alignment
    from prosopon.media.outputs import replacing

    found = _Found()
    try:
        with replacing(args.output) as folder:
            folder.mkdir()
            if args.input.is_file() and args.input.suffix.lower() in _ALIGNMENTS:
                _read_alignments(args, folder, found, console)
            else:
                _read_pictures(args, folder, found, console)
            if not found.faces:
                raise MissingError(  # noqa: TRY301 - leaves the folder unmade
                    f"no face could be read from {args.input}",
                    "give face pictures of DeepFaceLab or faceswap, faceset.pak, or a .fsa or .json file",
                )
            alignment = as_alignment(
                found.faces,
                _about(args, found),
                file=args.input.name if args.pictures is None or not found.frames else args.pictures.name,
                frames=found.frames,
                frame_size=found.size,
                fps=Fraction(args.fps).limit_denominator(1001),
            )
            write_alignment(alignment, folder / ALIGNMENT)
    except MissingError as error:
        if not console.as_json:
            raise
        console.fail_softly(error.what, error.hint)
        console.answer(_answer(args, found))
        return ExitCode.MISSING
    console.answer(_answer(args, found))
    left_out = f"; {len(found.refused)} left out" if found.refused else ""
    console.say(f"{args.output / ALIGNMENT}: {len(found.faces)} faces ({found.what}){left_out}")
    return ExitCode.FINE


def _check(args: ImportFaces) -> None:
    if not args.input.exists():
        raise MissingError(f"there is no file or folder {args.input}", "check the name")
    if not 0 < args.fps <= 1000:
        raise UsageError("--fps is more than 0 and at most 1000", "correct it")
    read = [one.resolve() for one in (args.input, args.pictures) if one is not None]
    output = args.output.resolve()
    if any(output == one or output in one.parents for one in read):
        raise UsageError(f"the output {args.output} would overwrite what is read", "choose another folder")
    if not (args.output.exists() or args.output.is_symlink()):
        return
    if not args.force:
        raise FileExistsAlready(f"{args.output} exists already", "choose another name, or replace it with --force")
    if not args.output.is_dir() or (any(args.output.iterdir()) and not (args.output / ALIGNMENT).is_file()):
        raise UsageError(f"{args.output} was not made by this verb", "choose another folder")


def _read_pictures(args: ImportFaces, folder: Path, found: _Found, console: Console) -> None:
    """Face pictures with data inside."""
    from prosopon.faces.imported.frame_folder import frame_names
    from prosopon.faces.imported.picture_set import picture_files, read_picture, write_picture

    files = picture_files(args.input)
    kinds: set[str] = set()
    console.start("reading faces", len(files))
    for index, file in enumerate(files):
        try:
            picture = read_picture(file, index)
        except MediaError as error:
            if args.input.is_file() and len(files) == 1:
                raise
            found.refuse(error.what, console)
        else:
            kinds.add(picture.kind)
            found.faces.append(write_picture(picture, file.name, folder))
        console.advance()
    console.finish()
    found.what = " and ".join(sorted(kinds))
    if args.pictures is not None and found.faces:
        _take_frames(args.pictures, frame_names(args.pictures), found, console)


def _read_alignments(args: ImportFaces, folder: Path, found: _Found, console: Console) -> None:
    """Alignments of faceswap, and the frames or face pictures that belong to them."""
    from prosopon.faces.imported.convert import of_faceswap
    from prosopon.faces.imported.faceswap import read_faceswap
    from prosopon.faces.imported.frame_folder import frame_names

    read = read_faceswap(args.input)
    found.what = f"faceswap alignments {read.version}"
    for line in read.refused:
        found.refuse(line, console)
    found.faces = [one for frame in read.frames for one in of_faceswap(frame)]
    if args.pictures is None or not found.faces:
        return
    names = frame_names(args.pictures)
    stems = {PurePath(name).stem for name in names}
    if any(PurePath(one.frame).stem in stems for one in found.faces):
        _take_frames(args.pictures, names, found, console)
    else:
        _take_crops(args.pictures, folder, found, console)


def _take_frames(pictures: Path, names: Sequence[str], found: _Found, console: Console) -> None:
    """Number the frames by their places in a folder."""
    from prosopon.faces.imported.convert import places
    from prosopon.faces.imported.frame_folder import frame_size

    if places({one.frame for one in found.faces}, names) is None:
        console.note(f"{pictures} does not hold every frame; frames are numbered by their names")
        return
    found.frames, found.size = names, frame_size(pictures / names[0])


def _take_crops(pictures: Path, folder: Path, found: _Found, console: Console) -> None:
    """Copy the face pictures that belong to faces that are known already."""
    from prosopon.faces.imported.picture_set import CROPS, picture_files, read_header

    places = {(PurePath(one.frame).stem, one.index): place for place, one in enumerate(found.faces)}
    n_taken = 0
    for file in picture_files(pictures):
        try:
            header = read_header(file)
            place = places.get((PurePath(header.frame).stem, header.index))
            if place is None:
                continue
            target = folder / CROPS / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.load())
        except MediaError as error:
            found.refuse(error.what, console)
            continue
        face = found.faces[place]
        found.faces[place] = replace(face, crop=f"{CROPS}/{file.name}", frame_size=face.frame_size or header.frame_size)
        n_taken += 1
    if not n_taken:
        console.note(f"no picture in {pictures} is a frame or face of {found.what}")


def _about(args: ImportFaces, found: _Found) -> dict[str, Any]:
    return {
        "finder": found.what.partition(" ")[0],
        "imported": {"file": args.input.name, "format": found.what, "refused": len(found.refused)},
        "landmarks": "iBUG 300-W, 68 points, (x, y) in pixels of the upright frame",
        "tracks": "order within the frame; nobody was followed",
    }


def _answer(args: ImportFaces, found: _Found) -> dict[str, Any]:
    return {
        "output": args.output,
        "format": found.what or None,
        "faces": len(found.faces),
        "crops": sum(one.crop is not None for one in found.faces),
        "refused": found.refused,
    }
