"""For tests of the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prosopon.core.clip import Clip
from prosopon.create.fomm.technique import FirstOrderMotion, model_card
from prosopon.media.write import encode
from prosopon.models.checkpoint import save


@pytest.fixture
def tiny_weights(own_home: Path) -> str:
    """Name of animation weights among the user's own: tiny nets, random numbers."""
    model = FirstOrderMotion.tiny()
    folder = own_home / "weights"
    folder.mkdir()
    card = {
        **model_card(model.config, align_corners=True),
        "config": "tiny",
        "licence": "Apache-2.0",
        "origin": "a test",
    }
    save(model.state(), folder / "fomm.tiny", card)
    return "fomm.tiny"


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    """A picture to animate, 180 x 140: noise, but large enough for the visible mark to be told."""
    rng = np.random.default_rng(0)
    encode(Clip.still(rng.integers(40, 220, (140, 180, 3), dtype=np.uint8)), tmp_path / "portrait.png")
    return tmp_path / "portrait.png"
