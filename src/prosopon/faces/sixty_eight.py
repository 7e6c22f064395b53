"""From MediaPipe's 478-point face mesh to the 68 points of iBUG 300-W.

The mesh has vertices where the 68 points are annotated, or close by: each point is one vertex or the middle of
two. The table is exactly symmetric under mirroring (see `MIRROR`), which the common lists on the web are not.

Mesh topology: Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019.
68 points: Sagonas et al., "300 Faces in-the-Wild Challenge", 2013.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Jaw from the temple to beside the chin: per point the two vertices of each half, chosen for equal arc length.
_JAW = (
    ((127, 127), (356, 356)),
    ((234, 234), (454, 454)),
    ((93, 132), (323, 361)),
    ((132, 58), (361, 288)),
    ((58, 172), (288, 397)),
    ((136, 136), (365, 365)),
    ((150, 149), (379, 378)),
    ((176, 176), (400, 400)),
)
_CHIN = (152, 152)
# Points of the person's right half (left in the picture), each with its mirrored vertex on the other half.
_BROW = ((70, 300), (63, 293), (105, 334), (66, 296), (107, 336))
_BRIDGE = ((168, 6), (197, 197), (195, 5), (4, 4))
_NOSTRILS = ((98, 327), (97, 326))
_NOSE_BASE = 2
# Outer corner, upper lid outer and inner, inner corner, lower lid inner and outer.
_EYE = ((33, 263), (160, 387), (158, 385), (133, 362), (153, 380), (144, 373))
_OUTER_LIP = ((61, 291), (39, 269), (37, 267), (0, 0), (84, 314), (91, 321), (17, 17))
_INNER_LIP = ((78, 308), (82, 312), (13, 13), (87, 317), (14, 14))


def _pairs() -> NDArray[np.intp]:
    right, left = 0, 1
    outer, inner = _OUTER_LIP, _INNER_LIP
    jaw = [*(halves[right] for halves in _JAW), _CHIN, *(halves[left] for halves in reversed(_JAW))]
    brows = [*(pair[right] for pair in _BROW), *(pair[left] for pair in reversed(_BROW))]
    rest = [
        *(pair[right] for pair in _NOSTRILS),
        _NOSE_BASE,
        *(pair[left] for pair in reversed(_NOSTRILS)),
        *(pair[right] for pair in _EYE),
        # iBUG walks both eyes from the picture's left to its right along the upper lid and back along the lower.
        *(_EYE[i][left] for i in (3, 2, 1, 0, 5, 4)),
        *(outer[i][right] for i in (0, 1, 2, 3)),
        *(outer[i][left] for i in (2, 1, 0, 5, 4)),
        outer[6][right],
        *(outer[i][right] for i in (4, 5)),
        *(inner[i][right] for i in (0, 1, 2)),
        *(inner[i][left] for i in (1, 0, 3)),
        inner[4][right],
        inner[3][right],
    ]
    return np.array([*jaw, *((i, i) for i in brows), *_BRIDGE, *((i, i) for i in rest)], dtype=np.intp)


VERTICES: NDArray[np.intp] = _pairs()
"""`(68, 2)`: the two mesh vertices whose middle each point is; the same one twice where a vertex fits."""

MIRROR: NDArray[np.intp] = np.array(
    [
        *range(16, -1, -1),
        *range(26, 16, -1),
        *range(27, 31),
        *range(35, 30, -1),
        *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
        *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),
        *(64, 63, 62, 61, 60, 67, 66, 65),
    ],
    dtype=np.intp,
)
"""`(68,)`: `landmarks[MIRROR]` are the landmarks in iBUG order after the picture has been mirrored."""


def sixty_eight(mesh: NDArray[np.float32]) -> NDArray[np.float32]:
    """The 68 points of a mesh.

    Args:
        mesh: `float (N, D)` with N >= 468 vertices in MediaPipe's order.

    Returns:
        `float32 (68, D)` in iBUG 300-W order.

    Raises:
        ValueError: the mesh has too few vertices.
    """
    if mesh.ndim != 2 or mesh.shape[0] < 468:
        raise ValueError(f"a face mesh has at least 468 vertices, this has the shape {mesh.shape}")
    points: NDArray[np.float32] = mesh[VERTICES].mean(axis=1, dtype=np.float64).astype(np.float32)
    return points
