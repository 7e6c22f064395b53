"""The First Order Motion Model as one object: nets, how they load, and the three things that they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from prosopon.create.fomm.config import get_config, model_from_published
from prosopon.create.fomm.net import Generated, build_nets
from prosopon.create.fomm.transfer import transfer
from prosopon.models.motion.config import ModelConfig
from prosopon.models.motion.keypoints import Keypoints
from prosopon.models.named_nets import NamedNets


class PointsLike(Protocol):
    """Anything with the points and local motions of a `Keypoints`."""

    @property
    def value(self) -> Tensor:
        """`(B, K, 2)` in [-1, 1]."""
        ...

    @property
    def jacobian(self) -> Tensor | None:
        """`(B, K, 2, 2)` or None."""
        ...


def _keypoints(points: PointsLike) -> Keypoints:
    return points if isinstance(points, Keypoints) else Keypoints(points.value, points.jacobian)


def resolve_model_config(config: str | Mapping[str, Any] | ModelConfig) -> ModelConfig:
    """A published name, a table of the published form or a configuration of ours -> the nets' configuration."""
    if isinstance(config, ModelConfig):
        return config
    if isinstance(config, str):
        return get_config(config).model
    return model_from_published(config)


class FommModel(NamedNets):
    """Keypoint detector and generator of one configuration, on one device.

    The methods here are the plain path, equal to the published one; `fast.FastAnimator` is the quick one.
    """

    def __init__(self, config: ModelConfig, *, align_corners: bool) -> None:
        self.config = config
        self.align_corners = align_corners
        self.kp_detector, self.generator = build_nets(config, align_corners=align_corners)
        super().__init__({"kp_detector": self.kp_detector, "generator": self.generator})

    @torch.no_grad()
    def keypoints(self, frames: Tensor) -> Keypoints:
        """Keypoints of pictures `(B, 3, H, W)` in [0, 1]: `.value (B, K, 2)`, `.jacobian (B, K, 2, 2)`."""
        out: Keypoints = self.kp_detector(frames.to(self.device))
        return out

    @torch.no_grad()
    def generate(
        self, source: Tensor, *, kp_source: PointsLike, kp_driving: PointsLike, want_deformed: bool = False
    ) -> Generated:
        """The source picture moved from `kp_source` to `kp_driving`.

        Args:
            source: `(B, 3, H, W)` in [0, 1]; a single picture serves a whole batch of driving points.
            kp_source: of the source picture.
            kp_driving: where its points shall go.
            want_deformed: also give the warped source.

        Returns:
            `.prediction (B, 3, H, W)`, `.mask (B, K+1, h, w)`, `.occlusion_map (B, 1, h, w)`,
            `.deformation (B, h, w, 2)`.
        """
        driving = _keypoints(kp_driving)
        batch = max(len(source), len(driving.value))
        pictures = source.to(self.device).expand(batch, -1, -1, -1)
        out: Generated = self.generator(
            pictures,
            _keypoints(kp_source).expand(batch),
            driving.expand(batch),
            want_deformed=want_deformed,
        )
        return out

    def as_differentiable(self, move: tuple[PointsLike, PointsLike] | None = None) -> Callable[[Tensor], Tensor]:
        """The model as an attacker sees it who protects a source picture. Gradients reach the pictures and no weights.

        Args:
            move: keypoints of one driving person, of one row each: in the pose that is taken to be the source's, and
                in the one that the source shall follow, relatively.

        Returns:
            From pictures `(B, 3, H, W)` in [0, 1] to the pictures that have followed the move, of the same shape and
            range; without a move, to the places of their keypoints `(B, K, 2)` in [-1, 1].
        """
        frozen = self.frozen()
        if move is None:
            return lambda frames: frozen.kp_detector(frames).value
        initial, driving = (_keypoints(points).detach() for points in move)

        def moved(frames: Tensor) -> Tensor:
            source = frozen.kp_detector(frames)
            made: Generated = frozen.generator(frames, source, transfer(source, driving, initial))
            return made.prediction

        return moved

    @staticmethod
    def transfer(
        kp_source: PointsLike,
        kp_driving: PointsLike,
        kp_initial: PointsLike,
        *,
        relative: bool = True,
        relative_jacobian: bool = True,
        adapt_scale: bool = False,
    ) -> Keypoints:
        """The keypoints to generate with; see `transfer.transfer`."""
        return transfer(
            _keypoints(kp_source),
            _keypoints(kp_driving),
            _keypoints(kp_initial),
            relative=relative,
            relative_jacobian=relative_jacobian,
            adapt_scale=adapt_scale,
        )
