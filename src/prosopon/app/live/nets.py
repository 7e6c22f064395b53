"""The nets of a live picture: by the engine and in the precision that were asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Literal

import torch

from prosopon.app.live.camera import Camera, Clock
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import UsageError
from prosopon.core.faces import Box
from prosopon.core.home import home
from prosopon.core.progress import Progress
from prosopon.create.fomm.engines import CalibrationFrames, Engine, openvino_animator
from prosopon.create.fomm.fast import FastAnimator
from prosopon.create.fomm.following import Follower
from prosopon.create.fomm.live import calibration_frames, small_part
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.models.device import pick_precision


def open_nets(
    model: FirstOrderMotion,
    source: Clip,
    part: Box,
    camera: Camera,
    follower: Follower,
    *,
    engine: Engine | Literal["auto"],
    precision: Literal["auto", "fp32", "bf16", "int8"],
    progress: Progress,
) -> FastAnimator:
    """The quick path, ready to run.

    Args:
        model: loaded, on the device to compute on.
        source, part: the picture and the square in it that moves.
        camera, follower: int8 takes its ranges from who is seen there.
        engine: auto takes PyTorch, for int8 OpenVINO.
        precision: auto takes bf16 where the machine has units for it.
        progress: told about what takes long.

    Raises:
        UsageError: the engine cannot compute so, or not on that device.
        MissingError: the engine is not installed; or int8, and nobody was seen.
    """
    if engine != "openvino" and precision != "int8":
        return model.animator(pick_precision(precision, model.device))
    if engine == "torch":
        raise UsageError("PyTorch does not run these nets in int8", "add --engine openvino")
    if model.device.type != "cpu":
        raise UsageError(f"OpenVINO runs these nets on CPUs, not on {model.device}", "add --device cpu")
    net_px = model.config.size_px
    if precision == "int8":
        progress.note("int8 takes its ranges from whoever is before the camera: look into it and talk")
        frames = calibration_frames(source, part, _at_once(camera), follower, net_px)
    else:
        picture = small_part(source, part, net_px)
        frames = CalibrationFrames(picture, picture)
    if precision == "auto":
        precision = "bf16" if pick_precision("auto", model.device) is torch.bfloat16 else "fp32"
    return openvino_animator(model, precision, frames, keep_in=home() / "engines", progress=progress)


def _at_once(camera: Camera) -> Iterator[tuple[Frame, float]]:
    """The camera's frames with their times; a file is not waited for."""
    for shot in camera.shots(Clock(time.perf_counter, lambda _: None)):
        yield shot.frame, shot.at_s
