"""Footage and the face finder for the tests of `faces`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from prosopon.faces.mediapipe import MODEL_VARIABLE, MediaPipeFinder


@pytest.fixture(scope="session")
def finder(shared: Path) -> MediaPipeFinder:
    """MediaPipe with its model file, opened once: opening takes half a second."""
    pytest.importorskip("mediapipe", reason="needs the extra mediapipe")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MODEL_VARIABLE, str(shared / "media/models/mp_face_landmarker.task"))
        return MediaPipeFinder.open()


@pytest.fixture
def portrait(shared: Path) -> NDArray[np.uint8]:
    """A portrait `uint8 (512, 512, 3)` of a person who does not exist, looking to the picture's left."""
    with Image.open(shared / "media/portrait/sfhq_pt1_00000368.jpg") as image:
        return np.array(image.convert("RGB"))
