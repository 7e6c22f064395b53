"""The page that `prosopon faces` makes: what was looked at, what was left out, and each person followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from prosopon.app.faces_looking import Seen
from prosopon.app.faces_options import Faces
from prosopon.app.report import Report
from prosopon.core.faces import Face
from prosopon.faces.alignment import Aligned
from prosopon.faces.draw import drawing
from prosopon.train.curves import curve

SHEET, PARTS_SHEET, DRAWN = "sheet.png", "parts.png", "drawn.png"
_MOST_SECTIONS, _MOST_ROWS = 24, 200
_DRAWINGS = 6


def by_track(faces: Sequence[Aligned]) -> dict[int, list[Aligned]]:
    """The faces of each person followed, in order of time."""
    found: dict[int, list[Aligned]] = {}
    for one in faces:
        found.setdefault(one.track, []).append(one)
    return dict(sorted(found.items()))


def rows(faces: Sequence[Aligned]) -> list[tuple[object, ...]]:
    """Of each person followed: number, frames, first and last of them, width of the face."""
    found: list[tuple[object, ...]] = []
    for number, held in by_track(faces).items():
        width = sum(one.face.box.width for one in held) / len(held)
        found.append((number, len(held), held[0].frame, held[-1].frame, f"{width:.0f} px"))
    return found


HEAD = ("track", "frames", "from", "to", "face width")


def page(args: Faces, seen: Seen, faces: Sequence[Aligned], folder: Path) -> Report:
    """The page of a folder whose pictures are there already."""
    only = seen.footage[0].clip if len(seen.footage) == 1 else None
    size = "" if only is None else f" of {only.width} x {only.height} pixels"
    report = Report(
        f"Faces of {args.input.name if only is None else only.name}",
        f"{seen.n_looked} frames{size}, looked at by {seen.finder}",
        "Tracks join faces by place and shape; one person may have several, and nobody is recognised.",
    )
    if only is None:
        _sources(report, seen, faces)
    if seen.left_out:
        report.section("Left out", "Faces that are neither in the file nor among the pictures, by reason.")
        report.table(("reason", "faces"), [*sorted(seen.left_out.items())])
    report.table(HEAD, rows(faces)[:_MOST_ROWS])
    shown = [
        (folder / name, caption)
        for name, caption in ((DRAWN, "found"), (SHEET, "faces"), (PARTS_SHEET, "parts"))
        if (folder / name).is_file()
    ]
    if shown:
        report.media(*shown)
    people = by_track(faces)
    for number in sorted(people, key=lambda track: -len(people[track]))[:_MOST_SECTIONS]:
        held = people[number]
        report.section(f"Track {number}")
        step = max(1, (len(held) - 1) // (_DRAWINGS - 1))
        drawn = [_drawn(one.frame, one.face) for one in held[::step][:_DRAWINGS]]
        report.svg(*(figure for figure in drawn if figure))
        report.svg(*_pose_curves({one.frame: one.face for one in held}))
    if len(people) > _MOST_SECTIONS:
        report.text(f"{len(people) - _MOST_SECTIONS} more people with fewer frames are not shown here.")
    return report


def _sources(report: Report, seen: Seen, faces: Sequence[Aligned]) -> None:
    counts = [0] * len(seen.footage)
    for one in faces:
        counts[one.source] += 1
    report.section("Files")
    report.table(
        ("file", "frames", "people", "faces"),
        [
            (one.source.file, len(one.clip), len(one.tracks.tracks), count)
            for one, count in zip(seen.footage[:_MOST_ROWS], counts, strict=False)
        ],
    )
    if seen.unreadable:
        report.section("Files that cannot be read")
        report.table(("file", "why"), [*seen.unreadable.items()])
    report.section("People")


def _drawn(index: int, face: Face) -> str:
    if face.landmarks is None:
        return ""
    return f"<figure>{drawing(face)}<figcaption>frame {index}</figcaption></figure>"


def _pose_curves(faces: Mapping[int, Face]) -> list[str]:
    poses = {index: face.pose for index, face in faces.items() if face.pose is not None}
    if len(poses) < 2:
        return []
    frames = [*poses]
    return [
        curve("yaw in degrees", frames, [pose.yaw for pose in poses.values()]),
        curve("pitch in degrees", frames, [pose.pitch for pose in poses.values()]),
        curve("roll in degrees", frames, [pose.roll for pose in poses.values()]),
    ]
