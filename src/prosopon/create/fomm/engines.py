"""Which engine runs the nets' convolutions: PyTorch, or OpenVINO in bf16 or int8, behind the same quick path."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from prosopon.core.clip import Clip
from prosopon.core.progress import SILENT, Progress
from prosopon.create.fomm.fast import FastAnimator
from prosopon.create.fomm.framing import Framing
from prosopon.create.fomm.model import FommModel
from prosopon.faces.crop import cut
from prosopon.models.openvino import CompiledStack, EnginePrecision, require_packages
from prosopon.models.tensors import to_tensor

Engine = Literal["torch", "openvino"]
"""Who runs the convolutions."""
_CALIBRATION_FRAMES = 24

# The stacks of convolutions, as (net, method) of the animator: see `net`.
_STACKS = ("detector.maps", "generator.dense_motion_network.maps", "generator.paint")


@dataclass(frozen=True)
class CalibrationFrames:
    """Pictures that the int8 engine takes its ranges from: such as it will be used on.

    Attributes:
        source: `(1, 3, S, S)` in [0, 1].
        driving: `(B, 3, S, S)`, a few dozen, different ones.
    """

    source: Tensor
    driving: Tensor


def calibration_frames(source: Clip, driving: Clip, framing: Framing, net_px: int) -> CalibrationFrames:
    """Two dozen frames out of the beginning of a driving video, spread over half a minute at most."""
    step = max(1, min(len(driving), 750) // _CALIBRATION_FRAMES)
    chosen = [
        cut(frame, framing.driving, net_px)
        for index, frame in enumerate(islice(driving.frames(), step * _CALIBRATION_FRAMES))
        if index % step == 0
    ]
    return CalibrationFrames(to_tensor(cut(source.first(), framing.source, net_px)), to_tensor(np.stack(chosen)))


def openvino_animator(
    model: FommModel,
    precision: EnginePrecision,
    calibration: CalibrationFrames,
    *,
    threads: int | None = None,
    keep_in: Path | None = None,
    progress: Progress = SILENT,
) -> FastAnimator:
    """The quick path with its convolutions run by OpenVINO.

    Args:
        model: a loaded model on the CPU; it is left as it is.
        precision: of the convolutions. The keypoint detector of int8 runs in bf16, of bf16 for small nets in fp32: a
            keypoint that is off moves the whole picture.
        calibration: int8 takes its ranges from all of it; the others only its shapes.
        threads: CPU threads; as many as PyTorch takes when not given.
        keep_in: folder in which converted nets are looked for and kept.
        progress: told about every stack.

    Raises:
        MissingError: OpenVINO is not installed, or for int8 NNCF.
    """
    require_packages(precision)
    animator = FastAnimator(model, precision=torch.float32)
    plain: dict[str, nn.Module] = {
        "detector": copy.deepcopy(model.kp_detector).float().eval(),
        "generator": copy.deepcopy(model.generator).float().eval(),
    }
    inputs = _inputs_of_stacks(animator, calibration, n=len(calibration.driving) if precision == "int8" else 1)
    progress.start(f"compiling for OpenVINO in {precision}", len(_STACKS))
    for path in _STACKS:
        *owners, method = path.split(".")
        chosen: EnginePrecision = precision
        if path == "detector.maps" and precision != "fp32":
            chosen = "fp32" if model.config.size_px < 256 else "bf16"
        stack = CompiledStack(
            _at(plain, owners),
            method,
            inputs[path],
            chosen,
            threads=threads or torch.get_num_threads(),
            keep_in=keep_in,
        )
        setattr(_at({"detector": animator.detector, "generator": animator.generator}, owners), method, stack)
        progress.advance()
    progress.finish()
    return animator


def _at(nets: dict[str, nn.Module], owners: Sequence[str]) -> nn.Module:
    net = nets[owners[0]]
    for name in owners[1:]:
        net = getattr(net, name)
    return net


def _inputs_of_stacks(
    animator: FastAnimator, calibration: CalibrationFrames, *, n: int
) -> dict[str, list[tuple[Tensor, ...]]]:
    """What goes into each stack, item by item, when the calibration frames are animated."""
    nets: dict[str, nn.Module] = {"detector": animator.detector, "generator": animator.generator}
    seen: dict[str, list[tuple[Tensor, ...]]] = {path: [] for path in _STACKS}
    originals = {}
    for path in _STACKS:
        *owners, method = path.split(".")
        owner = _at(nets, owners)
        originals[path] = run = getattr(owner, method)

        def listening(*inputs: Tensor, path: str = path, run: object = run) -> tuple[Tensor, ...]:
            seen[path] += [tuple(t[row : row + 1].clone() for t in inputs) for row in range(len(inputs[0]))]
            outputs: tuple[Tensor, ...] = run(*inputs)  # type: ignore[operator]
            return outputs

        setattr(owner, method, listening)
    try:
        source = animator.encode(calibration.source)
        for frame in torch.split(calibration.driving[:n], 1):
            animator.generate(source, animator.keypoints(frame))
    finally:
        for path in _STACKS:
            *owners, method = path.split(".")
            delattr(_at(nets, owners), method)
    return seen
