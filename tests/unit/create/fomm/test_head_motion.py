"""Motion of a face as that of a head: exact where it can be, within a face's reach where a keypoint is lost."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from prosopon.core.errors import UsageError
from prosopon.core.faces import Pose
from prosopon.create.fomm.carrying import carried, carried_as
from prosopon.create.fomm.config import FACE_LANDMARK_GROUPS, get_config
from prosopon.create.fomm.head_fit import Fits, fit, places_of, weights_of
from prosopon.create.fomm.head_motion import FREE_TURN_DEG, LARGEST_TURN_DEG, HeadTransfer, limited, saturated
from prosopon.faces.pose import angles, rotation_of
from prosopon.models.motion.keypoints import Keypoints

GROUPS = FACE_LANDMARK_GROUPS
PLACES = places_of(GROUPS)
NOSE = GROUPS.index((30,))
FREE = 3


def seen(*poses: Pose, scale: float = 0.05, places: NDArray[np.float64] = PLACES) -> NDArray[np.float64]:
    """The head's keypoints in these poses, with some points that follow no landmarks behind them."""
    count = len(poses)
    fits = Fits(
        np.stack([rotation_of(pose) for pose in poses]), np.full(count, scale), np.tile((0.1, -0.05), (count, 1))
    )
    loose = np.tile(np.linspace(-0.6, 0.6, 2 * FREE).reshape(FREE, 2), (count, 1, 1))
    return np.concatenate((fits.project(places), loose), axis=1)


def keypoints(points: NDArray[np.float64]) -> Keypoints:
    jacobian = torch.eye(2).repeat(len(points), points.shape[1], 1, 1)
    return Keypoints(torch.as_tensor(points).float(), jacobian)


def transfer_of(source: NDArray[np.float64], initial: NDArray[np.float64]) -> HeadTransfer:
    return HeadTransfer(GROUPS, keypoints(source), keypoints(initial), adapt_scale=True)


@pytest.mark.parametrize("pose", [Pose(), Pose(25, -10, 8), Pose(-40, 12, -20)])
def test_a_head_is_found_again(pose: Pose) -> None:
    found = fit(seen(pose)[:, : len(GROUPS)], PLACES, weights_of(GROUPS))
    assert angles(found.rotation[0]) == pytest.approx(pose, abs=0.01) or np.allclose(
        found.rotation[0], rotation_of(pose), atol=1e-4
    )
    assert found.scale[0] == pytest.approx(0.05, rel=1e-3)


def test_one_lost_keypoint_hardly_turns_the_head() -> None:
    points = seen(Pose(10, 0, 0))[:, : len(GROUPS)]
    points[0, NOSE] += (0.25, 0.05)
    found = fit(points, PLACES, weights_of(GROUPS))
    assert angles(found.rotation[0]).yaw == pytest.approx(10, abs=6)


def test_the_sources_own_motion_comes_back_exactly() -> None:
    """Where source and reference are the same picture there is nothing to convert."""
    points = seen(Pose(5, 2, 0), Pose(-12, 8, 4), Pose(20, -3, -6))
    points[1:, 12] += (0.0, 0.03)  # a lip
    head = transfer_of(points[:1], points[:1])
    moved = head.join(head.split(keypoints(points)))
    assert torch.allclose(moved.value, keypoints(points).value, atol=1e-3)
    assert moved.jacobian is not None
    assert torch.allclose(moved.jacobian, torch.eye(2).expand_as(moved.jacobian), atol=1e-5)


def test_a_source_turned_the_other_way_turns_as_a_head_does() -> None:
    """The driving turns by 30 degrees from where the source is not: its points must be those of the turned source."""
    driving = seen(Pose(10, 0, 0), Pose(40, 0, 0))
    source, wanted = seen(Pose(-20, 0, 0)), seen(Pose(10, 0, 0))
    head = transfer_of(source, driving[:1])
    moved = head.join(head.split(keypoints(driving[1:]))).value[0, : len(GROUPS)].numpy()
    assert np.abs(moved - wanted[0, : len(GROUPS)]).max() < 0.01
    flat = (source + driving[1:] - driving[:1])[0, : len(GROUPS)]
    assert np.abs(flat - wanted[0, : len(GROUPS)]).max() > 0.03


def test_a_lost_nose_stays_in_the_face() -> None:
    driving = seen(Pose(), Pose(15, 0, 0))
    driving[1, NOSE] += (0.3, 0.0)
    source = seen(Pose())
    head = transfer_of(source, driving[:1])
    moved = head.join(head.split(keypoints(driving[1:]))).value[0, NOSE, 0].item()
    right = seen(Pose(15, 0, 0))[0, NOSE, 0]
    assert abs(moved - right) < 0.1


def test_size_and_place_follow_in_the_sources_measure() -> None:
    source = seen(Pose(), scale=0.06)
    driving = np.concatenate((seen(Pose(), scale=0.04), seen(Pose(), scale=0.05)))
    head = transfer_of(source, driving[:1])
    moved = head.join(head.split(keypoints(driving[1:]))).value[0, : len(GROUPS)].numpy()
    assert np.allclose(np.ptp(moved, axis=0), np.ptp(source[0, : len(GROUPS)], axis=0) * 1.25, rtol=0.02)


def test_turns_are_limited_softly() -> None:
    frontal = np.zeros(3)
    free = np.diag(np.array(FREE_TURN_DEG))
    assert np.allclose(limited(frontal, free), free)
    assert (np.abs(limited(frontal, np.full((1, 3), 170.0))) <= LARGEST_TURN_DEG).all()
    near = limited(frontal, np.array([[FREE_TURN_DEG[0] + 1.0, 0, 0], [FREE_TURN_DEG[0] + 2.0, 0, 0]]))[:, 0]
    assert FREE_TURN_DEG[0] < near[0] < near[1] < FREE_TURN_DEG[0] + 2


def test_a_source_beyond_the_limit_keeps_its_turn() -> None:
    source = np.array((70.0, -50.0, 0.0))
    assert np.allclose(limited(source, np.zeros((1, 3))), source)


def test_saturation_leaves_small_lengths_alone() -> None:
    values = np.array((0.0, 0.2, 0.5, 5.0))
    assert np.allclose(saturated(values, 0.5, 1.0)[:3], values[:3])
    assert saturated(values, 0.5, 1.0)[3] <= 1.0


def test_models_without_jacobians_are_served() -> None:
    points = torch.as_tensor(seen(Pose(), Pose(9, 0, 0))).float()
    head = HeadTransfer(GROUPS, Keypoints(points[:1]), Keypoints(points[:1]), adapt_scale=False)
    moved = head.join(head.split(Keypoints(points)))
    assert moved.jacobian is None
    assert torch.allclose(moved.value, points, atol=1e-3)


def test_auto_is_head_for_weights_of_faces_and_relative_for_published_ones() -> None:
    assert carried_as("auto", get_config("mini").model.landmark_groups) == "head"
    assert carried_as("auto", get_config("vox-256").model.landmark_groups) == "relative"
    assert carried_as("relative", GROUPS) == "relative"
    with pytest.raises(UsageError, match="know no landmarks"):
        carried_as("head", ())


def test_a_stream_equals_one_piece_and_steadies_only_the_turn() -> None:
    rng = np.random.default_rng(3)
    poses = [Pose(10 * np.sin(i / 5) + rng.normal(0, 2), 0, 0) for i in range(40)]
    points = seen(*poses)
    points[::9, 0] += (0.0, 0.02)  # a lid, for single frames
    driving = keypoints(points)
    source = keypoints(seen(Pose(-5, 3, 0)))

    def run(sizes: list[int], sigma: float) -> torch.Tensor:
        ends = np.cumsum(sizes).tolist()
        chunks = [driving[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        moved = carried(chunks, source, driving[:1], motion="head", adapt_scale=True, groups=GROUPS, sigma_frames=sigma)
        return torch.cat([points.value for points in moved])

    whole, pieces = run([40], 2.0), run([1, 7, 7, 5, 20], 2.0)
    assert len(whole) == 40
    assert torch.allclose(whole, pieces, atol=1e-5)
    rough = run([40], 0.0)
    trembling = [float(np.abs(np.diff(series[:, NOSE, 0].numpy(), 2)).mean()) for series in (rough, whole)]
    assert trembling[1] < 0.5 * trembling[0]
    lids = [
        float((series[9, 0, 1] - series[9, 1, 1]) - (series[10, 0, 1] - series[10, 1, 1])) for series in (rough, whole)
    ]
    assert lids[1] == pytest.approx(lids[0], rel=0.2)
