"""The face reader's net: one trunk, and heads that tell parts, identity, pose, expression and landmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.core.parts import Part
from prosopon.faces.reader.rows import EXPRESSIONS
from prosopon.models.checkpoint import load, load_strict, part
from prosopon.models.face_blocks import Conv, Merge, fused
from prosopon.models.face_features import WIDTHS, FaceFeatures
from prosopon.models.frozen import freeze

CROP_PX = 160
CROP_SIDE = 2.2
"""Side of the crop in units of the face's size: hair, ears and neck belong to it."""
N_PARTS = len(Part) - 1
"""The iris counts as eye."""
EMBEDDING = 128
POSE_UNIT_DEG = 45.0
"""What angles are told in."""
_FACE = (Part.SKIN, Part.BROW, Part.EYE, Part.NOSE, Part.LIP, Part.MOUTH)
"""Where identity is looked for: hair, glasses and clothes can be changed."""
_CELLS = CROP_PX // 16
_SQUEEZED = 24
_HIDDEN = 256
_POSE, _POINTS = 2, 136


class State(NamedTuple):
    """What a face does.

    Attributes:
        pose: `(B, 2)` yaw and pitch in units of 45 degrees.
        expression: `(B, 16)` coefficients as in `rows.EXPRESSIONS`.
        landmarks: `(B, 68, 2)` in crop widths.
    """

    pose: Tensor
    expression: Tensor
    landmarks: Tensor


class Reading(NamedTuple):
    """All that the net tells of crops.

    Attributes:
        parts: `(B, 13, 160, 160)` logits.
        embedding: `(B, 128)` of length 1.
        state: pose, expression, landmarks.
    """

    parts: Tensor
    embedding: Tensor
    state: State


class PartsHead(nn.Module):
    """From the trunk's maps to what each pixel shows: a feature pyramid (Lin et al., arXiv 1612.03144)."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        pairs = [*zip(widths[:0:-1], widths[-2::-1], strict=True)]
        self.merges = nn.ModuleList(Merge(coarse, fine) for coarse, fine in pairs)
        self.last = nn.Conv2d(widths[0], N_PARTS, 1)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Five maps -> logits `(B, 13, H, W)` of the first one's size."""
        out = maps[-1]
        for merge, fine in zip(self.merges, maps[-2::-1], strict=True):
            out = merge(out, fine)
        logits: Tensor = self.last(out)
        return logits


class IdentityHead(nn.Module):
    """From the deepest map to who somebody is: a mean over where the face is, and one linear map.

    Deng et al., "ArcFace", arXiv 1801.07698, for how it is taught (`losses.identity_loss`).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.widen = Conv(width, _HIDDEN, 1)
        self.out = nn.Linear(2 * _HIDDEN, EMBEDDING)

    def forward(self, deepest: Tensor, face: Tensor) -> Tensor:
        """`(B, C, h, w)` and the face's share of each cell `(B, 1, h, w)` -> `(B, 128)` of length 1."""
        values = self.widen(deepest)
        share = face + 1e-3
        mean = (values * share).sum((2, 3)) / share.sum((2, 3))
        strongest = (values * face).amax((2, 3))
        return F.normalize(self.out(torch.cat((mean, strongest), 1)), dim=1)


class StateHead(nn.Module):
    """From the deepest map to pose, expression and landmarks; positions count, so nothing is averaged."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.squeeze = Conv(width, _SQUEEZED, 1)
        self.hidden = nn.Linear(_SQUEEZED * _CELLS**2, _HIDDEN)
        self.out = nn.Linear(_HIDDEN, _POSE + len(EXPRESSIONS) + _POINTS)

    def forward(self, deepest: Tensor) -> State:
        """`(B, C, 10, 10)` -> a state each."""
        hidden = F.relu(self.hidden(self.squeeze(deepest).flatten(1)))
        pose, expression, points = self.out(hidden).split((_POSE, len(EXPRESSIONS), _POINTS), dim=1)
        return State(pose, expression, 0.5 + 0.25 * points.unflatten(1, (68, 2)))


class ReaderNet(nn.Module):
    """Trunk and heads.

    Args:
        widths: channels of the trunk's maps.
    """

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.trunk = FaceFeatures(widths)
        self.parts = PartsHead(widths)
        self.identity = IdentityHead(widths[-1])
        self.state = StateHead(widths[-1])

    def forward(self, crops: Tensor) -> Reading:
        """`(B, 3, 160, 160)` RGB in [0, 1] -> a reading each."""
        maps = self.trunk(crops)
        logits = self.parts(maps)
        return Reading(logits, self.identity(maps[-1], face_share(logits)), self.state(maps[-1]))

    def as_differentiable(self) -> Callable[[Tensor], Tensor]:
        """What an attacker sees who does not want to be recognised. Gradients reach the crops and no weights.

        Returns:
            From crops `(B, 3, 160, 160)` in [0, 1] to embeddings `(B, 128)` of length 1: as `FaceReader.embed`, of each
            crop and its mirror image together.
        """
        frozen = fused(self)
        freeze(frozen)

        def embed(crops: Tensor) -> Tensor:
            maps = frozen.trunk(torch.cat((crops, crops.flip(-1))))
            both = frozen.identity(maps[-1], face_share(frozen.parts(maps))).float()
            return F.normalize(both.unflatten(0, (2, len(crops))).mean(0), dim=1)

        return embed


def face_share(logits: Tensor) -> Tensor:
    """How much of each cell of the deepest map is face, `(B, 1, h, w)`; no gradient flows through it."""
    shares = logits.detach().softmax(1)[:, [int(one) for one in _FACE]].sum(1, keepdim=True)
    return F.avg_pool2d(shares, 16, ceil_mode=True)


def load_reader(path: Path) -> tuple[ReaderNet, Mapping[str, Any]]:
    """The net of a `.safetensors`, and the card beside it.

    Raises:
        MissingError: there are no such weights.
        CheckpointError: they are damaged, or of another net.
    """
    state, card = load(path)
    net = ReaderNet(card.get("widths", WIDTHS))
    for name, module in net.named_children():
        load_strict(module, part(state, name), f"the {name} of {path.stem}")
    return net, card
