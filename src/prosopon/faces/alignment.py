"""The alignment file: who is where in some clips, as JSON lines that can be read, compared and edited by hand.

The first line is about the whole, then follows one line a face, in order of source, frame and track, then one line that
says that nothing is missing:

    {"format": "prosopon-alignment", "version": 2, "sources": [{"file": "clip.mp4", "sha256": ..., ...}], ...}
    {"frame": 0, "time_s": 0.0, "track": 0, "box": [x0, y0, x1, y1], "score": 0.98, "landmarks": [[x, y], ...], ...}
    {"end": true, "faces": 1}

Coordinates are pixels of the upright full frame, angles degrees. Unknown keys are kept out of the way, so that later
versions may add some; a file of a later version is refused, one of version 1 is read. `docs/faces.md` describes every
key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import MediaError
from prosopon.core.faces import Box, Face, Pose
from prosopon.media.outputs import replacing

FORMAT = "prosopon-alignment"
VERSION = 2
_READ = (1, 2)
_MATRIX_DIGITS = 9
"""A crop that is cut again lies within 1e-4 pixels of where it lay, in frames of any size."""


@dataclass(frozen=True)
class Source:
    """A clip that faces were looked for in.

    Attributes:
        file: its name, or its place in the folder that was looked through.
        sha256: content id, None where it is not known.
        width, height: of its upright frames in pixels; None where they are not known.
        frames: how many it has.
        fps: its rate as a fraction, "25" or "30000/1001"; None for a still.
    """

    file: str
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    fps: str | None = None


@dataclass(frozen=True)
class Aligned:
    """One face of one frame.

    Attributes:
        frame: index of the frame.
        time_s: when it is shown.
        track: which person; 0 is the most prominent of the first source. Numbers go on through all sources.
        face: where it is.
        measures: what was measured on its picture, by name.
        crop: its picture, relative to the alignment file, or None.
        parts: the part map of that picture, likewise.
        source: which of the alignment's sources the frame is of.
        matrix: `float64 (2, 3)`, from pixels of the frame to pixels of the picture, the first pixel's centre at
            (0.5, 0.5) in both; None where no picture was planned.
        masks: masks of that picture by their kind, relative to the alignment file.
    """

    frame: int
    time_s: float
    track: int
    face: Face
    measures: Mapping[str, float] = field(default_factory=dict)
    crop: str | None = None
    parts: str | None = None
    source: int = 0
    matrix: NDArray[np.float64] | None = None
    masks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Alignment:
    """A whole file.

    Attributes:
        about: the first line: `sources`, `frames_looked_at`, `every`, `finder` ...; where there is one source, its
            `file`, `sha256`, `width`, `height`, `frames` and `fps` as well, as in version 1.
        faces: in order of source, frame and track.
    """

    about: Mapping[str, Any]
    faces: tuple[Aligned, ...]

    @property
    def sources(self) -> tuple[Source, ...]:
        """The clips that were looked through; of a file of version 1, the one.

        Raises:
            MediaError: the first line says nothing sensible about them.
        """
        names = [one.name for one in fields(Source)]
        listed = self.about.get("sources")
        if listed is None and "file" in self.about:
            listed = [self.about]
        try:
            return tuple(
                Source(**{name: one[name] if name == "file" else one.get(name) for name in names})
                for one in listed or ()
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise MediaError(f"the sources of an alignment file make no sense: {error!r}", "make it again") from error


def about_sources(sources: Sequence[Source]) -> dict[str, Any]:
    """What the first line says of the sources: all of them, and of a single one the keys of version 1 before that."""
    listed = [asdict(one) for one in sources]
    return {**(listed[0] if len(listed) == 1 else {}), "sources": listed}


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
        line: dict[str, Any] = {"source": one.source} if one.source else {}
        line |= {"frame": one.frame, "time_s": round(one.time_s, 6), "track": one.track, **face_as_json(one.face)}
        if one.measures:
            line["measures"] = {name: round(float(value), 4) for name, value in one.measures.items()}
        if one.crop is not None:
            line["crop"] = one.crop
        if one.parts is not None:
            line["parts"] = one.parts
        if one.masks:
            line["masks"] = dict(sorted(one.masks.items()))
        if one.matrix is not None:
            line["matrix"] = [[round(float(value), _MATRIX_DIGITS) for value in row] for row in one.matrix]
        lines.append(line)
    lines.append({"end": True, "faces": len(alignment.faces)})
    text = "".join(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n" for line in lines)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_alignment(path: Path) -> Alignment:
    """Read a file back.

    Raises:
        MediaError: it is no alignment file, of a later version, damaged, cut off, or names faces of no source.
    """
    try:
        # Not splitlines(): names may hold characters that it takes for ends of lines.
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        about = json.loads(lines[0]) if lines[0] else {}
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise MediaError(
            f"{path} cannot be read as an alignment file: {error}", "make it with prosopon faces"
        ) from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise MediaError(f"{path} is no alignment file", "make it with prosopon faces")
    if about.get("version") not in _READ:
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
    alignment = Alignment(kept, tuple(faces))
    nowhere = {one.source for one in faces} - {*range(max(1, len(alignment.sources)))}
    if nowhere:
        raise MediaError(f"{path} has faces of source {min(nowhere)}, which it does not name", "make the file again")
    return alignment


def _aligned(data: Mapping[str, Any]) -> Aligned:
    matrix = None if data.get("matrix") is None else np.array(data["matrix"], np.float64)
    if matrix is not None and (matrix.shape != (2, 3) or not np.isfinite(matrix).all()):
        raise ValueError("a matrix has two rows of three numbers")
    return Aligned(
        int(data["frame"]),
        float(data["time_s"]),
        int(data["track"]),
        face_from_json(data),
        {str(name): float(value) for name, value in data.get("measures", {}).items()},
        None if data.get("crop") is None else str(data["crop"]),
        None if data.get("parts") is None else str(data["parts"]),
        int(data.get("source", 0)),
        matrix,
        {str(kind): str(place) for kind, place in data.get("masks", {}).items()},
    )


def in_order(faces: Iterable[Aligned]) -> tuple[Aligned, ...]:
    """By source, then frame, then track, as they stand in the file."""
    return tuple(sorted(faces, key=lambda one: (one.source, one.frame, one.track)))
