"""How fast face swapping learns here, the quick path of a training step beside the plain one; how fast it merges."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from prosopon.arena.timing import alternating, cpu_features, cpu_name
from prosopon.core.clip import Clip
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.create.swap.config import LOSSES, Training, config_of
from prosopon.create.swap.losses import face_terms
from prosopon.create.swap.plans.build import build, cost
from prosopon.create.swap.plans.net import SwapNet, Swapped
from prosopon.create.swap.technique import FaceSwap
from prosopon.faces.aligned.mean_face import OWN
from prosopon.models.device import computing_in
from prosopon.train.optimisers.choice import make_optimiser

_MERGED, _WIDTH, _HEIGHT, _FACE_PX = 16, 640, 480, 190
"""Frames of a clip whose faces are merged, their size, and how large the face is in them."""
_BACKWARD = 3
"""A step costs that many forward passes: the gradients of inputs and of weights cost one each."""


@dataclass(frozen=True)
class StepSpeed:
    """What a training step of both people's faces takes.

    Attributes:
        plan: which net.
        batch: faces of each person in a step.
        plain_s: fp32, contiguous, one person after the other, the optimiser as PyTorch has it by default.
        fast_s: as `prosopon train swap` does it.
        ratio: plain over fast.
        gflop: of a step.
        fast_gflops: reached by the quick path, in 10^9 operations a second.
        loss_plain, loss_fast: of the first step from the same weights on the same faces.
        rounds: timed rounds; the figures are medians.
        precision: of the quick path.
    """

    plan: str
    batch: int
    plain_s: float
    fast_s: float
    ratio: float
    gflop: float
    fast_gflops: float
    loss_plain: float
    loss_fast: float
    rounds: int
    precision: str
    device: str
    threads: int
    cpu: str
    cpu_features: tuple[str, ...]
    torch: str

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON-able data."""
        return asdict(self)


def time_step(
    plan_name: str,
    precision: torch.dtype,
    device: torch.device,
    *,
    batch: int | None = None,
    rounds: int = 3,
    progress: Progress = SILENT,
) -> StepSpeed:
    """Time a training step of a plan, with random weights and faces made of noise, which is as fast as with others.

    Args:
        plan_name: which net.
        precision: of the quick path.
        device: that is computed on.
        batch: faces of each person; the published number when not given.
        rounds: timed rounds; one more before them warms up and is not counted.
        progress: hears of every round.
    """
    config = config_of(plan_name, Training())
    plan, size = config.plan, batch or config.batch_size
    torch.manual_seed(0)
    plain_net = build(plan).to(device)
    fast_net = copy.deepcopy(plain_net).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    faces = [torch.rand(size, 3, plan.input_px, plan.input_px, device=device) for _ in "ab"]
    targets = [torch.rand(size, 3, plan.output_px, plan.output_px, device=device) for _ in "ab"]
    masks = torch.ones(size, 3, plan.output_px, plan.output_px, device=device)
    laid_out = [face.contiguous(memory_format=torch.channels_last) for face in faces]
    # The same loss for both, so that it is the nets and optimisers that are compared.
    loss_config = LOSSES["mae"]

    def loss_of(made: tuple[Swapped, Swapped]) -> Tensor:
        terms = [
            term
            for out, wanted in zip(made, targets, strict=True)
            for term in face_terms(out, wanted, masks, loss_config).values()
        ]
        return torch.stack(terms).sum()

    def plain_loss() -> Tensor:
        return loss_of((plain_net.swap(faces[0], "a"), plain_net.swap(faces[1], "b")))

    def fast_loss() -> Tensor:
        with computing_in(precision, device):
            made = fast_net(*laid_out)
        return loss_of(made)

    plain_optimiser = torch.optim.Adam(plain_net.parameters(), config.learning_rate, config.betas)
    fast_optimiser = make_optimiser("adam", [*fast_net.parameters()], lr=config.learning_rate, betas=config.betas)
    works = {
        "plain": _step(plain_net, plain_loss, plain_optimiser),
        "fast": _step(fast_net, fast_loss, fast_optimiser),
    }
    first = {name: float(loss().detach()) for name, loss in (("plain", plain_loss), ("fast", fast_loss))}
    taken = alternating(works, device, rounds=rounds, progress=progress)
    gflop = _BACKWARD * 2 * size * cost(plan).flops / 1e9
    return StepSpeed(
        plan=plan_name,
        batch=size,
        plain_s=taken["plain"],
        fast_s=taken["fast"],
        ratio=taken["plain"] / taken["fast"],
        gflop=gflop,
        fast_gflops=gflop / taken["fast"],
        loss_plain=first["plain"],
        loss_fast=first["fast"],
        rounds=rounds,
        precision=str(precision).removeprefix("torch."),
        device=str(device),
        threads=torch.get_num_threads(),
        cpu=cpu_name(),
        cpu_features=cpu_features(),
        torch=torch.__version__,
    )


def _step(net: SwapNet, loss: Callable[[], Tensor], optimiser: torch.optim.Optimizer) -> Callable[[], Tensor]:
    def step() -> Tensor:
        optimiser.zero_grad(set_to_none=True)
        found = loss()
        found.backward()  # type: ignore[no-untyped-call]
        nn.utils.get_total_norm([p.grad for p in net.parameters() if p.grad is not None])
        optimiser.step()
        return found.detach()

    return step


@dataclass(frozen=True)
class MergeSpeed:
    """What swapping the face of a frame takes.

    Attributes:
        plan: which net.
        width, height: of the frames, with a face of 190 pixels in them.
        net_ms: of the net alone, a frame of a batch.
        frame_ms: of everything from the decoded frame to the finished one; finding faces is left out.
        fps: frames a second that follow from it, on one process.
        rounds: timed rounds; the figures are medians.
    """

    plan: str
    width: int
    height: int
    net_ms: float
    frame_ms: float
    fps: float
    rounds: int
    precision: str

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON-able data."""
        return asdict(self)


def time_merge(
    plan_name: str,
    precision: torch.dtype,
    device: torch.device,
    *,
    rounds: int = 3,
    progress: Progress = SILENT,
) -> MergeSpeed:
    """Time the swap of a short clip with the default settings, with random weights.

    Args:
        plan_name: which net.
        precision: of the net.
        device: that it is computed on.
        rounds: timed rounds; one more before them warms up and is not counted.
        progress: hears of every round.
    """
    torch.manual_seed(0)
    model = FaceSwap(config_of(plan_name, Training()).plan)
    model.to(device)
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (_MERGED, _HEIGHT // 16, _WIDTH // 16, 3), dtype=np.uint8)
    frames = coarse.repeat(16, axis=1).repeat(16, axis=2)
    points = (OWN * _FACE_PX + ((_WIDTH - _FACE_PX) / 2, (_HEIGHT - _FACE_PX) / 2)).astype(np.float32)
    face = Face.around(points)
    tracks = Tracks((Track(dict.fromkeys(range(_MERGED), face)),), _MERGED, "drawn")
    clip = model.create({"target": tracks}, target=Clip.of_frames(frames, 25), precision=precision)
    side = model.plan.input_px
    crops = rng.integers(0, 255, (_MERGED, side, side, 3), dtype=np.uint8)

    def all_of_it() -> Tensor:
        return torch.tensor([len(list(clip.frames()))])

    works = {"net": lambda: model.swap(crops, precision=precision).face, "all": all_of_it}
    taken = alternating(works, device, rounds=rounds, progress=progress)
    return MergeSpeed(
        plan=plan_name,
        width=_WIDTH,
        height=_HEIGHT,
        net_ms=1000 * taken["net"] / _MERGED,
        frame_ms=1000 * taken["all"] / _MERGED,
        fps=_MERGED / taken["all"],
        rounds=rounds,
        precision=str(precision).removeprefix("torch."),
    )
