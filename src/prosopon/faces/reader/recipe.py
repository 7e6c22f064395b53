"""How the face reader learns: trunk and all heads in one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prosopon.core.parts import PALETTE
from prosopon.faces.parsing.overlap import Overlap
from prosopon.faces.reader import losses
from prosopon.faces.reader.dataset import Readings, draw_crop, rendered_row
from prosopon.faces.reader.net import CROP_PX, EMBEDDING, N_PARTS, ReaderNet, Reading
from prosopon.models.catalogue import READER
from prosopon.models.tensors import to_frames, to_tensor
from prosopon.train.recipe import Batch, Losses, Phase, Recipe
from prosopon.train.schedule import Schedule
from prosopon.train.store import ArrayStore

TECHNIQUE = "faces"
_MEASURED = 96
"""Held-out pictures that `measure` looks at."""
_SHOWN = 6
_COLOURS = np.array(PALETTE, np.uint8)


class ReaderRecipe(Recipe):
    """Trains the face reader; seed before building it.

    Args:
        dataset: what it learns from.
        schedule: how fast.
        card: what goes beside the weights.
        data: how the dataset was made, for the record of the run.
        inputs: sha256 by name of what it learns from.
        held_out: rendered people to measure on.
        name: what the weights are called.
    """

    def __init__(
        self,
        dataset: Readings,
        schedule: Schedule,
        *,
        card: Mapping[str, Any],
        data: Mapping[str, Any],
        inputs: Mapping[str, str] | None = None,
        held_out: Sequence[ArrayStore] = (),
        name: str = READER,
    ) -> None:
        self.name = name
        self.dataset = dataset
        self.schedule = schedule
        self.held_out = tuple(held_out)
        self.net = ReaderNet()
        self.people = losses.PeopleHead(dataset.people)
        self.modules: dict[str, nn.Module] = {**dict(self.net.named_children()), "people": self.people}
        self.phases = (Phase("reader", tuple(self.modules), schedule.optimiser, self._loss, schedule.falling),)
        self.config = {"schedule": asdict(schedule), "mixture": asdict(dataset.mixture), "data": dict(data)}
        self.card = dict(card)
        self.inputs = dict(inputs or {})
        self.exported = ("trunk", "parts", "identity", "state")

    def _loss(self, batch: Batch) -> tuple[Tensor, Losses]:
        reading: Reading = self.net(batch["crop"])
        cosines = self.people(reading.embedding.float())
        terms = {
            "parts": losses.parts_loss(reading.parts, batch["parts"]),
            "identity": 0.3 * losses.identity_loss(cosines, batch["person"]),
            **losses.state_losses(
                reading.state, batch["pose"], batch["expression"], batch["points"], batch["state_known"]
            ),
        }
        return torch.stack([*terms.values()]).sum(), terms

    def preview(self, batch: Batch, device: torch.device) -> NDArray[np.uint8]:
        """Columns of crops: with the landmarks told; the parts told; those that are known."""
        crops = batch["crop"][:_SHOWN].to(device)
        reading: Reading = self.net(crops)
        pictures = np.stack([to_frames(crop)[0] for crop in crops])
        at = (reading.state.landmarks.float().cpu().numpy() * CROP_PX).clip(0, CROP_PX - 1).astype(int)
        for picture, points in zip(pictures, at, strict=True):
            picture[points[:, 1], points[:, 0]] = (40, 255, 80)
        told = _COLOURS[reading.parts.argmax(1).cpu().numpy()]
        known = batch["parts"][:_SHOWN].cpu().numpy()
        truth = np.where((known < N_PARTS)[..., None], _COLOURS[known.clip(max=N_PARTS - 1)], np.uint8(128))
        rows: NDArray[np.uint8] = np.vstack([np.hstack([*row]) for row in (pictures, told, truth)])
        return rows

    def measure(self, device: torch.device) -> Mapping[str, float]:
        """Mean intersection over union of the parts of held-out rendered people."""
        overlap = Overlap()
        for store in self.held_out:
            for at in np.linspace(0, len(store) - 1, _MEASURED // len(self.held_out)).astype(int):
                crop, truth, _, _ = draw_crop(rendered_row(store, int(at), 0), None)
                told = self.net(to_tensor(crop[None], device)).parts[0].argmax(0).cpu().numpy()
                overlap.add(told, truth, truth < N_PARTS)
        return {"held_out_iou": float(overlap.iou[:N_PARTS].mean())} if self.held_out else {}


def card_of(*, licence: str, origin: str) -> dict[str, Any]:
    """What goes beside the weights."""
    return {
        "technique": TECHNIQUE,
        "config": "reader",
        "licence": licence,
        "origin": origin,
        "widths": list(ReaderNet().trunk.widths),
        "embedding": EMBEDDING,
        "crop_px": CROP_PX,
    }
