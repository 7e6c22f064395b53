"""Merging faces into frames against recorded outputs of the published programs. The records are BGR."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.create.swap.merge.face import Motion, merge_face
from prosopon.create.swap.merge.masks import FaceMasks
from prosopon.create.swap.merge.released import faceswap
from prosopon.create.swap.merge.released.deepfacelab import ReleasedSettings, merge_as_released
from prosopon.create.swap.merge.released.pixels import indexed, sampled
from prosopon.create.swap.merge.released.seamless import cloned_in_box
from prosopon.create.swap.merge.settings import MaskMode, MergeSettings
from prosopon.faces.aligned.face_types import FaceType, crop_matrix
from prosopon.faces.aligned.hull import landmark_mask
from prosopon.faces.aligned.maps import apply, inverted

SIZE_PX = 64
MOTION = (12.0, 35.0)
"""Power and direction that the record with motion blur was made with; 60 % of it are 7 pixels."""
FACE_TYPES: dict[str, FaceType] = {"full_face": "full", "whole_face": "whole", "head": "head"}
MASKS: tuple[MaskMode, ...] = ("full", "landmarks", "predicted", "target-predicted", "both", "either")
Pixels = NDArray[np.float32]


class Records:
    """The recorded frame, in RGB, and what a stand-in model makes of a crop of it."""

    def __init__(self, folder: Path, fill: ModuleType) -> None:
        self.fill = fill
        self.held = np.load(folder / "merge.npz")
        self.cases: dict[str, Any] = json.loads((folder / "merge.json").read_text())
        self.edges = np.load(folder / "fs_blend.npz")
        self.edge_cases: dict[str, Any] = json.loads((folder / "fs_blend.json").read_text())
        self.colours = np.load(folder / "color_transfer.npz")
        self.frame = np.ascontiguousarray(self.held["frame"][..., ::-1])
        self.landmarks = self.held["landmarks"].astype(np.float64)

    def options(self, case: str) -> dict[str, Any]:
        return {**self.cases["_base"], **self.cases[case]["over"]}

    def matrix(self, case: str) -> NDArray[np.float64]:
        """The crop's map. The recorded numbers are between indices of pixels, ours between their places."""
        face_type = FACE_TYPES[self.options(case)["face_type"]]
        numbers = crop_matrix(self.landmarks, face_type, SIZE_PX, mean_face="published")
        return np.column_stack((numbers[:, :2], numbers[:, 2] - numbers[:, :2] @ (0.5, 0.5) + 0.5))

    def masks(self, case: str) -> FaceMasks:
        return FaceMasks(
            predicted=self.fill.ellipse(SIZE_PX, SIZE_PX, ry=0.42, rx=0.34, soft=0.3),
            target=self.fill.ellipse(SIZE_PX, SIZE_PX, cy=0.53, ry=0.40, rx=0.36, soft=0.2),
            landmarks=landmark_mask(apply(self.matrix(case), self.landmarks), SIZE_PX),
        )

    def predicted(self, case: str) -> Pixels:
        picture = self.frame.astype(np.float32) / 255
        crop = np.clip(sampled(picture, inverted(indexed(self.matrix(case))), SIZE_PX, SIZE_PX), 0, 1)
        return np.clip(0.5 * crop + 0.5 * self.held["pred_texture"][..., ::-1], 0, 1).astype(np.float32)

    def apart(self, name: str, ours: NDArray[Any]) -> NDArray[np.float64]:
        """Differences in grey levels; of a merged frame, at the pixels that were recorded."""
        y0, y1, x0, x1 = self.cases["_window_y0_y1_x0_x1"]
        levels = ours.astype(np.float64) if ours.dtype == np.uint8 else np.rint(np.clip(ours, 0, 1) * 255)
        if name.startswith("mask"):
            return np.abs(levels[y0:y1, x0:x1] - self.held[name])
        seen = levels if len(levels) == SIZE_PX else levels[y0:y1:2, x0:x1:2]
        return np.abs(seen[..., ::-1] - self.held[name])


@pytest.fixture(scope="module")
def records(swap: Path, swap_fill: ModuleType) -> Records:
    return Records(swap, swap_fill)


def released(records: Records, case: str) -> tuple[Pixels, Pixels]:
    options = records.options(case)
    mode = MASKS[options.pop("mask_mode")]
    masks = records.masks(case)
    mask = masks.taken(mode, SIZE_PX)
    if mode == "either":
        assert masks.predicted is not None and masks.target is not None
        mask = np.clip(masks.predicted + masks.target, 0, 1)
    known = ReleasedSettings.__dataclass_fields__
    settings = ReleasedSettings(**{key: value for key, value in options.items() if key in known})
    return merge_as_released(
        records.frame, records.predicted(case), mask, records.matrix(case), settings, motion=MOTION
    )


NAMES = """overlay_none overlay_rct overlay_lct overlay_mkl overlay_mkl_m erode15_blur20 dilate12_blur31 blur60_rct
mask_full mask_prd mask_dst mask_sum whole_face head scale10 scale_10 hist_match hist_match_nomask raw_rgb raw_predict
original sharpen_box sharpen_gauss blur_neg motion denoise degrade seamless seamless_rct seamless_hist"""


@pytest.mark.parametrize("case", NAMES.split())
def test_merger(case: str, records: Records) -> None:
    merged, mask = released(records, case)
    assert records.apart(f"out_{case}", merged).max() <= 1
    if f"mask_{case}" in records.held:
        assert records.apart(f"mask_{case}", mask).max() <= 1


def test_merger_with_few_colours(records: Records) -> None:
    assert records.apart("out_colour_reduce", released(records, "colour_reduce")[0]).mean() <= 1


def test_merger_with_a_hull(records: Records) -> None:
    # Ours is antialiased and keeps fractions of pixels; the recorded one begins with whole pixels.
    merged, mask = released(records, "mask_dst_hull")
    assert records.apart("mask_mask_dst_hull", mask).mean() <= 2.5
    assert records.apart("out_mask_dst_hull", merged).mean() <= 0.5


def ours(records: Records, case: str, settings: MergeSettings) -> tuple[Pixels, Pixels]:
    motion = Motion(*(MOTION[0] * np.array((np.cos(np.radians(35)), -np.sin(np.radians(35))))))
    merged = merge_face(
        records.frame, records.predicted(case), records.masks(case), records.matrix(case), settings, motion=motion
    )
    outside = merged.mask == 0
    assert np.array_equal(merged.frame[outside], records.frame[outside])
    return merged.frame, merged.mask


PLAIN = MergeSettings(colour="none", blur_percent=0, colour_steadiness=0)
SIDE = SIZE_PX * 4 / 100
"""Pixels of the original's grid for edges, to one percent."""


@pytest.mark.parametrize(
    ("case", "settings", "mean_levels"),
    [
        ("overlay_none", PLAIN, 0.15),
        ("erode15_blur20", replace(PLAIN, erode_percent=7 / SIDE, blur_percent=21 / SIDE), 0.15),
        ("dilate12_blur31", replace(PLAIN, erode_percent=-6 / SIDE, blur_percent=31 / SIDE), 0.2),
        ("mask_prd", replace(PLAIN, mask="predicted"), 0.15),
        ("mask_dst", replace(PLAIN, mask="target-predicted"), 0.15),
        ("mask_dst_hull", replace(PLAIN, mask="landmarks"), 0.5),
        ("mask_sum", replace(PLAIN, mask="either"), 0.5),
        ("whole_face", PLAIN, 0.3),
        ("head", PLAIN, 0.6),
        ("scale10", replace(PLAIN, face_scale_percent=100 / 1.1 - 100), 0.25),
        ("scale_10", replace(PLAIN, face_scale_percent=100 / 0.9 - 100), 0.3),
        ("mask_full", replace(PLAIN, mask="full"), 1.2),
        ("raw_rgb", replace(PLAIN, blend="raw"), 1.2),
        ("seamless", replace(PLAIN, blend="seamless"), 1),
    ],
)
def test_ours_is_near(case: str, settings: MergeSettings, mean_levels: float, records: Records) -> None:
    """What is left is by design: masks where they belong, antialiased edges, a clone that keeps to the mask."""
    assert records.apart(f"out_{case}", ours(records, case, settings)[0]).mean() <= mean_levels


def test_ours_lays_faces_where_the_original_does(records: Records) -> None:
    face = ours(records, "raw_rgb", replace(PLAIN, blend="raw"))
    apart = records.apart("out_raw_rgb", face[0])
    y0, y1, x0, x1 = records.cases["_window_y0_y1_x0_x1"]
    inside = indexed(records.matrix("raw_rgb"))
    y, x = np.mgrid[y0:y1:2, x0:x1:2]
    places = np.stack((x, y), axis=-1) @ inside[:, :2].T + inside[:, 2]
    well_within = ((places > 3) & (places < SIZE_PX - 4)).all(-1)
    assert well_within.sum() > 1000
    assert apart[well_within].max() <= 1


def test_the_originals_masks_lie_beside_ours(records: Records) -> None:
    """By 1.5 pixels of their fine grid, that is 3/8 of a model pixel along both axes of the crop."""
    mask = np.rint(ours(records, "overlay_none", PLAIN)[1] * 255)
    y0, y1, x0, x1 = records.cases["_window_y0_y1_x0_x1"]
    middles = [_middle(one) for one in (mask[y0:y1, x0:x1], records.held["mask_overlay_none"])]
    expected = np.linalg.solve(records.matrix("overlay_none")[:, :2], (0.375, 0.375))
    assert np.abs(middles[1] - middles[0] - expected).max() < 0.05


def _middle(mask: NDArray[Any]) -> NDArray[np.float64]:
    weights = mask.astype(np.float64)
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]]
    return np.array(((weights * x).sum(), (weights * y).sum())) / weights.sum()


def test_edges_of_faceswap(records: Records) -> None:
    mask = records.fill.ellipse(128, 128, ry=0.4, rx=0.32, soft=0.15)
    for case, over in records.edge_cases.items():
        if case.startswith("_"):
            continue
        options = {**records.edge_cases["_defaults"], **over}
        softening = (options["type"], options["kernel_size"], options["passes"])
        soft = faceswap.softened(mask, *softening)
        sides = {side: options[f"erosion_{side}"] for side in ("top", "bottom", "left", "right")}
        drawn_in = faceswap.softened(faceswap.drawn_in(mask, options["erosion"], **sides), *softening)
        box = faceswap.box_mask(128, soft=options["type"] != "none")
        for name, one in (("pred", soft), ("eroded", drawn_in), ("box", box)):
            levels = np.rint(one[::2, ::2] * 255)
            assert np.abs(levels - records.edges[f"{name}_{case}"]).max() <= 1, (name, case)


def test_seamless_clone(records: Records) -> None:
    source, target = (records.colours[name][..., ::-1].astype(np.float32) / 255 for name in ("target", "source"))
    mask = records.colours["mask"] > 0
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    # faceswap leaves out the mask's last row and column and lays the rest around its middle.
    part = (slice(rows[0], rows[-1]), slice(columns[0], columns[-1]))
    held = mask[part].copy()
    held[[0, -1]] = held[:, [0, -1]] = False
    own_rows, own_columns = np.flatnonzero(held.any(1)), np.flatnonzero(held.any(0))
    start = [
        int(np.rint((at[0] + at[-1]) / 2)) - (own[-1] + 1 - own[0]) // 2
        for at, own in ((rows, own_rows), (columns, own_columns))
    ]
    shift = (start[0] - rows[0] - own_rows[0], start[1] - columns[0] - own_columns[0])
    inside = np.zeros_like(mask)
    inside[part] = held
    moved = [np.roll(one, shift, (0, 1)) for one in (source, inside)]
    clone = cloned_in_box(moved[0], target, moved[1])
    apart = np.abs(np.rint(clone * 255)[..., ::-1] - records.colours["fs_seamless_clone"])
    assert apart.max() <= 1
    assert apart.mean() <= 0.01
