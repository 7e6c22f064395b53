"""What a pair of faces says of its camera: where the source shows what stands still in the driving picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from prosopon.datasets.face_pairs import FacePairs, PairConfig, _Colour
from prosopon.datasets.prepared import FRAME_PX, Cutting, Store, write_cuttings
from prosopon.models.grid import coordinate_grid, warp
from prosopon.train.store import Shot

SIZE = 128
MOVED = PairConfig(size_px=SIZE, zoom_apart=0.2, rotation_deg=30, shift=0.12, blink_share=0, untouched_share=0)


def a_store(folder: Path, kind: str) -> Store:
    """One soft picture, four times."""
    coarse = np.random.default_rng(0).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    frame = np.asarray(Image.fromarray(coarse).resize((FRAME_PX, FRAME_PX), Image.Resampling.BICUBIC))
    points = np.random.default_rng(1).uniform(40, 120, (68, 2)).astype(np.float32)
    return write_cuttings(folder, [(Shot("soft", "somebody", kind), Cutting([frame] * 4, [points] * 4))])


def off(item: dict[str, NDArray[np.float32]], camera: NDArray[np.float32]) -> float:
    """How far the source, seen through a camera, is from the driving picture, where both show the frame."""
    source, driving = (torch.from_numpy(np.array(item[role])).permute(2, 0, 1)[None] / 255 for role in
                       ("source", "driving"))  # fmt: skip
    grid = coordinate_grid(SIZE, SIZE)
    flow = grid @ torch.from_numpy(camera[:, :2]).T + torch.from_numpy(camera[:, 2])
    inside = (flow.abs().amax(-1) < 0.98)[None, None].expand(1, 3, -1, -1)
    assert float(inside.float().mean()) > 0.4
    seen = warp(source, flow[None], align_corners=True)
    return float((seen - driving)[inside].abs().mean())


@pytest.mark.parametrize("kind", ["footage", "rendered"])
def test_the_source_seen_through_the_camera_is_the_driving_picture(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Colour, "random", lambda rng: _Colour((1.0, 1.0, 1.0), (1.0, 1.0, 1.0), False))
    pairs = FacePairs([a_store(tmp_path, kind)], MOVED)
    mirrored = set()
    for seed in range(12):
        item = dict(pairs.item(0, np.random.default_rng(seed)))
        assert item["camera"].shape == (2, 3) and item["camera"].dtype == np.float32
        still = np.eye(2, 3, dtype=np.float32)
        # Two bicubic pictures of the same thing, one of them resampled once more.
        assert off(item, item["camera"]) < 0.004
        assert off(item, still) > 0.03
        mirrored.add(bool(_is_mirrored(pairs, item)))
    assert mirrored == {False, True}


def _is_mirrored(pairs: FacePairs, item: dict[str, NDArray[np.float32]]) -> bool:
    """By the landmarks: whether the way from the stored points to these turns them over."""
    from prosopon.faces.sixty_eight import MIRROR

    stored = np.asarray(pairs.stores[0].landmarks[0], np.float64)

    def misfit(points: NDArray[np.float32]) -> float:
        design = np.column_stack((stored, np.ones(68)))
        return float(np.linalg.lstsq(design, points.astype(np.float64), rcond=None)[1].sum())

    seen = item["landmarks_driving"]
    return misfit(seen[MIRROR]) < misfit(seen)


def test_a_camera_that_stands_still_changes_nothing(tmp_path: Path) -> None:
    pairs = FacePairs([a_store(tmp_path, "footage")], PairConfig(size_px=SIZE, blink_share=0, untouched_share=1))
    for seed in range(4):
        item = pairs.item(0, np.random.default_rng(seed))
        assert np.abs(item["camera"] - np.eye(2, 3)).max() < 1e-6
        assert np.array_equal(item["source"], item["driving"])


def test_bent_stills_have_a_camera_too_and_are_never_untouched(tmp_path: Path) -> None:
    pairs = FacePairs([a_store(tmp_path, "still")], PairConfig(size_px=SIZE, blink_share=0, untouched_share=1))
    item = pairs.item(0, np.random.default_rng(0))
    assert np.abs(item["camera"] - np.eye(2, 3)).max() > 0.01
    assert off(dict(item), item["camera"]) < off(dict(item), np.eye(2, 3, dtype=np.float32))
