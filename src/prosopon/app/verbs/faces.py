"""`prosopon faces`: find and follow the faces of pictures and videos, and cut them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prosopon.app.console import Console
from prosopon.app.faces_folder import cut_out, told, write_folder
from prosopon.app.faces_looking import OTHER_PEOPLE, Memories, Seen, look
from prosopon.app.faces_options import ALIGNMENT, Faces
from prosopon.app.faces_page import HEAD, by_track, rows
from prosopon.app.faces_sources import sources_of
from prosopon.core.errors import ExitCode, MissingError
from prosopon.faces.alignment import Aligned, face_as_json
from prosopon.faces.finder import open_finder
from prosopon.faces.parsing.parser import FaceParser, open_parser
from prosopon.faces.realign import Realigning

_MOST_ROWS = 40


def run(args: Faces, console: Console) -> int:
    """Find, follow, write the folder."""
    args.check()
    finder = open_finder(args.backend)
    if args.realign:
        finder = Realigning(finder)
    parser = open_parser(args.parser) if args.parses else None
    sources = sources_of(args.input, args.output)
    memories = Memories(args.output, finder, several=len(sources) > 1)
    parser = memories.keeping(parser)
    faces: tuple[Aligned, ...] = ()
    try:
        seen = look(args, sources, finder, memories, console)
        if seen.n_tracks and args.output is not None:
            faces = write_folder(args, args.output, seen, parser, console)
        elif seen.n_tracks:
            faces = cut_out(args, seen, None, parser, console)
    except KeyboardInterrupt:
        if args.output is not None and memories.n_known:
            console.note(f"{memories.n_known} frames are kept; the same command goes on from there")
        raise
    memories.forget()
    console.answer(_answer(args, seen, faces, parser))
    if not faces:
        what, hint = _nobody(args, seen)
        if not console.as_json:
            raise MissingError(what, hint)
        console.fail_softly(what, hint)
        return ExitCode.MISSING
    table = rows(faces)
    console.table(HEAD, table[:_MOST_ROWS])
    if len(table) > _MOST_ROWS:
        console.say(f"and {len(table) - _MOST_ROWS} more")
    if seen.left_out:
        console.say(f"left out: {_counted(seen)}")
    if args.output is None:
        console.say("nothing was written; give -o FOLDER for the alignment, the pictures and a page")
    else:
        console.say(f"{args.output / ALIGNMENT} and {args.output / 'index.html'}")
    return ExitCode.FINE


def _nobody(args: Faces, seen: Seen) -> tuple[str, str]:
    """Why there are no faces, and what to do."""
    if not seen.n_found:
        return f"no face was found in {args.input}", "faces narrower than about 16 pixels are not seen"
    if seen.left_out.keys() <= {OTHER_PEOPLE}:
        return f"nobody of those asked for is in {args.input}", "try another portrait, or another --same-person"
    return f"every face of {args.input} was left out: {_counted(seen)}", "ask for less"


def _counted(seen: Seen) -> str:
    return ", ".join(f"{n} {reason}" for reason, n in sorted(seen.left_out.items()))


def _answer(args: Faces, seen: Seen, faces: Sequence[Aligned], parser: FaceParser | None) -> dict[str, Any]:
    """What `--json` prints: a picture's faces themselves, of everything else the tracks."""
    about: dict[str, Any] = {
        "output": args.output,
        "back_end": seen.finder,
        "frames_looked_at": seen.n_looked,
        "left_out": dict(sorted(seen.left_out.items())),
    }
    if parser is not None:
        about["parser"] = parser.name
    if seen.still is not None:
        largest_first = sorted(told(args, faces), key=lambda one: -one.face.box.width * one.face.box.height)
        return {"faces": [{**face_as_json(one.face), "measures": one.measures} for one in largest_first], **about}
    several = len(seen.footage) + len(seen.unreadable) > 1
    if several:
        about["sources"] = [{"file": one.source.file, "frames": len(one.clip)} for one in seen.footage]
        about["unreadable"] = seen.unreadable
    spans = [
        {
            "frames": len(held),
            "first": held[0].frame,
            "last": held[-1].frame,
            "mean_area": sum(one.face.box.width * one.face.box.height for one in held) / len(held),
            **({"track": number, "source": held[0].source} if several else {}),
        }
        for number, held in by_track(faces).items()
    ]
    return {**about, "crops": sum(one.crop is not None for one in faces), "tracks": spans}
