"""`prosopon partswap` from files to files, with a tiny model of random weights among the user's own."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from unmarked import unmarked

from prosopon.app.main import main
from prosopon.core.clip import Audio, Clip, Frame
from prosopon.create.partswap.technique import PartSwap, model_card
from prosopon.media.read import read
from prosopon.media.write import encode
from prosopon.models.checkpoint import save
from prosopon.studio.person import Identity, Placement
from prosopon.studio.render import render

N = 7
SIZE = 192


@pytest.fixture
def partswap_weights(own_home: Path) -> str:
    """Name of part swap weights among the user's own: tiny nets, random numbers."""
    model = PartSwap.tiny()
    folder = own_home / "weights"
    folder.mkdir(exist_ok=True)
    card = {**model_card(model.config, align_corners=True), "config": "tiny", "licence": "MIT", "origin": "a test"}
    save(model.state(), folder / "partswap.tiny", card)
    return "partswap.tiny"


@pytest.fixture(scope="module")
def rendered() -> list[Frame]:
    """Two people, one of them in two places."""
    one, other = (Identity.random(np.random.default_rng(seed)) for seed in (3, 5))
    places = (Placement(), Placement(x=-0.06))
    return [render(one, size_px=SIZE).image, *(render(other, place, size_px=SIZE).image for place in places)]


@pytest.fixture
def source(rendered: list[Frame], tmp_path: Path) -> Path:
    encode(Clip.still(rendered[0]), tmp_path / "me.png")
    return tmp_path / "me.png"


@pytest.fixture
def target(rendered: list[Frame], tmp_path: Path) -> Path:
    """Somebody who moves, with sound; wider than high."""
    tone = np.sin(np.arange(16000) / 8).astype(np.float32)[None] * 0.3
    frames = [np.pad(rendered[1 + t // 4], ((0, 0), (24, 24), (0, 0)), mode="edge") for t in range(N)]
    encode(Clip.of_frames(frames, Fraction(25), audio=Audio.of(tone, 16000)), tmp_path / "you.mp4")
    return tmp_path / "you.mp4"


def partswap(*words: object) -> int:
    return main(["partswap", "--faces", "builtin", "--device", "cpu", "--precision", "fp32", *map(str, words)])


def test_the_result_is_signed_keeps_its_sound_and_is_compared(
    partswap_weights: str, source: Path, target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.mp4"
    words = ("-s", source, "-t", target, "-o", out, "--weights", partswap_weights, "--json")
    assert partswap(*words, "--parts", "1,2") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer.keys() >= {"output", "compare", "sidecar", "sha256", "weights", "ms_per_frame", "seconds"}
    assert (answer["frames"], answer["size_px"]) == (N, [SIZE + 48, SIZE])
    assert answer["digital_source_type"] == "compositeWithTrainedAlgorithmicMedia"
    assert [answer[key] for key in ("parts", "whose", "motion", "parser", "faces", "weights")] == [
        "1,2", "target", "parts", None, "builtin", partswap_weights
    ]  # fmt: skip
    result, before = read(out), read(target)
    assert result.audio is not None and before.audio is not None
    assert result.times == pytest.approx(before.times, abs=1e-3)
    assert (result.width, result.height, len(result)) == (before.width, before.height, N)
    compared = read(tmp_path / "out_compare.mp4")
    assert answer["compare"] == str(tmp_path / "out_compare.mp4")
    assert compared.width > 2 * result.width
    for path in (out, tmp_path / "out_compare.mp4"):
        assert main(["verify", str(path), "--json"]) == 0
        verdict = json.loads(capsys.readouterr().out)
        assert (verdict["integrity"], verdict["signature"], verdict["synthetic"]) == ("ok", "valid", True)
    assert "compositeWithTrainedAlgorithmicMedia" in json.dumps(verdict)

    assert partswap(*words) == 2
    assert "-f" in capsys.readouterr().err
    assert main(["verify", str(out)]) == 0


def test_lips_by_name_change_and_the_corners_do_not(
    partswap_weights: str,
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A picture as the target, with the built-in parser; the corner with the visible mark apart."""
    unmarked(monkeypatch)
    encode(Clip.still(render(Identity.random(np.random.default_rng(5)), size_px=SIZE).image), tmp_path / "you.png")
    words = ("-s", source, "-t", tmp_path / "you.png", "-o", tmp_path / "out.png", "--weights", partswap_weights)
    assert partswap(*words, "--parts", "lips", "--motion", "parts", "--no-compare", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["whose"], answer["compare"]) == ("both", None)
    assert answer["parser"] is not None
    changed = np.abs(read(tmp_path / "out.png").first().astype(int) - read(tmp_path / "you.png").first()).max(-1)
    assert changed[SIZE // 2 :, SIZE // 4 : -SIZE // 4].max() > 15
    assert not changed[: SIZE // 4, : SIZE // 4].any()
    assert not (tmp_path / "out_compare.png").exists()


@pytest.mark.parametrize(
    ("more", "code", "says"),
    [
        (("--parts", "nonsense"), 2, "nonsense"),
        (("--parts", "hair,3"), 2, "mixes"),
        (("--parts", "9"), 2, "part 9"),
        (("--whose", "both", "--use-source-segmentation"), 2, "--whose both"),
        (("--weights", "partswap.nowhere"), 4, "prosopon weights"),
        (("--parts", "lips", "--alignment", "fomm.nowhere"), 4, "fomm.nowhere"),
        (("--crop", "500,0,20,20", "--faces", "none"), 2, "--crop 500,0,20,20"),
        (("--parts", "lips", "--motion", "parts", "--faces", "none"), 4, "by name"),
    ],
)
def test_wrong_arguments_end_in_one_line_and_leave_nothing(
    *,
    more: tuple[str, ...],
    code: int,
    says: str,
    partswap_weights: str,
    source: Path,
    target: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = sorted(tmp_path.iterdir())
    words = ["-s", source, "-t", target, "-o", tmp_path / "out.mp4"]
    given = more if "--weights" in more else (*more, "--weights", partswap_weights)
    assert partswap(*words, *given) == code
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert says in said[0]
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(("faceless", "flag"), [("me", "--crop whole"), ("you", "--target-crop whole")])
def test_a_picture_without_a_face_is_missing_one(
    faceless: str,
    flag: str,
    partswap_weights: str,
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    noise = np.random.default_rng(0).integers(40, 220, (140, 180, 3), dtype=np.uint8)
    encode(Clip.still(noise), tmp_path / "noise.png")
    before = sorted(tmp_path.iterdir())
    pictures = (tmp_path / "noise.png", source) if faceless == "me" else (source, tmp_path / "noise.png")
    words = ("-s", pictures[0], "-t", pictures[1], "-o", tmp_path / "out.png", "--weights", partswap_weights)
    assert partswap(*words) == 4
    said = capsys.readouterr().err
    assert "noise.png" in said and flag in said
    assert sorted(tmp_path.iterdir()) == before


def test_inputs_are_never_the_output(partswap_weights: str, source: Path, target: Path) -> None:
    before = target.read_bytes()
    assert partswap("-s", source, "-t", target, "-o", target, "--weights", partswap_weights, "-f") == 2
    assert target.read_bytes() == before
