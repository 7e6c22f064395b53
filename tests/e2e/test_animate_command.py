"""`prosopon animate` from files to files, with a tiny model of random weights among the user's own."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from prosopon.app.main import main
from prosopon.core.clip import Audio, Clip
from prosopon.media.read import read
from prosopon.media.write import encode


@pytest.fixture
def driving(tmp_path: Path) -> Path:
    ramp = np.linspace(30, 220, 48, dtype=np.uint8)[None, :, None].repeat(48, 0).repeat(3, 2)
    tone = np.sin(np.arange(16000) / 8).astype(np.float32)[None] * 0.3
    clip = Clip.of_frames([np.roll(ramp, i, 1) for i in range(9)], Fraction(25), audio=Audio.of(tone, 16000))
    encode(clip, tmp_path / "driving.mp4")
    return tmp_path / "driving.mp4"


def animate(*words: object) -> int:
    return main(["animate", "--faces", "none", *map(str, words)])


def test_result_is_signed_keeps_sound_and_is_compared(
    tiny_weights: str, portrait: Path, driving: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.mp4"
    assert animate("-s", portrait, "-d", driving, "-o", out, "--weights", tiny_weights, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["frames"] == 9
    assert answer["size_px"] == [180, 140]
    assert answer["digital_source_type"] == "compositeWithTrainedAlgorithmicMedia"
    result = read(out)
    assert result.audio is not None
    assert len(result) == 9
    assert next(result.frames()).std() > 5
    compared = read(tmp_path / "out_compare.mp4")
    assert compared.width > 2 * result.width
    assert main(["verify", str(out), "--json"]) == 0
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["integrity"], verdict["signature"], verdict["synthetic"]) == ("ok", "valid", True)


def test_nothing_is_overwritten_unless_asked(tiny_weights: str, portrait: Path, driving: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    words = ("-s", portrait, "-d", driving, "-o", out, "--weights", tiny_weights, "--no-compare")
    out.write_bytes(b"precious")
    assert animate(*words) == 2
    assert out.read_bytes() == b"precious"
    assert animate(*words, "-f") == 0
    assert out.stat().st_size > 1000


def test_inputs_are_never_the_output(tiny_weights: str, portrait: Path, driving: Path) -> None:
    before = driving.read_bytes()
    assert animate("-s", portrait, "-d", driving, "-o", driving, "--weights", tiny_weights, "-f") == 2
    assert driving.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "content"), [("empty.mp4", b""), ("text.mp4", b"not a video\n"), ("missing.mp4", None)]
)
def test_bad_driving_is_one_line_and_leaves_nothing(
    name: str,
    content: bytes | None,
    tiny_weights: str,
    portrait: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = tmp_path / name
    if content is not None:
        bad.write_bytes(content)
    before = sorted(tmp_path.iterdir())
    assert animate("-s", portrait, "-d", bad, "-o", tmp_path / "out.mp4", "--weights", tiny_weights) == 1
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    assert name in complaint
    assert sorted(tmp_path.iterdir()) == before


def test_missing_weights_say_what_to_run(
    portrait: Path, driving: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert animate("-s", portrait, "-d", driving, "-o", tmp_path / "o.mp4", "--weights", "fomm.nowhere") == 4
    assert "prosopon weights" in capsys.readouterr().err


@pytest.mark.parametrize("output", ["out.webm", "out.gif", "frames"])
def test_other_outputs_are_sealed_too(
    output: str, tiny_weights: str, portrait: Path, driving: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / output
    assert animate("-s", portrait, "-d", driving, "-o", out, "--weights", tiny_weights, "--no-compare") == 0
    capsys.readouterr()
    assert main(["verify", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["synthetic"] is True
