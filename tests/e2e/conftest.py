"""For tests of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from prosopon.create.fomm.technique import FirstOrderMotion, model_card
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
