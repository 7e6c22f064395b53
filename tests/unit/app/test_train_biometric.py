"""`prosopon train biometric`: from folders of clips to a person's model and what it is worth."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn_movements import talking
from PIL import Image

from prosopon.app.console import Console
from prosopon.app.verbs import train_biometric
from prosopon.app.verbs.detect import Detect
from prosopon.app.verbs.train_biometric import TrainBiometric, run
from prosopon.core.clip import Clip
from prosopon.core.errors import UsageError
from prosopon.core.faces import Track, Tracks
from prosopon.detect.biometric.technique import Biometric
from prosopon.detect.judging.roster import Asked

SECONDS = 13.0
EVERY = 2


class NoFinder:
    name = "drawn"

    def find(self, frame: object) -> list[Any]:
        raise AssertionError("faces are known")


@pytest.fixture
def footage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Clips of drawn people, told apart by the number in their folder's name: only their faces' movement exists."""
    folders = {"p1": 4, "more/p1": 1, "p2": 1, "p3": 1, "p4": 1}
    for name, clips in folders.items():
        folder = tmp_path / "footage" / name
        folder.mkdir(parents=True)
        for number in range(clips):
            Image.new("RGB", (8, 8), (len(name), number, int(name[-1]))).save(folder / f"{number}.png")

    def read(path: Path) -> Clip:
        times = talking(0, SECONDS)[1][::EVERY]
        still = Clip.still(np.zeros((8, 8, 3), np.uint8), name=path.name)
        return Clip(8, 8, still.open_frames, times, sha256=str(path), name=path.name, path=path)

    def tracks_of(clip: Clip, finder: object) -> Tracks:
        assert clip.path is not None
        person, seed = int(clip.path.parent.name[-1]), len(str(clip.path)) + int(clip.path.stem)
        main = talking(person, SECONDS, seed)[0].main
        assert main is not None
        faces = {index // EVERY: face for index, face in main.faces.items() if index % EVERY == 0}
        return Tracks((Track(faces),), len(faces), "drawn")

    monkeypatch.setattr(train_biometric, "read", read)
    monkeypatch.setattr(train_biometric, "tracks_of", tracks_of)
    monkeypatch.setattr(train_biometric, "open_finder", lambda name: NoFinder())
    return tmp_path / "footage"


def answer(args: TrainBiometric) -> dict[str, Any]:
    out = io.StringIO()
    console = Console(as_json=True, out=out, err=io.StringIO())
    assert run(args, console) == 0
    console.close()
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_a_person_is_learnt_and_tried(footage: Path, tmp_path: Path) -> None:
    args = TrainBiometric(
        (footage / "p1",),
        tmp_path / "run",
        others=(footage / "p2",),
        test_same=(footage / "more/p1",),
        test_others=(footage / "p3", footage / "p4"),
        draws=5,
    )
    found = answer(args)
    assert found["person"] == "p1" and found["signals"] == "landmarks"
    assert found["learnt"]["clips"] == 4 and found["learnt"]["others"] == {"p2": 13.0}
    assert [row["name"] for row in found["test"]["against"]] == ["p3", "p4", "all"]
    assert found["test"]["against"][2]["auc"] > 0.9
    detector = Biometric.from_weights(str(tmp_path / "run"))
    assert detector.about.person == "p1" and detector.calibration is not None
    assert detector.card["figures"] == found["test"]
    said = (tmp_path / "run/run.toml").read_text()
    assert "person p1/0.png" in said and "p3" not in said.split("[inputs]")[1].split("[versions]")[0]
    again = answer(args)  # learns nothing anew
    assert again["learnt"] == found["learnt"]


def test_files_may_be_named_and_the_person_called(footage: Path, tmp_path: Path) -> None:
    files = tuple(sorted((footage / "p1").glob("*.png")))
    found = answer(TrainBiometric(files, tmp_path / "run", called="Ann O'Hara"))
    assert found["person"] == "Ann O'Hara"
    assert found["weights"].endswith("biometric.ann-o-hara.safetensors")
    assert found["calibration"] is None and found["test"] is None
    assert found["learnt"]["clips"] == 4


def test_detect_asks_for_the_person() -> None:
    files = (Path("clip.mp4"),)
    assert Detect(files).words == "all"
    assert Detect(files, person=Path("/runs/ann")).words == "all,biometric=/runs/ann"
    assert Detect(files, asked="biometric", person=Path("/runs/ann")).words == "biometric=/runs/ann"
    assert Asked.parse(Detect(files, person=Path("/runs/ann")).words)[1] == Asked("biometric", "/runs/ann")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"test_same": ("more/p1",)}, "--test-others"),
        ({"test_same": ("p1",), "test_others": ("p3",)}, "test same"),
        ({"signals": "blendshapes"}, "blendshapes"),
        ({"draws": 0}, "draws"),
        ({"person": ()}, "--person"),
        ({"name": "Not A Name"}, "lower-case"),
    ],
)
def test_what_makes_no_sense_is_refused(footage: Path, tmp_path: Path, given: dict[str, Any], words: str) -> None:
    def there(value: Any) -> Any:
        return (
            tuple(footage / one for one in value)
            if isinstance(value, Sequence) and not isinstance(value, str)
            else value
        )

    asked = {"person": (footage / "p1",), **{name: there(value) for name, value in given.items()}}
    with pytest.raises(UsageError, match=words):
        run(TrainBiometric(output=tmp_path / "run", **asked), Console(as_json=True, out=io.StringIO()))
    assert not (tmp_path / "run").exists()
