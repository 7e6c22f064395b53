"""Weights of trainings at different times, and which of them make one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from prosopon.app.swap_snapshots import lines, snapshots
from prosopon.core.errors import MissingError, UsageError
from prosopon.models.checkpoint import save


def weights(path: Path, plan: str, minutes: float | None, **swap: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    card: dict[str, Any] = {"technique": "swap", "config": plan, "licence": "CC0-1.0", "origin": "a test"}
    if minutes is not None:
        card["training"] = {"steps": int(minutes * 100), "time_s": minutes * 60, "config": {"swap": swap}}
    save({"net.x": torch.full((1,), minutes or 0.0)}, path, card)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "anna"
    for step, minutes in ((100, 5.0), (200, 15.0), (300, 30.0)):
        weights(folder / f"backups/step-{step:08d}/swap.mini", "mini", minutes)
    weights(folder / "weights/swap.mini", "mini", 30.0)
    return folder


def test_a_run_is_its_newest_weights_or_all_of_them(run: Path) -> None:
    (newest,) = snapshots([str(run)])
    assert (newest.name, newest.run, newest.minutes) == ("anna", "anna", 30)
    assert newest.facts()["steps"] == 3000
    assert newest.facts()["plan"] == "mini"
    taken = snapshots([str(run)], backups=True)
    assert [one.minutes for one in taken] == [5, 15, 30]  # the last backup is the weights themselves
    assert [one.name for one in taken] == ["anna, 5 min", "anna, 15 min", "anna, 30 min"]
    assert taken[-1].entry.path.parent == run / "weights"


def test_loose_files_make_a_line_for_each_plan(tmp_path: Path) -> None:
    for plan, minutes in (("mini", 5.0), ("original", 5.0), ("mini", 15.0), ("original", 15.0)):
        weights(tmp_path / f"{plan}-{minutes:g}", plan, minutes)
    taken = snapshots([str(path) for path in sorted(tmp_path.glob("*.safetensors"))])
    assert {one.run for one in taken} == {"mini", "original"}
    values = {one.name: (one.minutes or 0) / 100 for one in taken if one.name != "original, 15 min"}
    assert lines(taken, values) == {"mini": [(5, 0.05), (15, 0.15)], "original": [(5, 0.05)]}


def test_alike_names_are_told_apart(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        weights(tmp_path / folder / "anna/weights/swap.mini", "mini", 5.0)
    taken = snapshots([str(tmp_path / folder / "anna") for folder in ("one", "two")])
    assert [one.name for one in taken] == ["anna", "anna (2)"]
    assert len({one.run for one in taken}) == 2


def test_weights_that_do_not_say_how_long_they_took(tmp_path: Path) -> None:
    weights(tmp_path / "bare", "mini", None)
    (bare,) = snapshots([str(tmp_path / "bare.safetensors")])
    assert bare.minutes is None
    assert lines([bare], {bare.name: 1.0}) == {}
    assert not bare.perceptual


def test_what_has_learnt_from_features_of_faces(tmp_path: Path) -> None:
    weights(tmp_path / "plain", "mini", 5.0, perceptual=0.0)
    weights(tmp_path / "judged", "mini", 5.0, perceptual=0.05)
    taken = snapshots([str(tmp_path / f"{name}.safetensors") for name in ("plain", "judged")])
    assert [one.perceptual for one in taken] == [False, True]


def test_what_is_missing(tmp_path: Path) -> None:
    assert snapshots([]) == []
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingError, match="no weights yet"):
        snapshots([str(tmp_path / "empty")])
    with pytest.raises(MissingError):
        snapshots(["no-such-weights"])
    with pytest.raises(MissingError, match="not of swap"):
        snapshots(["faces.reader"])
    card = {"technique": "swap", "config": "mini", "pretrained": True, "licence": "CC0-1.0", "origin": "a test"}
    save({"net.x": torch.zeros(1)}, tmp_path / "many", card)
    with pytest.raises(UsageError, match="nobody's in particular"):
        snapshots([str(tmp_path / "many.safetensors")])
