"""How the two nets are taught together: one loss for the bits that are read and for how little is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer

from prosopon.core.clip import Frame
from prosopon.models.laundering.resample import resampled
from prosopon.models.tensors import to_frames
from prosopon.train.recipe import Batch, Losses, Phase, Recipe
from prosopon.vouch.watermark.hidden.canvas import with_change
from prosopon.vouch.watermark.hidden.curriculum import Curriculum, Lessons
from prosopon.vouch.watermark.hidden.measures import drawn_bits, measured, psnr
from prosopon.vouch.watermark.hidden.net import Marker
from prosopon.vouch.watermark.hidden.noise import Slack, displaced, distorted
from prosopon.vouch.watermark.hidden.pictures import PIECE_PX, Pieces

_CANVAS_PX = PIECE_PX // 2
_SHOWN_TIMES = 12
"""What changes are multiplied by in previews."""


class HiddenRecipe(Recipe):
    """Teaches a `Marker`: bits are drawn anew for every picture, then something happens to it, then they are read."""

    def __init__(
        self,
        name: str,
        marker: Marker,
        dataset: Pieces,
        *,
        optimiser: Callable[[list[nn.Parameter]], Optimizer],
        lessons: Lessons | None = None,
        slack: Slack | None = None,
        card: Mapping[str, Any],
        data: Mapping[str, Any],
        inputs: Mapping[str, str] | None = None,
        held_out: Sequence[Frame] = (),
    ) -> None:
        """Build nothing: seed before making the nets.

        Args:
            name: what the weights are called.
            marker: both nets.
            dataset: pieces of pictures.
            optimiser: of the nets' parameters.
            lessons: when it becomes harder.
            slack: how far off the lattice pictures may lie.
            card: what goes beside the weights.
            data: all else that the result depends on, for the record of the run.
            inputs: sha256 by name of the files that it learns from.
            held_out: squares of one size to measure on.
        """
        self.name = name
        self.marker = marker
        self.slack = slack or Slack()
        self.curriculum = Curriculum(lessons)
        # Without parameters, the curriculum is "trained" so that its place is saved with the run.
        self.modules: dict[str, nn.Module] = {"marker": marker, "curriculum": self.curriculum}
        self.dataset = dataset
        self.held_out = list(held_out)
        self.phases = (Phase("marks", ("marker", "curriculum"), optimiser, self._loss),)
        self.config = {
            "nets": asdict(marker.config),
            "lessons": asdict(self.curriculum.lessons),
            "slack": asdict(self.slack),
            "data": dict(data),
        }
        self.card = dict(card)
        self.inputs = dict(inputs or {})
        self.exported = ("marker",)

    def _loss(self, batch: Batch) -> tuple[Tensor, Losses]:
        pictures, seed = batch["picture"], int(batch["draw"][0])
        marked, bits = self._marked(pictures, seed)
        level = float(self.curriculum.level)
        rng = np.random.default_rng([seed, 1])
        came = distorted(marked, rng, level)
        canvas, seen = displaced(resampled(came, _CANVAS_PX, _CANVAS_PX), rng, level, self.slack)
        logits = self.marker.reader(canvas)
        wanted = seen.expand_as(logits)
        entropy = (F.binary_cross_entropy_with_logits(logits, bits, reduction="none") * wanted).sum() / wanted.sum()
        change = (marked - pictures).square().mean()
        total = entropy + float(self.curriculum.weight) * change
        with torch.no_grad():
            right = (((logits > 0) == (bits > 0)).float() * wanted).sum() / wanted.sum()
            faint = psnr(marked, pictures).mean()
            self.curriculum.learn_from(float(right), float(faint))
        return total, {
            "entropy": entropy.detach(),
            "right": right,
            "psnr": faint,
            "level": self.curriculum.level.clone(),
            "weight": self.curriculum.weight.clone(),
        }

    def _marked(self, pictures: Tensor, seed: int) -> tuple[Tensor, Tensor]:
        """Marked pictures and the bits in them."""
        generator = torch.Generator().manual_seed(seed)
        canvas = resampled(pictures, _CANVAS_PX, _CANVAS_PX)
        bits = drawn_bits(len(pictures), _CANVAS_PX, _CANVAS_PX, generator).to(pictures.device)
        return with_change(pictures, self.marker.writer(canvas, bits)), bits

    def preview(self, batch: Batch, device: torch.device) -> NDArray[np.uint8]:
        """Rows of pictures: as they are, marked, and the change alone, many times larger."""
        before = batch["picture"][:4]
        after, _ = self._marked(before, 0)
        change = ((after - before) * _SHOWN_TIMES + 0.5).clamp(0, 1)
        rows = torch.cat([torch.cat(list(column), dim=-2) for column in (before, after, change)], dim=-1)
        picture: NDArray[np.uint8] = to_frames(rows)[0]
        return picture

    def measure(self, device: torch.device) -> Mapping[str, float]:
        """Of held-out pictures; see `measures.measured`."""
        return measured(self.marker, self.held_out, device) if self.held_out else {}
