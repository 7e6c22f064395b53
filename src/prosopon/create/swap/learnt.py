"""`LearntWell`: how well held-back faces are swapped while a swap is being learnt, so that one knows when to stop."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from prosopon.core.clip import Frame
from prosopon.create.swap.measures import flicker, largest_face, likeness, movement, person
from prosopon.create.swap.plans.net import Swapped
from prosopon.create.swap.plans.plan import Plan
from prosopon.datasets.swap_pairs import Side
from prosopon.faces.aligned.cut import laid_back
from prosopon.faces.finder import FaceFinder
from prosopon.faces.identity import Embedder
from prosopon.models.tensors import to_frames, to_tensor

_SHOWN, _TOGETHER = 24, 3
"""Faces that are swapped in one measurement, and how many of them are neighbours: expressions are measured over many
moments, flicker between frames that follow each other."""
_KNOWN = 12
"""Faces that say who somebody is."""


class LearntWell:
    """Swaps the same held-back faces of the target again and again.

    Args:
        source, target: both people.
        plan: of the net.
        embedder: tells who is who.
        finder: finds the faces that were made; the target's own are found with it too.
    """

    def __init__(self, source: Side, target: Side, plan: Plan, embedder: Embedder, finder: FaceFinder) -> None:
        self._plan, self._embedder, self._finder = plan, embedder, finder
        self._runs = _runs(target)
        self._rows = [row for run in self._runs for row in run]
        self._target = target
        self._crops = np.stack([target.crop(row, plan.input_px) for row in self._rows])
        self._pictures = [np.asarray(target.store.pictures[row]) for row in self._rows]
        self._faces = [target.store.face(row) for row in self._rows]
        self._source, self._own = _who(source, embedder), _who(target, embedder)
        self._before: Mapping[str, float] | None = None
        self._driving = [largest_face(finder, picture) for picture in self._pictures]

    def of(self, net: nn.Module, device: torch.device) -> Mapping[str, float]:
        """The scores: `identity_source`, `identity_target` and, of the untouched target, `identity_source_before`;
        `expression`, `expression_still`, `pose_deg`, `flicker`, `found` (see `measures`)."""
        made: Swapped = net.swap(to_tensor(self._crops, device), "a")  # type: ignore[operator]
        # Who measures has nets as well, which know nothing of the precision that this one is trained in.
        with torch.autocast(device.type, enabled=False):
            return self._scores(made)

    def _scores(self, made: Swapped) -> Mapping[str, float]:
        faces = to_frames(made.face.float())
        masks = self._masks(made)
        laid = [
            _laid(picture, face, mask, self._target.matrix(row, self._plan.output_px))
            for picture, face, mask, row in zip(self._pictures, faces, masks, self._rows, strict=True)
        ]
        after = likeness(laid, self._faces, self._source, self._own, self._embedder)
        if self._before is None:
            before = likeness(self._pictures, self._faces, self._source, self._own, self._embedder)
            self._before = {"identity_source_before": before.source, "identity_target_before": before.target}
        moved = movement([largest_face(self._finder, picture) for picture in laid], self._driving)
        seen = [self._target.crop(row, self._plan.output_px) for row in self._rows]
        ends = np.cumsum([len(run) for run in self._runs])
        runs = [slice(end - len(run), end) for end, run in zip(ends, self._runs, strict=True)]
        flickers = [flicker([*faces[run]], masks[run], seen[run]) for run in runs if run.stop - run.start > 1]
        return {
            "identity_source": after.source,
            "identity_target": after.target,
            **self._before,
            "expression": moved.expression,
            "expression_still": moved.expression_still,
            "pose_deg": moved.pose_deg,
            "flicker": float(np.mean(flickers)) if flickers else float("nan"),
            "found": moved.found,
        }

    def _masks(self, made: Swapped) -> list[NDArray[np.float32]]:
        if made.mask is not None:
            return [*made.mask[:, 0].float().clamp(0, 1).cpu().numpy()]
        side = self._plan.output_px
        return [self._target.mask(row, side)[..., 0].astype(np.float32) / np.float32(255) for row in self._rows]


def _laid(picture: Frame, face: Frame, mask: NDArray[np.float32], matrix: NDArray[np.float64]) -> Frame:
    """A face laid over the picture that it was made of."""
    patch = np.concatenate([face.astype(np.float32), mask[..., None] * 255], axis=-1)
    back = laid_back(patch, matrix, *picture.shape[:2])
    share = back.patch[..., 3:] / 255 * back.inside[..., None]
    out = picture.astype(np.float32)
    rows, columns = back.window.slices
    out[rows, columns] += share * (back.patch[..., :3] - out[rows, columns])
    rounded: Frame = np.clip(np.round(out), 0, 255).astype(np.uint8)
    return rounded


def _runs(side: Side) -> list[list[int]]:
    """Neighbouring held-back rows, a few each time, spread over all shots; of all rows where nothing was held back."""
    held = {int(row) for row in side.held} or set(range(len(side.store)))
    kept = [[row for row in range(shot.start, shot.stop) if row in held] for shot in side.store.shots]
    runs = [rows[i : i + _TOGETHER] for rows in kept for i in range(0, len(rows), _TOGETHER)]
    wanted = min(len(runs), _SHOWN // _TOGETHER)
    return [runs[i] for i in np.unique(np.linspace(0, len(runs) - 1, wanted).astype(int))]


def _who(side: Side, embedder: Embedder) -> NDArray[np.float32]:
    rows = side.learnt[np.linspace(0, len(side.learnt) - 1, min(_KNOWN, len(side.learnt))).astype(int)]
    pictures = [np.asarray(side.store.pictures[row]) for row in rows]
    return person(pictures, [side.store.face(row) for row in rows], embedder)
