"""The First Order Motion Model as one object: nets, how they load, and the three things that they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from prosopon.create.fomm.config import get_config, model_from_published
from prosopon.create.fomm.net import Generated, Generator, build_nets
from prosopon.create.fomm.transfer import transfer
from prosopon.models.checkpoint import load_strict
from prosopon.models.motion.config import ModelConfig
from prosopon.models.motion.keypoints import KeypointDetector, Keypoints
from prosopon.models.motion.published import NETS


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


class FommModel:
    """Keypoint detector and generator of one configuration, on one device.

    The methods here are the plain path, equal to the published one; `fast.FastAnimator` is the quick one.
    """

    def __init__(self, config: ModelConfig, *, align_corners: bool) -> None:
        self.config = config
        self.align_corners = align_corners
        self.kp_detector, self.generator = build_nets(config, align_corners=align_corners)
        self.modules: Mapping[str, KeypointDetector | Generator] = {
            "kp_detector": self.kp_detector,
            "generator": self.generator,
        }
        for module in self.modules.values():
            module.eval()

    @property
    def device(self) -> torch.device:
        """Where the nets are."""
        return self.generator.final.weight.device

    def to(self, device: torch.device) -> FommModel:
        """Move the nets."""
        for module in self.modules.values():
            module.to(device)
        return self

    def load(self, states: Mapping[str, Mapping[str, Tensor]], where: str) -> FommModel:
        """Load weights by net, strictly.

        Raises:
            CheckpointError: names or shapes do not fit; the message lists them.
        """
        for name in NETS:
            module: nn.Module = self.modules[name]
            # Files of before torch 0.4.1 do not count batches; the count plays no part here.
            counts = {key: value for key, value in module.state_dict().items() if key.endswith("num_batches_tracked")}
            load_strict(module, {**counts, **states[name]}, f"{where} ({name})")
        return self

    def state(self) -> dict[str, Tensor]:
        """All weights in one table, `net.leaf` -> tensor."""
        return {f"{net}.{key}": value for net in NETS for key, value in self.modules[net].state_dict().items()}

    def load_state(self, state: Mapping[str, Tensor], where: str) -> FommModel:
        """The inverse of `state`."""
        return self.load(
            {
                net: {key.removeprefix(f"{net}."): value for key, value in state.items() if key.startswith(f"{net}.")}
                for net in NETS
            },
            where,
        )

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
