"""`prosopon evaluate disrupt`, from rendered people and a portrait to a page, with nets small enough for a test."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prosopon.app.args import parse
from prosopon.app.console import Console
from prosopon.app.protect_page import LIMITS
from prosopon.app.verbs import evaluate_disrupt
from prosopon.arena.disruption import contest
from prosopon.core.clip import Clip
from prosopon.core.errors import FileExistsAlready, MissingError, UsageError
from prosopon.core.faces import Pose
from prosopon.media.write import encode
from prosopon.studio.person import Identity, Placement
from prosopon.studio.render import render
from prosopon.vouch.manifest.verify import verify

SMALL = ("--size", "96", "--iterations", "2", "--faces", "builtin", "--device", "cpu", "--precision", "fp32")


def evaluated(*words: object, as_json: bool = True) -> tuple[dict[str, Any], str, str]:
    """The answer, what was said, and the notes."""
    said, noted = io.StringIO(), io.StringIO()
    console = Console(as_json=as_json, out=said, err=noted)
    args = parse(evaluate_disrupt.run, "prosopon evaluate disrupt", [*SMALL, *map(str, words)])
    assert evaluate_disrupt.run(args, console) == 0
    console.close()
    return (json.loads(said.getvalue()) if as_json else {}), said.getvalue(), noted.getvalue()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody who turns the head."""
    who = Identity.random(np.random.default_rng(3))
    frames = [render(who, Placement(Pose(yaw=yaw)), size_px=160).image for yaw in (0.0, 8.0, 16.0)]
    path = tmp_path_factory.mktemp("clip") / "turns.mp4"
    encode(Clip.of_frames(frames, 12), path)
    return path


def test_people_and_a_portrait_up_to_the_page(tiny_weights: str, clip: Path, tmp_path: Path) -> None:
    who = Identity.random(np.random.default_rng(5))
    Image.fromarray(render(who, size_px=200).image).save(tmp_path / "photo.png")
    Image.fromarray(np.full((90, 90, 3), 120, np.uint8)).save(tmp_path / "nobody.png")
    folder = tmp_path / "report"
    answer, _, noted = evaluated(
        "--victims", tiny_weights, f"{tiny_weights}/keypoints", "--attacks", "pgd", "ensemble", "joint",
        "--launderings", "png", "jpeg50", "--people", 1, "--on", tmp_path / "photo.png", tmp_path / "nobody.png",
        "--report", folder, "--drive", clip,
    )  # fmt: skip
    assert answer["pictures"] == 2 and answer["rendered_people"] == answer["portraits"] == 1
    assert answer["epsilon"] == 0.05 and answer["iterations"] == 2
    assert set(answer["victims"]) == {"fomm.tiny", "fomm.tiny/keypoints"}
    assert "nobody.png is left out" in noted and "joint can be made against none" in noted
    assert "2 pictures, each protected in 3 ways" in noted
    by_job = {(cell["attack"], cell["against"], cell["laundering"]): cell for cell in answer["cells"]}
    assert set(by_job) == {
        (attack, against, way)
        for way in ("png", "jpeg50")
        for attack, against in (
            ("noise", None), ("pgd", "fomm.tiny"), ("pgd", "fomm.tiny/keypoints"), ("ensemble", "all"),
        )
    }  # fmt: skip
    white = by_job["pgd", "fomm.tiny", "png"]
    assert white["white_box"] and white["on"] == "fomm.tiny" and white["n"] == 2
    assert set(white["figures"]) >= {"keypoints", "l1", "l2", "disrupted"}
    assert white["clean"]["l2"] == 0 and white["figures"]["l2"] > white["noise"]["l2"] > 0
    assert by_job["pgd", "fomm.tiny", "jpeg50"]["clean"]["l2"] > 0
    quality = answer["pictures_quality"]["pgd/fomm.tiny"]
    assert quality["largest"] <= 6 and 30 < quality["psnr"] < 50 and 0.5 < quality["ssim"] < 1
    assert not (folder / evaluate_disrupt.JOURNAL).exists()

    page = (folder / "index.html").read_text(encoding="utf-8")
    assert page.index("What this cannot do") < page.index("<table") and answer["limits"] == LIMITS
    told = re.sub(r"data:[a-z/0-9]+;base64,[A-Za-z0-9+/=]+", "", page)
    assert not re.search(r"\bsafe\b|\bsafely\b|guarantee|unbreakable", told, re.IGNORECASE)
    assert page.count("<img") == 2 and page.count("<video") == 2
    assert "the driving clip, as it was, pgd/fomm.tiny, pgd/fomm.tiny/keypoints<" in told
    for file in (*folder.glob("*.png"), *folder.glob("*.mp4")):
        report = verify(file)
        assert not report.is_bad and report.synthetic is True, file
    assert answer["report"].endswith("index.html")


def test_stopped_the_same_command_goes_on(
    tiny_weights: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    folder = tmp_path / "report"
    words = ("--victims", tiny_weights, "--attacks", "fgsm", "--launderings", "png", "--people", 1, "-o", folder)
    effect, left = contest.effect, [None] * 2

    def stopped(*args: Any) -> dict[str, float]:
        left.pop() if left else (_ for _ in ()).throw(KeyboardInterrupt)
        return effect(*args)

    monkeypatch.setattr(contest, "effect", stopped)
    with pytest.raises(KeyboardInterrupt):
        evaluated(*words)
    assert (folder / evaluate_disrupt.JOURNAL).is_file()
    monkeypatch.setattr(contest, "effect", effect)
    _, said, noted = evaluated(*words, as_json=False)
    assert "2 protected pictures were measured before" in noted
    assert LIMITS in said and "fgsm" in said and "fomm.tiny" in said
    with pytest.raises(FileExistsAlready):
        evaluated(*words)
    evaluated(*words, "--force")


@pytest.mark.parametrize(("words", "said"), [
    (("--people", "0"), "nothing to measure"), (("--limit", "0"), "limit"), (("--size", "8"), "size"),
    (("--drive", "clip.mp4"), "page"), (("--epsilon", "0"), "epsilon"), (("--iterations", "0"), "iterations"),
    (("--attacks", "magic"), "magic"), (("--people", "-1"), "people"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_before_anything_is_computed(
    tiny_weights: str, words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        evaluated("--victims", tiny_weights, *words)


def test_what_is_not_there_is_said(tiny_weights: str, tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"fomm\.nowhere"):
        evaluated("--victims", "fomm.nowhere", "--people", 1)
    Image.fromarray(np.full((90, 90, 3), 120, np.uint8)).save(tmp_path / "nobody.png")
    with pytest.raises(MissingError, match="head"):
        evaluated("--victims", tiny_weights, "--on", tmp_path)
