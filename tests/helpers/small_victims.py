"""Small nets that edit pictures, for attacks to be tried on, and pictures for them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

N_LABELS = 3


class SmallEditor(nn.Module):
    """Pictures `(B, 3, H, W)` and labels `(B, 3)` -> pictures in [-1, 1]; always the same weights."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.first = nn.Conv2d(3 + N_LABELS, 8, 3, padding=1)
            self.norm = nn.GroupNorm(8, 8)
            self.last = nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        edited: Tensor = (6 * self.last(self.hidden(images, labels))).tanh()
        return edited

    def hidden(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """What the first layer answers."""
        labels = images.new_zeros(len(images), N_LABELS) if labels is None else labels
        planes = labels.to(images)[:, :, None, None].expand(-1, -1, *images.shape[2:])
        answer: Tensor = self.norm(self.first(torch.cat((images, planes), dim=1))).sigmoid()
        return answer


def drawn(n: int = 2, height: int = 12, width: int = 10, seed: int = 1) -> Tensor:
    """Pictures of noise in [-1, 1], `(n, 3, height, width)`, whose values come near to both ends."""
    return torch.rand(n, 3, height, width, generator=torch.Generator().manual_seed(seed)) * 2 - 1
