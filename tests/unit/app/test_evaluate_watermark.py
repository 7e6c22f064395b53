"""`prosopon evaluate watermark`: what it tells of a stand-in that anybody can see."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from painted_watermark import PAINTED, PICTURES_ONLY
from PIL import Image

from prosopon.app.console import Console
from prosopon.app.verbs import evaluate_watermark as verb
from prosopon.app.verbs.evaluate_watermark import EvaluateWatermark
from prosopon.arena.watermarking import named
from prosopon.core.clip import Clip
from prosopon.core.errors import FileExistsAlready, UsageError
from prosopon.media.write import encode


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named, "METHODS", {"stdm": lambda: PAINTED, "hidden": lambda: PICTURES_ONLY})


@pytest.fixture
def files(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(2):
        Image.fromarray(rng.integers(60, 200, (128, 160, 3), dtype=np.uint8)).save(folder / f"{number}.png")
    frames = [np.full((128, 160, 3), 100 + number, np.uint8) for number in range(12)]
    encode(Clip.of_frames(frames, 25), folder / "clip.mp4")
    return folder


def told(args: EvaluateWatermark) -> dict[str, Any]:
    out = io.StringIO()
    console = Console(as_json=True, out=out, err=io.StringIO())
    assert verb.run(args, console) == 0
    console.close()
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def test_everything_is_told(files: Path) -> None:
    answer = told(EvaluateWatermark(inputs=(files,), quick=True, trials=300))
    rows = {row["way"]: row for row in answer["pictures"]["rows"]}
    decoded = rows["clean"]["decoded"]
    assert (decoded["hits"], decoded["of"], decoded["share"]) == (2, 2, 1)
    assert decoded["interval_95"] == pytest.approx([0.158, 1], abs=1e-3)
    assert rows["half"]["decoded"]["hits"] == 0 and rows["half"]["lost"] == ["0.png", "1.png"]
    clip_rows = {row["way"]: row["decoded"]["share"] for row in answer["clips"]["rows"]}
    assert clip_rows["as published"] == clip_rows["trimmed"] == 1 and clip_rows["crop 10 %"] == 0
    assert answer["growth"]["clips"] == 1 and answer["pictures"]["quality"]["items"] == 2
    assert answer["unmarked"]["bits"]["pictures"] == 300 and answer["unmarked"]["search"]["pictures"] == 3
    assert {one["name"] for one in answer["published"]} >= {"TrustMark", "Video Seal"}
    assert answer["report"] is None


def test_the_same_again_but_for_times(files: Path) -> None:
    def plain(answer: dict[str, Any]) -> dict[str, Any]:
        for row in (*answer["pictures"]["rows"], *answer["clips"]["rows"], *answer["products"]):
            row.pop("read_s")
        return answer

    args = EvaluateWatermark(inputs=(files,), ways=("crop 10 %", "clean", "shift"))
    assert plain(told(args)) == plain(told(args))


def test_text_and_page(files: Path, tmp_path: Path) -> None:
    out = io.StringIO()
    page = tmp_path / "page.html"
    args = EvaluateWatermark(inputs=(files,), ways=("clean", "crf 28"), report=page, trials=100)
    assert verb.run(args, Console(out=out, err=io.StringIO())) == 0
    text = out.getvalue()
    assert "100 % (15.8 to 100.0)" in text and "TrustMark" in text and "files of 1 videos grew" in text
    html = page.read_text(encoding="utf-8")
    assert "data:image/png;base64" in html and "Video Seal" in html and "Where there is no mark" in html
    with pytest.raises(FileExistsAlready):
        verb.run(args, Console(out=out, err=io.StringIO()))


def test_videos_are_left_out_where_they_cannot_be_marked(files: Path) -> None:
    err = io.StringIO()
    console = Console(as_json=True, out=io.StringIO(), err=err)
    assert verb.run(EvaluateWatermark(inputs=(files,), method="hidden", ways=("clean",)), console) == 0
    assert "marks no videos" in err.getvalue()


@pytest.mark.parametrize(
    "wrong", [{"people": -1}, {"clips": -2}, {"limit": 0}, {"trials": -1}, {"seconds": 0.1}, {"people": 0, "clips": 0}]
)
def test_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        EvaluateWatermark(**wrong)


def test_unknown_names_are_refused(files: Path) -> None:
    for args in (
        EvaluateWatermark(inputs=(files,), ways=("boiling",)),
        EvaluateWatermark(inputs=(files,), method="none"),
        EvaluateWatermark(inputs=(files,), ways=("clean",), after="dance"),
    ):
        with pytest.raises(UsageError):
            told(args)
