"""`prosopon train faces` and `prosopon evaluate faces` as a user runs them, with nets that have hardly learnt."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from prosopon.app.main import main
from prosopon.core.errors import ExitCode
from prosopon.models.catalogue import catalogue
from prosopon.studio.person import Identity
from prosopon.studio.render import render

TRAIN = (
    "train", "faces", "--teacher", "builtin", "--rendered-people", "2", "--rendered-pictures", "2", "--batch-size", "2",
    "--workers", "0", "--device", "cpu", "--precision", "fp32", "--horizon", "10", "--calibrate-on", "3",
)  # fmt: skip


def test_training_goes_on_and_ends_with_weights_that_can_be_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert main([*TRAIN, "--steps", "1", "-o", str(run), "--json"]) == ExitCode.FINE
    first = json.loads(capsys.readouterr().out)
    assert main([*TRAIN, "--steps", "2", "-o", str(run), "--json"]) == ExitCode.FINE
    second = json.loads(capsys.readouterr().out)
    assert (first["step"], second["resumed_from"], second["step"]) == (1, 1, 2)
    weights = run / "weights" / "faces.builtin.safetensors"
    card = json.loads(weights.with_suffix(".json").read_text())
    assert card["technique"] == "faces"
    assert {"detector", "face", "error", "constant"} == set(card["confidence"])
    with Image.open(run / "preview.png") as preview:
        assert preview.size == (4 * 256, 512)

    picture = tmp_path / "somebody.png"
    Image.fromarray(render(Identity(), size_px=200).image).save(picture)
    page = tmp_path / "page.html"
    words = ["evaluate", "faces", str(picture), "--against", "builtin", "--weights", str(weights), "--trials", "0"]
    assert main([*words, "-o", str(page)]) == ExitCode.FINE
    assert "mean error by yaw and roll" in page.read_text()


def test_a_finder_agrees_with_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nobody = tmp_path / "nobody"
    nobody.mkdir()
    Image.fromarray(np.asarray(skimage.data.coffee())[::2, ::2]).save(nobody / "coffee.png")
    picture = tmp_path / "astronaut.png"
    Image.fromarray(np.asarray(skimage.data.astronaut())[:240, 100:340]).save(picture)
    words = ["evaluate", "faces", str(picture), "--against", "builtin", "--without-faces", str(nobody)]
    assert main([*words, "--trials", "1", "--both", "--json"]) == ExitCode.FINE
    answer = json.loads(capsys.readouterr().out)
    assert answer["clear"]["found"] == 1
    assert answer["clear"]["nme"] == 0
    assert 0.02 < answer["clear"]["baseline"] < 0.3
    assert answer["empty"]["pictures"] == 1
    assert answer["empty"]["false"] == 0
    assert answer["dark 50 % of the light"]["nme"] > 0
    blurred = answer["blur 7 % of the face"]
    assert blurred["against"]["nme"] == blurred["nme"], "both were put to the same trial"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nowhere.png",), ExitCode.MISSING),
        ((), ExitCode.USAGE),
        (("x.png", "--every", "0"), ExitCode.USAGE),
        (("x.png", "--finder", "dlib"), ExitCode.USAGE),
    ],
)
def test_mistakes_have_their_exit_codes(words: tuple[str, ...], code: ExitCode) -> None:
    assert main(["evaluate", "faces", *words, "--against", "builtin"]) == code


def test_shipped_weights_are_listed() -> None:
    entry = catalogue()["faces.builtin"]
    assert entry.shipped
    assert entry.technique == "faces"
    assert entry.licence == "CC-BY-4.0"
    assert entry.card["known_failures"]
