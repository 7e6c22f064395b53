"""A folder as `prosopon faces` leaves it, of a person who is drawn: a few shapes at the mean face's landmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from prosopon.core.faces import Box, Face, Pose
from prosopon.faces.aligned.mean_face import OWN
from prosopon.faces.alignment import Aligned, Alignment, about_sources, in_order, write_alignment
from prosopon.faces.alignment import Source as Filmed

SIDE = 96


def drawn(points: NDArray[np.float64], colour: tuple[int, int, int], side: int = SIDE) -> NDArray[np.uint8]:
    """A face: an oval of one colour, dark eyes and a red mouth where the landmarks are."""
    picture = Image.new("RGB", (side, side), (40, 90, 160))
    pen = ImageDraw.Draw(picture)
    pen.polygon([tuple(p) for p in (*points[:17], *points[26:16:-1] - (0, 12))], fill=colour)
    for part, shade in ((points[36:42], (20, 20, 30)), (points[42:48], (20, 20, 30)), (points[48:60], (190, 40, 50))):
        pen.polygon([tuple(p) for p in part], fill=shade)
    return np.asarray(picture)


def face_folder(
    folder: Path, *, count: int = 24, colour: tuple[int, int, int] = (220, 170, 140), seed: int = 0, tracks: int = 1
) -> Path:
    """Write such a folder: in each frame one face of each track, its head turning from left to right.

    Frames are 200 x 200, pictures lie in them at (50, 40) and are enlarged by a fifth.
    """
    rng = np.random.default_rng(seed)
    matrix = np.array(((1.2, 0, -60.0), (0, 1.2, -48.0)))
    faces = []
    for track in range(tracks):
        for frame in range(count):
            inside = (OWN * 0.55 + (0.22, 0.28)) * SIDE + rng.normal(0, 0.3, (68, 2))
            name = f"crops/track_{track:02d}/{frame:06d}.png"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(drawn(inside, colour)).save(folder / name)
            points = ((inside - matrix[:, 2]) / 1.2).astype(np.float32)
            box = Box(*points.min(0).tolist(), *points.max(0).tolist())
            face = Face(box, points, pose=Pose(yaw=60 * frame / max(1, count - 1) - 30))
            faces.append(Aligned(frame, frame / 25, track, face, crop=name, matrix=matrix))
    filmed = about_sources([Filmed("clip.mp4", None, 200, 200, count, "25")])
    write_alignment(Alignment({**filmed, "finder": "drawn"}, in_order(faces)), folder / "alignment.jsonl")
    return folder
