"""A photograph, whole and in part."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data


@pytest.fixture(scope="session")
def photograph() -> NDArray[np.uint8]:
    """`uint8 (201, 187, 3)`: a face, so that neither side is a multiple of anything."""
    cut: NDArray[np.uint8] = np.ascontiguousarray(data.astronaut()[:201, 130:317])
    return cut
