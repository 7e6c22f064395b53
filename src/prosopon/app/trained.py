"""What training verbs share: previews that are published, and what is said when training is done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.app.console import Console
from prosopon.core.history import SourceType, Step
from prosopon.train.report import PublishPicture
from prosopon.train.run import Result
from prosopon.vouch.publish import publish_picture


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
