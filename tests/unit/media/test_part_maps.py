"""Part maps as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prosopon.core.errors import MediaError
from prosopon.core.parts import PALETTE, Part
from prosopon.media.part_maps import read_part_map, write_part_map


def test_a_map_comes_back_and_looks_like_its_palette(tmp_path: Path) -> None:
    parts = np.random.default_rng(0).integers(0, len(Part), (9, 7)).astype(np.uint8)
    write_part_map(parts, tmp_path / "map.png")
    assert np.array_equal(read_part_map(tmp_path / "map.png"), parts)
    with Image.open(tmp_path / "map.png") as picture:
        assert np.array_equal(np.array(picture.convert("RGB")), np.array(PALETTE, np.uint8)[parts])


def test_other_pictures_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    Image.new("RGB", (4, 4)).save(path)
    with pytest.raises(MediaError, match="palette"):
        read_part_map(path)
    write_part_map(np.full((4, 4), len(Part), np.uint8), path)
    with pytest.raises(MediaError, match="newer version"):
        read_part_map(path)
    path.write_bytes(b"no picture")
    with pytest.raises(MediaError):
        read_part_map(path)
