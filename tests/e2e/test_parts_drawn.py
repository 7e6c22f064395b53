"""`prosopon parts` and `prosopon bench partswap`, with tiny models of random weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prosopon.app.main import main
from prosopon.core.clip import Clip
from prosopon.create.partswap.drawing import palette
from prosopon.create.partswap.technique import PartSwap, model_card
from prosopon.media.write import encode
from prosopon.models.checkpoint import save
from prosopon.studio.person import Identity
from prosopon.studio.render import render
from prosopon.vouch.manifest.verify import verify


@pytest.fixture
def weights(own_home: Path) -> str:
    model = PartSwap.tiny()
    folder = own_home / "weights"
    folder.mkdir(exist_ok=True)
    card = {**model_card(model.config, align_corners=True), "config": "tiny", "licence": "MIT", "origin": "a test"}
    save(model.state(), folder / "partswap.tiny", card)
    return "partswap.tiny"


def test_parts_are_drawn_over_the_head_with_a_legend_below(weights: str, tmp_path: Path) -> None:
    person = render(Identity.random(np.random.default_rng(3)), size_px=192).image
    encode(Clip.still(person), tmp_path / "me.png")
    out = tmp_path / "parts.png"
    words = [str(tmp_path / "me.png"), "-o", str(out), "--weights", weights, "--faces", "builtin"]
    assert main(["parts", *words, "--strength", "1", "--json"]) == 0
    drawn = np.asarray(Image.open(out).convert("RGB"))
    assert drawn.shape[1] == 192
    assert drawn.shape[0] > 192
    colours = palette(PartSwap.tiny().config.num_segments)
    bar = drawn[192:].reshape(-1, 3)
    assert all((np.abs(bar.astype(int) - colour).max(1) < 3).any() for colour in colours)
    assert not np.array_equal(drawn[60:130, 60:130], person[60:130, 60:130])
    # Far from the head nothing is drawn.
    assert np.array_equal(drawn[:4, :4], person[:4, :4])
    assert verify(out).signature == "valid"


def test_a_picture_without_a_face_is_answered_in_a_line(
    weights: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (96, 96), (90, 120, 60)).save(tmp_path / "grass.png")
    out = tmp_path / "parts.png"
    words = [str(tmp_path / "grass.png"), "-o", str(out), "--weights", weights, "--faces", "builtin"]
    assert main(["parts", *words]) == 4
    assert "no face was found" in capsys.readouterr().err
    assert not out.exists()


def test_the_quick_path_is_timed_beside_the_plain_one(weights: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--weights", weights, "--rounds", "1", "--batch", "1", "2", "--precision", "fp32", "--device", "cpu"]
    assert main(["bench", "partswap", *words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ratio"] == pytest.approx(answer["plain_ms_per_frame"] / answer["fast_ms_per_frame"])
    assert set(answer["by_batch"]) == {"1", "2"}
    assert answer["difference"]["largest"] < 1e-3
