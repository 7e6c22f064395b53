"""What the nets learn from: pieces follow from their seed, and photographs are cut into squares."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prosopon.core.errors import ProsoponError
from prosopon.vouch.watermark.hidden.pictures import PIECE_PX, Pieces, photographs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for name, size in (("large.png", (460, 640, 3)), ("small.png", (120, 90, 3))):
        Image.fromarray(rng.integers(0, 255, size, dtype=np.uint8)).save(tmp_path / name)
    return tmp_path


def test_large_pictures_give_their_corners_too(folder: Path) -> None:
    store = photographs([folder])
    assert [(shot.name, shot.stop - shot.start) for shot in store.shots] == [("large.png", 5), ("small.png", 1)]
    assert store.arrays["picture"].shape == (6, 288, 288, 3)
    assert photographs([folder]).folder == store.folder


def test_pieces_follow_from_their_seed(folder: Path) -> None:
    pieces = Pieces([photographs([folder])])
    assert len(pieces) == 6
    for seed in range(8):
        one, same = (pieces.item(seed % 6, np.random.default_rng(seed)) for _ in range(2))
        assert one["picture"].shape == (PIECE_PX, PIECE_PX, 3)
        assert one["picture"].dtype == np.uint8
        np.testing.assert_array_equal(one["picture"], same["picture"])
        assert one["draw"] == same["draw"]
    assert pieces.plain(5).shape == (288, 288, 3)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProsoponError):
        photographs([tmp_path])
