"""`FrameDetector`: what detectors that look at single faces have in common.

The value of a clip is the sigmoid of the mean of its frames' logits: the geometric mean of the odds. A single frame
that a net is wildly sure of counts for more than in a mean of probabilities, so that logits are cut at `MOST_LOGIT`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prosopon.core.calibration import Calibration
from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Face, Tracks
from prosopon.core.protocols import Needs
from prosopon.core.score import HeatMap, Reason, Score, Series
from prosopon.detect.learning.heat import grad_cam
from prosopon.detect.learning.trained import Trained
from prosopon.detect.learning.view import View
from prosopon.detect.learning.weights import Opened
from prosopon.faces.head_box import face_size
from prosopon.models.checkpoint import load_strict, part
from prosopon.models.device import Precision, computing_in, pick_precision
from prosopon.models.tensors import to_tensor

NET = "net"
"""What the net is called in weights: `net.<key>`."""
MOST_LOGIT = 10.0
_BATCH = 16
_HEAT_MAPS = 3
_APART_S = 0.2
"""Heat maps are drawn of frames that lie so far apart, where there are such."""


class FrameDetector(Trained):
    """A net that judges faces one by one.

    A technique gives `technique`, `shipped`, `view` and `build`, and where heat maps shall be `heat_layer`.

    Args:
        net: pictures `(B, 3, S, S)` in [0, 1] -> logits `(B,)`, positive for a fake.
        calibration: what values are worth.
        card: of the weights.

    Attributes:
        draws_heat: whether answers come with heat maps; off where thousands of clips are only counted.
    """

    needs: ClassVar[frozenset[Needs]] = frozenset({Needs.FRAMES})
    judges: ClassVar[bool] = True
    smallest: ClassVar[str] = "tiny"
    """The configuration of the smallest net that there is."""
    least_px: ClassVar[float] = 40.0
    """Faces that are smaller, in pixels of the frame, are not judged."""
    most_frames: ClassVar[int | None] = None
    """Frames that are looked at, spread over those with the face; None: all. For nets that take long."""
    precision: ClassVar[Precision] = "fp32"
    """What the net computes in."""

    draws_heat: bool = True

    def __init__(
        self, net: nn.Module, calibration: Calibration | None = None, card: Mapping[str, Any] | None = None
    ) -> None:
        self.net = net.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.calibration = calibration
        self.card = dict(card or {})

    @property
    @abstractmethod
    def view(self) -> View:
        """How faces are cut."""

    @classmethod
    @abstractmethod
    def build(cls, card: Mapping[str, Any]) -> nn.Module:
        """The net that a card speaks of, with any weights.

        Raises:
            CheckpointError: it speaks of none that there is.
        """

    def heat_layer(self) -> nn.Module | None:
        """The module whose output Grad-CAM looks at; None: no heat maps."""
        return None

    def heat(self, pictures: Tensor) -> tuple[NDArray[np.float32], str] | None:
        """Maps `(B, h, w)` of what speaks for a fake where, at most 1 in size, and how they were drawn."""
        layer = self.heat_layer()
        if layer is None:
            return None
        with computing_in(pick_precision(self.precision), torch.device("cpu")):
            return grad_cam(self.net, layer, pictures), "Grad-CAM"

    @classmethod
    def tiny(cls) -> Self:
        """A small one with random weights, for tests."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return cls(cls.build({"config": cls.smallest}))

    @classmethod
    def made_of(cls, opened: Opened) -> Self:
        """With the net that the card speaks of.

        Raises:
            CheckpointError: they do not fit the net.
        """
        net = cls.build(opened.card)
        load_strict(net, part(opened.state, NET), opened.name)
        return cls(net, opened.calibration, opened.card)

    @torch.no_grad()
    def logits(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the net says of cut faces `uint8 (B, S, S, 3)`: `float32 (B,)`, positive for a fake."""
        with computing_in(pick_precision(self.precision), torch.device("cpu")):
            said = [
                self.net(to_tensor(faces[i : i + _BATCH]).contiguous(memory_format=torch.channels_last)).float()
                for i in range(0, len(faces), _BATCH)
            ]
        return np.asarray(torch.cat(said).numpy())

    def score(self, clip: Clip, tracks: Tracks) -> Score:
        """The answer about the most prominent person, or an abstention."""
        main = tracks.main
        places = {} if main is None else {i: face for i, face in main.faces.items() if face.landmarks is not None}
        if not places:
            return Score.abstain(Reason.NO_FACE, f"no face was found in {clip.name}")
        size = float(np.median([face_size(_landmarks(face)) for face in places.values()]))
        if size < self.least_px:
            return Score.abstain(
                Reason.FACE_TOO_SMALL, f"the face is {size:.0f} pixels large, and {self.least_px:.0f} are needed"
            )
        cut = self._cut(clip, self._spread(places))
        if not cut:
            return Score.abstain(Reason.NO_FACE, f"no frame of {clip.name} shows the face")
        indices, faces = [*cut], np.stack([*cut.values()])
        logits = self.logits(faces)
        per_frame = np.full(len(clip), np.nan, np.float32)
        per_frame[indices] = 1 / (1 + np.exp(-np.clip(logits, -MOST_LOGIT, MOST_LOGIT)))
        value = pooled(logits)
        times = np.asarray(clip.times, np.float64)
        return Score(
            value=value,
            per_frame=per_frame,
            heat_maps=self._heat_maps(indices, faces, logits, places, times),
            series=(Series("value by frame", "", times, per_frame),),
            measures={"frames": float(len(indices)), "face_px": size},
            calibration=self.calibration,
        )

    def _spread(self, places: Mapping[int, Face]) -> Mapping[int, Face]:
        """Those of the frames that are looked at."""
        if self.most_frames is None or len(places) <= self.most_frames:
            return places
        indices = sorted(places)
        kept = np.linspace(0, len(indices) - 1, self.most_frames).round().astype(int)
        return {indices[at]: places[indices[at]] for at in kept}

    def _cut(self, clip: Clip, places: Mapping[int, Face]) -> dict[int, Frame]:
        cut: dict[int, Frame] = {}
        for index, frame in enumerate(clip.frames()):
            face = places.get(index)
            if face is not None:
                try:
                    cut[index] = self.view.cut(frame, face)
                except ValueError:  # landmarks in one place
                    continue
        return cut

    def _heat_maps(
        self,
        indices: list[int],
        faces: NDArray[np.uint8],
        logits: NDArray[np.float32],
        places: Mapping[int, Face],
        times: NDArray[np.float64],
    ) -> tuple[HeatMap, ...]:
        """Of the frames that speak most for a fake, the strongest first."""
        if not self.draws_heat:
            return ()
        chosen = telling(logits, times[indices])
        drawn = self.heat(to_tensor(faces[chosen]))
        if drawn is None:
            return ()
        maps, how = drawn
        return tuple(
            HeatMap(
                indices[at],
                self.view.box(places[indices[at]]),
                self.view.laid_on_box(values, places[indices[at]]),
                how,
            )
            for at, values in zip(chosen, maps, strict=True)
        )


def pooled(logits: NDArray[np.float32]) -> float:
    """The value of a clip, 0 to 1, of the logits of its frames."""
    mean = float(np.clip(logits, -MOST_LOGIT, MOST_LOGIT).mean(dtype=np.float64))
    return float(1 / (1 + np.exp(-mean)))


def telling(logits: NDArray[np.float32], times: NDArray[np.float64]) -> list[int]:
    """Which few frames to show: the largest logits first, not from the same moment as long as there are others."""
    order = np.argsort(-logits, kind="stable").tolist()
    chosen: list[int] = []
    for at in order:
        if len(chosen) < _HEAT_MAPS and all(abs(times[at] - times[other]) >= _APART_S for other in chosen):
            chosen.append(at)
    rest = [at for at in order if at not in chosen]
    return [*chosen, *rest[: _HEAT_MAPS - len(chosen)]]


def _landmarks(face: Face) -> NDArray[np.float32]:
    assert face.landmarks is not None  # noqa: S101 - those without were left out
    return face.landmarks
