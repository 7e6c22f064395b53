"""Published checkpoints of co-part segmentation, read without running anything that is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from prosopon.core.errors import CheckpointError
from prosopon.models.importing import read_published

State = dict[str, Tensor]
DENSE_MOTION = "dense_motion_network"
_LEAVES = {"kp": "shift", "jacobian": "affine", "semantic_seg": "segmentation"}
"""A keypoint detector's heads, as a segmentation module calls them."""


class PublishedStates:
    """What one or more published files hold, by net and without computed blur kernels.

    Attributes:
        segmentation: of the segmentation module.
        reconstruction: of the reconstruction module, without dense motion.
        dense_motion: of First Order Motion's dense motion network; empty where no file has one.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        """Read the files; what several have is taken from the first.

        Raises:
            CheckpointError, MissingError: a file is not there or unsafe; or together they lack a net.
        """
        self.segmentation: State = {}
        self.reconstruction: State = {}
        self.dense_motion: State = {}
        for path in paths:
            self._take(read_published(path))
        missing = [
            name
            for name, state in (("segmentation", self.segmentation), ("reconstruction", self.reconstruction))
            if not state
        ]
        if missing:
            names = ", ".join(path.name for path in paths)
            raise CheckpointError(
                f"{names} does not look like a co-part segmentation checkpoint: no {' and no '.join(missing)} module",
                "published files have segmentation_module and reconstruction_module, or kp_detector and generator",
            )

    def _take(self, table: Mapping[str, Any]) -> None:
        segmentation = _state(table.get("segmentation_module"))
        if not segmentation:
            # A First Order Motion checkpoint, which part swap is fine-tuned from: its heads have other names there.
            segmentation = as_segmentation(_state(table.get("kp_detector")))
        pictures = _state(table.get("reconstruction_module")) or _state(table.get("generator"))
        inside = f"{DENSE_MOTION}."
        self.segmentation = self.segmentation or segmentation
        self.dense_motion = self.dense_motion or {
            key.removeprefix(inside): value for key, value in pictures.items() if key.startswith(inside)
        }
        self.reconstruction = self.reconstruction or {
            key: value for key, value in pictures.items() if not key.startswith(inside)
        }


def _state(table: Any) -> State:
    if not isinstance(table, Mapping):
        return {}
    # Blur kernels follow from the scale; the supervised ones in some files made the original's own loader fail.
    return {key.removeprefix("module."): value for key, value in table.items() if not key.endswith("down.weight")
            and not key.endswith("blend_downsample.weight")}  # fmt: skip


def as_segmentation(detector: Mapping[str, Tensor]) -> State:
    """A keypoint detector's weights by the names of a segmentation module: points become shifts, jacobians affine."""

    def renamed(key: str) -> str:
        head, _, leaf = key.partition(".")
        return f"{_LEAVES.get(head, head)}.{leaf}"

    return {renamed(key): value for key, value in detector.items()}


def with_segments(segmentation: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> State:
    """Weights of a segmentation module, with the module's `own` segments where they have none."""
    if has_segments(segmentation):
        return dict(segmentation)
    return {**segmentation, **{key: value for key, value in own.items() if key.startswith("segmentation.")}}


def has_segments(segmentation: Mapping[str, Tensor]) -> bool:
    """Whether weights of a segmentation module know segments, which those of animation do not."""
    return "segmentation.weight" in segmentation
