"""How nets learn to tell fakes from originals, for the training loop: pairs in, binary cross-entropy on both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from prosopon.core.faces import Face
from prosopon.datasets.arena.arena import Arena, ArenaClip
from prosopon.datasets.degradations import NAMED
from prosopon.detect.learning.figures import auc, ece, eer
from prosopon.detect.learning.frame_detector import NET
from prosopon.detect.learning.view import View
from prosopon.faces.sheet import contact_sheet
from prosopon.models.tensors import to_tensor
from prosopon.train.recipe import Batch, Dataset, Losses, Phase, Recipe
from prosopon.train.schedule import Schedule

_JUDGED = 160
"""Clips that are measured on while training goes on, at most."""
_FRAMES = 2
"""Frames of each."""
_BATCH = 32
_HARD = "crf28+half"
"""What is done to every other one of them."""
_SHOWN_PX = 128

Loss = Callable[[nn.Module, Batch], tuple[Tensor, Losses]]
"""The net and a batch -> a scalar and its terms."""


@dataclass(frozen=True)
class HeldOut:
    """Clips of people whom a net does not learn from, to measure on while it learns.

    Attributes:
        arena: where they come from.
        view: how faces are cut.
        held_out_generators: measured apart from the others.
        split: whose people.
    """

    arena: Arena
    view: View
    held_out_generators: tuple[str, ...] = ()
    split: str = "calibrate"

    @cached_property
    def clips(self) -> tuple[ArenaClip, ...]:
        """Those that are looked at, spread over all there are."""
        found = self.arena.where(split=self.split)
        return tuple(found[i] for i in np.linspace(0, len(found) - 1, min(_JUDGED, len(found))).round().astype(int))

    @cached_property
    def faces(self) -> NDArray[np.uint8]:
        """`uint8 (clips * frames, S, S, 3)`, every other clip degraded."""
        return np.stack([face for number, clip in enumerate(self.clips) for face in self._faces(number, clip)])

    def _faces(self, number: int, clip: ArenaClip) -> list[NDArray[np.uint8]]:
        places = np.linspace(0, len(clip) - 1, _FRAMES).round().astype(int)
        points = self.arena.landmarks(clip)
        frames = np.asarray(self.arena.frames(clip)[places])
        shown = NAMED[_HARD](frames) if number % 2 else frames
        return [self.view.cut(shown[i], Face.around(np.asarray(points[at]))) for i, at in enumerate(places)]

    def measured(self, judge: Callable[[Tensor], Tensor], device: torch.device) -> dict[str, float]:
        """AUC, equal error rate and calibration error by clip of known generators, and the AUC of those held out.

        Args:
            judge: pictures `(B, 3, S, S)` in [0, 1] -> logits `(B,)`.
            device: where to compute.
        """
        said = [
            judge(to_tensor(self.faces[i : i + _BATCH], device)).float().cpu()
            for i in range(0, len(self.faces), _BATCH)
        ]
        logits = torch.cat(said).reshape(-1, _FRAMES).mean(1).double().numpy()
        fake = np.array([clip.is_fake for clip in self.clips])
        apart = np.array([clip.generator in self.held_out_generators for clip in self.clips])
        known, unknown = ~apart, apart | ~fake
        values = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
        figures = {
            "auc": auc(values[known], fake[known]),
            "eer": eer(values[known], fake[known]),
            "ece": ece(values[known], fake[known]),
            "auc_held_out": auc(values[unknown], fake[unknown]),
        }
        return {name: value for name, value in figures.items() if np.isfinite(value)}


def pair_loss(net: nn.Module, batch: Batch) -> tuple[Tensor, Losses]:
    """Binary cross-entropy of originals and fakes, in one pass, so that batch statistics see both.

    Args:
        net: pictures `(B, 3, S, S)` in [0, 1] -> logits `(B,)`.
        batch: `real` and `fake`, `(B, 3, S, S)` each.
    """
    real, fake = net(torch.cat((batch["real"], batch["fake"]))).float().chunk(2)
    terms = {"real": F.softplus(real).mean(), "fake": F.softplus(-fake).mean()}
    right = torch.cat((real < 0, fake > 0)).float().mean()
    return (terms["real"] + terms["fake"]) / 2, {**terms, "accuracy": right}


class ClassifierRecipe(Recipe):
    """Trains one net that judges faces; seed before building the net.

    Args:
        name: what the weights are called.
        net: pictures `(B, 3, S, S)` in [0, 1] -> logits `(B,)`, positive for a fake.
        dataset: pairs.
        schedule: how fast.
        card: what goes beside the weights.
        data: how the dataset was made, for the record of the run.
        inputs: sha256 by name of what it learns from.
        held_out: to measure on.
        loss: `pair_loss`, unless items are of another kind.
    """

    def __init__(
        self,
        name: str,
        net: nn.Module,
        dataset: Dataset,
        schedule: Schedule,
        *,
        card: Mapping[str, Any],
        data: Mapping[str, Any],
        inputs: Mapping[str, str] | None = None,
        held_out: HeldOut | None = None,
        loss: Loss = pair_loss,
    ) -> None:
        self.name = name
        self.net = net
        self.dataset = dataset
        self.held_out = held_out
        self.modules = {NET: net}
        self.phases = (
            Phase("classify", (NET,), schedule.optimiser, lambda batch: loss(self.net, batch), schedule.falling),
        )
        self.config = {"schedule": asdict(schedule), "data": dict(data)}
        self.card = dict(card)
        self.inputs = dict(inputs or {})
        self.exported = (NET,)

    def preview(self, batch: Batch, device: torch.device) -> NDArray[np.uint8]:
        """Faces of people held out with what the net says of them; of a batch where nobody is held out.

        Captions: who made it, and the value, 0 (real) to 1 (fake).
        """
        if self.held_out is None:
            shown = torch.cat((batch["real"], batch["fake"]))
            named = ["original"] * len(batch["real"]) + ["fake"] * len(batch["fake"])
            faces = (shown.movedim(1, -1).cpu().numpy() * 255).round().astype(np.uint8)
        else:
            clips = self.held_out.clips
            places = np.linspace(0, len(clips) - 1, min(32, len(clips))).round().astype(int)
            named = [clips[at].generator for at in places]
            faces = self.held_out.faces[places * _FRAMES]
        values = self.net(to_tensor(faces, device)).float().sigmoid().cpu().tolist()
        cells = [(face, f"{name} {value:.2f}") for face, name, value in zip(faces, named, values, strict=True)]
        return np.asarray(contact_sheet(cells, side_px=_SHOWN_PX))

    def measure(self, device: torch.device) -> Mapping[str, float]:
        """On people held out; see `HeldOut.measured`."""
        return {} if self.held_out is None else self.held_out.measured(self.net, device)
