"""What training verbs share: previews that are published, and what is said when training is done."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.app.console import Console
from prosopon.core.clip import Clip, Frame
from prosopon.core.history import SourceType, Step
from prosopon.core.progress import Progress
from prosopon.train.report import PublishPicture
from prosopon.train.run import Result
from prosopon.train.timelapse import kept_previews
from prosopon.vouch.publish import publish, publish_picture

_TIMELAPSE_FPS = Fraction(4)


def preview_publisher(op: str, weights: str, source_type: SourceType) -> PublishPicture:
    """Writes previews of a run, labelled and signed.

    Args:
        op: what makes them, as the history names it.
        weights: name of what is trained.
        source_type: what they are.
    """
    step = Step(op, {"weights": weights}, source_type=source_type)

    def publish(picture: NDArray[np.uint8], path: Path) -> None:
        publish_picture(picture, path, step)

    return publish


def publish_timelapse(run: Path, op: str, weights: str, progress: Progress) -> None:
    """Write `timelapse.mp4` of a run from the previews that were kept, where there are two or more of one size."""
    kept = kept_previews(run)
    sizes = [Image.open(path).size for _, path in kept]
    shown = [path for (_, path), size in zip(kept, sizes, strict=True) if size == sizes[-1]]
    if len(shown) < 2:
        return
    width, height = (side // 2 * 2 for side in sizes[-1])

    def frames() -> Iterator[Frame]:
        for path in shown:
            with Image.open(path) as picture:
                yield np.asarray(picture.convert("RGB"))[:height, :width]

    times = tuple(float(i / _TIMELAPSE_FPS) for i in range(len(shown)))
    step = Step(op, {"weights": weights}, source_type=SourceType.TRAINED)
    clip = Clip(width, height, frames, times, _TIMELAPSE_FPS, history=(step,), name=f"{weights}, learning")
    publish(clip, run / "timelapse.mp4", force=True, progress=progress)


def tell_trained(result: Result, folder: Path, console: Console) -> None:
    """Where the weights are, how far training is, and what was measured; `folder` is the run's."""
    console.answer(
        {
            "run": folder,
            "weights": result.weights,
            "step": result.step,
            "resumed_from": result.resumed_from,
            "time_s": round(result.time_s, 1),
            "losses": result.losses,
            "metrics": result.metrics,
        }
    )
    console.say(f"{result.weights} after {result.step} steps; look at {folder / 'index.html'}")
    for metric, value in result.metrics.items():
        console.say(f"  {metric} {value:.4f}")
