"""How the eye net learns: the probability that an eye is closed, in every frame of a run, with memory and without."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from prosopon.detect.blink.dataset import CLOSED, OPEN, Blinking, plain
from prosopon.detect.blink.net import Lrcn
from prosopon.detect.blink.sequences import Sequences
from prosopon.detect.learning.figures import auc
from prosopon.faces.sheet import contact_sheet
from prosopon.models.tensors import to_tensor
from prosopon.train.recipe import Batch, Losses, Phase, Recipe
from prosopon.train.schedule import Schedule

NET = "net"
_ALONE_WEIGHT = 0.3
_MEASURED = 240
"""Runs of each store that are measured on, at most."""
_SHOWN, _SHOWN_PX = 6, 64


@dataclass(frozen=True)
class HeldOutEyes:
    """Runs of people whom the net does not learn from.

    Attributes:
        name: of this kind, for the names of measures.
        store: where they are.
        people: whose; None: everybody's.
    """

    name: str
    store: Sequences
    people: Collection[str] | None = None

    def runs(self) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Eyes `(N, T, S, S, 3)` and openings `(N, T)`, some of each person."""
        people = self.people
        spans = [np.arange(s.start, s.stop) for s in self.store.shots if people is None or s.person in people]
        if not spans:
            return plain(self.store.eyes[:0]), np.asarray(self.store.openings[:0])
        rows = np.concatenate(spans)
        rows = rows[np.linspace(0, len(rows) - 1, min(_MEASURED, len(rows))).round().astype(int)]
        return plain(np.asarray(self.store.eyes[rows])), np.asarray(self.store.openings[rows])


class BlinkRecipe(Recipe):
    """Trains an `Lrcn`; seed before building it.

    Args:
        name: what the weights are called.
        net: with any weights.
        dataset: runs of eyes.
        schedule: how fast.
        card: goes beside the weights.
        data: how the dataset was made.
        inputs: sha256 by name of what it learns from.
        held_out: to measure on.
    """

    def __init__(
        self,
        name: str,
        net: Lrcn,
        dataset: Blinking,
        schedule: Schedule,
        *,
        card: Mapping[str, Any],
        data: Mapping[str, Any],
        inputs: Mapping[str, str] | None = None,
        held_out: tuple[HeldOutEyes, ...] = (),
    ) -> None:
        self.name = name
        self.net = net
        self.dataset = dataset
        self.held_out = held_out
        self.modules = {NET: net}
        self.phases = (Phase("eyes", (NET,), schedule.optimiser, self._loss, schedule.falling),)
        self.config = {"schedule": asdict(schedule), "data": dict(data)}
        self.card = dict(card)
        self.inputs = dict(inputs or {})
        self.exported = (NET,)

    def _loss(self, batch: Batch) -> tuple[Tensor, Losses]:
        remembered, alone = (logits.float() for logits in self.net(batch["eyes"]))
        wanted = batch["closed"]
        terms = {
            "with_memory": F.binary_cross_entropy_with_logits(remembered, wanted),
            "alone": F.binary_cross_entropy_with_logits(alone, wanted),
        }
        return terms["with_memory"] + _ALONE_WEIGHT * terms["alone"], terms

    def preview(self, batch: Batch, device: torch.device) -> NDArray[np.uint8]:
        """Runs of eyes, frame by frame, each with what the net says: 0 open, 1 closed."""
        source = self.held_out[-1].runs()[0] if self.held_out else None
        if source is not None and len(source):
            eyes = source[np.linspace(0, len(source) - 1, min(_SHOWN, len(source))).round().astype(int)]
        else:
            eyes = (batch["eyes"][:_SHOWN].movedim(-3, -1).cpu().numpy() * 255).round().astype(np.uint8)
        cells = []
        for run in eyes:
            said = self.net.closed(to_tensor(run, device)).cpu().tolist()
            cells += [(frame, f"{value:.2f}") for frame, value in zip(run, said, strict=True)]
        return np.asarray(contact_sheet(cells, side_px=_SHOWN_PX, columns=eyes.shape[1]))

    def measure(self, device: torch.device) -> Mapping[str, float]:
        """Of each kind of people held out: AUC of closed against open eyes, with memory and without."""
        found: dict[str, float] = {}
        for kind in self.held_out:
            eyes, openings = kind.runs()
            if not len(eyes):
                continue
            both = [self.net(to_tensor_runs(eyes[i : i + 16], device)) for i in range(0, len(eyes), 16)]
            told = (openings <= CLOSED) | (openings >= OPEN)
            shut = openings[told] <= CLOSED
            for way, logits in (("", [one for one, _ in both]), ("_alone", [one for _, one in both])):
                values = torch.cat(logits).float().cpu().double().numpy()[told]
                value = auc(values, shut)
                if np.isfinite(value):
                    found[f"auc_{kind.name}{way}"] = value
        return found


def to_tensor_runs(eyes: NDArray[np.uint8], device: torch.device | None = None) -> Tensor:
    """Runs `uint8 (B, T, S, S, 3)` as `(B, T, 3, S, S)` in [0, 1]."""
    flat = to_tensor(eyes.reshape(-1, *eyes.shape[2:]), device)
    return flat.reshape(*eyes.shape[:2], *flat.shape[1:])
