"""What the built-in face nets learn from: tensors in, scalars out."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.faces.builtin.detector import SIZE_UNIT_PX, STRIDE
from prosopon.faces.builtin.landmarks import Placed

_NEAR = 0.6
"""Cells whose target is above this learn the face's form, not only the one in the middle."""
_SMALLEST_SPREAD = 0.7
"""Of a face's bell on the heat map, in cells."""
_SPREAD = 0.09
"""The same in units of the face's size."""
_WING_REACH, _WING_BEND = 0.06, 0.008
"""Of the wing loss, in crop widths: 0.6 of the distance of the eyes' corners is about 0.2."""
_BELL_CELLS = 1.0
_SCALE_TERM, _HEAT_TERM, _FACE_TERM = 0.02, 0.01, 0.1


def heat_targets(stances: Tensor, known: Tensor, height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """What the detector's maps should be.

    Args:
        stances: `(B, N, 4)`: x, y, size in pixels and roll in degrees.
        known: `(B, N)` 1 for faces, 0 for empty rows.
        height, width: of the maps in cells.

    Returns:
        The heat `(B, 1, h, w)` in [0, 1], 1 at centres; the form `(B, 5, h, w)` of the nearest face; where it counts,
        `(B, 1, h, w)`.
    """
    rows = torch.arange(height, device=stances.device, dtype=torch.float32).view(1, 1, -1, 1)
    columns = torch.arange(width, device=stances.device, dtype=torch.float32).view(1, 1, 1, -1)
    x, y = (stances[..., i, None, None] / STRIDE - 0.5 for i in (0, 1))
    size, roll = (stances[..., i, None, None] for i in (2, 3))
    spread = (size / STRIDE * _SPREAD).clamp(min=_SMALLEST_SPREAD)
    centred = (columns - x.round()) ** 2 + (rows - y.round()) ** 2
    bell = torch.exp(-centred / (2 * spread**2)) * known[..., None, None]
    heat, which = bell.max(1, keepdim=True)
    angle = torch.deg2rad(roll).expand_as(bell)
    forms = torch.stack(
        (
            (x - columns).expand_as(bell),
            (y - rows).expand_as(bell),
            (size.clamp(min=1) / SIZE_UNIT_PX).log().expand_as(bell),
            angle.cos(),
            angle.sin(),
        ),
        2,
    )
    form = forms.gather(1, which[:, :, None].expand(-1, -1, 5, -1, -1))[:, 0]
    return heat, form, (heat > _NEAR).float()


def detector_loss(maps: tuple[Tensor, Tensor], stances: Tensor, known: Tensor) -> dict[str, Tensor]:
    """Focal loss of the heat (CornerNet's, arXiv 1808.01244, equation 1) and distances of the form."""
    logits, form = maps[0].float(), maps[1].float()
    heat, wanted, counts = heat_targets(stances, known, *logits.shape[-2:])
    score = logits.sigmoid()
    at_centre = heat > 0.999
    positive = F.logsigmoid(logits) * (1 - score) ** 2 * at_centre
    negative = F.logsigmoid(-logits) * score**2 * (1 - heat) ** 4 * ~at_centre
    n = at_centre.sum().clamp(min=1)
    apart = F.smooth_l1_loss(form, wanted, reduction="none", beta=0.1) * counts
    per_cell = apart.sum((0, 2, 3)) / counts.sum().clamp(min=1)
    return {
        "heat": -(positive.sum() + negative.sum()) / n,
        "centre": per_cell[:2].sum(),
        "size": 2 * per_cell[2],
        "roll": per_cell[3:].sum(),
    }


def wing(distance: Tensor) -> Tensor:
    """Wing loss (Feng et al. 2018, arXiv 1711.06753, equation 5): small errors count more than squares let them."""
    step = _WING_REACH * math.log(1 + _WING_REACH / _WING_BEND) - _WING_REACH
    near = _WING_REACH * torch.log(1 + distance / _WING_BEND)
    return torch.where(distance < _WING_REACH, near, distance + step)


def landmark_loss(placed: Placed, points: Tensor, is_face: Tensor) -> Mapping[str, Tensor]:
    """Of crops with and without faces.

    Args:
        placed: what the net said of B crops.
        points: `(B, 68, 2)` in crop widths; ignored where there is no face.
        is_face: `(B,)` 1 or 0.
    """
    n = is_face.sum().clamp(min=1)
    distance = ((placed.points - points) ** 2).sum(-1).add(1e-10).sqrt()
    # The errors' own Laplace density in the plane; the points do not learn from it, only the scale does.
    scale = placed.log_scale.clamp(-8, 2)
    surprise = distance.detach() * torch.exp(-scale) + 2 * scale
    per_face = torch.stack((wing(distance).mean(-1), surprise.mean(-1), _bell_loss(placed.heat, points)), 0)
    sums = (per_face * is_face).sum(-1) / n
    face = F.binary_cross_entropy_with_logits(placed.face, is_face)
    return {
        "place": 10 * sums[0],
        "scale": _SCALE_TERM * sums[1],
        "heat": _HEAT_TERM * sums[2],
        "face": _FACE_TERM * face,
    }


def _bell_loss(heat: Tensor, points: Tensor) -> Tensor:
    """Cross entropy of the heat maps with bells around the true points, mean over the points, `(B,)`."""
    height, width = heat.shape[-2:]
    rows = torch.arange(height, device=heat.device).view(1, 1, -1)
    columns = torch.arange(width, device=heat.device).view(1, 1, -1)
    x, y = points[..., :1] * width - 0.5, points[..., 1:] * height - 0.5
    across = F.softmax(-((columns - x) ** 2) / (2 * _BELL_CELLS**2), -1)
    down = F.softmax(-((rows - y) ** 2) / (2 * _BELL_CELLS**2), -1)
    # A bell is a product, so that its cross entropy needs no map of its own in memory twice.
    logs = F.log_softmax(heat.flatten(2), -1).view_as(heat)
    expected = torch.einsum("bphw,bph,bpw->bp", logs, down, across)
    return -expected.mean(-1)
