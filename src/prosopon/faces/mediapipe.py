"""Faces with MediaPipe's Face Landmarker: 478 points, 52 blendshapes, head pose.

The package is the extra `mediapipe`; its model file is Google's `face_landmarker.task` (Apache-2.0), which comes
separately. Its detector (BlazeFace short range) sees faces from about a tenth of the picture's width upwards, so that
pictures in which it finds nobody are searched again in overlapping tiles.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.core.errors import CheckpointError, MissingError
from prosopon.core.faces import Box, Face
from prosopon.core.home import home
from prosopon.faces.pose import pose_of
from prosopon.faces.sixty_eight import sixty_eight

MODEL_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
MODEL_URL = (
    "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task"
)
MODEL_VARIABLE = "PROSOPON_FACE_LANDMARKER"

_MESH = 468
"""Vertices of the face itself; the other ten are the irises."""
_MOST_FACES = 8
_SMALLEST_TILE_PX = 96
"""Tiles are not cut smaller: faces under about 16 pixels have no landmarks worth having."""
_TILE_MAGNIFIED_PX = 512
_SAME_FACE_IOU = 0.3


def is_there() -> bool:
    """Whether the package is installed and somebody has put or named a model file; the file is not checked."""
    return find_spec("mediapipe") is not None and (bool(os.environ.get(MODEL_VARIABLE)) or _default_file().is_file())


def require_package() -> None:
    """Nothing where the package is installed.

    Raises:
        MissingError: it is not.
    """
    if find_spec("mediapipe") is None:
        raise MissingError("the package mediapipe is not installed", 'pip install "prosopon-lab[mediapipe]"')


def model_file() -> Path:
    """Where the model file is, checked by its sha256.

    Looked for in `$PROSOPON_FACE_LANDMARKER`, then in `models/` of the user's folder (`core.home`).

    Raises:
        MissingError: it is in neither place.
        CheckpointError: it is another file than the one published.
    """
    named = os.environ.get(MODEL_VARIABLE)
    path = Path(named).expanduser() if named else _default_file()
    if not path.is_file():
        if named:
            raise MissingError(
                f"{MODEL_VARIABLE} names {path}, which is not there",
                f"correct it, or unset it and fetch the file: {_fetch_line()}",
            )
        raise MissingError(
            f"MediaPipe's face model is missing: {path}",
            f"fetch it (3.8 MB, Apache-2.0): {_fetch_line()}",
        )
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != MODEL_SHA256:
        raise CheckpointError(
            f"{path} is not the published face model (sha256 {digest[:12]}..., expected {MODEL_SHA256[:12]}...)",
            f"fetch it again: {_fetch_line()}",
        )
    return path


def _default_file() -> Path:
    return home() / "models" / "face_landmarker.task"


def _fetch_line() -> str:
    return f"curl --create-dirs -o {_default_file()} {MODEL_URL}"


class MediaPipeFinder:
    """Finds faces with MediaPipe.

    MediaPipe reports no score for a face that it has landmarks for, so that every `Face.confidence` is 1. In a picture
    that stands on its head it finds the face and lays the landmarks on it upright, that is, wrongly.

    Args:
        landmarker: an open MediaPipe `FaceLandmarker` in image mode.
        small_faces: whether pictures in which nobody is found are searched again in tiles.
    """

    name = "mediapipe"

    def __init__(self, landmarker: Any, *, small_faces: bool = True) -> None:
        self._landmarker = landmarker
        self._small_faces = small_faces
        weakref.finalize(self, _close, landmarker)

    @classmethod
    def open(cls, *, small_faces: bool = True) -> MediaPipeFinder:
        """Open the back end with its model file.

        Raises:
            MissingError: the package or the model file is not there.
            CheckpointError: the model file is another one than the one published.
        """
        require_package()
        path = model_file()
        with _quiet():
            from mediapipe.tasks.python import BaseOptions, vision  # noqa: PLC0415 - an extra, and a second to import

            landmarker = vision.FaceLandmarker.create_from_options(
                vision.FaceLandmarkerOptions(
                    base_options=BaseOptions(model_asset_path=str(path)),
                    num_faces=_MOST_FACES,
                    output_face_blendshapes=True,
                )
            )
        return cls(landmarker, small_faces=small_faces)

    def find(self, frame: Frame) -> list[Face]:
        """Faces of one frame `uint8 (H, W, 3)` RGB, the largest first; small ones only where there is no large one."""
        faces = self._find_in(frame)
        if not faces and self._small_faces:
            faces = self._find_in_tiles(frame)
        return sorted(faces, key=lambda face: face.box.width * face.box.height, reverse=True)

    def _find_in(self, frame: Frame, *, left: float = 0.0, top: float = 0.0, scale: float = 1.0) -> list[Face]:
        """Faces of a picture that is a part of a frame, from (left, top), magnified by `scale`."""
        import mediapipe  # noqa: PLC0415 - an extra

        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(frame))
        found = self._landmarker.detect(image)
        height, width = frame.shape[:2]
        # x and y come as shares of width and height; z in units of the width.
        size = np.array([width, height, width]) / scale
        corner = np.array([left, top, 0.0])
        return [
            _face(np.array([(point.x, point.y, point.z) for point in points]) * size + corner, blendshapes)
            for points, blendshapes in zip(found.face_landmarks, found.face_blendshapes, strict=True)
        ]

    def _find_in_tiles(self, frame: Frame) -> list[Face]:
        """Search square tiles, half and then a quarter as large as the picture's short side, until one has a face."""
        height, width = frame.shape[:2]
        for share in (2, 4):
            side = min(height, width) // share
            if side < _SMALLEST_TILE_PX:
                break
            faces: list[Face] = []
            for top in _starts(height, side):
                for left in _starts(width, side):
                    tile = frame[top : top + side, left : left + side]
                    scale = max(1.0, _TILE_MAGNIFIED_PX / side)
                    if scale > 1.0:
                        tile = _magnified(tile)
                    for face in self._find_in(tile, left=left, top=top, scale=tile.shape[0] / side):
                        if all(face.box.iou(other.box) < _SAME_FACE_IOU for other in faces):
                            faces.append(face)
            if faces:
                return faces
        return []


def _starts(length: int, side: int) -> list[int]:
    """Evenly spread starts of tiles that overlap by at least half."""
    n = max(1, -(-2 * (length - side) // side) + 1)
    return [round(i * (length - side) / max(1, n - 1)) for i in range(n)]


def _magnified(tile: Frame) -> Frame:
    size = (_TILE_MAGNIFIED_PX, _TILE_MAGNIFIED_PX)
    return np.asarray(Image.fromarray(tile).resize(size, Image.Resampling.BICUBIC))


def _face(mesh: NDArray[np.float64], blendshapes: Any) -> Face:
    """A mesh `(478, 3)` in full-frame pixels and MediaPipe's blendshapes as a `Face`."""
    points = mesh[:, :2].astype(np.float32)
    low, high = points[:_MESH].min(axis=0), points[:_MESH].max(axis=0)
    return Face(
        box=Box(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        landmarks=sixty_eight(points),
        dense=points,
        blendshapes={shape.category_name: float(shape.score) for shape in blendshapes},
        pose=pose_of(mesh),
    )


def _close(landmarker: Any) -> None:
    """Free the native part; at the end of the process only keep MediaPipe from complaining that it cannot.

    Its threads are gone by then and `close` fails, and fails again with a traceback when the object is deleted.
    """
    try:
        landmarker.close()
    except RuntimeError:
        landmarker._handle = None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps MediaPipe's native log lines off the terminal; what it raises is not touched.

    They are written to file descriptor 2 by C++ threads, past `sys.stderr`, and no setting turns all of them off.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as swallowed:
        os.dup2(swallowed.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
