"""How the net learns to tell recordings from copies: pairs in, binary cross-entropy on both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from prosopon.detect.audio.net import Listener
from prosopon.detect.audio.recordings import REAL, Recordings
from prosopon.detect.audio.rooms import draw
from prosopon.detect.audio.vocoders.named import Sound
from prosopon.detect.audio.windows import Windows, cut_windows
from prosopon.detect.learning.figures import auc, eer
from prosopon.faces.sheet import contact_sheet
from prosopon.media.short_time import stft
from prosopon.train.recipe import Batch, Losses, Phase, Recipe
from prosopon.train.schedule import Schedule

NET = "net"
MOST_LOGIT = 8.0
"""Logits of windows are cut here: one window does not decide."""
_DOUBT = 0.03
"""The truth is taken as so much less than certain: what is learnt from few voices shall not be stated loudly."""
_BATCH = 16


@dataclass(frozen=True)
class HeldOutVoices:
    """Sounds of people whom the net does not learn from.

    Attributes:
        recordings: where they are.
        people: whose.
        kinds: what made the fakes.
        unknown: those of them that the net learns nothing from.
    """

    recordings: Recordings
    people: tuple[str, ...]
    kinds: tuple[str, ...]
    unknown: tuple[str, ...] = ()

    @cached_property
    def sounds(self) -> list[tuple[str, Sound]]:
        """Kind and sound: every recording and copy, every other one after some way."""
        found = []
        for number in self.recordings.of(self.people, [REAL, *self.kinds]):
            take, sound = self.recordings.takes[number], self.recordings.sound(number)
            way = np.random.default_rng([*take.name.encode(), 1])
            found.append((take.kind, draw(way)(sound) if sum(take.name.encode()) % 2 else sound))
        return found

    def measured(self, net: Listener, device: torch.device) -> dict[str, float]:
        """AUC and equal error rate against known kinds, and against unknown ones."""
        logits = np.array([judged(net, sound, device) for _, sound in self.sounds])
        kinds = np.array([kind for kind, _ in self.sounds])
        real, unknown = kinds == REAL, np.isin(kinds, self.unknown)
        figures = {}
        for name, wanted in (("", real | ~unknown), ("_held_out", real | unknown)):
            fake = ~real[wanted]
            figures[f"auc{name}"] = auc(logits[wanted], fake)
            figures[f"eer{name}"] = eer(logits[wanted], fake)
        return {name: value for name, value in figures.items() if np.isfinite(value)}


@torch.no_grad()
def judged(net: Listener, sound: Sound, device: torch.device | None = None) -> float:
    """The mean logit over the windows of a sound that is speech throughout."""
    return float(np.clip(window_logits(net, cut_windows(sound), device), -MOST_LOGIT, MOST_LOGIT).mean())


@torch.no_grad()
def window_logits(
    net: Listener, windows: NDArray[np.float32], device: torch.device | None = None
) -> NDArray[np.float64]:
    """What the net says of windows `(n, WINDOW)`: `(n,)`, positive for synthetic speech."""
    held = torch.from_numpy(np.ascontiguousarray(windows, np.float32))
    said = [net(held[i : i + _BATCH].to(device)).float().cpu() for i in range(0, len(held), _BATCH)]
    return np.asarray(torch.cat(said).double().numpy())


class ListenerRecipe(Recipe):
    """Trains a `Listener`; seed before building it.

    Args:
        name: what the weights are called.
        net: with any weights.
        dataset: windows.
        schedule: how fast.
        card: goes beside the weights.
        data: how the dataset was made.
        beside: tensors that go into the weights file as they are.
        inputs: sha256 by name of what it learns from.
        held_out: to measure on.
    """

    def __init__(
        self,
        name: str,
        net: Listener,
        dataset: Windows,
        schedule: Schedule,
        *,
        card: Mapping[str, Any],
        data: Mapping[str, Any],
        beside: Mapping[str, Tensor] | None = None,
        inputs: Mapping[str, str] | None = None,
        held_out: HeldOutVoices | None = None,
    ) -> None:
        self.name = name
        self.net = net
        self.dataset = dataset
        self.held_out = held_out
        self.modules = {NET: net}
        self.phases = (Phase("listen", (NET,), schedule.optimiser, self._loss, schedule.falling),)
        self.config = {"schedule": asdict(schedule), "net": asdict(net.config), "data": dict(data)}
        self.card = dict(card)
        self.inputs = dict(inputs or {})
        self.exported = (NET,)
        self._beside = dict(beside or {})

    def _loss(self, batch: Batch) -> tuple[Tensor, Losses]:
        real, fake = self.net(torch.cat((batch["real"], batch["fake"]))).float().chunk(2)
        terms = {
            "real": F.binary_cross_entropy_with_logits(real, torch.full_like(real, _DOUBT)),
            "fake": F.binary_cross_entropy_with_logits(fake, torch.full_like(fake, 1 - _DOUBT)),
        }
        right = torch.cat((real < 0, fake > 0)).float().mean()
        return (terms["real"] + terms["fake"]) / 2, {**terms, "accuracy": right}

    def stored(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The net, and the mixtures beside it."""
        return {**state, **self._beside}

    def preview(self, batch: Batch, device: torch.device) -> NDArray[np.uint8]:
        """Spectrograms of windows with what the net says of them: above 0 is synthetic."""
        cells = []
        for kind in ("real", "fake"):
            sounds = batch[kind][:6]
            said = self.net(sounds).float().cpu().tolist()
            cells += [
                (spectrogram(sound.cpu().numpy()), f"{kind} {value:+.1f}")
                for sound, value in zip(sounds, said, strict=True)
            ]
        return np.asarray(contact_sheet(cells, side_px=200, columns=6))

    def measure(self, device: torch.device) -> Mapping[str, float]:
        """On people held out; see `HeldOutVoices.measured`."""
        return {} if self.held_out is None else self.held_out.measured(self.net, device)


def spectrogram(sound: Sequence[float] | NDArray[np.float32]) -> NDArray[np.uint8]:
    """Loudness by pitch and time as a grey picture, high sounds at the top."""
    level = 20 * np.log10(np.abs(stft(np.asarray(sound, np.float64), 512, 256)) + 1e-4)
    shown = np.clip((level - level.max() + 70) / 70, 0, 1).T[::-1]
    return np.repeat((255 * shown).astype(np.uint8)[:, :, None], 3, axis=2)
