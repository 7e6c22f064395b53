"""How well held-back faces are swapped while a swap is being learnt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from face_folder import SIDE, face_folder
from numpy.typing import NDArray
from torch import Tensor, nn

from prosopon.core.clip import Frame
from prosopon.core.faces import Box, Face, Pose
from prosopon.create.swap.learnt import LearntWell, _runs
from prosopon.create.swap.plans.net import Swapped
from prosopon.create.swap.plans.plan import get_plan
from prosopon.datasets.face_set import face_store
from prosopon.datasets.swap_pairs import Side
from prosopon.faces.aligned.mean_face import OWN

LIGHT, DARK = (230, 190, 160), (90, 60, 45)
PLAN = get_plan("df-ud_small")


class Middle:
    """Tells people by the colour in the middle of their face."""

    same_person = 0.9

    def embed(self, frame: Frame, face: Face) -> NDArray[np.float32]:
        assert face.landmarks is not None
        x, y = face.landmarks[27:36].mean(0).astype(int)
        colour = frame[y - 3 : y + 3, x - 3 : x + 3].reshape(-1, 3).mean(0) - 128
        return (colour / np.linalg.norm(colour)).astype(np.float32)


class Everywhere:
    """Finds a face in the middle of every picture, its mouth as open as the picture is bright."""

    name = "everywhere"

    def find(self, frame: Frame) -> list[Face]:
        points = (OWN * 50 + 20).astype(np.float32)
        points[55:60, 1] += frame.mean() / 20
        return [Face(Box(0, 0, 90, 90), points, pose=Pose())]


class Paints(nn.Module):
    """Makes every face one colour."""

    def __init__(self, colour: tuple[int, int, int]) -> None:
        super().__init__()
        self.colour = torch.tensor(colour).view(1, 3, 1, 1) / 255

    def swap(self, faces: Tensor, route: str) -> Swapped:
        assert route == "a"
        face = self.colour.expand(len(faces), 3, PLAN.output_px, PLAN.output_px).to(torch.bfloat16)
        return Swapped(face, torch.ones_like(face[:, :1]))


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Side, Side]:
    folders = [
        face_folder(tmp_path / name, colour=colour, count=60, seed=seed)
        for seed, (name, colour) in enumerate((("light", LIGHT), ("dark", DARK)))
    ]
    return tuple(Side.of(face_store(folder), "full") for folder in folders)  # type: ignore[return-value]


def test_whose_face_it_is_taken_for(sides: tuple[Side, Side]) -> None:
    measured = LearntWell(*sides, PLAN, Middle(), Everywhere())
    good, bad = (measured.of(Paints(colour), torch.device("cpu")) for colour in (LIGHT, DARK))
    assert good["identity_source"] > 0.95 > good["identity_source_before"]
    assert good["identity_target"] < 0.5 and bad["identity_target"] > 0.95 > bad["identity_source"]
    assert good["identity_target_before"] > 0.95
    assert good["found"] == 1 and good["flicker"] > 0  # one colour does not do what the target does
    assert set(good) == set(bad) and all(np.isfinite(value) for value in good.values())


def test_the_precision_of_the_net_is_its_own(sides: tuple[Side, Side]) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        found = LearntWell(*sides, PLAN, Middle(), Everywhere()).of(Paints(LIGHT), torch.device("cpu"))
    assert found["identity_source"] > 0.95


def test_held_back_rows_from_everywhere(sides: tuple[Side, Side]) -> None:
    assert _runs(sides[1]) == [[54, 55, 56], [57, 58, 59]]
    bare = Side.of(sides[1].store, "full", hold=False)
    runs = _runs(bare)
    assert len(runs) == 8 and runs[0] == [0, 1, 2] and runs[-1] == [57, 58, 59]
    assert sides[1].store.side_px == SIDE
