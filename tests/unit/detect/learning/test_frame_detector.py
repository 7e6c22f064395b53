"""What detectors of single faces have in common: cutting, pooling, abstaining, heat maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prosopon.core.clip import Clip
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.protocols import Detector
from prosopon.core.score import Reason
from prosopon.detect.learning.frame_detector import FrameDetector, pooled, telling
from prosopon.detect.learning.heat import grad_cam
from prosopon.detect.learning.view import View
from prosopon.faces.aligned.mean_face import OWN

POINTS = (OWN * 100 + 50).astype(np.float32)


class Bright(nn.Module):
    """Calls bright faces fake; its only layer averages cells of 8 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = nn.AvgPool2d(8)

    def forward(self, pictures: Tensor) -> Tensor:
        cells: Tensor = self.cells(pictures)
        return (cells.mean((1, 2, 3)) - 0.5) * 8


class BrightDetector(FrameDetector):
    technique: ClassVar[str] = "bright"

    @property
    def view(self) -> View:
        return View(32, 1.5)

    @classmethod
    def build(cls, card: Mapping[str, Any]) -> nn.Module:
        return Bright()

    def heat_layer(self) -> nn.Module | None:
        layer: nn.Module = self.net.get_submodule("cells")
        return layer


def clip_of(*levels: int) -> Clip:
    return Clip.of_frames(np.stack([np.full((200, 200, 3), level, np.uint8) for level in levels]), 5)


def tracks_of(*indices: int, points: NDArray[np.float32] = POINTS) -> Tracks:
    return Tracks((Track({index: Face.around(points) for index in indices}),), 9, "drawn")


def logit(level: int) -> float:
    return (level / 255 - 0.5) * 8


def test_it_is_a_detector() -> None:
    assert isinstance(BrightDetector(Bright()), Detector)


def test_frames_without_the_face_have_no_value_and_the_others_count_alike() -> None:
    score = BrightDetector(Bright()).score(clip_of(0, 100, 200, 255), tracks_of(1, 2))
    assert score.per_frame is not None
    assert np.isnan(score.per_frame[[0, 3]]).all()
    assert np.allclose(score.per_frame[1:3], [1 / (1 + np.exp(-logit(level))) for level in (100, 200)], atol=1e-4)
    assert score.value == pytest.approx(1 / (1 + np.exp(-(logit(100) + logit(200)) / 2)), abs=1e-4)
    assert score.calibration is None
    assert score.log10_lr is None


def test_heat_maps_show_the_frames_that_speak_most_for_a_fake_and_lie_where_was_looked() -> None:
    score = BrightDetector(Bright()).score(clip_of(10, 250, 90, 200, 120), tracks_of(0, 1, 2, 3, 4))
    assert [heat.frame for heat in score.heat_maps] == [1, 3, 4]
    first = score.heat_maps[0]
    assert first.drawn_by == "Grad-CAM"
    assert np.abs(first.values).max() == pytest.approx(1.0, abs=0.01)
    assert first.box.centre == pytest.approx(tuple((POINTS.min(0) + POINTS.max(0)) / 2), abs=0.5)


def test_grad_cam_tells_for_from_against() -> None:
    class Halves(nn.Module):
        """What is bright on the left speaks for a fake, on the right against it."""

        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 1)
            self.sides = torch.cat((torch.ones(8, 4), -torch.ones(8, 4)), 1)

        def forward(self, pictures: Tensor) -> Tensor:
            left, right = (self.conv(pictures) * self.masks()).unbind(1)
            logits: Tensor = left.sum((1, 2)) - right.sum((1, 2))
            return logits

        def masks(self) -> Tensor:
            return torch.stack(((self.sides > 0).float(), (self.sides < 0).float()))

    net = Halves()
    with torch.no_grad():
        net.conv.weight.fill_(1.0)
        net.conv.bias.zero_()  # type: ignore[union-attr]
        net.conv.weight[1] *= 2
    (heat,) = grad_cam(net, net.conv, torch.ones(1, 3, 8, 8))
    assert heat.shape == (8, 8)
    assert heat.min() == -1.0, "channel 1, which speaks against, is twice as strong everywhere"


@pytest.mark.parametrize(
    ("tracks", "reason"),
    [
        (Tracks((), 2, "drawn"), Reason.NO_FACE),
        (Tracks((Track({0: Face(Face.around(POINTS).box)}),), 2, "drawn"), Reason.NO_FACE),
        (tracks_of(0, points=POINTS * 0.2), Reason.FACE_TOO_SMALL),
        (tracks_of(7), Reason.NO_FACE),
    ],
)
def test_where_nothing_can_be_said_it_says_why(tracks: Tracks, reason: Reason) -> None:
    score = BrightDetector(Bright()).score(clip_of(10, 20), tracks)
    assert score.value is None
    assert score.abstained == reason
    assert score.because


def test_nets_that_take_long_look_at_some_frames() -> None:
    class Slow(BrightDetector):
        most_frames: ClassVar[int | None] = 2

    score = Slow(Bright()).score(clip_of(10, 20, 30, 40, 50), tracks_of(0, 1, 2, 3, 4))
    assert score.per_frame is not None
    assert np.isfinite(score.per_frame).tolist() == [True, False, False, False, True]


def test_one_wild_frame_does_not_decide() -> None:
    assert pooled(np.array([1e6, -4, -4, -4, -4], np.float32)) < 0.5
    assert pooled(np.array([0.0], np.float32)) == 0.5


def test_shown_frames_are_not_from_one_moment_where_there_are_others() -> None:
    logits = np.array([5.0, 4.9, 4.8, 1.0, 0.5], np.float32)
    assert telling(logits, np.array([0.0, 0.04, 0.08, 1.0, 2.0])) == [0, 3, 4]
    assert telling(logits[:2], np.array([0.0, 0.04])) == [0, 1]
