"""`prosopon train detector`: by steps and at once, resumed, replayed; calibrated and tested at the end."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from small_arena import small_arena

from prosopon.app.console import Console
from prosopon.app.verbs import replay, train_detector
from prosopon.app.verbs.train_detector import TrainDetector, run
from prosopon.core.clip import Clip
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.faces import Tracks
from prosopon.core.progress import Progress
from prosopon.core.protocols import Needs
from prosopon.core.score import Score
from prosopon.detect.learning.trainable import Fitted, Material
from prosopon.detect.learning.weights import open_weights
from prosopon.models.pair import read_card
from prosopon.train.settings import Options

LOOP = Options(workers=0, precision="fp32", device="cpu", measure_every=2)


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_arena(
        tmp_path_factory.mktemp("arena"),
        people=(("ann", "train"), ("bob", "train"), ("eve", "calibrate"), ("fay", "calibrate"), ("gus", "test")),
        generators=("animate", "swap"),
    ).folder


def told(args: Any, verb: Any = train_detector) -> dict[str, Any]:
    out = io.StringIO()
    console = Console(as_json=True, out=out, err=io.StringIO())
    assert verb.run(args, console) == 0
    return dict(console._answer)


class Smooth:
    """Calls smooth faces fake: one threshold, fitted."""

    technique: ClassVar[str] = "smooth"
    needs: ClassVar[frozenset[Needs]] = frozenset({Needs.FRAMES})
    judges: ClassVar[bool] = True
    fits: ClassVar[list[tuple[str, ...]]] = []

    def __init__(self, usual: float) -> None:
        self.usual = usual

    @classmethod
    def fitted(cls, material: Material, progress: Progress) -> Fitted:
        cls.fits.append(material.generators)
        clips = material.fakes.where(split="train", generators=("original", *material.generators))
        grain = [grain_of(material.fakes.frames(clip)[0], material.fakes.landmarks(clip)[0]) for clip in clips]
        return Fitted({"usual": torch.tensor([np.mean(grain)])}, {"technique": "smooth", "config": "studio"})

    @classmethod
    def from_weights(cls, weights: str | None = None) -> Smooth:
        return cls(float(open_weights("smooth", weights).state["usual"]))

    def score(self, clip: Clip, tracks: Tracks) -> Score:
        assert tracks.main is not None
        points = tracks.main.faces[0].landmarks
        assert points is not None
        return Score(float(1 / (1 + np.exp(grain_of(clip.first(), points) - self.usual))))


def grain_of(frame: np.ndarray, points: np.ndarray) -> float:
    x, y = points[28:31].mean(0).astype(int)
    return float(np.diff(frame[y - 8 : y + 8, x - 8 : x + 8].astype(float), axis=0).std())


@pytest.fixture
def smooth(monkeypatch: pytest.MonkeyPatch) -> None:
    Smooth.fits.clear()
    monkeypatch.setattr(train_detector, "load_technique", lambda _name: Smooth)


def test_by_steps(arena: Path, tmp_path: Path) -> None:
    args = TrainDetector("mesonet", tmp_path / "run", arena, steps=1, batch_size=1, config="meso4", loop=LOOP)
    answer = told(args)
    card = read_card(answer["weights"])
    assert (card["technique"], card["config"]) == ("mesonet", "meso4")
    assert card["trained_on"] == {"generators": ["animate"], "held_out": ["swap"]}
    assert card["calibration"] == answer["calibration"]
    assert card["calibration"]["people"] == 2
    assert "animate" in card["calibration"]["data"]
    assert "swap" not in card["calibration"]["data"]
    assert set(card["figures"]) == {"none", "crf28+half"}
    assert {"auc", "auc_held_out", "auc_animate", "auc_swap"} <= set(card["figures"]["none"])
    assert card["figures"]["none"]["people"] == 1
    again = told(TrainDetector(**{**args.__dict__, "steps": 2}))
    assert (again["resumed_from"], again["step"]) == (1, 2)
    with pytest.raises(UsageError, match="other"):
        told(TrainDetector(**{**args.__dict__, "hold_out": ("none",)}))


@pytest.mark.usefixtures("smooth")
def test_at_once(arena: Path, tmp_path: Path) -> None:
    args = TrainDetector("smooth", tmp_path / "run", arena, loop=LOOP)
    answer = told(args)
    assert Smooth.fits == [("animate",)], "swap is held out"
    assert answer["figures"]["none"]["auc"] == 1.0
    assert answer["figures"]["none"]["auc_held_out"] == 1.0
    assert answer["calibration"]["slope"] > 0
    assert open_weights("smooth", str(tmp_path / "run")).calibration is not None
    assert told(args)["calibration"] == answer["calibration"]
    assert len(Smooth.fits) == 1, "what is fitted is not fitted again"
    with pytest.raises(UsageError, match="other"):
        told(TrainDetector("smooth", tmp_path / "run", arena, hold_out=("animate",), loop=LOOP))


@pytest.mark.usefixtures("smooth")
def test_replayed(arena: Path, tmp_path: Path) -> None:
    told(TrainDetector("smooth", tmp_path / "run", arena, loop=LOOP))
    heard = io.StringIO()
    args = replay.Replay(tmp_path / "run" / "run.toml", tmp_path / "again")
    assert replay.run(args, Console(out=io.StringIO(), err=heard)) == 0
    assert "The same weights came of it" in heard.getvalue()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"technique": "stargan"}, "not taught by this verb"),
        ({"hold_out": ("swaps",)}, "no generator swaps"),
        ({"hold_out": ("animate", "swap")}, "no fakes are left"),
        ({"arena": None}, "--arena"),
        ({"steps": None}, "when to stop"),
        ({"learning_rate": 0.0}, "learning rate"),
        ({"config": "meso5"}, "no configuration"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_written(
    arena: Path, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    args = TrainDetector("mesonet", tmp_path / "run", arena, steps=2, loop=LOOP)
    with pytest.raises(UsageError, match=said):
        run(TrainDetector(**{**args.__dict__, **change}), Console(out=io.StringIO(), err=io.StringIO()))
    assert not (tmp_path / "run").exists()


def test_unknown_names_are_missing(arena: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="mesonet"):
        told(TrainDetector("meso", tmp_path / "run", arena, steps=2, loop=LOOP))
    with pytest.raises(MissingError, match="no arena"):
        told(TrainDetector("mesonet", tmp_path / "run", tmp_path, steps=2, loop=LOOP))


@pytest.mark.usefixtures("smooth")
def test_the_table_is_said(arena: Path, tmp_path: Path) -> None:
    out = io.StringIO()
    run(TrainDetector("smooth", tmp_path / "run", arena, loop=LOOP), Console(out=out, err=io.StringIO()))
    assert "AUC held out" in out.getvalue()
    assert "calibrated on" in out.getvalue()
    json.dumps(read_card(tmp_path / "run" / "weights" / "smooth.trained.safetensors"))
