"""The plug-in: what changes from frame to frame as it does in no footage."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Face, Tracks
from prosopon.core.score import HeatMap, Reason, Score, Series
from prosopon.detect.learning.frame_detector import MOST_LOGIT, FrameDetector, pooled, telling
from prosopon.detect.learning.heat import grad_cam
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.learning.view import View
from prosopon.detect.recurrent.net import VIEW, RecurrentNet, build
from prosopon.detect.recurrent.runs import LEAST, as_tensor, cut_run, windows_of
from prosopon.faces.head_box import face_size
from prosopon.train.recipe import Recipe


class Recurrent(FrameDetector):
    """Looks at runs of 8 neighbouring frames; of single pictures it says nothing.

    The value of a clip is the sigmoid of the mean of its runs' logits.
    """

    technique: ClassVar[str] = "recurrent"
    shipped: ClassVar[str | None] = "recurrent.studio"

    @property
    def view(self) -> View:
        """As MesoNet cuts faces."""
        return VIEW

    @classmethod
    def build(cls, card: Mapping[str, Any]) -> nn.Module:
        """The net of a card's configuration.

        Raises:
            CheckpointError: there is no such configuration.
        """
        return build(card)

    def heat_layer(self) -> nn.Module:
        """The last features of single frames that still have places."""
        return self._net.frames.norms[-1]

    @classmethod
    def training(cls, material: Material, options: LearningOptions) -> Recipe:
        """How it learns."""
        from prosopon.detect.recurrent.recipe import recurrent_recipe  # noqa: PLC0415 - scoring needs none of it

        return recurrent_recipe(material, options)

    @property
    def _net(self) -> RecurrentNet:
        assert isinstance(self.net, RecurrentNet)  # noqa: S101 - `build` makes no others
        return self.net

    def score(self, clip: Clip, tracks: Tracks) -> Score:
        """The answer about the most prominent person, or an abstention."""
        main = tracks.main
        places = {} if main is None else {i: face for i, face in main.faces.items() if face.landmarks is not None}
        if not places:
            return Score.abstain(Reason.NO_FACE, f"no face was found in {clip.name}")
        size = float(np.median([face_size(_points(face)) for face in places.values()]))
        if size < self.least_px:
            return Score.abstain(
                Reason.FACE_TOO_SMALL, f"the face is {size:.0f} pixels large, and {self.least_px:.0f} are needed"
            )
        windows = windows_of(clip, np.array([index in places for index in range(len(clip))], bool))
        if not windows:
            return Score.abstain(Reason.TOO_SHORT, f"{clip.name} does not show the face in {LEAST} frames in a row")
        runs = _cut(clip, places, windows, self.view)
        if not runs:
            return Score.abstain(Reason.NO_FACE, f"no frame of {clip.name} shows the face")
        return self._judged(clip, places, runs, size)

    def _judged(
        self, clip: Clip, places: Mapping[int, Face], runs: Mapping[int, NDArray[np.uint8]], size: float
    ) -> Score:
        times = np.asarray(clip.times, np.float64)
        per_frame = np.full(len(clip), np.nan, np.float32)
        logits: list[float] = []
        for start, run in runs.items():
            with torch.no_grad():
                said = self._net.by_frame(as_tensor(run[None]))[0].float()
            logits.append(float(said.mean()))
            per_frame[start : start + len(run)] = said.clamp(-MOST_LOGIT, MOST_LOGIT).sigmoid().numpy()
        said_of_runs = np.array(logits, np.float32)
        starts = [*runs]
        return Score(
            value=pooled(said_of_runs),
            per_frame=per_frame,
            heat_maps=tuple(
                self._heat_map(starts[at], runs[starts[at]], places) for at in telling(said_of_runs, times[starts])
            ),
            series=(Series("value by frame", "", times, per_frame),),
            measures={"runs": float(len(runs)), "frames": float(sum(map(len, runs.values()))), "face_px": size},
            calibration=self.calibration,
        )

    def _heat_map(self, start: int, run: NDArray[np.uint8], places: Mapping[int, Face]) -> HeatMap:
        """Of the frame in the middle of a run."""
        maps = grad_cam(self.net, self.heat_layer(), as_tensor(run[None]))
        at = len(run) // 2
        mean = _mean(places, slice(start, start + len(run)))
        return HeatMap(start + at, self.view.box(mean), self.view.laid_on_box(maps[at], mean), "Grad-CAM")


def _cut(
    clip: Clip, places: Mapping[int, Face], windows: tuple[slice, ...], view: View
) -> dict[int, NDArray[np.uint8]]:
    """First frame -> the run cut out, `uint8 (T, S, S, 3)`; runs whose landmarks lie in one place are passed over."""
    runs: dict[int, NDArray[np.uint8]] = {}
    held: list[Frame] = []
    waiting = [*windows]
    for index, frame in enumerate(clip.frames()):
        if not waiting:
            break
        window = waiting[0]
        if index >= window.start:
            held.append(frame)
        if index == window.stop - 1:
            points = np.stack([_points(places[i]) for i in range(window.start, window.stop)])
            with contextlib.suppress(ValueError):
                runs[window.start] = cut_run(view, held, points)
            waiting.pop(0)
            held = []
    return runs


def _points(face: Face) -> NDArray[np.float32]:
    assert face.landmarks is not None  # noqa: S101 - those without were left out
    return face.landmarks


def _mean(places: Mapping[int, Face], window: slice) -> Face:
    points = np.stack([_points(places[i]) for i in range(window.start, window.stop)])
    return Face.around(points.mean(0).astype(np.float32))
