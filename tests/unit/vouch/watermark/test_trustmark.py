"""TrustMark beside ours: against a stand-in, since the package and its weights are not here."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from marked_pictures import MARK, photo
from PIL import Image

from prosopon.core.clip import Clip
from prosopon.core.errors import MissingError, UsageError
from prosopon.vouch.watermark import trustmark


class StandIn:
    """Keeps the bits in the first pixels."""

    Encoding = SimpleNamespace(BCH_4=2)

    def __init__(self, **options: Any) -> None:
        assert options["encoding_type"] == 2

    def encode(self, picture: Image.Image, bits: str, MODE: str) -> Image.Image:
        pixels = np.array(picture)
        assert MODE == "binary"
        pixels[0, :68, 0] = [255 * int(bit) for bit in bits]
        return Image.fromarray(pixels)

    def decode(self, picture: Image.Image, MODE: str) -> tuple[str, bool, int]:
        row = np.array(picture)[0, :68, 0]
        assert MODE == "binary"
        clear = bool(np.isin(row, (0, 255)).all())
        return "".join(str(int(value > 127)) for value in row) if clear else "", clear, 2


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("trustmark")
    module.__spec__ = SimpleNamespace(name="trustmark")  # type: ignore[assignment]
    module.TrustMark = StandIn  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "trustmark", module)
    trustmark._model.cache_clear()


@pytest.mark.usefixtures("installed")
def test_there_and_back() -> None:
    reading = trustmark.read_clip(trustmark.marked(Clip.still(photo()), MARK))
    assert (reading.mark, reading.method) == (MARK, "trustmark")
    assert reading.p_value == pytest.approx(8e-4, rel=0.05)
    assert not trustmark.read_clip(Clip.still(photo())).found


@pytest.mark.usefixtures("installed")
def test_stills_only() -> None:
    with pytest.raises(UsageError, match="stills only"):
        trustmark.marked(Clip.of_frames([photo(), photo()], 25), MARK)


def test_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingError, match="not installed"):
        trustmark.marked(Clip.still(photo()), MARK)
