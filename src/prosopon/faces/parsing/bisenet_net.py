"""BiSeNet as it is used for face parsing: pictures in, a score of each class at each pixel out.

Yu, Wang, Peng, Gao, Yu, Sang: "BiSeNet: Bilateral Segmentation Network for Real-time Semantic Segmentation", ECCV 2018,
arXiv 1808.00897. The variant is that of the published face parser zllrunning/face-parsing.PyTorch, whose tensors load
under the names that they have there: a ResNet-18 (He et al. 2016) is the context path, and its features at an eighth of
the size take the place of the paper's spatial path.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the pictures that the net takes, by channel: those of ImageNet."""
MULTIPLE = 32
"""Sides of the pictures are multiples of this many pixels."""


class _Unit(nn.Module):
    """Convolution, batch norm, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


class _Residual(nn.Module):
    """Two convolutions beside a short cut, which is projected where size or width change."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        inner = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(inner)) + self.downsample(x))


def _stage(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(_Residual(inputs, outputs, stride), _Residual(outputs, outputs, 1))


class _ResNet18(nn.Module):
    """Features at an eighth, a sixteenth and a thirty-second of the size; 128, 256 and 512 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1, self.layer2 = _stage(64, 64, 1), _stage(64, 128, 2)
        self.layer3, self.layer4 = _stage(128, 256, 2), _stage(256, 512, 2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        stem = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, padding=1)
        eighth = self.layer2(self.layer1(stem))
        sixteenth = self.layer3(eighth)
        return eighth, sixteenth, self.layer4(sixteenth)


class _AttentionRefinement(nn.Module):
    """Section 3.2 of the paper: channels weighted by what the whole picture shows."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = _Unit(inputs, outputs, 3)
        self.conv_atten = nn.Conv2d(outputs, outputs, 1, bias=False)
        self.bn_atten = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        refined: Tensor = self.conv(x)
        pooled = refined.mean((2, 3), keepdim=True)
        return refined * torch.sigmoid(self.bn_atten(self.conv_atten(pooled)))


class _ContextPath(nn.Module):
    """Features at an eighth of the size, without and with what is known from the coarser ones: 128 channels each."""

    def __init__(self) -> None:
        super().__init__()
        self.resnet = _ResNet18()
        self.arm16, self.arm32 = _AttentionRefinement(256, 128), _AttentionRefinement(512, 128)
        self.conv_head32, self.conv_head16 = _Unit(128, 128, 3), _Unit(128, 128, 3)
        self.conv_avg = _Unit(512, 128, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        eighth, sixteenth, thirty_second = self.resnet(x)
        whole = self.conv_avg(thirty_second.mean((2, 3), keepdim=True))
        coarse = _enlarged(self.arm32(thirty_second) + whole, sixteenth)
        middle = self.arm16(sixteenth) + self.conv_head32(coarse)
        return eighth, self.conv_head16(_enlarged(middle, eighth))


def _enlarged(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, size=like.shape[-2:], mode="nearest")


class _FeatureFusion(nn.Module):
    """Section 3.3 of the paper: both paths joined, channels weighted and added to themselves."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convblk = _Unit(width, width, 1)
        self.conv1 = nn.Conv2d(width, width // 4, 1, bias=False)
        self.conv2 = nn.Conv2d(width // 4, width, 1, bias=False)

    def forward(self, spatial: Tensor, context: Tensor) -> Tensor:
        joined: Tensor = self.convblk(torch.cat((spatial, context), 1))
        weight = torch.sigmoid(self.conv2(F.relu(self.conv1(joined.mean((2, 3), keepdim=True)))))
        return joined + joined * weight


class _Head(nn.Module):
    """Scores of the classes."""

    def __init__(self, inputs: int, middle: int, n_classes: int) -> None:
        super().__init__()
        self.conv = _Unit(inputs, middle, 3)
        self.conv_out = nn.Conv2d(middle, n_classes, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.conv_out(self.conv(x))
        return scores


class BiSeNet(nn.Module):
    """The net with all its published tensors; only the first of its three outputs is computed.

    Args:
        n_classes: how many classes it tells apart.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, n_classes: int = 19) -> None:
        super().__init__()
        self.cp = _ContextPath()
        self.ffm = _FeatureFusion(256)
        self.conv_out = _Head(256, 256, n_classes)
        # The second and third output help in training only. They are here so that published weights fit exactly.
        self.conv_out16, self.conv_out32 = _Head(128, 64, n_classes), _Head(128, 64, n_classes)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures `(B, 3, H, W)` in [0, 1], sides multiples of `MULTIPLE` -> scores `(B, classes, H, W)`.

        Trained at 512 pixels. The softmax over the classes is the published soft map.
        """
        spatial, context = self.cp((pictures - self.mean) / self.std)
        scores = self.conv_out(self.ffm(spatial, context))
        return F.interpolate(scores, size=pictures.shape[-2:], mode="bilinear", align_corners=True)
