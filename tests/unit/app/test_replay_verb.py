"""`prosopon replay`: the recorded command runs again and the same comes of it."""

from __future__ import annotations

import io
import types
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from prosopon.app.console import Console
from prosopon.app.main import Verb
from prosopon.app.verbs import replay
from prosopon.core.errors import UsageError
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.recipe import Batch, Losses, Phase, Recipe
from prosopon.train.runfile import Command, read_run_file
from prosopon.train.settings import Settings


@dataclass(frozen=True)
class TrainLine:
    output: Path
    width: int = 2
    settings: Settings = Settings(steps=5, precision="fp32", workers=0, device="cpu")  # noqa: RUF009


class Numbers:
    def __len__(self) -> int:
        return 8

    def item(self, index: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        return {"x": rng.random(2, dtype=np.float32)}


class Line(Recipe):
    name = "line.test"
    exported = ("net",)

    def __init__(self, width: int) -> None:
        self.net = nn.Linear(2, width)
        self.modules = {"net": self.net}
        self.phases = (Phase("net", ("net",), lambda p: torch.optim.SGD(p, 0.1), self._loss),)
        self.dataset = Numbers()
        self.config = {"width": width}
        self.card = {"technique": "line", "config": "test"}

    def _loss(self, batch: Batch) -> tuple[Tensor, Losses]:
        return self.net(batch["x"]).square().mean(), {}

    def preview(self, batch: Batch, device: torch.device) -> np.ndarray:
        return np.zeros((2, 2, 3), np.uint8)


def train_line(args: TrainLine, console: Console) -> int:
    seed_all(args.settings.seed)
    command = Command.of("train line", args, "output")
    fit(
        Line(args.width), args.output, args.settings,
        publish_picture=lambda _picture, path: path.touch(), command=command, progress=console,
    )  # fmt: skip
    return 0


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    verb = Verb("train line", "a test", "Train")
    monkeypatch.setattr(replay, "find", lambda words: (verb, words[2:]))
    monkeypatch.setattr(replay, "load", lambda _verb: types.SimpleNamespace(run=train_line))
    torch.set_num_threads(1)
    return io.StringIO()


def console(heard: io.StringIO) -> Console:
    return Console(out=heard, err=heard)


def test_a_replayed_run_gives_the_same_weights(tmp_path: Path, heard: io.StringIO) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    train_line(TrainLine(first, width=3), console(heard))
    assert replay.run(replay.Replay(first / "run.toml", again), console(heard)) == 0
    assert "bit for bit" in heard.getvalue()
    weights = "weights/line.test.safetensors"
    assert (first / weights).read_bytes() == (again / weights).read_bytes()
    assert read_run_file(again / "run.toml").config == {"width": 3}


def test_a_run_of_minutes_is_replayed_for_as_many_steps(tmp_path: Path, heard: io.StringIO) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    timed = replace(TrainLine(first).settings, steps=None, minutes=0.002)
    train_line(TrainLine(first, settings=timed), console(heard))
    replay.run(replay.Replay(first / "run.toml", again), console(heard))
    assert read_run_file(again / "run.toml").steps == read_run_file(first / "run.toml").steps > 0
    assert "bit for bit" in heard.getvalue()


def test_other_versions_and_outcomes_are_named(tmp_path: Path, heard: io.StringIO) -> None:
    first = tmp_path / "first"
    train_line(TrainLine(first), console(heard))
    path = first / "run.toml"
    recorded = read_run_file(path)
    replace(
        recorded, versions={**recorded.versions, "torch": "1.0"}, inputs={"a.mp4": "00"}, weights={"x": "11"}
    ).write(first)
    replay.run(replay.Replay(path, tmp_path / "again"), console(heard))
    said = heard.getvalue()
    assert "torch 1.0 ->" in said
    assert "a.mp4 00 -> nothing" in said
    assert "Other weights" in said


def test_the_folder_of_the_run_itself_is_refused(tmp_path: Path, heard: io.StringIO) -> None:
    train_line(TrainLine(tmp_path), console(heard))
    with pytest.raises(UsageError, match="new folder"):
        replay.run(replay.Replay(tmp_path / "run.toml", tmp_path), console(heard))


@pytest.mark.parametrize(("old", "new"), [("width = 2", "height = 2"), ("width = 2", "width = 'two'")])
def test_arguments_of_another_version_are_refused(tmp_path: Path, heard: io.StringIO, old: str, new: str) -> None:
    train_line(TrainLine(tmp_path / "first"), console(heard))
    path = tmp_path / "first/run.toml"
    head, arguments = path.read_text().split("[command.arguments]")
    path.write_text(head + "[command.arguments]" + arguments.replace(old, new))
    with pytest.raises(UsageError, match=new.split(maxsplit=1)[0]):
        replay.run(replay.Replay(path, tmp_path / "again"), console(heard))


def test_a_run_without_a_command_cannot_be_replayed(tmp_path: Path, heard: io.StringIO) -> None:
    train_line(TrainLine(tmp_path / "first"), console(heard))
    path = tmp_path / "first/run.toml"
    replace(read_run_file(path), command=None).write(tmp_path / "first")
    with pytest.raises(UsageError, match="records no command"):
        replay.run(replay.Replay(path, tmp_path / "again"), console(heard))
