"""Do the built-in face nets learn? A few steps on rendered people with exact landmarks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from prosopon.core.faces import Pose
from prosopon.faces.builtin.dataset import FaceItems
from prosopon.faces.builtin.nobody import pictures_without_faces
from prosopon.faces.builtin.prepared import cut_face, kept_cuttings
from prosopon.faces.builtin.recipe import FacesRecipe, card_of
from prosopon.studio.person import Identity, Placement
from prosopon.studio.render import render
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.schedule import Schedule
from prosopon.train.settings import Settings
from prosopon.train.store import Shot


def people() -> list[tuple[Shot, list]]:
    shots = []
    for seed in range(3):
        identity = Identity.random(np.random.default_rng(seed))
        shown = [render(identity, Placement(Pose(yaw)), size_px=160) for yaw in (-20, 0, 20)]
        cuttings = [cut_face(one.image, one.landmarks) for one in shown]
        shots.append((Shot(f"p{seed}", f"p{seed}", "rendered"), cuttings))
    return shots


def test_losses_fall(tmp_path: Path) -> None:
    stores = [kept_cuttings(["learn"], people), kept_cuttings(["scikit-image"], pictures_without_faces)]
    seed_all(0)
    recipe = FacesRecipe(
        FaceItems(stores),
        Schedule(warm_up=5, horizon=40),
        card=card_of(licence="none", origin="a test"),
        data={},
        held_out=stores[:1],
    )
    settings = Settings(steps=40, batch_size=8, workers=0, precision="fp32", device="cpu", measure_every=20)
    result = fit(recipe, tmp_path / "run", settings, publish_picture=lambda picture, path: None)
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    for name in ("detector", "landmarks.place"):
        values = [record["losses"][name] for record in log]
        assert np.mean(values[-12:]) < 0.94 * np.mean(values[:4]), name
    assert result.metrics["held_out_nme"] < 0.4
    assert result.weights.stat().st_size == pytest.approx(2.8e6, rel=0.1)
