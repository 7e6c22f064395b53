"""Image animation by every engine that is here, in one run: as published, and by each quick path.

Rounds go around all of them in turn and medians are compared, so that whatever else a machine does falls on all alike.
Each engine's pictures are compared with the published path's on the frames that are timed.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from prosopon.arena.bench import textures
from prosopon.arena.roof import Roof, measure_roof
from prosopon.arena.timing import Difference, difference, seconds_of
from prosopon.core.clip import Clip
from prosopon.core.history import SourceType, Step
from prosopon.core.progress import SILENT, Progress
from prosopon.create.fomm.engines import CalibrationFrames, Engine, openvino_animator
from prosopon.create.fomm.fast import EncodedSource, FastAnimator
from prosopon.create.fomm.options import AnimateOptions
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.media.read import read
from prosopon.models.device import has_bf16
from prosopon.models.openvino import EnginePrecision
from prosopon.models.tensors import to_frames
from prosopon.vouch.publish import publish

_BATCH = 8


@dataclass(frozen=True)
class EngineSpeed:
    """One engine.

    Attributes:
        engine, precision: which.
        ms_per_frame: nets only: keypoints of the driving frame and the picture, the source encoded before.
        ratio: how many times as fast as the published path in the same run.
        difference: of its pictures from the published path's.
        prepared_s: what came before the first frame, once for a net or, for int8, once for a driving video's kind.
    """

    engine: Engine
    precision: EnginePrecision
    ms_per_frame: float
    ratio: float
    difference: Difference
    prepared_s: float


@dataclass(frozen=True)
class EngineSpeeds:
    """The published path and every engine.

    Attributes:
        plain_ms_per_frame: as published: batch 1, fp32, the source encoded for each frame.
        engines: in the order of trying.
        roof: what the machine can do at most, in the same run.
        batch: frames that go through together.
    """

    plain_ms_per_frame: float
    engines: tuple[EngineSpeed, ...]
    roof: Roof
    batch: int

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON-able data."""
        return asdict(self)


def engines_here(device: torch.device) -> list[tuple[Engine, EnginePrecision]]:
    """What can be timed on this machine."""
    found: list[tuple[Engine, EnginePrecision]] = [("torch", "fp32")]
    if has_bf16(device):
        found.append(("torch", "bf16"))
    if device.type == "cpu" and find_spec("openvino") is not None:
        found += [("openvino", "bf16")]
        if find_spec("nncf") is not None:
            found += [("openvino", "int8")]
    return found


def time_engines(
    model: FirstOrderMotion,
    pictures: Tensor | None = None,
    *,
    rounds: int = 5,
    progress: Progress = SILENT,
) -> EngineSpeeds:
    """Time every engine on a model.

    Args:
        model: its nets, on the device to compute on.
        pictures: `(N, 3, S, S)` crops of a face, the first one the source, at least 17 of them: one half of the rest
            is for int8's ranges, the other is timed and compared. Random textures where there are none: as fast, but
            what int8 loses on them says nothing.
        rounds: timed rounds; one more before them warms up.
        progress: hears of every round.

    Raises:
        ValueError: there are too few pictures.
    """
    device = model.device
    pictures = textures(1 + 2 * _BATCH, model.config.size_px, seed=1) if pictures is None else pictures
    if len(pictures) < 1 + 2 * _BATCH:
        raise ValueError(f"timing needs {1 + 2 * _BATCH} pictures, not {len(pictures)}")
    pictures = pictures.to(device)
    source, others = pictures[:1], pictures[1:]
    calibration, timed = CalibrationFrames(source, others[:-_BATCH]), others[-_BATCH:]
    kp_source = model.keypoints(source)

    def plain(frame: Tensor) -> Tensor:
        return model.generate(source, kp_source=kp_source, kp_driving=model.keypoints(frame)).prediction

    wanted = torch.cat([plain(frame) for frame in torch.split(timed, 1)])
    animators: dict[tuple[Engine, EnginePrecision], tuple[FastAnimator, float]] = {}
    for engine, precision in engines_here(device):
        began = time.perf_counter()
        animator = _animator(model, engine, precision, calibration, progress)
        animators[engine, precision] = animator, time.perf_counter() - began

    works: dict[Any, Callable[[], Tensor]] = {None: lambda: plain(timed[:1])}
    for key, (animator, _) in animators.items():
        works[key] = partial(_animated, animator, animator.encode(source), timed)
    taken: dict[Any, list[float]] = {key: [] for key in works}
    progress.start("timing engines", rounds + 1)
    for round_ in range(rounds + 1):
        for key, work in works.items():
            seconds = seconds_of(work, device)
            if round_:
                taken[key].append(seconds if key is None else seconds / _BATCH)
        progress.advance()
    progress.finish()
    roof = measure_roof(device, rounds=rounds)

    plain_ms = 1000 * median(taken[None])
    engines = []
    for (engine, precision), (_, prepared_s) in animators.items():
        ms = 1000 * median(taken[engine, precision])
        apart = difference(works[engine, precision](), wanted)
        engines.append(EngineSpeed(engine, precision, ms, plain_ms / ms, apart, prepared_s))
    return EngineSpeeds(plain_ms, tuple(engines), roof, _BATCH)


def _animated(animator: FastAnimator, source: EncodedSource, frames: Tensor) -> Tensor:
    return animator.generate(source, animator.keypoints(frames)).prediction


def _animator(
    model: FirstOrderMotion,
    engine: Engine,
    precision: EnginePrecision,
    calibration: CalibrationFrames,
    progress: Progress,
) -> FastAnimator:
    if engine == "openvino":
        return openvino_animator(model, precision, calibration, progress=progress)
    return model.animator(torch.bfloat16 if precision == "bf16" else torch.float32)


@dataclass(frozen=True)
class FileToFile:
    """The whole way: a video is read, animates a picture, is written, signed and verified.

    Attributes:
        frames, size_px: of the video.
        engine, precision: of the nets.
        frames_per_s: of the whole way, the loading of the weights left out; median of the rounds.
        stages_ms: what parts of it cost a frame when they run alone; they overlap, so their sum is more than the whole.
    """

    frames: int
    size_px: int
    engine: Engine
    precision: EnginePrecision
    frames_per_s: float
    stages_ms: dict[str, float]


def time_file_to_file(
    model: FirstOrderMotion,
    engine: Engine,
    precision: EnginePrecision,
    *,
    size_px: int,
    frames: int = 100,
    rounds: int = 3,
    progress: Progress = SILENT,
) -> FileToFile:
    """Time animation from file to file, the whole picture moving. Face finding is left out: it depends on who finds.

    Args:
        model: on the CPU or elsewhere.
        engine, precision: of the nets.
        size_px: side of picture, video and result.
        frames: length of the video.
        rounds: timed rounds; one more before them warms up.
        progress: hears of every round.
    """
    options = AnimateOptions(crop="whole", driving_crop="whole", paste=False, best_frame=False, size=size_px)
    kind: Any = {"fp32": torch.float32, "bf16": torch.bfloat16, "int8": "int8"}[precision]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        moving = _moving(frames, size_px)
        publish(moving, folder / "driving.mp4")
        publish(Clip.still(moving.first(), step=moving.history[0]), folder / "source.png")
        whole: list[float] = []
        progress.start(f"timing from file to file, {size_px} px", rounds + 1)
        for round_ in range(rounds + 1):
            source, driving = read(folder / "source.png"), read(folder / "driving.mp4")
            clip = model.create({}, source=source, driving=driving, options=options, precision=kind, engine=engine)
            began = time.perf_counter()
            publish(clip, folder / "result.mp4", force=True)
            if round_:
                whole.append(time.perf_counter() - began)
            progress.advance()
        progress.finish()
        stages = {"read": _each(lambda: sum(1 for _ in read(folder / "driving.mp4").frames()), frames)}
        stages["read and animate"] = _each(lambda: sum(1 for _ in clip.frames()), frames)
        still = read(folder / "result.mp4")
        step = Step("arena.bench", source_type=SourceType.ALGORITHMIC)
        held = Clip.of_frames([*still.frames()], still.fps or 25, step=step)
        stages["write, sign, verify"] = _each(lambda: publish(held, folder / "again.mp4", force=True), frames)
    return FileToFile(frames, size_px, engine, precision, frames / median(whole), stages)


def _each(work: Callable[[], object], frames: int) -> float:
    """Milliseconds a frame of one pass."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began) / frames


def _moving(frames: int, size_px: int) -> Clip:
    """A soft texture that drifts."""
    wide = textures(1, size_px + 64, seed=3)
    held = [
        to_frames(wide[..., : size_px, index % 64 : index % 64 + size_px])[0] for index in range(frames)
    ]  # fmt: skip
    step = Step("arena.bench", source_type=SourceType.ALGORITHMIC)
    return Clip.of_frames(held, Fraction(25), step=step)
