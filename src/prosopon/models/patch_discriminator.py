"""The discriminator that judges overlapping patches (PatchGAN, Isola et al. 2017), shared by CycleGAN and pix2pixHD."""

from __future__ import annotations

from torch import nn

from prosopon.models.instance_norm import InstanceNorm

_SLOPE = 0.2
_MOST_DOUBLINGS = 3


def patch_layers(inputs: int, *, width: int, n_layers: int, padding: int) -> list[list[nn.Module]]:
    """Its layers in `n_layers + 2` groups of a convolution and what follows it; with 3 a patch has 70 x 70 pixels.

    The first `n_layers` halve the size; the last group is a convolution to one plane of scores. There is a norm in all
    groups but the first and the last.

    Args:
        inputs: planes of the input.
        width: channels of the first group; twice as many in each further one, up to eight times.
        n_layers: groups that halve the size.
        padding: of every convolution, in pixels.
    """
    widths = [width << min(level, _MOST_DOUBLINGS) for level in range(n_layers + 1)]
    groups: list[list[nn.Module]] = []
    before = inputs
    for level, channels in enumerate(widths):
        conv = nn.Conv2d(before, channels, 4, stride=2 if level < n_layers else 1, padding=padding)
        norm = [InstanceNorm(channels)] if level else []
        groups.append([conv, *norm, nn.LeakyReLU(_SLOPE)])
        before = channels
    return [*groups, [nn.Conv2d(before, 1, 4, padding=padding)]]
