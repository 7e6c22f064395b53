"""The alignment file: who is where in a clip, as JSON lines that can be read, compared and edited by hand.

The first line is about the file, then follows one line a face, in order of frame and track, then one line that says
that nothing is missing:

    {"format": "prosopon-alignment", "version": 1, "file": "clip.mp4", "sha256": ..., "width": 1280, ...}
    {"frame": 0, "time_s": 0.0, "track": 0, "box": [x0, y0, x1, y1], "score": 0.98, "landmarks": [[x, y], ...], ...}
    {"end": true, "faces": 1}

Coordinates are pixels of the upright full frame, angles degrees. Unknown keys are kept out of the way, so that later
versions may add some; a file of a later version is refused. `docs/faces.md` describes every key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from prosopon.core.errors import MediaError
from prosopon.core.faces import Box, Face, Pose
from prosopon.media.outputs import replacing

FORMAT = "prosopon-alignment"
VERSION = 1


@dataclass(frozen=True)
class Aligned:
    """One face of one frame.

    Attributes:
        frame: index of the frame.
        time_s: when it is shown.
        track: which person of the clip; 0 is the most prominent.
        face: where it is.
        measures: what was measured on its picture, by name.
        crop: its picture, relative to the alignment file, or None.
        parts: the part map of that picture, likewise.
    """

    frame: int
    time_s: float
    track: int
    face: Face
    measures: Mapping[str, float] = field(default_factory=dict)
    crop: str | None = None
    parts: str | None = None


@dataclass(frozen=True)
class Alignment:
    """A whole file.

    Attributes:
        about: the first line: `file`, `sha256`, `width`, `height`, `frames`, `frames_looked_at`, `every`, `finder` ...
        faces: in order of frame and track.
    """

    about: Mapping[str, Any]
    faces: tuple[Aligned, ...]


def face_as_json(face: Face, digits: int | None = 2) -> dict[str, Any]:
    """A face as data; the dense points of a back end are left out.

    Args:
        face: the face.
        digits: decimals of what is kept; None keeps everything.
    """

    def kept(value: float) -> float:
        return float(value) if digits is None else round(float(value), digits)

    fine = None if digits is None else digits + 2
    found: dict[str, Any] = {
        "box": [kept(side) for side in face.box],
        "score": float(face.confidence) if fine is None else round(float(face.confidence), fine),
    }
    if face.landmarks is not None:
        found["landmarks"] = [[kept(x), kept(y)] for x, y in face.landmarks]
    if face.pose is not None:
        found["pose"] = {name: kept(getattr(face.pose, name)) for name in ("yaw", "pitch", "roll")}
    if face.blendshapes:
        shapes = face.blendshapes.items()
        found["blendshapes"] = {name: value if fine is None else round(value, fine) for name, value in shapes}
    if face.embedding is not None:
        found["embedding"] = [float(v) if fine is None else round(float(v), fine) for v in face.embedding]
    return found


def face_from_json(data: Mapping[str, Any]) -> Face:
    """The inverse of `face_as_json`.

    Raises:
        ValueError: something is missing or of the wrong form.
    """
    try:
        box = [float(side) for side in data["box"]]
        landmarks = np.array(data["landmarks"], np.float32) if "landmarks" in data else None
        embedding = np.array(data["embedding"], np.float32) if "embedding" in data else None
        pose = (
            Pose(**{name: float(data["pose"][name]) for name in ("yaw", "pitch", "roll")}) if "pose" in data else None
        )
        score, shapes = float(data["score"]), {str(k): float(v) for k, v in data.get("blendshapes", {}).items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no face: {error!r}") from error
    if len(box) != 4 or (landmarks is not None and landmarks.shape != (68, 2)):
        raise ValueError("a box has four sides, landmarks are 68 times (x, y)")
    return Face(Box(*box), landmarks, score, blendshapes=shapes, pose=pose, embedding=embedding)


def write_alignment(alignment: Alignment, path: Path) -> None:
    """Write the file; it is there whole or not at all."""
    lines: list[dict[str, Any]] = [{"format": FORMAT, "version": VERSION, **alignment.about}]
    for one in alignment.faces:
        line = {"frame": one.frame, "time_s": round(one.time_s, 6), "track": one.track, **face_as_json(one.face)}
        if one.measures:
            line["measures"] = {name: round(float(value), 4) for name, value in one.measures.items()}
        if one.crop is not None:
            line["crop"] = one.crop
        if one.parts is not None:
            line["parts"] = one.parts
        lines.append(line)
    lines.append({"end": True, "faces": len(alignment.faces)})
    text = "".join(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n" for line in lines)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_alignment(path: Path) -> Alignment:
    """Read a file back.

    Raises:
        MediaError: it is no alignment file, of a later version, damaged, or cut off.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        about = json.loads(lines[0]) if lines else {}
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise MediaError(
            f"{path} cannot be read as an alignment file: {error}", "make it with prosopon faces"
        ) from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise MediaError(f"{path} is no alignment file", "make it with prosopon faces")
    if about.get("version") != VERSION:
        raise MediaError(
            f"{path} has version {about.get('version')} of the format, this is version {VERSION}", "update Prosopon"
        )
    faces: list[Aligned] = []
    ended = False
    for number, line in enumerate(lines[1:], start=2):
        try:
            data = json.loads(line)
            if data.get("end"):
                ended = True
                break
            faces.append(_aligned(data))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MediaError(f"line {number} of {path} is damaged: {error}", "make the file again") from error
    if not ended:
        raise MediaError(f"{path} is cut off after {len(faces)} faces", "make the file again")
    kept = {key: value for key, value in about.items() if key not in ("format", "version")}
    return Alignment(kept, tuple(faces))


def _aligned(data: Mapping[str, Any]) -> Aligned:
    return Aligned(
        int(data["frame"]),
        float(data["time_s"]),
        int(data["track"]),
        face_from_json(data),
        {str(name): float(value) for name, value in data.get("measures", {}).items()},
        None if data.get("crop") is None else str(data["crop"]),
        None if data.get("parts") is None else str(data["parts"]),
    )


def in_order(faces: Iterable[Aligned]) -> tuple[Aligned, ...]:
    """By frame, then track, as they stand in the file."""
    return tuple(sorted(faces, key=lambda one: (one.frame, one.track)))
