"""The generator of StarGAN: a face and the attributes that it shall have -> the face with them.

Keys are those of the published checkpoints.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from prosopon.models.checkpoint import with_counts
from prosopon.models.stargan.trunk import trunk, with_labels


class Generator(nn.Module):
    """Edits faces by labels (Choi et al. 2018, table 4).

    In train mode it uses each picture's own statistics, in eval mode the running ones, as its instance norms do. The
    published attacks on it run it in train mode.

    Args:
        n_labels: attributes that it knows.
        width: channels at full size.
        n_blocks: residual blocks.
    """

    def __init__(self, n_labels: int = 5, width: int = 64, n_blocks: int = 6) -> None:
        super().__init__()
        last = nn.Conv2d(width, 3, 7, padding=3, bias=False)
        self.main = nn.Sequential(*trunk(3 + n_labels, width, n_blocks), last, nn.Tanh())

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Edited pictures.

        Args:
            images: `(B, 3, H, W)` in [-1, 1]; sides are multiples of 4.
            labels: `(B, n_labels)`, or `(1, n_labels)` for all; 1 where the attribute shall be there, else 0.

        Returns:
            `(B, 3, H, W)` in [-1, 1].
        """
        edited: Tensor = self.main(with_labels(images, labels))
        return edited

    def activations(self, images: Tensor, labels: Tensor) -> list[Tensor]:
        """What each layer of `main` answers, first to last, 17 + n_blocks of them; the last one is the picture.

        In the published program ReLUs work in place, so that there the outputs of norms before them are those of the
        ReLUs.
        """
        outputs = [with_labels(images, labels)]
        for layer in self.main:
            outputs.append(layer(outputs[-1]))
        return outputs[1:]

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """As of any module; takes published files as they are."""
        return super().load_state_dict(from_published(state_dict, self), strict=strict, assign=assign)


def from_published(state: Mapping[str, Tensor], net: nn.Module) -> dict[str, Tensor]:
    """A published state as `net` names it: without the blur that some were trained behind, with counts of batches."""
    return with_counts({key: value for key, value in state.items() if "preprocessing" not in key}, net)
