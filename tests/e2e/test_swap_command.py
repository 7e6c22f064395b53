"""`prosopon train swap` and `prosopon swap`, from folders of faces to a signed video, with nets of a few steps."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from face_folder import face_folder
from PIL import Image
from unmarked import unmarked

from prosopon.app.main import main
from prosopon.core.clip import Audio, Clip, Frame
from prosopon.create.swap.merge.settings import MergeSettings
from prosopon.media.read import read
from prosopon.media.write import encode
from prosopon.studio.person import Identity, Placement
from prosopon.studio.render import render
from prosopon.vouch.manifest.verify import verify

N, SIZE = 6, 192
TRAIN = (
    "--plan", "df-ud_small", "--batch-size", "2", "--device", "cpu", "--workers", "0", "--measure-every", "2",
)  # fmt: skip


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return (
        face_folder(tmp_path / "light", colour=(230, 190, 160), count=30),
        face_folder(tmp_path / "dark", colour=(90, 60, 45), count=30, seed=1),
    )


def train(source: Path, target: Path, run: Path, *words: object) -> int:
    return main(["train", "swap", "--source", str(source), "--target", str(target), "-o", str(run), *map(str, words)])


@pytest.fixture
def run_folder(folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert train(*folders, tmp_path / "run", *TRAIN, "--steps", 2) == 0
    capsys.readouterr()
    return tmp_path / "run"


@pytest.fixture(scope="module")
def rendered() -> list[Frame]:
    """Two people side by side, and one of them alone."""
    one, other = (Identity.random(np.random.default_rng(seed)) for seed in (3, 5))
    pictures = [render(who, Placement(x=x), size_px=SIZE).image for who, x in ((one, 0.0), (one, 0.05), (other, 0.0))]
    return [*pictures[:2], np.concatenate([pictures[0], pictures[2]], axis=1)]


@pytest.fixture
def target(rendered: list[Frame], tmp_path: Path) -> Path:
    tone = np.sin(np.arange(16000) / 8).astype(np.float32)[None] * 0.3
    frames = [rendered[t // 3] for t in range(N)]
    encode(Clip.of_frames(frames, Fraction(25), audio=Audio.of(tone, 16000)), tmp_path / "you.mp4")
    return tmp_path / "you.mp4"


def swap(run: object, target: Path, out: Path, *words: object) -> int:
    common = ("--faces", "builtin", "--device", "cpu", "--precision", "fp32")
    return main(["swap", "-m", str(run), "-t", str(target), "-o", str(out), *common, *map(str, words)])


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_training_leaves_weights_a_page_and_what_it_measured(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], precision: str
) -> None:
    run = tmp_path / "run"
    common = [*TRAIN, "--precision", precision]
    assert train(*folders, run, *common, "--steps", 2, "--timelapse-every-s", 0, "--preview-every-s", 0, "--json") == 0
    answer = told(capsys)
    assert answer["step"] == 2 and Path(answer["weights"]).name == "swap.df-ud_small.safetensors"
    wanted = {"identity_source", "identity_source_before", "expression", "expression_still", "pose_deg", "flicker"}
    assert wanted <= set(answer["metrics"])
    assert -1 <= answer["metrics"]["identity_source"] <= 1
    assert verify(run / "preview.png").synthetic and verify(run / "timelapse.mp4").synthetic
    assert "identity_source" in (run / "index.html").read_text()
    card = json.loads(Path(answer["weights"]).with_suffix(".json").read_text())
    assert card["technique"] == "swap" and card["face_type"] == "full" and card["plan"]["output_px"] == 64
    # The same command goes on where it stopped; another plan does not fit the folder.
    assert train(*folders, run, *common, "--steps", 3, "--json") == 0
    assert told(capsys)["resumed_from"] == 2
    assert train(*folders, run, "--plan", "liae-ud_small", *common[2:], "--steps", 3) == 2


@pytest.mark.parametrize(("words", "code", "said"), [
    ((), 2, "when to stop"),
    (("--steps", 1, "--plan", "df-x_64"), 2, "no plan"),
    (("--steps", 1, "--mask", "parsed"), 4, "--masks parsed"),
    (("--steps", 1, "--start-from", "nobody.knows"), 4, "no weights called"),
    (("--steps", 1, "--keep", "0"), 2, "keep is 0"),
])  # fmt: skip
def test_what_makes_no_sense_is_said_in_one_line(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    words: tuple[object, ...], code: int, said: str,
) -> None:  # fmt: skip
    base = [word for word in TRAIN if not ("--plan" in words and word in ("--plan", "df-ud_small"))]
    assert train(*folders, tmp_path / "run", *base, *words) == code
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert said in error and "Traceback" not in error


def test_sets_that_cannot_be_learnt_from(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two = face_folder(tmp_path / "two", tracks=2)
    empty = face_folder(tmp_path / "empty")
    for path in (empty / "crops").rglob("*.png"):
        path.unlink()
    cases = [
        (folders[0], two, 2, "more than one person"),
        (empty, folders[1], 1, "has 0 faces"),
        (folders[0], folders[0], 2, "source and target"),
        (folders[0], tmp_path / "nowhere", 4, "has no alignment.jsonl"),
    ]
    for source, target, code, said in cases:
        assert train(source, target, tmp_path / "run", *TRAIN, "--steps", 1) == code
        assert said in capsys.readouterr().err
        assert not (tmp_path / "run").exists()
    damaged = folders[0] / "crops/track_00/000004.png"
    damaged.write_bytes(damaged.read_bytes()[:200])
    assert train(*folders, tmp_path / "run", *TRAIN, "--steps", 1) == 0
    assert "000004.png" in capsys.readouterr().err


def test_swapping_a_video(run_folder: Path, target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.mp4"
    assert swap(run_folder, target, out, "--mask", "landmarks", "--json") == 0
    answer = told(capsys)
    assert answer["models"] == ["swap.df-ud_small"] and answer["frames"] == answer["frames_with_face"] == N
    assert answer["digital_source_type"] == "compositeWithTrainedAlgorithmicMedia"
    result, before = read(out), read(target)
    assert result.audio is not None and len(result) == N and (result.width, result.height) == (SIZE, SIZE)
    apart = [np.abs(a.astype(int) - b).mean(-1) for a, b in zip(result.frames(), before.frames(), strict=True)]
    assert all(one[60:130, 60:130].mean() > 4 for one in apart)  # another face
    assert all(one[:20].mean() < 4 for one in apart)  # the same background, but for the codec
    report = verify(out)
    assert report.synthetic
    assert {one["relationship"] for one in json.loads(json.dumps(report.as_json()))["ingredients"]} >= {
        "parentOf", "componentOf",
    }  # fmt: skip
    assert read(tmp_path / "out_compare.mp4").width > 2 * SIZE


def test_a_picture_and_its_settings_file(
    run_folder: Path, rendered: list[Frame], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    encode(Clip.still(rendered[0]), tmp_path / "you.png")
    sheet = tmp_path / "sheet.png"
    assert swap(run_folder, tmp_path / "you.png", sheet, "--preview", 1, "--json") == 0
    settings = told(capsys)["settings"]
    assert verify(sheet).synthetic and len(settings) > 4
    assert Image.open(sheet).height > 5 * 192
    seamless = next(path for path, caption in settings.items() if caption == "seamless")
    assert MergeSettings.from_toml(Path(seamless)).blend == "seamless"
    pixels = {}
    for name, words in (("plain", ()), ("file", ("--settings", seamless)), ("flag", ("--blend", "seamless"))):
        out = tmp_path / f"{name}.png"
        assert swap(run_folder, tmp_path / "you.png", out, "--no-compare", *words) == 0
        pixels[name] = read(out).first()
    assert np.array_equal(pixels["file"], pixels["flag"])
    assert not np.array_equal(pixels["plain"], pixels["file"])


def test_only_whom_the_portrait_shows(
    run_folder: Path,
    rendered: list[Frame],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unmarked(monkeypatch)
    both = rendered[2]
    encode(Clip.still(both), tmp_path / "both.png")
    encode(Clip.still(np.ascontiguousarray(both[:, SIZE:])), tmp_path / "right.png")
    out = tmp_path / "out.png"
    words = ("--onto", tmp_path / "right.png", "--mask", "landmarks", "--no-compare")
    assert swap(run_folder, tmp_path / "both.png", out, *words) == 0
    changed = np.abs(read(out).first().astype(int) - both).mean(-1)
    assert changed[60:130, SIZE + 60 : SIZE + 130].mean() > 4 > changed[:, :SIZE].max()
    assert swap(run_folder, tmp_path / "both.png", out, "--everybody", "--mask", "landmarks", "--force") == 0
    changed = np.abs(read(out).first().astype(int) - both).mean(-1)
    assert min(changed[60:130, x + 60 : x + 130].mean() for x in (0, SIZE)) > 4


def test_swaps_that_cannot_be(
    run_folder: Path, target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grey = tmp_path / "grey.png"
    encode(Clip.still(np.full((64, 64, 3), 128, np.uint8)), grey)
    (tmp_path / "bare").mkdir()
    (tmp_path / "odd.toml").write_text('mask = "both"\nsharpness = 3\n')
    cases = [
        ((run_folder, grey, tmp_path / "o.png"), 4, "no face"),
        ((tmp_path / "bare", target, tmp_path / "o.mp4"), 4, "no weights yet"),
        (("fomm.mini", target, tmp_path / "o.mp4"), 4, "not of swap"),
        ((run_folder, target, tmp_path / "o.mp4", "--settings", tmp_path / "odd.toml"), 2, "sharpness"),
        ((run_folder, target, tmp_path / "o.mp4", "--blur-percent", 300), 2, "blur_percent"),
        ((run_folder, target, tmp_path / "o.mp4", "--onto", grey, grey), 2, "portrait for each model"),
        ((run_folder, target, target), 2, "you.mp4"),
    ]
    for words, code, said in cases:
        assert swap(*words) == code, words
        error = capsys.readouterr().err
        assert said in error and "Traceback" not in error
    assert not list(tmp_path.glob("o.*"))


def test_a_killed_swap_goes_on(
    run_folder: Path, target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops while frames are encoded; what was merged is kept, and gone when the result is there."""
    from prosopon.create.swap import swapping

    whole = tmp_path / "whole.mp4"
    assert swap(run_folder, target, whole, "--no-compare") == 0
    original = swapping.merge_face
    calls: list[int] = []

    def stops(*args: Any, **given: Any) -> Any:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return original(*args, **given)

    monkeypatch.setattr(swapping, "merge_face", stops)
    out = tmp_path / "out.mp4"
    assert swap(run_folder, target, out, "--no-compare") == 130
    assert not out.exists()
    assert "3 frames are kept" in capsys.readouterr().err
    assert swap(run_folder, target, out, "--no-compare") == 0
    assert "3 frames were merged before" in capsys.readouterr().err
    assert len(calls) == 4 + N - 3
    for one, other in zip(read(out).frames(), read(whole).frames(), strict=True):
        assert np.array_equal(one, other)
    assert not list(tmp_path.glob(".out*"))
