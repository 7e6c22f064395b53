"""What the face reader learns from: tensors in, scalars out."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.faces.reader.net import EMBEDDING, N_PARTS, State
from prosopon.faces.reader.rows import UNKNOWN

_SCALE, _MARGIN = 20.0, 0.25
_RARE = (0.5, 0.8, 2.0, 2.5, 1.0, 2.0, 2.5, 0.8, 1.5, 0.8, 2.0, 0.6, 1.2)
"""Weight of each part: an eye has a hundredth of the pixels of the background, and matters more."""


class PeopleHead(nn.Module):
    """A direction for each person who is learnt from; needed for learning only.

    Args:
        people: how many.
    """

    def __init__(self, people: int) -> None:
        super().__init__()
        self.directions = nn.Parameter(torch.randn(people, EMBEDDING) * EMBEDDING**-0.5)

    def forward(self, embedding: Tensor) -> Tensor:
        """Cosines `(B, people)` of embeddings of length 1 with each person's direction."""
        return embedding @ F.normalize(self.directions, dim=1).T


def identity_loss(cosines: Tensor, person: Tensor) -> Tensor:
    """Additive margin on the angle (Deng et al., ArcFace, arXiv 1801.07698, equation 3).

    Args:
        cosines: `(B, people)`.
        person: `(B,)` who it is.
    """
    own = cosines.gather(1, person[:, None]).clamp(-0.999, 0.999)
    moved = torch.cos(torch.acos(own) + _MARGIN)
    return F.cross_entropy(_SCALE * cosines.scatter(1, person[:, None], moved.to(cosines.dtype)), person)


def parts_loss(logits: Tensor, parts: Tensor) -> Tensor:
    """Cross entropy of the pixels that are known, rare parts weighted up, plus a soft Dice term over all parts.

    Args:
        logits: `(B, 13, H, W)`.
        parts: `(B, H, W)`, 255 where nobody knows.
    """
    weights = torch.tensor(_RARE, device=logits.device)
    cross = F.cross_entropy(logits.float(), parts, weights, ignore_index=UNKNOWN)
    known = (parts != UNKNOWN).unsqueeze(1)
    truth = F.one_hot(parts.clamp(max=N_PARTS - 1), N_PARTS).permute(0, 3, 1, 2) * known
    shares = logits.float().softmax(1) * known
    both = (shares * truth).sum((0, 2, 3))
    dice = (2 * both + 1) / (shares.sum((0, 2, 3)) + truth.sum((0, 2, 3)) + 1)
    return cross + 0.5 * (1 - dice.mean())


def state_losses(state: State, pose: Tensor, expression: Tensor, points: Tensor, known: Tensor) -> dict[str, Tensor]:
    """How wrong pose and expression are where they are `known` `(B,)`, and the landmarks everywhere."""
    share = known.mean().clamp_min(1e-3)
    return {
        "pose": ((state.pose - pose).abs().mean(1) * known).mean() / share,
        "expression": ((state.expression - expression).abs().mean(1) * known).mean() / share,
        "landmarks": 10 * (state.landmarks - points).abs().mean(),
    }
