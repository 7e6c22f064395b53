"""Learning rate dropout: in each step only some of the weights move, chosen anew (Lin et al., arXiv 1912.00144).

The rest of an optimiser goes on as ever: moments are kept of every weight. It keeps one more copy of the weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from prosopon.core.errors import UsageError
from prosopon.train.optimisers.layouts import pieces

_STATE = "learning_rate_dropout"


def drop_learning_rates(optimiser: Optimizer, keep: float = 0.3, seed: int = 0) -> None:
    """Give an optimiser learning rate dropout, for as long as it lives.

    Which weights move follows from the seed and the number of the step, which is saved with the optimiser's state: a
    run that is resumed goes on exactly, and processes that train together choose alike. Weight decay is part of a step.

    Args:
        optimiser: any; its `step`, `state_dict` and `load_state_dict` are hooked.
        keep: share of the weights that move, to 1/65536; DeepFaceLab's is 0.3. All of them with 1.
        seed: of what is chosen.

    Raises:
        UsageError: `keep` is not above 0, or is above 1.
    """
    if not 0 < keep <= 1:
        raise UsageError(f"a share of {keep} of the weights moves in each step", "give a number above 0, up to 1")
    if keep < 1:
        _Dropout(optimiser, keep, seed)


class _Dropout:
    def __init__(self, optimiser: Optimizer, keep: float, seed: int) -> None:
        self._keep = keep
        self._seed = seed
        self._step = 0
        self._before: dict[Tensor, Tensor] = {}
        optimiser.register_step_pre_hook(self._remember)
        optimiser.register_step_post_hook(self._put_back)
        optimiser.register_state_dict_post_hook(self._save)
        optimiser.register_load_state_dict_pre_hook(self._load)

    @torch.no_grad()
    def _remember(self, optimiser: Optimizer, _arguments: Any, _options: Any) -> None:
        for parameter in _moving(optimiser):
            before = self._before.get(parameter)
            if before is None or before.stride() != parameter.stride() or before.device != parameter.device:
                before = self._before[parameter] = torch.empty_like(parameter)
            before.copy_(parameter)

    @torch.no_grad()
    def _put_back(self, optimiser: Optimizer, _arguments: Any, _options: Any) -> None:
        state = np.random.SeedSequence((self._seed, self._step)).generate_state(1, np.uint32)
        generators: dict[torch.device, torch.Generator] = {}
        for parameter in _moving(optimiser):
            # Apple's GPUs draw no integers of 64 bits.
            device = parameter.device if parameter.device.type == "cuda" else torch.device("cpu")
            if device not in generators:
                generators[device] = torch.Generator(device).manual_seed(int(state[0]))
            for after, before in pieces(parameter, self._before[parameter]):
                moves = chosen(after.numel(), self._keep, generators[device]).to(after.device, after.dtype)
                torch.lerp(before, after, moves.view(after.shape), out=after)
        self._step += 1

    def _save(self, _optimiser: Optimizer, state: dict[str, Any]) -> None:
        state[_STATE] = {"seed": self._seed, "step": self._step}

    def _load(self, _optimiser: Optimizer, state: dict[str, Any]) -> None:
        saved = state.get(_STATE)
        if saved is not None:
            self._seed, self._step = saved["seed"], saved["step"]


def chosen(count: int, keep: float, generator: torch.Generator) -> Tensor:
    """`(count,)` float32, 1 for a share `keep`, 0 elsewhere, each for itself.

    A draw of 64 bits serves four weights: drawing is most of what dropout costs.
    """
    draws = torch.empty(-(-count // 4), dtype=torch.int64, device=generator.device)
    lanes = draws.random_(-(2**63), None, generator=generator).view(torch.int16)[:count]
    return torch.lt(lanes, round(keep * 2**16) - 2**15, out=torch.empty(count, device=lanes.device))


def _moving(optimiser: Optimizer) -> list[Tensor]:
    return [
        parameter for group in optimiser.param_groups for parameter in group["params"] if parameter.grad is not None
    ]
