"""`prosopon coverage` on folders that `prosopon faces` made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prosopon.app.args import parse
from prosopon.app.console import Console
from prosopon.app.main import main
from prosopon.app.verbs.coverage import run
from prosopon.core.clip import Clip
from prosopon.core.errors import FileExistsAlready, MissingError, UsageError
from prosopon.core.faces import Pose
from prosopon.core.history import SourceType, Step
from prosopon.studio.person import Identity, Placement
from prosopon.studio.render import render
from prosopon.vouch.manifest.verify import verify
from prosopon.vouch.publish import publish


def coverage(*words: object) -> int:
    return run(parse(run, "prosopon coverage", [*map(str, words)]), Console(as_json=True))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One who looks ahead, and another who looks up as well; the second is sealed as synthetic."""
    base = tmp_path_factory.mktemp("people")
    for name, pitches in (("ahead", (0, 2, 4, -2, -4, 1)), ("up", (0, 1, 30, 33, -3, 2))):
        (base / name).mkdir()
        person = Identity.random(np.random.default_rng(len(name)))
        for i, pitch in enumerate(pitches):
            shown = render(person, Placement(Pose(3.0 * (i % 3), pitch)), size_px=160).image
            if name == "up":
                step = Step("studio.render", source_type=SourceType.ALGORITHMIC)
                publish(Clip.still(shown, step=step), base / name / f"{chr(97 + i)}.png")
            else:
                Image.fromarray(shown).save(base / name / f"{chr(97 + i)}.jpg", quality=95)
        words = ["--backend", "builtin", "--size-px", "64", "--align", "full"]
        assert main(["faces", str(base / name), "-o", str(base / f"{name}-faces"), *words]) == 0
    return base / "ahead-faces", base / "up-faces"


def test_a_gap_is_named_and_shown(folders: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert coverage(*folders, "-o", out) == 0
    answer: dict[str, Any] = json.loads((out / "coverage.json").read_text(encoding="utf-8"))
    assert answer["faces"] == {"source": 6, "target": 6}
    assert answer["far_share"] == pytest.approx(2 / 6)
    assert any("looks up more than" in gap["words"] for gap in answer["gaps"])
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "33.3 % of the target" in page
    assert page.count("<img") == 2
    assert sorted(path.name for path in out.iterdir()) == ["coverage.json", "coverage.png", "gaps.png", "index.html"]
    # Faces of synthetic people are on the sheet, on the maps are none.
    assert verify(out / "gaps.png").synthetic
    assert not verify(out / "coverage.png").synthetic


def test_a_set_covers_itself(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    assert run(parse(run, "prosopon coverage", [str(folders[1]), str(folders[1])]), console) == 0
    said = capsys.readouterr().out
    assert "every frame of the target has a near neighbour" in said
    assert "nothing was written" in said


def test_pictures_may_be_gone(folders: tuple[Path, Path], tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "alignment.jsonl").write_bytes((folders[1] / "alignment.jsonl").read_bytes())
    assert coverage(folders[0], bare, "-o", tmp_path / "out") == 0
    assert not (tmp_path / "out/gaps.png").exists()


def test_outputs_are_not_replaced_without_force_nor_what_is_not_ours(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    out, mine = tmp_path / "out", tmp_path / "mine"
    assert coverage(*folders, "-o", out) == 0
    with pytest.raises(FileExistsAlready):
        coverage(*folders, "-o", out)
    assert coverage(*folders, "-o", out, "-f") == 0
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError):
        coverage(*folders, "-o", mine, "-f")
    with pytest.raises(MissingError, match="prosopon faces FILE"):
        coverage(folders[0], mine)
