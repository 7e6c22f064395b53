"""Aligned crops, poses and masks against what the published face swapping tools made of thirty sets of landmarks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, binary_erosion

from prosopon.faces.aligned.camera_pose import POINTS, PUBLISHED_3D, CameraPose, camera_pose
from prosopon.faces.aligned.centring import Centring, centred_crop, offset, padding_px, sub_crop_px
from prosopon.faces.aligned.deepfacelab import DeepFaceLabType, square_crop, unit_matrix, yaw_in_sides
from prosopon.faces.aligned.edges import grown
from prosopon.faces.aligned.face_types import FaceType, crop_matrix
from prosopon.faces.aligned.hull import landmark_mask, with_raised_brows
from prosopon.faces.aligned.maps import apply, inverted
from prosopon.faces.aligned.mean_face import DEEPFACELAB_POINTS, INNER, PUBLISHED, PUBLISHED_CENTRED
from prosopon.faces.aligned.umeyama import similarity

Numbers = dict[str, np.ndarray]
CENTRINGS: dict[str, Centring] = {"legacy": "legacy", "face": "face", "head": "head-centred"}
RECORDED_AS: dict[DeepFaceLabType, str] = {
    "half": "half_face",
    "midfull": "midfull_face",
    "full": "full_face",
    "full-no-align": "full_face_no_align",
    "whole": "whole_face",
    "head": "head",
    "head-no-align": "head_no_align",
}
PROMISED_PX = 0.01
"""Within how many pixels of the crop the recorded matrices are met: the originals count in single precision in part."""
DOUBLE_PX = 1e-9
"""Within how many pixels the same rules in double precision are met."""


@pytest.fixture(scope="module")
def recorded(swap: Path) -> Numbers:
    with np.load(swap / "alignment.npz") as stored:
        return dict(stored)


@pytest.fixture(scope="module")
def faces(recorded: Numbers) -> np.ndarray:
    return recorded["landmarks"].astype(np.float64)


@pytest.fixture(scope="module")
def sizes(swap: Path) -> dict[str, Any]:
    return dict(json.loads((swap / "alignment.json").read_text()))


@pytest.fixture(scope="module")
def masks(swap: Path) -> Numbers:
    with np.load(swap / "masks.npz") as stored:
        return dict(stored)


def off_px(ours: np.ndarray, theirs: np.ndarray, landmarks: np.ndarray) -> float:
    """How far apart two matrices put the landmarks, in pixels of the crop."""
    return float(np.abs(apply(ours, landmarks) - apply(theirs, landmarks)).max())


def test_the_published_mean_faces_are_those_of_the_record(swap: Path) -> None:
    tables = json.loads((swap / "mean_face.json").read_text())
    assert np.array_equal(PUBLISHED, tables["df_51"])
    assert np.array_equal(PUBLISHED_CENTRED, tables["faceswap_51"])
    assert PUBLISHED.astype(np.float32) == pytest.approx(np.array(tables["dfl_51"], np.float32), abs=1e-9)
    assert DEEPFACELAB_POINTS.tolist() == tables["dfl_fit_indices_68"]
    assert np.array_equal(PUBLISHED_3D, tables["faceswap_3d_26"])
    assert POINTS.tolist() == tables["faceswap_3d_26_indices_68"]


@pytest.mark.parametrize(
    ("record", "tolerance"),
    [("dfl33_f64", 1e-8), ("dfl33_f32", 2e-6), ("fs51", 2e-6), ("fs51_batch", 1e-8), ("df51", 1e-8)],
)
def test_similarities(recorded: Numbers, faces: np.ndarray, record: str, tolerance: float) -> None:
    for landmarks, theirs in zip(faces, recorded[f"umeyama_{record}"], strict=True):
        if record.startswith("dfl33"):
            ours = unit_matrix(landmarks, "published")
        else:
            ours = similarity(landmarks[INNER], PUBLISHED if record == "df51" else PUBLISHED_CENTRED)
        assert np.abs(ours - theirs[:2]).max() < tolerance


def test_mirrored_points_are_fitted_as_the_paper_says(recorded: Numbers) -> None:
    # Of the three only DeepFaceLab's form has the sign both in the rotation and in the scale.
    target = PUBLISHED.astype(np.float32)
    for points, theirs in zip(recorded["umeyama_reflected_src"], recorded["umeyama_reflected_dfl"], strict=True):
        assert np.abs(similarity(points, target) - theirs[:2]).max() < 1e-8


@pytest.mark.parametrize("face_type", get_args(DeepFaceLabType))
@pytest.mark.parametrize("size", ["128", "256", "512", "256_scale1.1"])
def test_crops_of_deepfacelab(recorded: Numbers, faces: np.ndarray, face_type: DeepFaceLabType, size: str) -> None:
    side, scale = int(size.split("_", maxsplit=1)[0]), 1.1 if "scale" in size else 1.0
    for landmarks, theirs in zip(faces, recorded[f"dfl_{RECORDED_AS[face_type]}_{size}"], strict=True):
        ours = crop_matrix(landmarks, face_type, side, scale=scale, mean_face="published")
        assert off_px(ours, theirs, landmarks) < PROMISED_PX / 10


def three_corners(landmarks: np.ndarray, unit: np.ndarray, padding: float, face_type: str, size: int) -> np.ndarray:
    """A crop by three of its corners in the frame, as the original makes it, in double precision."""
    top_left, top_right, bottom_right, bottom_left, middle = apply(
        inverted(unit), np.array(((0, 0), (1, 0), (1, 1), (0, 1), (0.5, 0.5)), np.float64)
    )
    down, up = bottom_right - top_left, top_right - bottom_left
    half = np.linalg.norm(down) * (padding * 2**0.5 + 0.5)
    if face_type == "whole":
        middle = middle + 0.07 * (top_left - bottom_left)
    if face_type == "head":
        yaw = yaw_in_sides(apply(unit, landmarks))
        middle = middle + (top_right - top_left) * yaw * abs(np.tanh(2 * yaw)) / 2 + 0.5 * (top_left - bottom_left)
    if face_type.endswith("no-align"):
        side = half / 2**0.5
        corners = middle + side * np.array(((-1, -1), (1, -1), (1, 1)))
    else:
        down, up = down / np.linalg.norm(down) * half, up / np.linalg.norm(up) * half
        corners = np.stack((middle - down, middle + up, middle + down))
    wanted = np.array(((0, 0), (size, 0), (size, size)), np.float64)
    return np.linalg.solve(np.column_stack((corners, np.ones(3))), wanted).T


@pytest.mark.parametrize("face_type", get_args(DeepFaceLabType))
def test_crops_of_deepfacelab_in_double_precision(
    recorded: Numbers, faces: np.ndarray, swap: Path, face_type: DeepFaceLabType
) -> None:
    paddings = json.loads((swap / "mean_face.json").read_text())["dfl_padding_and_no_align"]
    padding, _ = paddings[RECORDED_AS[face_type]]
    for landmarks, unit in zip(faces, recorded["umeyama_dfl33_f64"], strict=True):
        exact = three_corners(landmarks, unit[:2], padding, face_type, 512)
        assert off_px(square_crop(landmarks, face_type, 512, mean_face="published"), exact, landmarks) < DOUBLE_PX


def test_how_far_heads_are_turned(recorded: Numbers, faces: np.ndarray) -> None:
    for landmarks, theirs in zip(faces, recorded["dfl_averaged_yaw_unit"], strict=True):
        assert yaw_in_sides(apply(unit_matrix(landmarks, "published"), landmarks)) == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize("name", CENTRINGS)
@pytest.mark.parametrize("shown", ["0.625_256", "0.75_256", "0.875_256", "1_256", "1_128", "1_512"])
def test_crops_of_faceswap(recorded: Numbers, faces: np.ndarray, name: str, shown: str) -> None:
    coverage, size = shown.split("_")
    for landmarks, theirs in zip(faces, recorded[f"fs_adj_{name}_{shown}"], strict=True):
        ours = crop_matrix(landmarks, CENTRINGS[name], int(size), coverage=float(coverage), mean_face="published")
        assert off_px(ours, theirs, landmarks) < PROMISED_PX


def test_legacy_crops_in_double_precision(recorded: Numbers, faces: np.ndarray) -> None:
    for landmarks, unit in zip(faces, recorded["umeyama_fs51_batch"], strict=True):
        exact = unit[:2] * (512 - 2 * 96) + ((0, 0, 96), (0, 0, 96))
        assert off_px(centred_crop(landmarks, "legacy", 512, mean_face="published"), exact, landmarks) < DOUBLE_PX


def test_poses_of_faceswap(recorded: Numbers, faces: np.ndarray) -> None:
    for at, landmarks in enumerate(faces):
        unit = apply(similarity(landmarks[INNER], PUBLISHED_CENTRED), landmarks)
        ours = camera_pose(unit, "published")
        theirs = CameraPose(recorded["fs_pnp_rotation"][at], recorded["fs_pnp_translation"][at])
        assert ours.turn == pytest.approx(theirs.turn, abs=2e-4)
        assert ours.place == pytest.approx(theirs.place, abs=1e-3)
        assert ours.pitch_yaw_roll == pytest.approx(tuple(recorded["fs_pitch_yaw_roll_deg"][at]), abs=0.01)
        # Where the two differ, ours is the nearer one to the landmarks.
        errors = [((pose.project(PUBLISHED_3D) - unit[POINTS]) ** 2).sum() for pose in (ours, theirs)]
        assert errors[0] <= errors[1] + 1e-12
        for name, centring in CENTRINGS.items():
            assert offset(unit, centring, "published") == pytest.approx(recorded[f"fs_offset_{name}"][at], abs=1e-4)


def test_the_angles_follow_from_the_recorded_rotation(recorded: Numbers) -> None:
    for turn, angles in zip(recorded["fs_pnp_rotation"], recorded["fs_pitch_yaw_roll_deg"], strict=True):
        assert CameraPose(turn, np.zeros(3)).pitch_yaw_roll == pytest.approx(tuple(angles), abs=1e-5)


def test_paddings_and_sub_crops_are_exact(sizes: dict[str, Any]) -> None:
    for shown, padding in sizes["faceswap_padding_px"].items():
        name, coverage, size = shown.split("_")
        assert padding_px(CENTRINGS[name], float(coverage), int(size)) == padding
    for pair, side in sizes["faceswap_sub_crop_px"].items():
        stored, shown = pair.split("->")
        name, coverage, size = shown.split("_")
        assert sub_crop_px(CENTRINGS[stored], CENTRINGS[name], float(coverage), int(size)) == side


@pytest.mark.parametrize(("record", "size"), [("df_align_256", 256)])
def test_crops_of_dfaker(recorded: Numbers, faces: np.ndarray, record: str, size: int) -> None:
    for landmarks, theirs in zip(faces, recorded[record], strict=True):
        assert off_px(crop_matrix(landmarks, "dfaker", size, mean_face="published"), theirs, landmarks) < DOUBLE_PX


@pytest.mark.parametrize(("record", "inner", "around"), [("df_merge_in_368", 272, 48), ("df_paste_128", 96, 16)])
def test_other_crops_of_dfaker_are_its_unit_square(
    recorded: Numbers, faces: np.ndarray, record: str, inner: int, around: int
) -> None:
    for landmarks, theirs in zip(faces, recorded[record], strict=True):
        crop = crop_matrix(landmarks, "dfaker", 256, mean_face="published")
        unit = (crop - ((0, 0, 48), (0, 0, 48))) / 160
        assert off_px(unit * inner + ((0, 0, around), (0, 0, around)), theirs, landmarks) < DOUBLE_PX


@pytest.mark.parametrize("face_type", ["full", "whole", "legacy", "face", "dfaker"])
def test_our_own_mean_face_gives_nearly_the_same_crops(faces: np.ndarray, face_type: FaceType) -> None:
    corners = np.array(((0, 0), (256, 0), (0, 256), (256, 256)), np.float64)
    for landmarks in faces:
        own, published = (
            crop_matrix(landmarks, face_type, 256, mean_face="own"),
            crop_matrix(landmarks, face_type, 256, mean_face="published"),
        )
        moved = apply(own, apply(inverted(published), corners)) - corners
        assert np.linalg.norm(moved, axis=1).max() / 256 < 0.01


def beyond_the_edge(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Share of pixels that two masks disagree about, those at the outline of theirs apart.

    The original draws every pixel that the outline touches, at whole pixels, ours is antialiased.
    """
    one, other = ours >= 0.5, theirs >= 0.5
    edge = binary_dilation(other, np.ones((3, 3))) & ~binary_erosion(other, np.ones((3, 3)), border_value=1)
    return float(((one != other) & ~edge).mean())


@pytest.mark.parametrize(("record", "kind"), [("e1", "hull"), ("e0", "components")])
def test_hulls_of_deepfacelab(masks: Numbers, record: str, kind: Any) -> None:
    for number in masks["set_indices"]:
        theirs = np.unpackbits(masks[f"dfl_hull_{record}_{number}_bits"]).reshape(128, 128).astype(float)
        ours = landmark_mask(masks[f"lm128_{number}"], 128, kind)
        assert beyond_the_edge(ours, theirs) <= 0.005 / 4
        assert np.abs((ours >= 0.5) - theirs).mean() < 0.012


def test_brows_rise_as_in_deepfacelab(masks: Numbers) -> None:
    for number in masks["set_indices"]:
        # The original cuts to whole pixels before and after.
        raised = with_raised_brows(masks[f"lm128_{number}"].astype(np.float64))
        assert np.abs(raised - 0.5 - masks[f"dfl_hull_lm_e1_{number}"])[17:27].max() < 1.5


@pytest.mark.parametrize(
    ("record", "kind"),
    [("face", "components"), ("face_extended", "extended"), ("eye", "eyes"), ("mouth", "mouth")],
)
def test_masks_of_faceswap(masks: Numbers, record: str, kind: Any) -> None:
    for number in masks["set_indices"]:
        # The original draws with the first pixel's centre at 0.
        ours = landmark_mask(masks[f"fs_lm128_{number}"] + np.float32(0.5), 128, kind)
        assert beyond_the_edge(ours, masks[f"fs_{record}_{number}"] / 255) <= 0.005 / 2


@pytest.mark.parametrize(("record", "kind"), [("eye", "eyes"), ("mouth", "mouth")])
def test_grown_masks_of_faceswap(masks: Numbers, record: str, kind: Any) -> None:
    for number in masks["set_indices"]:
        ours = grown(landmark_mask(masks[f"fs_lm128_{number}"] + np.float32(0.5), 128, kind), 2.0)
        theirs = masks[f"fs_{record}_dil3.125_{number}"] / 255
        assert beyond_the_edge(ours, theirs) <= 0.005
