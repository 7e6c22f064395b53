"""Trains the tiny recipe in a process of its own, so that it can be killed or started by torchrun.

    python train_tiny.py RUN_DIR '{"steps": 12, ...}' '{"norm": false, ...}' [KILL_AT] [KILL_WHILE]

KILL_WHILE `training` ends the process with SIGKILL in the step KILL_AT, `saving` when its state is half written.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch
from tiny_gan import TinyGan, publish
from torch import Tensor

from prosopon.train import loop, state
from prosopon.train.settings import Settings


class DiesInStep(TinyGan):
    """Ends its process in the second phase of a step."""

    kill_at = 0
    step = 0

    def _judge(self, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        self.step += 1
        if self.step == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return super()._judge(batch)


def die_while_saving(step: int) -> None:
    """Let the state of `step` be half written when the end comes."""
    whole = torch.save

    def half(content: dict[str, Any], file: Any) -> None:
        if content["learner"]["step"] == step:
            file.write(b"half a state")
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        whole(content, file)

    state.torch.save = half


def main() -> None:
    run_dir, settings, options = Path(sys.argv[1]), json.loads(sys.argv[2]), json.loads(sys.argv[3])
    torch.set_num_threads(1)
    recipe = DiesInStep(**options)
    if len(sys.argv) > 4 and sys.argv[5] == "training":
        recipe.kill_at = int(sys.argv[4])
    elif len(sys.argv) > 4:
        die_while_saving(int(sys.argv[4]))
    settings["milestones"] = tuple(settings.get("milestones", ()))
    loop.fit(recipe, run_dir, Settings(**settings), publish_picture=publish)


if __name__ == "__main__":
    main()
