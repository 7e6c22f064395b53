"""Xception (Chollet, CVPR 2017) with two classes, as FaceForensics++ uses it: names and shapes of its checkpoints."""

from __future__ import annotations

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

SIZE_PX = 299
FAKE = 1
"""Which of the two classes is a fake in FaceForensics++ and DeepfakeBench."""


class SeparableConv(nn.Module):
    """A 3 x 3 convolution of each channel for itself, then a 1 x 1 across them."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """`(B, inputs, H, W)` -> `(B, outputs, H, W)`."""
        made: Tensor = self.pointwise(self.conv1(features))
        return made


class Block(nn.Module):
    """Separable convolutions with a way past them.

    Args:
        inputs, outputs: channels.
        count: separable convolutions.
        stride: 2 ends in pooling.
        leading: whether it begins with a ReLU.
        widens_first: whether the first convolution changes the number of channels, rather than the last.
    """

    def __init__(
        self, inputs: int, outputs: int, count: int, stride: int = 1, *, leading: bool = True, widens_first: bool = True
    ) -> None:
        super().__init__()
        if outputs != inputs or stride != 1:
            self.skip: nn.Module = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
            self.skipbn: nn.Module = nn.BatchNorm2d(outputs)
        else:
            self.skip, self.skipbn = nn.Identity(), nn.Identity()
        widths = [inputs, *([outputs] * count if widens_first else [*[inputs] * (count - 1), outputs])]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.ReLU(), SeparableConv(before, after), nn.BatchNorm2d(after)]
        if stride != 1:
            layers.append(nn.MaxPool2d(3, stride, 1))
        self.rep = nn.Sequential(*(layers if leading else layers[1:]))

    def forward(self, features: Tensor) -> Tensor:
        """`(B, inputs, H, W)` -> `(B, outputs, H / stride, W / stride)`, sizes rounded up."""
        made: Tensor = self.rep(features) + self.skipbn(self.skip(features))
        return made


class XceptionNet(nn.Module):
    """Pictures `(B, 3, 299, 299)` in [0, 1] -> logits `(B,)`, positive for a fake.

    Args:
        fake: which of the two classes is a fake.
    """

    def __init__(self, fake: int = FAKE) -> None:
        super().__init__()
        self.fake = fake
        self.conv1 = nn.Conv2d(3, 32, 3, 2, 0, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.block1 = Block(64, 128, 2, 2, leading=False)
        self.block2 = Block(128, 256, 2, 2)
        self.block3 = Block(256, 728, 2, 2)
        for number in range(4, 12):
            self.add_module(f"block{number}", Block(728, 728, 3))
        self.block12 = Block(728, 1024, 2, 2, widens_first=False)
        self.conv3 = SeparableConv(1024, 1536)
        self.bn3 = nn.BatchNorm2d(1536)
        self.conv4 = SeparableConv(1536, 2048)
        self.bn4 = nn.BatchNorm2d(2048)
        self.relu = nn.ReLU()
        self.last_linear = nn.Linear(2048, 2)

    def features(self, pictures: Tensor) -> Tensor:
        """`(B, 3, 299, 299)` in [0, 1] -> `(B, 2048, 10, 10)`."""
        made = F.relu(self.bn1(self.conv1(pictures * 2 - 1)))
        made = F.relu(self.bn2(self.conv2(made)))
        for number in range(1, 13):
            made = self.get_submodule(f"block{number}")(made)
        made = F.relu(self.bn3(self.conv3(made)))
        last: Tensor = self.relu(self.bn4(self.conv4(made)))
        return last

    def classes(self, pictures: Tensor) -> Tensor:
        """Logits of both classes `(B, 2)`, as published."""
        both: Tensor = self.last_linear(self.features(pictures).mean((2, 3)))
        return both

    def forward(self, pictures: Tensor) -> Tensor:
        """The log-odds of a fake by the two classes' softmax, `(B,)`."""
        both = self.classes(pictures)
        return both[:, self.fake] - both[:, 1 - self.fake]
