"""What a training verb says when it is done, the same for every technique."""

from __future__ import annotations

from pathlib import Path

from prosopon.app.console import Console
from prosopon.train.run import Result


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
