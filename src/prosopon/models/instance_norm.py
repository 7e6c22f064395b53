"""Instance normalisation whose gradients are right in every memory format (Ulyanov et al. 2016).

PyTorch's own, `F.instance_norm`, answers rightly. But for a batch of one its gradient with respect to the input is off
by more than its own size where the incoming gradient lies in memory as channels_last, which it does before a
channels_last convolution. Training on batches hides that; an attack on one picture becomes random noise by it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


class InstanceNorm(nn.Module):
    """Each channel of each picture with mean 0 and variance 1, then scaled and shifted; keys as of `nn.InstanceNorm2d`.

    In train mode, and always where no statistics are tracked, a picture's own statistics are used. In eval mode, where
    they are tracked, the running ones are: another function, as different as that of batch norm.

    Args:
        channels: of the features.
        affine: whether a learnt scale and shift follow (`weight`, `bias`).
        tracked: whether running statistics are kept (`running_mean`, `running_var`, `num_batches_tracked`).
        eps: what is added to the variance.
        momentum: share of the newest batch in the running statistics.

    Attributes:
        updates: whether train mode changes the running statistics; see also `own_statistics`.
    """

    weight: Tensor | None
    bias: Tensor | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self, channels: int, *, affine: bool = False, tracked: bool = False, eps: float = 1e-5, momentum: float = 0.1
    ) -> None:
        super().__init__()
        self.channels = channels
        self.eps = eps
        self.momentum = momentum
        self.updates = True
        self.register_parameter("weight", nn.Parameter(torch.ones(channels)) if affine else None)
        self.register_parameter("bias", nn.Parameter(torch.zeros(channels)) if affine else None)
        self.register_buffer("running_mean", torch.zeros(channels) if tracked else None)
        self.register_buffer("running_var", torch.ones(channels) if tracked else None)
        self.register_buffer("num_batches_tracked", torch.tensor(0) if tracked else None)

    def extra_repr(self) -> str:
        """What stands between the brackets when the module is printed."""
        return f"{self.channels}, affine={self.weight is not None}, tracked={self.running_mean is not None}"

    def forward(self, features: Tensor) -> Tensor:
        """`(B, C, H, W)` -> the same shape. A channel of one pixel becomes its shift.

        Raises:
            ValueError: the number of channels is another one.
        """
        if features.shape[1] != self.channels:
            raise ValueError(f"features of {features.shape[1]} channels for a norm of {self.channels}")
        if not self.training and self.running_mean is not None:
            return F.batch_norm(features, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        return self._by_own_statistics(features)

    def _by_own_statistics(self, features: Tensor) -> Tensor:
        if self.weight is not None and features.device.type != "cpu":
            features = features.to(self.weight.dtype)  # other devices mix no types; autocast too runs norms in fp32
        n_pixels = math.prod(features.shape[2:])
        out, mean, inverse_deviation = (
            self._by_pictures(features) if _is_pixel_by_pixel(features) else self._by_channels(features, n_pixels)
        )
        if self.training and self.updates and len(features):
            self._update(mean.detach(), inverse_deviation.detach(), n_pixels)
        return out

    def _by_channels(self, features: Tensor, n_pixels: int) -> tuple[Tensor, Tensor, Tensor]:
        """Groups of one channel: on a CPU a seventh of the time of var_mean and arithmetic or less, in fp32 and bf16.

        Contiguous, because the kernel for channels_last takes twenty times as long or more in bf16.
        """
        return torch.native_group_norm(
            features.contiguous(),
            self.weight,
            self.bias,
            len(features),
            self.channels,
            n_pixels,
            self.channels,
            self.eps,
        )

    def _by_pictures(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Batch norm of batches of one: as fast, and convolutions before and after it stay in channels_last."""
        parts = [
            torch.native_batch_norm(one, self.weight, self.bias, None, None, True, self.momentum, self.eps)
            for one in (torch.split(features, 1) if len(features) > 1 else (features,))
        ]
        outs, means, inverse_deviations = zip(*parts, strict=True)
        out = torch.cat(outs) if len(outs) > 1 else outs[0]
        return out, torch.stack(means), torch.stack(inverse_deviations)

    @torch.no_grad()
    def _update(self, mean: Tensor, inverse_deviation: Tensor, n_pixels: int) -> None:
        """Move the running statistics towards those of a batch, `(B, C)` each; variances become unbiased."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        variance = (inverse_deviation.float().pow(-2) - self.eps).clamp(min=0) * (n_pixels / max(n_pixels - 1, 1))
        self.running_mean.lerp_(mean.mean(0).to(self.running_mean.dtype), self.momentum)
        self.running_var.lerp_(variance.mean(0).to(self.running_var.dtype), self.momentum)
        self.num_batches_tracked.add_(1)


def _is_pixel_by_pixel(features: Tensor) -> bool:
    """Whether pictures lie in the memory of a CPU as channels_last, and only so."""
    return (
        features.device.type == "cpu"
        and features.numel() > 0
        and not features.is_contiguous()
        and features.is_contiguous(memory_format=torch.channels_last)
    )


@contextmanager
def own_statistics(net: nn.Module) -> Iterator[None]:
    """While it lasts, norms of `net` use each picture's own statistics, as in train mode, and keep the running ones."""
    norms = [module for module in net.modules() if isinstance(module, InstanceNorm)]
    before = [(norm.training, norm.updates) for norm in norms]
    try:
        for norm in norms:
            norm.training, norm.updates = True, False
        yield
    finally:
        for norm, (training, updates) in zip(norms, before, strict=True):
            norm.training, norm.updates = training, updates


def without_statistics(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A published state for a net whose norms track nothing.

    Files of before torch 0.4 hold running statistics of such norms, which no answer depended on.
    """
    return {key: value for key, value in state.items() if key.rpartition(".")[2] not in _STATISTICS}
