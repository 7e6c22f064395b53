"""A few heads to learn changes on, and nets small enough for a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from small_nets_of_heads import soft_picture

from prosopon.datasets.head_crops import HeadCrops
from prosopon.datasets.rendered_heads import COLUMNS, HEAD_PX, MARGIN_PX, PICTURE_PX
from prosopon.faces.aligned.mean_face import OWN
from prosopon.faces.head_box import head_box
from prosopon.train.store import ArrayStore, Shot, write_store


def usual_landmarks() -> np.ndarray:
    """Those of a frontal face, `(68, 2)` in pixels of a kept picture."""
    box = head_box([OWN.astype(np.float32)])
    return ((OWN - (box.left, box.top)) * (HEAD_PX / box.width) + MARGIN_PX).astype(np.float32)


def heads(folder: Path, count: int = 4) -> HeadCrops:
    """Soft pictures that pass for heads."""
    pictures = np.stack([soft_picture(PICTURE_PX, PICTURE_PX, seed) for seed in range(count)])
    rows = {"picture": pictures, "landmarks": np.repeat(usual_landmarks()[None], count, 0)}
    write_store(folder, COLUMNS, [(Shot("heads", "nobody", "rendered"), rows)])
    return HeadCrops([ArrayStore.open(folder)])
