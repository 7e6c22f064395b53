"""An exponential moving average of weights, which is steadier than the weights of the last step."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn


class MovingAverage:
    """Averages the parameters of nets; buffers are not averaged, for running statistics are averages already.

    Args:
        modules: the nets by name.
        decay: weight of the old average at each step, 0.999 for instance.
    """

    def __init__(self, modules: Mapping[str, nn.Module], decay: float) -> None:
        self.decay = decay
        self._live = {
            f"{name}.{key}": parameter
            for name, module in modules.items()
            for key, parameter in module.named_parameters()
        }
        self._mean = {key: parameter.detach().clone() for key, parameter in self._live.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights of the step that was just done, the `step`-th, from 1.

        Early on the average forgets faster: with the full decay it would consist of the random first weights for
        thousands of steps.
        """
        decay = min(self.decay, (1 + step) / (10 + step))
        means, live = list(self._mean.values()), [parameter.detach() for parameter in self._live.values()]
        torch._foreach_lerp_(means, live, 1 - decay)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """The nets have the averaged weights inside, and their own again afterwards."""
        own = {key: parameter.detach().clone() for key, parameter in self._live.items()}
        self._fill(self._mean)
        try:
            yield
        finally:
            self._fill(own)

    @torch.no_grad()
    def _fill(self, values: Mapping[str, Tensor]) -> None:
        for key, parameter in self._live.items():
            parameter.copy_(values[key])

    def state_dict(self) -> dict[str, Tensor]:
        """The averages by `<module>.<key>`."""
        return dict(self._mean)

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on from saved averages."""
        for key, mean in self._mean.items():
            mean.copy_(state[key])
