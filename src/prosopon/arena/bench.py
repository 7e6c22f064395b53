"""How fast image animation runs here: the quick path beside the plain one, in the same run, on the same pictures.

Only the ratio means something on a machine that does other work too, so plain and quick rounds alternate and medians
are compared. The error of the quick path is measured on the very frames that are timed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.arena.timing import Speed, beside_plain
from prosopon.core.progress import SILENT, Progress
from prosopon.create.fomm.fast import FastAnimator
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.models.motion.config import ModelConfig
from prosopon.models.motion.keypoints import Keypoints

BATCHES = (1, 4, 8)
"""Batch sizes that are tried."""

_TEXTURE_PX = 16
_SEEN = 2


def untrained_with_contrast(config: str, seed: int = 0) -> FirstOrderMotion:
    """Random weights whose generator has seen pictures: an untouched one answers grey, and grey hides any error.

    The detector stays as it is made. One with contrast but without training has many almost equal maxima, so that a
    rounding decides where a keypoint is; trained ones have a single one.
    """
    torch.manual_seed(seed)
    model = FirstOrderMotion.untrained(config)
    pictures = textures(_SEEN, model.config.size_px, seed)
    show_to(model.generator, lambda: model.generator(pictures, _points(model.config), _points(model.config)))
    return model


def show_to(net: torch.nn.Module, look: Callable[[], object]) -> None:
    """Let the norms of an untrained net take their statistics from what it looks at."""
    for part in net.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.momentum = None  # the plain mean of what is seen
    net.train()
    with torch.no_grad():
        look()
    net.eval()


def _points(config: ModelConfig) -> Keypoints:
    value = torch.rand(_SEEN, config.num_kp, 2) * 1.4 - 0.7
    jacobian = torch.eye(2) + 0.1 * torch.randn(_SEEN, config.num_kp, 2, 2)
    return Keypoints(value, jacobian if config.estimate_jacobian else None)


def textures(count: int, size_px: int, seed: int = 0) -> Tensor:
    """Soft random colours, `(count, 3, size_px, size_px)` in [0, 1]."""
    coarse = torch.rand(count, 3, _TEXTURE_PX, _TEXTURE_PX, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(coarse, size=(size_px, size_px), mode="bicubic").clamp(0, 1)


def time_animation(
    model: FirstOrderMotion,
    precision: torch.dtype,
    *,
    batches: Sequence[int] = BATCHES,
    rounds: int = 5,
    progress: Progress = SILENT,
) -> Speed:
    """Time the plain and the quick path of a model on its device.

    Args:
        model: its nets; random weights are as fast as trained ones.
        precision: of the quick path.
        batches: batch sizes to try.
        rounds: timed rounds of each; one more before them warms up and is not counted.
        progress: hears of every round.

    Raises:
        ValueError: no batch size or no round is asked for.
    """
    if not batches or min(batches) < 1 or rounds < 1:
        raise ValueError("a timing needs a batch size and a round at least")
    size, device = model.config.size_px, model.device
    pictures = textures(max(batches) + 1, size, seed=1).to(device)
    source, driving = pictures[:1], pictures[1:]
    kp_source = model.keypoints(source)
    # Each batch size has its own nets: weights are laid out for the first size that they see.
    quick = {batch: model.animator(precision) for batch in batches}
    encoded = {batch: animator.encode(source) for batch, animator in quick.items()}

    def fast(batch: int) -> Tensor:
        animator: FastAnimator = quick[batch]
        return animator.generate(encoded[batch], animator.keypoints(driving[:batch])).prediction

    def wanted(batch: int) -> Tensor:
        return model.generate(source, kp_source=kp_source, kp_driving=model.keypoints(driving[:batch])).prediction

    return beside_plain(
        lambda: wanted(1), fast, wanted, batches=batches, rounds=rounds, device=device,
        facts={"precision": str(precision).removeprefix("torch."), "size_px": size}, progress=progress,
    )  # fmt: skip
