"""How the net learns from runs of frames: of an original and of one of its fakes, the same moments, degraded alike.

What looks at frames is taken over from weights of MesoNet, and stands still: people's faces were learnt there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.core.errors import CheckpointError
from prosopon.datasets.arena.arena import Arena, ArenaClip
from prosopon.datasets.degradations import NAMED
from prosopon.detect.learning.figures import auc, ece, eer
from prosopon.detect.learning.frame_detector import NET
from prosopon.detect.learning.pairs import ArenaPairs
from prosopon.detect.learning.recipe import ClassifierRecipe
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.learning.weights import open_weights, start_net
from prosopon.detect.recurrent.net import CONFIGS, VIEW, FrameNet, RecurrentNet, build
from prosopon.detect.recurrent.runs import RUN, as_tensor, cut_run, windows_of
from prosopon.faces.sheet import contact_sheet
from prosopon.models.checkpoint import load_strict, part
from prosopon.train.recipe import Batch
from prosopon.train.schedule import Schedule

_SCHEDULE = Schedule(peak=2e-3, warm_up=30, horizon=500, weight_decay=1e-2)
_FRAMES_BY, _FRAMES_CONFIG = "mesonet", "meso4"
"""Whose weights those are that what looks at frames begins with."""
_JUDGED = 96
"""Clips that are measured on while training goes on, at most; one run of each."""
_HARD = "crf28+half"
"""What is done to every other one of them."""
_BATCH = 16
_SHOWN = 8


@dataclass(frozen=True)
class HeldOutRuns:
    """Runs of people whom the net does not learn from, to measure on while it learns."""

    arena: Arena
    held_out_generators: tuple[str, ...] = ()

    @cached_property
    def clips(self) -> tuple[ArenaClip, ...]:
        """Those that are looked at, spread over all that are long enough."""
        found = [clip for clip in self.arena.where(split="calibrate") if self._windows(clip)]
        places = np.linspace(0, len(found) - 1, min(_JUDGED, len(found))).round().astype(int)
        return tuple(found[at] for at in places)

    def _windows(self, clip: ArenaClip) -> tuple[slice, ...]:
        shown, _ = self.arena.faces(clip)
        return tuple(window for window in windows_of(shown) if window.stop - window.start == RUN)

    @cached_property
    def runs(self) -> NDArray[np.uint8]:
        """`uint8 (clips, 8, S, S, 3)`, every other one degraded."""
        return np.stack([self._run(number, clip) for number, clip in enumerate(self.clips)])

    def _run(self, number: int, clip: ArenaClip) -> NDArray[np.uint8]:
        window = self._windows(clip)[0]
        frames = np.asarray(self.arena.frames(clip)[window])
        points = np.asarray(self.arena.landmarks(clip)[window])
        return cut_run(VIEW, NAMED[_HARD](frames) if number % 2 else frames, points)

    def measured(self, net: RecurrentNet, device: torch.device) -> dict[str, float]:
        """AUC, equal error rate and calibration error of known generators, and the AUC of those held out."""
        if not self.clips:
            return {}
        said: list[Tensor] = [
            net(as_tensor(self.runs[i : i + _BATCH], device)).float().cpu() for i in range(0, len(self.runs), _BATCH)
        ]
        values = torch.cat(said).double().sigmoid().numpy()
        fake = np.array([clip.is_fake for clip in self.clips])
        apart = np.array([clip.generator in self.held_out_generators for clip in self.clips])
        known, unknown = ~apart, apart | ~fake
        figures = {
            "auc": auc(values[known], fake[known]),
            "eer": eer(values[known], fake[known]),
            "ece": ece(values[known], fake[known]),
            "auc_held_out": auc(values[unknown], fake[unknown]),
        }
        return {name: value for name, value in figures.items() if np.isfinite(value)}


class RecurrentRecipe(ClassifierRecipe):
    """Trains the net on pairs of runs; `runs` are those of people held out."""

    runs: HeldOutRuns
    net: RecurrentNet

    def preview(self, batch: Batch, device: torch.device) -> NDArray[np.uint8]:
        """Runs as rows, with what the net says at each frame: 0 (real) to 1 (fake)."""
        if self.runs.clips:
            places = np.linspace(0, len(self.runs.clips) - 1, min(_SHOWN, len(self.runs.clips))).round().astype(int)
            names = [self.runs.clips[at].generator for at in places]
            shown = self.runs.runs[places]
        else:
            both = torch.cat((batch["real"][:_SHOWN], batch["fake"][:_SHOWN]))
            names = ["original"] * len(batch["real"][:_SHOWN]) + ["fake"] * len(batch["fake"][:_SHOWN])
            shown = (both.movedim(2, -1).cpu().numpy() * 255).round().astype(np.uint8)
        values = self.net.by_frame(as_tensor(shown, device)).float().sigmoid().cpu().tolist()
        cells = [
            (face, f"{name} {value:.2f}")
            for run, name, row in zip(shown, names, values, strict=True)
            for face, value in zip(run, row, strict=True)
        ]
        return np.asarray(contact_sheet(cells, columns=shown.shape[1], side_px=96))

    def measure(self, device: torch.device) -> Mapping[str, float]:
        """On people held out; see `HeldOutRuns.measured`."""
        return self.runs.measured(self.net, device)


def recurrent_recipe(material: Material, options: LearningOptions) -> RecurrentRecipe:
    """The recipe for the training loop; seed before calling.

    Raises:
        UsageError: there is no such configuration, or nothing to learn from.
        MissingError, CheckpointError: the weights that it begins with are not there, or damaged.
    """
    config = options.chosen("recurrent", CONFIGS)
    net, inputs = build({"config": config}), material.inputs()
    frames_from = CONFIGS[config].frames_from
    if frames_from is not None:
        inputs |= taken_over(net.frames, frames_from)
    if options.start_from is not None:
        inputs |= start_net(net, NET, "recurrent", options.start_from)
    learnt = {
        "generators": list(material.generators),
        "held_out": list(material.held_out),
        **({} if frames_from is None else {"frames_from": frames_from}),
    }
    recipe = RecurrentRecipe(
        options.name,
        net,
        ArenaPairs(material.fakes, VIEW, held_out_generators=material.held_out, run=RUN),
        options.schedule(_SCHEDULE),
        card=options.card("recurrent", config, trained_on=learnt),
        data={"config": config, **learnt},
        inputs=inputs,
    )
    recipe.runs = HeldOutRuns(material.fakes, material.held_out)
    return recipe


def taken_over(frames: FrameNet, where: str) -> dict[str, str]:
    """What looks at frames as weights of MesoNet have it, and kept so; their content id by name, for the record.

    Args:
        frames: takes them.
        where: name, path or run folder of weights of its `meso4`.

    Raises:
        MissingError: there are none.
        CheckpointError: they are damaged, or of another net.
    """
    opened = open_weights(_FRAMES_BY, where)
    if opened.card.get("config") != _FRAMES_CONFIG:
        raise CheckpointError(
            f"{opened.name} is of {opened.card.get('config')}, not of {_FRAMES_CONFIG}", f"give one of {_FRAMES_CONFIG}"
        )
    known = frames.state_dict()
    state = {key: value for key, value in part(opened.state, NET).items() if key in known}
    load_strict(frames, state, opened.name)
    frames.eval().requires_grad_(requires_grad=False)
    return {f"frames {opened.name}": opened.sha256}
