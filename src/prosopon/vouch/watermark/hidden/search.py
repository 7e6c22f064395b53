"""Where in the lattice a picture lies that may have been cut, turned or mirrored."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.models.device import computing_in, pick_precision
from prosopon.models.laundering.resample import resampled
from prosopon.vouch.watermark.hidden.canvas import canvas_size, cells
from prosopon.vouch.watermark.hidden.lattice import CELL_PX, SHORT_PX, TILE
from prosopon.vouch.watermark.hidden.net import FOLD, STEPS, Reader
from prosopon.vouch.watermark.hidden.noise import MID_GREY
from prosopon.vouch.watermark.placement import Placement

Effort = Literal["quick", "full"]
"""`quick` takes the picture as it is, at most resized; `full` also looks for cuts, turns and mirrors."""
_SMALLEST = 0.68
"""Share of the short side that is left of a picture at least."""
_SCALE_STEP = 0.022
_TURNS = (-5.4, -3.6, -1.8, 1.8, 3.6, 5.4)
"""In degrees."""
_SLACK_PX = 2
"""How far beyond its border a picture may begin, in pixels of the canvas: edges are sampled too."""


@dataclass(frozen=True)
class Pose:
    """How the picture may have come out of the one that was marked.

    Attributes:
        share: of the short side that is left.
        turn_degrees: by which it was turned, anticlockwise as it is looked at.
        mirrored: left for right.
    """

    share: float = 1.0
    turn_degrees: float = 0.0
    mirrored: bool = False


@dataclass(frozen=True)
class Candidate:
    """A pose and a beginning of cells, and what they say.

    Attributes:
        pose: see there.
        begin: row and column of the canvas, in its pixels, where some cell begins; the picture begins at 0.
        logits: of all cells, `(BITS, rows, columns)`, 0 where less than half of the cell is there.
        first: row and column of the first of these cells, in pixels of the canvas.
        certainty: mean absolute logit of the cells that are there.
        laid: height and width of the picture on the canvas.
    """

    pose: Pose
    begin: tuple[int, int]
    logits: Tensor
    first: tuple[int, int]
    certainty: float
    laid: tuple[int, int]

    def corners(self) -> Iterator[tuple[int, int]]:
        """Where the upper left corner of the marked picture may lie, in pixels of the canvas; up to a tile away."""
        down, along = ([*_beginnings(begin)] for begin in self.begin)
        yield from sorted(((row, column) for row in down for column in along), key=sum, reverse=True)

    def placement(self, corner: tuple[int, int], size: tuple[int, int]) -> Placement:
        """Where the marked picture lies in the one that came in.

        How long its long side was, nobody knows: it is taken to end where the picture does, if it is that long.

        Args:
            corner: row and column, in pixels of the canvas.
            size: height and width of the picture that came in.
        """
        (height, width), (full_height, full_width) = self.laid, size
        if self.pose == Pose() and corner == (0, 0):
            return Placement.whole(full_width, full_height)
        down, along = corner
        spans = np.diag((max(SHORT_PX, width - along), max(SHORT_PX, height - down), 1.0))
        spans[:2, 2] = along, down
        cos, sin = (f(math.radians(self.pose.turn_degrees)) for f in (math.cos, math.sin))
        middle = np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1]])
        turned = middle @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]) @ np.linalg.inv(middle)
        mirrored = np.array([[-1, 0, width], [0, 1, 0], [0, 0, 1]]) if self.pose.mirrored else np.eye(3)
        scaled = np.diag((full_width / width, full_height / height, 1.0))
        return Placement.of((scaled @ mirrored @ turned @ spans)[:2], full_width, full_height)


def stages() -> list[list[Pose]]:
    """Poses that are looked at together, the quick ones first: cut; also mirrored; also turned."""
    shares = [1.0]
    while shares[-1] * (1 - _SCALE_STEP) >= _SMALLEST:
        shares.append(shares[-1] * (1 - _SCALE_STEP))
    return [
        [Pose(share) for share in shares],
        [Pose(share, 0.0, True) for share in shares],
        [Pose(share, turn) for share in shares for turn in _TURNS],
    ]


@torch.no_grad()
def candidates(reader: Reader, image: Tensor, pose: Pose, *, keep: int) -> list[Candidate]:
    """The likeliest beginnings of cells in one pose, best first.

    Args:
        reader: the net.
        image: `(1, 3, H, W)` in [0, 1].
        pose: which.
        keep: how many.
    """
    canvas, there = _laid(image, pose)
    with computing_in(_precision(canvas.device), canvas.device):
        logits = reader.everywhere(canvas)[0]
    share = F.avg_pool2d(there, CELL_PX, FOLD)[0, 0]
    logits = logits[:, : share.shape[0], : share.shape[1]] * (share >= 0.5)
    clear = _by_beginning(logits.abs().mean(0)) / _by_beginning((logits[0] != 0).float()).clamp_min(1)
    found = []
    for place in clear.flatten().topk(keep).indices.tolist():
        down, along = divmod(place, STEPS)
        begin = (down * FOLD, along * FOLD)
        first = (begin[0] - CELL_PX, begin[1] - CELL_PX)
        here = logits[:, down::STEPS, along::STEPS]
        found.append(Candidate(pose, begin, here, first, float(clear[down, along]), _size(image, pose)))
    return found


def _by_beginning(values: Tensor) -> Tensor:
    """Sums over cells, for each place at which cells may begin: `(H / 2, W / 2)` -> `(STEPS, STEPS)`."""
    rows, columns = (-(-side // STEPS) for side in values.shape)
    whole = F.pad(values, (0, columns * STEPS - values.shape[1], 0, rows * STEPS - values.shape[0]))
    return whole.view(rows, STEPS, columns, STEPS).sum((0, 2))


@torch.no_grad()
def as_it_is(reader: Reader, image: Tensor) -> Candidate:
    """What the cells say where nothing was cut: the lattice begins in the upper left corner."""
    canvas, there = _laid(image, Pose())
    canvas, there = canvas[..., CELL_PX:, CELL_PX:], there[..., CELL_PX:, CELL_PX:]
    logits = reader(canvas)[0] * (F.avg_pool2d(there, CELL_PX)[0] >= 0.5)
    return Candidate(Pose(), (0, 0), logits, (0, 0), float(logits.abs().mean()), _size(image, Pose()))


def on_tile(candidate: Candidate, corner: tuple[int, int]) -> Tensor:
    """What all cells say of the tile, `(BITS, TILE, TILE)`, the upper left corner of the marked picture given."""
    tile = torch.zeros(len(candidate.logits), TILE, TILE, dtype=torch.float64)
    down, along = ((first - at) // CELL_PX for first, at in zip(candidate.first, corner, strict=True))
    height, width = candidate.logits.shape[1:]
    rows = (torch.arange(height) + down) % TILE
    columns = (torch.arange(width) + along) % TILE
    flat = (rows[:, None] * TILE + columns).reshape(-1)
    tile.view(len(tile), -1).index_add_(1, flat, candidate.logits.double().cpu().reshape(len(tile), -1))
    return tile


@lru_cache(maxsize=4)
def _precision(device: torch.device) -> torch.dtype:
    """What the reader computes in: bf16 where the hardware has it, as a search is more than a hundred passes."""
    return pick_precision("auto", device)


def _size(image: Tensor, pose: Pose) -> tuple[int, int]:
    """Height and width of a picture on the canvas."""
    height, width = canvas_size(*image.shape[-2:])
    return max(2, round(height * pose.share)), max(2, round(width * pose.share))


def _laid(image: Tensor, pose: Pose) -> tuple[Tensor, Tensor]:
    """The picture on a canvas that begins a cell before it, and where it is: `(1, 3, H, W)`, `(1, 1, H, W)`."""
    size = _size(image, pose)
    small = resampled(image, *size)
    small = small.flip(-1) if pose.mirrored else small
    there = torch.ones_like(small[:, :1])
    rows, columns = cells(*size)
    pad = (CELL_PX, (columns + 1) * CELL_PX - size[1], CELL_PX, (rows + 1) * CELL_PX - size[0])
    canvas = F.pad(torch.cat((small - MID_GREY, there), 1), pad)
    if pose.turn_degrees:
        canvas = _turned(canvas, pose.turn_degrees, (CELL_PX + size[0] / 2, CELL_PX + size[1] / 2))
    return canvas[:, :3] + MID_GREY, canvas[:, 3:]


def _turned(canvas: Tensor, degrees: float, centre: tuple[float, float]) -> Tensor:
    """Turned back by an angle about a point."""
    height, width = canvas.shape[-2:]
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    # Where each pixel of the result comes from, in coordinates that run from -1 to 1 between the outer borders.
    x, y = centre[1] * 2 / width - 1, centre[0] * 2 / height - 1
    rotation = torch.tensor([[cos, sin * height / width], [-sin * width / height, cos]], dtype=canvas.dtype)
    at = torch.tensor([x, y], dtype=canvas.dtype)
    theta = torch.cat((rotation, (at - rotation @ at)[:, None]), 1)[None].to(canvas.device)
    return F.grid_sample(canvas, F.affine_grid(theta, list(canvas.shape), False), "bilinear", "zeros", False)


def _beginnings(begin: int) -> Iterator[int]:
    """Where along an axis the marked picture may begin, if some cell does at `begin`; the nearest first."""
    at = begin % CELL_PX
    at = at - CELL_PX if at > _SLACK_PX else at
    while at > -SHORT_PX:
        yield at
        at -= CELL_PX
