"""Tracks as files: landmarks as JSON, drawings as SVG, and, where asked for, the faces themselves as pictures.

Pictures that are cut out are parts of the input, not made by us; they carry no credentials, not even those that the
input had.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Clip
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.crop import cut, square
from prosopon.faces.smooth import smooth_boxes

_LINES = (
    (range(17), False),  # jaw
    (range(17, 22), False),
    (range(22, 27), False),
    (range(27, 31), False),
    (range(31, 36), False),
    (range(36, 42), True),
    (range(42, 48), True),
    (range(48, 60), True),
    (range(60, 68), True),
)
"""Points of iBUG 300-W that are drawn as one line, and whether it is closed."""


def tracks_as_json(tracks: Tracks, clip: Clip) -> dict[str, Any]:
    """Everything that is known about the faces of a clip, in full-frame pixels, seconds and degrees."""
    return {
        "file": clip.name,
        "sha256": clip.sha256,
        "width": clip.width,
        "height": clip.height,
        "frames": len(clip),
        "frames_looked_at": tracks.n_frames,
        "back_end": tracks.back_end,
        "landmarks": "iBUG 300-W, 68 points, (x, y) in pixels",
        "tracks": [
            {
                "mean_area": round(track.mean_area, 1),
                "faces": [_face_as_json(index, clip.times[index], track.faces[index]) for index in sorted(track.faces)],
            }
            for track in tracks.tracks
        ],
    }


def write_json(tracks: Tracks, clip: Clip, path: Path) -> None:
    """Write `tracks_as_json` to a file, one line a face."""
    whole = tracks_as_json(tracks, clip)
    people = whole.pop("tracks")
    lines = [json.dumps(whole, ensure_ascii=False)[:-1] + ', "tracks": [']
    for i, person in enumerate(people):
        faces = ",\n".join(json.dumps(face) for face in person["faces"])
        comma = "," if i + 1 < len(people) else ""
        lines.append(f'{{"mean_area": {person["mean_area"]}, "faces": [\n{faces}\n]}}{comma}')
    path.write_text("\n".join([*lines, "]}", ""]), encoding="utf-8")


def write_crops(
    tracks: Tracks, clip: Clip, folder: Path, *, size_px: int = 256, margin: float = 0.3, progress: Progress = SILENT
) -> int:
    """Write every found face as `track_00/000012.png`, cut square along a steady box.

    Args:
        tracks: the people of the clip.
        clip: the clip.
        folder: where the folders of the tracks go; it is made.
        size_px: side of the pictures.
        margin: what is added around the face, as a share of its size.
        progress: hears of every frame.

    Returns:
        The number of pictures written.
    """
    plans: list[tuple[Path, Track, Any]] = []
    for i, track in enumerate(tracks.tracks):
        place = folder / f"track_{i:02d}"
        place.mkdir(parents=True)
        plans.append((place, track, smooth_boxes(track, len(clip))))
    n = 0
    progress.start("cutting faces out", len(clip))
    for index, frame in enumerate(clip.frames()):
        for place, track, boxes in plans:
            if index in track.faces:
                picture = cut(frame, square(boxes[index], margin), size_px)
                Image.fromarray(picture).save(place / f"{index:06d}.png")
                n += 1
        progress.advance()
    progress.finish()
    return n


def drawing(face: Face) -> str:
    """A line drawing of a face's landmarks as an SVG element, upright as in the picture.

    Raises:
        ValueError: the face has no landmarks.
    """
    if face.landmarks is None:
        raise ValueError("a face without landmarks cannot be drawn")
    low = face.landmarks.min(axis=0)
    size = max(float(np.ptp(face.landmarks, axis=0).max()), 1.0)
    points = (face.landmarks - low) / size * 100.0 + 5.0
    return f'<svg viewBox="0 0 110 110" role="img" aria-label="landmarks">{"".join(_strokes(points))}</svg>'


def _strokes(points: NDArray[np.float32]) -> Iterator[str]:
    for indices, closed in _LINES:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points[[*indices]])
        yield f'<{"polygon" if closed else "polyline"} class="line" points="{path}"/>'


def _face_as_json(index: int, time: float, face: Face) -> dict[str, Any]:
    found: dict[str, Any] = {
        "frame": index,
        "time_s": round(time, 6),
        "box": [round(side, 2) for side in face.box],
        "confidence": round(face.confidence, 4),
    }
    if face.pose is not None:
        found["pose"] = {"yaw": face.pose.yaw, "pitch": face.pose.pitch, "roll": face.pose.roll}
        found["pose"] = {name: round(angle, 2) for name, angle in found["pose"].items()}
    if face.landmarks is not None:
        found["landmarks"] = [[round(float(x), 2), round(float(y), 2)] for x, y in face.landmarks]
    if face.blendshapes:
        found["blendshapes"] = {name: round(strength, 4) for name, strength in face.blendshapes.items()}
    return found
