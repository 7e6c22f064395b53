"""Ground truth on disk: what is known about every frame of a rendered person, written beside the video and read again.

The format is described in docs/studio.md: `truth.json` (who, light, sound, digests), `frames.jsonl` (one JSON object
for each frame) and `parts/000000.png` ... (one picture of part indices for each frame). Numbers are rounded, so that
the files are small and can be compared line by line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import MediaError, MissingError
from prosopon.core.faces import Pose
from prosopon.media.part_maps import read_part_map
from prosopon.studio.performance import Performance
from prosopon.studio.person import Expression, Identity, Light, Placement
from prosopon.studio.render import Camera, Rendering, rotation
from prosopon.studio.rig import GAZE_DEGREES
from prosopon.train.rebuild import rebuild

FORMAT, VERSION = "prosopon studio truth", 1
RUN, TRUTH, FRAMES, PARTS = "studio.json", "truth.json", "frames.jsonl", "parts"
"""Names of the files: of the whole run, and of a person's folder."""

_PLACES = 4
"""Decimals of numbers in the files; landmarks have one fewer."""


@dataclass(frozen=True)
class FrameTruth:
    """One frame as it was rendered, and everything known about it.

    Attributes:
        index: of the frame, from 0.
        time_s: when it is shown.
        placement: turn, place and size of the head.
        expression: state of the face.
        rendering: picture, landmarks, part map, opening of the lids.
        phoneme: what is being said (ARPABET without stress), empty for silence.
    """

    index: int
    time_s: float
    placement: Placement
    expression: Expression
    rendering: Rendering
    phoneme: str = ""

    def as_json(self) -> dict[str, Any]:
        """The line of `frames.jsonl`."""
        size_px = self.rendering.image.shape[0]
        camera = Camera.of(self.placement, size_px)
        gaze = (self.expression.gaze_x * GAZE_DEGREES[0], self.expression.gaze_y * GAZE_DEGREES[1])
        return {
            "frame": self.index,
            "time_s": _short(self.time_s, 6),
            "head": _numbers(asdict(self.placement.pose)),
            "camera": {"focal_px": _short(camera.focal_px), "centre_px": [_short(v) for v in camera.centre_px]},
            "placement": {name: _short(getattr(self.placement, name)) for name in ("x", "y", "scale")},
            "expression": _numbers(asdict(self.expression)),
            "gaze": {
                "in_head_degrees": [_short(v) for v in gaze],
                "direction": [_short(v) for v in _sight(gaze, self.placement.pose)],
            },
            "eyelids": [_short(v) for v in self.rendering.eyelids],
            "phoneme": self.phoneme,
            "landmarks": [[_short(x, 3), _short(y, 3)] for x, y in self.rendering.landmarks.tolist()],
            "visible": "".join("1" if seen else "0" for seen in self.rendering.visible),
        }


def _sight(gaze_degrees: tuple[float, float], pose: Pose) -> list[float]:
    """Unit vector along the line of sight: x to the picture's right, y up, z to the camera."""
    across, up = np.radians(gaze_degrees)
    in_head = np.array((np.sin(across) * np.cos(up), np.sin(up), np.cos(across) * np.cos(up)))
    direction: list[float] = (rotation(pose) @ in_head).tolist()
    return direction


def _short(value: float, places: int = _PLACES) -> float:
    # Adding zero turns -0.0 into 0.0: the files shall not differ by a sign that means nothing.
    return round(float(value), places) + 0.0


def _numbers(table: Mapping[str, float]) -> dict[str, float]:
    return {name: _short(value) for name, value in table.items()}


@dataclass(frozen=True)
class PersonTruth:
    """Everything known about one rendered person's clip of T frames.

    Attributes:
        folder: where it lies.
        clip: path of the video.
        about: `truth.json` as it is.
        times: `(T,)` seconds.
        poses: `(T, 3)` yaw, pitch, roll in degrees, see `core.faces.Pose`.
        placements: `(T, 3)` x, y, scale, see `studio.person.Placement`.
        expressions: `(T, E)` coefficients in the order of `EXPRESSIONS`.
        eyelids: `(T, 2)` opening as a share of that at rest, the picture's left eye first.
        gaze: `(T, 3)` unit line of sight: x to the picture's right, y up, z to the camera.
        landmarks: `float32 (T, 68, 2)` pixels (x, y), the centre of the first pixel at (0.5, 0.5).
        visible: `bool (T, 68)` inside the picture and not hidden.
        phonemes: what is being said in every frame, empty for silence.
    """

    folder: Path
    clip: Path
    about: Mapping[str, Any]
    times: NDArray[np.float64]
    poses: NDArray[np.float64]
    placements: NDArray[np.float64]
    expressions: NDArray[np.float64]
    eyelids: NDArray[np.float64]
    gaze: NDArray[np.float64]
    landmarks: NDArray[np.float32]
    visible: NDArray[np.bool_]
    phonemes: tuple[str, ...]

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.times)

    @property
    def number(self) -> int:
        """Which person of the run, from 0."""
        return int(self.about["person"])

    @property
    def performance_id(self) -> str:
        """Clips with the same one show the same performance, in the same light, frame by frame."""
        return str(self.about["performance_id"])

    @property
    def fps(self) -> Fraction:
        """Frames per second."""
        return Fraction(str(self.about["fps"]))

    @property
    def size_px(self) -> int:
        """Width and height of the pictures."""
        return int(self.about["size_px"])

    @property
    def av_offset_ms(self) -> float:
        """By how much the sound comes after the picture; 0 where there is none."""
        speech = self.about.get("speech")
        return float(speech["av_offset_ms"]) if speech else 0.0

    @cached_property
    def identity(self) -> Identity:
        """Who it is, ready to be rendered again."""
        made: Identity = rebuild(Identity, self.about["identity"])
        return made

    @cached_property
    def light(self) -> Light:
        """The light, ready to be rendered with again."""
        made: Light = rebuild(Light, self.about["light"])
        return made

    def state(self, index: int) -> tuple[Placement, Expression]:
        """Placement and expression of one frame, ready to be rendered again (numbers are rounded)."""
        yaw, pitch, roll = map(float, self.poses[index])
        x, y, scale = map(float, self.placements[index])
        values = map(float, self.expressions[index])
        return Placement(Pose(yaw, pitch, roll), x, y, scale), Expression(*values)

    def performance(self) -> Performance:
        """The recorded movement, interpolated between frames, so that others can perform it too."""
        columns = np.concatenate([self.poses, self.placements, self.expressions], 1)

        def at(time_s: float) -> tuple[Placement, Expression]:
            row = [float(np.interp(time_s, self.times, column)) for column in columns.T]
            return Placement(Pose(*row[:3]), *row[3:6]), Expression(*row[6:])

        duration_s = float(len(self) / self.fps)
        return Performance(duration_s, at, {"kind": "recorded", "performance_id": self.performance_id})

    def mask(self, index: int) -> NDArray[np.uint8]:
        """Part map `uint8 (H, W)` of one frame, values of `Part`.

        Raises:
            MediaError: it cannot be read.
        """
        return read_part_map(self.folder / PARTS / mask_name(index))

    def masks(self) -> Iterator[NDArray[np.uint8]]:
        """Part maps of all frames, one in memory at a time."""
        return (self.mask(index) for index in range(len(self)))


EXPRESSIONS = tuple(field.name for field in fields(Expression))
"""Names of the expression coefficients in their order."""


def mask_name(index: int) -> str:
    """File name of a frame's part map."""
    return f"{index:06d}.png"


@dataclass(frozen=True)
class Truth:
    """A run of `prosopon studio render`.

    Attributes:
        folder: where it lies.
        about: `studio.json` as it is.
        people: those that are complete, by number.
    """

    folder: Path
    about: Mapping[str, Any]
    people: tuple[PersonTruth, ...]

    def performing_alike(self) -> dict[str, tuple[PersonTruth, ...]]:
        """People by `performance_id`: those of one entry show the same performance frame by frame."""
        groups: dict[str, tuple[PersonTruth, ...]] = {}
        for person in self.people:
            groups[person.performance_id] = (*groups.get(person.performance_id, ()), person)
        return groups


def read_truth(folder: Path) -> Truth:
    """Read the ground truth of a run; the videos and part maps are not opened.

    Raises:
        MissingError: there is none.
        MediaError: it is damaged, or of a version that is not known here.
    """
    about = read_run(folder)
    people = tuple(read_person(path.parent) for path in sorted(folder.glob(f"person-*/{TRUTH}")))
    if not people:
        raise MissingError(f"{folder} holds no complete person yet", "run prosopon studio render again")
    return Truth(folder, about, people)


def read_run(folder: Path) -> dict[str, Any]:
    """`studio.json` of a run.

    Raises:
        MissingError: there is none.
        MediaError: it is damaged, or of a version that is not known here.
    """
    return _checked(folder / RUN)


def read_person(folder: Path) -> PersonTruth:
    """Read the ground truth of one person.

    Raises:
        MissingError: there is none.
        MediaError: it is damaged, or of a version that is not known here.
    """
    about = _checked(folder / TRUTH)
    path = folder / FRAMES
    try:
        with path.open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        _check_rows(rows, about["frames"])
        return PersonTruth(
            folder,
            folder / about["clip"],
            about,
            times=np.array([row["time_s"] for row in rows], float),
            poses=np.array([[row["head"][axis] for axis in ("yaw", "pitch", "roll")] for row in rows], float),
            placements=np.array([[row["placement"][name] for name in ("x", "y", "scale")] for row in rows], float),
            expressions=np.array([[row["expression"][name] for name in EXPRESSIONS] for row in rows], float),
            eyelids=np.array([row["eyelids"] for row in rows], float),
            gaze=np.array([row["gaze"]["direction"] for row in rows], float),
            landmarks=np.array([row["landmarks"] for row in rows], np.float32).reshape(len(rows), 68, 2),
            visible=np.array([[mark == "1" for mark in row["visible"]] for row in rows], bool).reshape(len(rows), 68),
            phonemes=tuple(row["phoneme"] for row in rows),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MediaError(f"{path} is damaged: {error}", f"remove {folder} and render it again") from error


def _check_rows(rows: list[dict[str, Any]], frames: int) -> None:
    if len(rows) != frames or [row["frame"] for row in rows] != [*range(frames)]:
        raise ValueError(f"{len(rows)} lines for {frames} frames")


def _checked(path: Path) -> dict[str, Any]:
    """One of the JSON files, if it is of the format and version that are known here."""
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingError(f"{path} is not there", "give a folder that prosopon studio render made") from None
    except (OSError, ValueError) as error:
        raise MediaError(f"{path} cannot be read: {error}", "render it again") from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise MediaError(f"{path} is no ground truth of the studio", "give a folder that prosopon studio render made")
    if about.get("version") != VERSION:
        raise MediaError(f"{path} has version {about.get('version')}, known is {VERSION}", "use a newer prosopon")
    return about
