"""How the built-in face nets learn: both in one run, each from its part of the same items."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor, nn

from prosopon.faces.builtin import losses
from prosopon.faces.builtin.crops import draw_crop
from prosopon.faces.builtin.dataset import FaceItems
from prosopon.faces.builtin.detector import Detector, decode
from prosopon.faces.builtin.finder import WEIGHTS
from prosopon.faces.builtin.landmarks import CROP_PX, LandmarkNet
from prosopon.faces.builtin.prepared import FaceStore
from prosopon.models.tensors import to_frames, to_tensor
from prosopon.train.recipe import Batch, Losses, Phase, Recipe
from prosopon.train.schedule import Schedule

TECHNIQUE = "faces"
_MEASURED = 128
"""Held-out crops that `measure` looks at."""


class FacesRecipe(Recipe):
    """Trains detector and landmark net; seed before building it.

    Args:
        dataset: what they learn from.
        schedule: how fast.
        card: what goes beside the weights.
        data: how the dataset was made, for the record of the run.
        inputs: sha256 by name of what it learns from.
        held_out: faces to measure on.
        name: what the weights are called.
    """

    def __init__(
        self,
        dataset: FaceItems,
        schedule: Schedule,
        *,
        card: Mapping[str, Any],
        data: Mapping[str, Any],
        inputs: Mapping[str, str] | None = None,
        held_out: Sequence[FaceStore] = (),
        name: str = WEIGHTS,
    ) -> None:
        self.name = name
        self.dataset = dataset
        self.schedule = schedule
        self.held_out = tuple(held_out)
        self.detector, self.landmarks = Detector(), LandmarkNet()
        self.modules: dict[str, nn.Module] = {"detector": self.detector, "landmarks": self.landmarks}
        self.phases = (
            Phase("detector", ("detector",), schedule.optimiser, self._detector_loss, schedule.falling),
            Phase("landmarks", ("landmarks",), schedule.optimiser, self._landmark_loss, schedule.falling),
        )
        self.config = {"schedule": asdict(schedule), "mixture": asdict(dataset.mixture), "data": dict(data)}
        self.card = dict(card)
        self.inputs = dict(inputs or {})
        self.exported = ("detector", "landmarks")

    def _detector_loss(self, batch: Batch) -> tuple[Tensor, Losses]:
        terms = losses.detector_loss(self.detector(batch["scene"]), batch["stances"], batch["known"])
        return torch.stack([*terms.values()]).sum(), terms

    def _landmark_loss(self, batch: Batch) -> tuple[Tensor, Losses]:
        placed = self.landmarks(batch["crops"].flatten(0, 1))
        terms = losses.landmark_loss(placed, batch["points"].flatten(0, 1), batch["is_face"].flatten())
        return torch.stack([*terms.values()]).sum(), terms

    def preview(self, batch: Batch, device: torch.device) -> NDArray[np.uint8]:
        """Scenes with what was found above crops with what was placed."""
        scenes = batch["scene"].to(device)
        heat, form = self.detector(scenes)
        upper = [_circled(to_frames(scenes[i])[0], heat[i].float(), form[i].float()) for i in range(len(scenes))]
        crops = batch["crops"].to(device)[:, 0]
        points = self.landmarks(crops).points.float().cpu().numpy()
        lower = [_dotted(to_frames(crops[i])[0], points[i], scenes.shape[-1]) for i in range(len(crops))]
        picture: NDArray[np.uint8] = np.vstack((np.hstack(upper), np.hstack(lower)))
        return picture

    def measure(self, device: torch.device) -> Mapping[str, float]:
        """Mean distance of held-out landmarks from the teacher's, over that of the outer corners of the eyes."""
        errors: list[float] = []
        rng = np.random.default_rng(0)
        for store in self.held_out:
            rows = np.flatnonzero(np.isfinite(store.landmarks).all((1, 2)))
            chosen = rows[np.linspace(0, len(rows) - 1, min(_MEASURED, len(rows))).astype(int)]
            cut = [draw_crop(store.pictures[row], store.landmarks[row], rng, bends=False) for row in chosen]
            points = self.landmarks(to_tensor(np.stack([crop for crop, _ in cut]), device)).points.float().cpu().numpy()
            truth = np.stack([at for _, at in cut])
            between = np.linalg.norm(truth[:, 36] - truth[:, 45], axis=-1)
            errors += (np.linalg.norm(points - truth, axis=-1).mean(-1) / between).tolist()
        return {"held_out_nme": float(np.mean(errors))} if errors else {}


def _circled(picture: NDArray[np.uint8], heat: Tensor, form: Tensor) -> NDArray[np.uint8]:
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    for stance, _ in decode(heat, form, least=0.3, most=8):
        x, y, half = stance.x, stance.y, stance.size / 2
        draw.ellipse((x - half, y - half, x + half, y + half), outline=(40, 255, 80))
        angle = math.radians(stance.roll_deg)
        draw.line((x, y, x + half * math.sin(angle), y - half * math.cos(angle)), fill=(255, 220, 40))
    return np.asarray(image)


def _dotted(picture: NDArray[np.uint8], points: NDArray[np.float32], side: int) -> NDArray[np.uint8]:
    image = Image.fromarray(picture).resize((side, side))
    draw = ImageDraw.Draw(image)
    for x, y in (points * side).tolist():
        draw.ellipse((x - 1, y - 1, x + 1, y + 1), fill=(40, 255, 80))
    return np.asarray(image)


def card_of(*, licence: str, origin: str) -> dict[str, Any]:
    """What goes beside the weights."""
    return {
        "technique": TECHNIQUE,
        "config": "builtin",
        "licence": licence,
        "origin": origin,
        "landmarks": "iBUG 300-W, 68 points",
        "crop_px": CROP_PX,
    }
