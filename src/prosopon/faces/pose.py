"""Head pose from the points of a face mesh, as the viewer sees it.

MediaPipe's own transformation matrix assumes a camera, so that its angles change by several degrees with the place of
the face in the picture. Here the mesh's rigid points are laid onto a mean head without any camera: the same face has
the same pose wherever it is, and (0, 0, 0) looks frontal.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.core.faces import Pose

# Vertices that neither jaw nor expression moves much: right one, its mirror, and the left one's place in the canonical
# face model (centimetres; x to the person's left, y up, z forward). From MediaPipe's canonical_face_model.obj,
# Apache-2.0, rounded.
_RIGID = (
    (4, 4, 0.00, -0.46, 7.59),  # tip of the nose
    (6, 6, 0.00, 2.47, 5.79),  # bridge of the nose
    (10, 10, 0.00, 8.26, 4.48),  # top of the forehead
    (33, 263, 4.45, 2.66, 3.17),  # outer corner of the eye
    (133, 362, 1.86, 2.59, 3.76),  # inner corner of the eye
    (143, 372, 6.41, 2.24, 1.56),  # beside the eye
    (127, 356, 7.74, 2.36, -2.01),  # temple
    (54, 284, 6.28, 6.62, 1.43),  # side of the forehead
    (67, 297, 3.52, 8.01, 3.73),  # forehead
    (117, 346, 5.26, 0.95, 2.97),  # cheekbone, outer
    (119, 348, 3.30, 0.86, 3.87),  # cheekbone
    (121, 350, 1.82, 1.47, 4.22),  # cheekbone, inner
    (205, 425, 3.83, -1.54, 4.14),  # cheek
    (198, 420, 1.25, 0.23, 5.68),  # side of the nose
    (129, 358, 1.79, -0.98, 4.85),  # wing of the nose
)


def angles(rotation: NDArray[np.floating]) -> Pose:
    """Split a rotation into the three angles of `core.faces.Pose`.

    Axes: x to the picture's right, y up, z towards the viewer. The rotation is applied to an upright head that looks
    along +z, and is read as R = Ry(yaw) Rx(-pitch) Rz(-roll): roll happens first, in the head's own frame.

    Args:
        rotation: `(3, 3)`, orthonormal.
    """
    yaw = np.arctan2(rotation[0, 2], rotation[2, 2])
    pitch = np.arcsin(np.clip(rotation[1, 2], -1.0, 1.0))
    roll = np.arctan2(-rotation[1, 0], rotation[1, 1])
    return Pose(*(float(np.degrees(angle)) for angle in (yaw, pitch, roll)))


def rotation_of(pose: Pose) -> NDArray[np.float64]:
    """The rotation `(3, 3)` that `angles` reads as this pose."""
    yaw, pitch, roll = np.radians([pose.yaw, pose.pitch, pose.roll])
    cos_y, sin_y = np.cos(yaw), np.sin(yaw)
    cos_p, sin_p = np.cos(pitch), np.sin(pitch)
    cos_r, sin_r = np.cos(roll), np.sin(roll)
    about_y = np.array([[cos_y, 0.0, sin_y], [0.0, 1.0, 0.0], [-sin_y, 0.0, cos_y]])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cos_p, sin_p], [0.0, -sin_p, cos_p]])
    about_z = np.array([[cos_r, sin_r, 0.0], [-sin_r, cos_r, 0.0], [0.0, 0.0, 1.0]])
    rotation: NDArray[np.float64] = about_y @ about_x @ about_z
    return rotation


def pose_of(mesh: NDArray[np.floating]) -> Pose:
    """Pose of a face mesh: the rotation that lays the mean head onto it with least squared error.

    Kabsch, "A solution for the best rotation to relate two sets of vectors", 1976.

    Args:
        mesh: `(N, 3)` with N >= 468 vertices in MediaPipe's order: x right and y down in pixels, z away from the
            viewer on the same scale.
    """
    seen = mesh[_VERTICES].astype(np.float64) * (1.0, -1.0, -1.0)
    covariance = (seen - seen.mean(axis=0)).T @ (_PLACES - _PLACES.mean(axis=0))
    left, _, right = np.linalg.svd(covariance)
    # A face mesh cannot be mirrored: keep the rotation proper.
    handedness = np.sign(np.linalg.det(left @ right))
    return angles(left @ np.diag([1.0, 1.0, handedness]) @ right)


def _mean_head() -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    vertices: list[int] = []
    places: list[tuple[float, float, float]] = []
    for right, left, x, y, z in _RIGID:
        vertices.append(left)
        places.append((x, y, z))
        if right != left:
            vertices.append(right)
            places.append((-x, y, z))
    return np.array(vertices, dtype=np.intp), np.array(places)


_VERTICES, _PLACES = _mean_head()
