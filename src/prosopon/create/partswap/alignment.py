"""Where a swap takes the motion from: First Order Motion instead of the parts' own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.core.errors import CheckpointError
from prosopon.create.partswap.net import Segments
from prosopon.models import checkpoint
from prosopon.models.catalogue import find
from prosopon.models.motion.config import ModelConfig
from prosopon.models.motion.dense import DenseMotion
from prosopon.models.motion.keypoints import KeypointDetector, Keypoints
from prosopon.train.rebuild import from_table


@dataclass
class Alignment:
    """The nets that lay a source over a target more closely than parts do.

    Attributes:
        dense: joins the motions of keypoints into a flow.
        detector: finds the keypoints; None for published weights, where the parts' shifts and affine motions serve.
        weights_name, weights_sha256: of what was loaded, for the record.
        size_px: side of the pictures that the nets were trained on; None: any.
    """

    dense: DenseMotion
    detector: KeypointDetector | None = None
    weights_name: str = "untrained"
    weights_sha256: str | None = None
    size_px: int | None = None

    @classmethod
    def from_weights(cls, name_or_path: str | Path) -> Alignment:
        """Animation weights of the catalogue, or a `.safetensors` with its card beside it.

        Raises:
            MissingError: there are none of that name.
            CheckpointError: they are damaged, or no animation weights.
        """
        entry = find(name_or_path)
        if entry.technique != "fomm":
            raise CheckpointError(
                f"the weights {entry.name} are of {entry.technique}, not of animation", "see prosopon weights list"
            )
        config = from_table(ModelConfig, entry.card.get("model", {}), entry.name)
        align_corners = bool(entry.card.get("align_corners", True))
        state, _ = checkpoint.load(entry.path)
        detector = KeypointDetector(config.kp_detector, config.num_kp, config.num_channels, config.estimate_jacobian)
        dense = DenseMotion(
            config.generator.dense_motion,
            config.num_kp,
            config.num_channels,
            config.generator.estimate_occlusion_map,
            align_corners=align_corners,
        )
        points = checkpoint.part(state, "kp_detector")
        checkpoint.load_strict(detector, points, f"the keypoint detector of {entry.name}")
        inner = checkpoint.part(checkpoint.part(state, "generator"), "dense_motion_network")
        checkpoint.load_strict(dense, inner, f"the dense motion of {entry.name}")
        return cls(dense.eval(), detector.eval(), entry.name, entry.sha256, config.size_px)

    @property
    def num_kp(self) -> int:
        """Keypoints that the dense motion joins."""
        return self.dense.mask.out_channels - 1

    def to(self, device: torch.device) -> Alignment:
        """Move the nets."""
        self.dense.to(device)
        if self.detector is not None:
            self.detector.to(device)
        return self

    def fitted(self, pictures: Tensor) -> Tensor:
        """Pictures `(B, 3, H, W)` at the size of these nets, which may be another than that of part swap's."""
        if self.size_px is None or pictures.shape[-1] == self.size_px:
            return pictures
        return F.interpolate(pictures, size=(self.size_px, self.size_px), mode="bilinear", antialias=True)

    def keypoints(self, picture: Tensor, segments: Segments) -> Keypoints:
        """The points that pictures `(B, 3, H, W)` are aligned by."""
        if self.detector is None:
            return segments.keypoints
        found: Keypoints = self.detector(self.fitted(picture))
        return Keypoints(found.value, found.jacobian)

    def flow(self, source: Tensor, kp_source: Keypoints, kp_target: Keypoints) -> tuple[Tensor, Tensor | None]:
        """Where the source shows what the target shows, `(B, h, w, 2)`, and where it does not show it, `(B, 1, h, w)`.

        Args:
            source: `(B, 3, H, W)` in [0, 1].
            kp_source, kp_target: from `keypoints`.
        """
        motion = self.dense(self.dense.down(self.fitted(source)), kp_source, kp_target)
        return motion.deformation, motion.occlusion_map
