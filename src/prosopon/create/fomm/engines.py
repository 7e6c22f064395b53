"""Which engine runs the nets' convolutions: PyTorch, or OpenVINO in bf16 or int8, behind the same quick path."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from prosopon.core.clip import Clip
from prosopon.core.progress import SILENT, Progress
from prosopon.create.fomm.fallback import LEAST_DB, fall_back
from prosopon.create.fomm.fast import FastAnimator, stacks
from prosopon.create.fomm.framing import Framing
from prosopon.create.fomm.model import FommModel
from prosopon.faces.crop import cut
from prosopon.models.openvino import CompiledStack, EnginePrecision, Stack, require_packages
from prosopon.models.tensors import to_tensor

Engine = Literal["torch", "openvino"]
"""Who runs the convolutions."""
_CALIBRATION_FRAMES = 24
_MEASURED_FRAMES = 8
"""Of the calibration's, on which int8 is compared with fp32."""


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
    least_db: float = LEAST_DB,
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
        least_db: layers of int8 go back to bf16 until pictures of the calibration are so close to those of fp32.
        progress: told about every stack, and what went back.

    Raises:
        MissingError: OpenVINO is not installed, or for int8 NNCF.
    """
    require_packages(precision)
    animator = FastAnimator(model, precision=torch.float32)
    inputs = _inputs_of_stacks(animator, calibration, n=len(calibration.driving) if precision == "int8" else 1)
    # The model's own blocks: OpenVINO folds them itself, and knows nothing of the packed weights of the quick path.
    plain = stacks(copy.deepcopy(model.kp_detector).float().eval(), copy.deepcopy(model.generator).float().eval())
    quick = stacks(animator.detector, animator.generator)
    measured = calibration.driving[:_MEASURED_FRAMES]
    wanted = _pictures(animator, calibration.source, measured) if precision == "int8" else None
    compiled: dict[str, CompiledStack] = {}
    progress.start(f"compiling for OpenVINO in {precision}", len(plain))
    for name, (net, method) in plain.items():
        chosen: EnginePrecision = precision
        if name == "keypoints" and precision != "fp32":
            chosen = "fp32" if model.config.size_px < 256 else "bf16"
        compiled[name] = CompiledStack(
            net, method, inputs[name], chosen, threads=threads or torch.get_num_threads(), keep_in=keep_in
        )
        setattr(*quick[name], compiled[name])
        progress.advance()
    progress.finish()
    # Stacks that were kept have been measured when they were made.
    if wanted is not None and any(stack.int8_layers for stack in compiled.values()):
        reached = fall_back(
            compiled, lambda: _psnr_db(_pictures(animator, calibration.source, measured), wanted), least_db=least_db
        )
        progress.note(reached.line)
    for stack in compiled.values():
        stack.keep()
    return animator


def _pictures(animator: FastAnimator, source: Tensor, driving: Tensor) -> Tensor:
    encoded = animator.encode(source)
    found = [animator.generate(encoded, animator.keypoints(frame)).prediction for frame in torch.split(driving, 1)]
    return torch.cat(found)


def _psnr_db(made: Tensor, wanted: Tensor) -> float:
    return float(-10 * torch.log10((made - wanted).square().mean().clamp(min=1e-12)))


def _inputs_of_stacks(
    animator: FastAnimator, calibration: CalibrationFrames, *, n: int
) -> dict[str, list[tuple[Tensor, ...]]]:
    """What goes into each stack, item by item, when the first `n` calibration frames are animated."""
    found = stacks(animator.detector, animator.generator)
    seen: dict[str, list[tuple[Tensor, ...]]] = {name: [] for name in found}

    def listening(name: str, run: Stack) -> Stack:
        def call(*inputs: Tensor) -> tuple[Tensor, ...]:
            seen[name] += [tuple(t[row : row + 1].clone() for t in inputs) for row in range(len(inputs[0]))]
            return run(*inputs)

        return call

    for name, (net, method) in found.items():
        setattr(net, method, listening(name, getattr(net, method)))
    try:
        source = animator.encode(calibration.source)
        for frame in torch.split(calibration.driving[:n], 1):
            animator.generate(source, animator.keypoints(frame))
    finally:
        for net, method in found.values():
            delattr(net, method)
    return seen
