"""How fast image animation runs here: the quick path beside the plain one, in the same run, on the same pictures.

Only the ratio means something on a machine that does other work too, so plain and quick rounds alternate and medians
are compared. The error of the quick path is measured on the very frames that are timed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.arena.timing import Difference, alternating, cpu_features, cpu_name, difference
from prosopon.core.progress import SILENT, Progress
from prosopon.create.fomm.fast import FastAnimator
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.models.motion.config import ModelConfig
from prosopon.models.motion.keypoints import Keypoints

BATCHES = (1, 4, 8)
"""Batch sizes that are tried."""

_TEXTURE_PX = 16
_SEEN = 2


@dataclass(frozen=True)
class AnimationSpeed:
    """What was measured.

    Attributes:
        plain_ms_per_frame: as published: batch 1, fp32, keypoints of the driving frame, the source encoded each time.
        fast_ms_per_frame: the quick path at its best batch size.
        ratio: plain over fast.
        batch: the best batch size.
        by_batch: ms per frame of every batch size that was tried.
        precision: of the quick path.
        rounds: timed rounds; each figure is the median of them.
        difference: of the quick path's pictures.
    """

    plain_ms_per_frame: float
    fast_ms_per_frame: float
    ratio: float
    batch: int
    by_batch: dict[int, float]
    precision: str
    rounds: int
    difference: Difference
    size_px: int
    device: str
    threads: int
    cpu: str
    cpu_features: tuple[str, ...]
    torch: str

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON-able data."""
        return asdict(self)


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
) -> AnimationSpeed:
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

    def plain() -> Tensor:
        return model.generate(source, kp_source=kp_source, kp_driving=model.keypoints(driving[:1])).prediction

    def fast(batch: int) -> Tensor:
        animator: FastAnimator = quick[batch]
        return animator.generate(encoded[batch], animator.keypoints(driving[:batch])).prediction

    works: dict[int, Callable[[], Tensor]] = {0: plain, **{batch: partial(fast, batch) for batch in batches}}
    taken = alternating(works, device, rounds=rounds, progress=progress)
    by_batch = {batch: 1000 * taken[batch] / batch for batch in batches}
    best = min(by_batch, key=by_batch.__getitem__)
    plain_ms = 1000 * taken[0]
    wanted = model.generate(source, kp_source=kp_source, kp_driving=model.keypoints(driving[:best])).prediction
    return AnimationSpeed(
        plain_ms_per_frame=plain_ms,
        fast_ms_per_frame=by_batch[best],
        ratio=plain_ms / by_batch[best],
        batch=best,
        by_batch=by_batch,
        precision=str(precision).removeprefix("torch."),
        rounds=rounds,
        difference=difference(fast(best), wanted),
        size_px=size,
        device=str(device),
        threads=torch.get_num_threads(),
        cpu=cpu_name(),
        cpu_features=cpu_features(),
        torch=torch.__version__,
    )
