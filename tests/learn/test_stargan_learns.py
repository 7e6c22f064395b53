"""Does StarGAN learn? Discs of unseen people get another colour and a bar after some steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from labelled_discs import config_of, labelled

from prosopon.create.stargan.recipe import StarganRecipe, card_of
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.settings import Settings


def publish(picture: np.ndarray, path: Path) -> None:
    assert picture.std() > 5
    path.write_bytes(b"seen")


def test_stargan_learns(tmp_path: Path) -> None:
    torch.set_num_threads(2)
    config = config_of()
    seed_all(0)
    recipe = StarganRecipe(
        "stargan.test",
        config,
        labelled(tmp_path / "learnt", people=24),
        card=card_of(config, licence="CC0-1.0", origin="a test"),
        data={},
        held_out=labelled(tmp_path / "others", people=6, seed=1).groups(),
    )
    settings = Settings(steps=300, batch_size=4, precision="fp32", workers=0, device="cpu", measure_every=300)
    found = fit(recipe, tmp_path / "run", settings, publish_picture=publish).metrics
    assert found["edit_l1"] < 0.6 * found["edit_l1_copy"]
    assert found["accuracy_real"] > 0.95
    assert found["accuracy"] > 0.9 > found["accuracy_copy"]
