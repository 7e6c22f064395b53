"""`prosopon faces`: find and follow the faces of a picture or video."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prosopon.app.args import Flag, Force, Input, Output
from prosopon.app.console import Console
from prosopon.app.report import Report
from prosopon.core.clip import Clip
from prosopon.core.errors import ExitCode, FileExistsAlready, MissingError, UsageError
from prosopon.core.faces import Face, Track, Tracks
from prosopon.faces.export import drawing, write_crops, write_json
from prosopon.faces.finder import open_finder
from prosopon.faces.track import track
from prosopon.media.outputs import replacing
from prosopon.media.read import read
from prosopon.train.curves import curve

_JSON = "faces.json"


@dataclass(frozen=True)
class Faces:
    """Find and follow the faces of a picture or video: landmarks and head poses as JSON, with a page to look at."""

    input: Input
    """Picture, video, or folder of pictures."""
    output: Output
    """Folder that is made: faces.json, index.html, and the crops."""
    every: int = 1
    """Look at every n-th frame only."""
    crops: Flag = False
    """Also write each face as a picture; these carry no credentials, and synthetic input is refused."""
    size_px: int = 256
    """Side of the crops."""
    margin: float = 0.3
    """What the crops show around a face, as a share of its size."""
    finder: Literal["auto", "mediapipe"] = "auto"
    """Which back end finds the faces."""
    force: Force = False
    """Replace a folder that this verb made before."""


def run(args: Faces, console: Console) -> int:
    """Find, follow, write the folder."""
    _check(args)
    # By its own name the back end says what it lacks; `auto` would only say that there is none.
    finder = open_finder(args.finder) or open_finder("mediapipe")
    if finder is None:
        raise MissingError("no face finder is there", "see prosopon doctor")
    clip = read(args.input, progress=console)
    if args.crops:
        _refuse_synthetic(args.input)
    tracks = track(clip, finder, every=args.every, progress=console)
    if tracks.main is None:
        raise MissingError(f"no face was found in {args.input}", "faces narrower than about 16 pixels are not seen")
    with replacing(args.output) as folder:
        folder.mkdir()
        write_json(tracks, clip, folder / _JSON)
        _report(tracks, clip).write(folder / "index.html")
        n_crops = 0
        if args.crops:
            n_crops = write_crops(
                tracks, clip, folder / "crops", size_px=args.size_px, margin=args.margin, progress=console
            )
    console.answer(
        {
            "output": args.output,
            "frames_looked_at": tracks.n_frames,
            "back_end": tracks.back_end,
            "crops": n_crops,
            "tracks": [
                {"frames": len(one), "first": min(one.faces), "last": max(one.faces), "mean_area": one.mean_area}
                for one in tracks.tracks
            ],
        }
    )
    console.table(("track", "frames", "from", "to", "face width"), [*map(_row, enumerate(tracks.tracks))])
    console.say(f"{args.output / _JSON} and {args.output / 'index.html'}")
    return ExitCode.FINE


def _check(args: Faces) -> None:
    if args.every < 1 or args.size_px < 16 or args.margin < 0:
        raise UsageError("--every is at least 1, --size-px at least 16, --margin not negative", "correct it")
    if not args.output.exists() and not args.output.is_symlink():
        return
    if not args.force:
        raise FileExistsAlready(f"{args.output} exists already", "choose another name, or replace it with --force")
    if not args.output.is_dir() or (any(args.output.iterdir()) and not (args.output / _JSON).is_file()):
        raise UsageError(f"{args.output} was not made by this verb", "choose another folder")


def _refuse_synthetic(path: Path) -> None:
    """Pictures cut out of marked media would go about without the mark."""
    from prosopon.vouch.verify import verify

    if verify(path).synthetic:
        raise UsageError(f"{path} is marked as synthetic, and crops of it would not be", "leave --crops out")


def _row(numbered: tuple[int, Track]) -> tuple[object, ...]:
    number, one = numbered
    width = sum(face.box.width for face in one.faces.values()) / len(one)
    return number, len(one), min(one.faces), max(one.faces), f"{width:.0f} px"


def _report(tracks: Tracks, clip: Clip) -> Report:
    report = Report(
        f"Faces of {clip.name}",
        f"{tracks.n_frames} frames of {clip.width} x {clip.height} pixels, looked at by {tracks.back_end}",
        "Tracks join faces by place and shape; one person may have several, and nobody is recognised.",
    )
    report.table(("track", "frames", "from", "to", "face width"), [*map(_row, enumerate(tracks.tracks))])
    for number, one in enumerate(tracks.tracks):
        report.section(f"Track {number}")
        drawn = [_drawn(index, one.faces[index]) for index in _spread(sorted(one.faces), 6)]
        report.svg(*(figure for figure in drawn if figure))
        report.svg(*_pose_curves(one))
    return report


def _spread(indices: list[int], n: int) -> list[int]:
    """Up to n of the indices, evenly spread."""
    if len(indices) <= n:
        return indices
    return [indices[round(i * (len(indices) - 1) / (n - 1))] for i in range(n)]


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
