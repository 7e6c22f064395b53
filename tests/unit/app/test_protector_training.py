"""What trainings of protections are asked for: nets by name or path, step factors, levels; and that a run trains."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_learning import usual_landmarks
from small_nets_of_heads import HeadNet, soft_picture

from prosopon.app import protector_training
from prosopon.app.args import parse
from prosopon.app.console import Console
from prosopon.app.protector_training import epsilon_of, nets_of
from prosopon.app.verbs import train_protector, train_universal
from prosopon.app.verbs.train_universal import factors_of
from prosopon.core.errors import MissingError, UsageError
from prosopon.datasets import rendered_heads as source
from prosopon.disrupt.protector.technique import Protector
from prosopon.disrupt.universal.technique import Universal
from prosopon.train.settings import Options


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Soft pictures instead of people, small nets instead of real ones."""
    torch.set_num_threads(1)
    monkeypatch.setenv("PROSOPON_HOME", str(tmp_path / "home"))

    def quick(seed: int, number: int) -> tuple[source.Shot, source.Rows]:
        picture = soft_picture(source.PICTURE_PX, source.PICTURE_PX, seed + number)[None]
        rows = {"picture": picture, "landmarks": usual_landmarks()[None]}
        return source.Shot(str(number), str(number), "rendered"), rows

    monkeypatch.setattr(source, "render_person", quick)
    there = {"one": HeadNet("one"), "two": HeadNet("two", edits=True)}
    monkeypatch.setattr(protector_training, "nets_of", lambda *args: (there, {"against one": "ab" * 32}))
    for verb in (train_protector, train_universal):
        monkeypatch.setattr(verb, "nets_of", lambda *args: (there, {"against one": "ab" * 32}))


def trained(verb: Any, folder: Path, *words: object) -> dict[str, Any]:
    said = io.StringIO()
    console = Console(as_json=True, out=said, err=io.StringIO())
    common = ("--people", "3", "--held-out-people", "1", "--processes", "1", "--workers", "0", "--batch-size", "2")
    rest = ("--device", "cpu", "--precision", "fp32", "--measure-every", "2")
    args = parse(verb.run, "prosopon train", ["-o", str(folder), *common, *rest, *map(str, words)])
    assert verb.run(args, console) == 0
    console.close()
    answer: dict[str, Any] = json.loads(said.getvalue())
    return answer


@pytest.mark.usefixtures("small")
def test_a_universal_change_and_a_protector_that_starts_from_it(tmp_path: Path) -> None:
    answer = trained(train_universal, tmp_path / "u", "--steps", 4)
    names = {f"{way}.{what}" for way in ("png", "jpeg75") for what in ("one", "two", "upright")}
    assert set(answer["metrics"]) == {"png", "jpeg75", *names}
    universal = Universal.from_weights(tmp_path / "u")
    assert universal.against == ("one", "two")
    assert universal.epsilon == epsilon_of(6)
    assert trained(train_universal, tmp_path / "u", "--steps", 6)["resumed_from"] == 4
    words = ("--steps", 1, "--width", 4, "--start-from", tmp_path / "u", "--learning-rate", 1e-6)
    answer = trained(train_protector, tmp_path / "p", *words)
    assert Path(answer["weights"]).name == "protector.studio.safetensors"
    protector = Protector.from_weights(tmp_path / "p")
    images = torch.zeros(1, 3, 256, 256)
    apart = protector.crops(images) - 0.9 * Universal.from_weights(tmp_path / "u").crops(images)
    assert float(apart.abs().mean()) < 0.02 * protector.epsilon
    again = trained(train_protector, tmp_path / "q", "--steps", 1, "--width", 4, "--start-from", tmp_path / "p")
    assert again["step"] == 1


@pytest.mark.usefixtures("small")
def test_the_published_way_is_asked_for_by_its_name(tmp_path: Path) -> None:
    words = ("--config", "published", "--factors", "one=2, two=0.5", "--steps", 1, "--held-out-people", 0)
    answer = trained(train_universal, tmp_path / "u", *words)
    assert answer["metrics"] == {}
    change = Universal.from_weights(tmp_path / "u").change
    assert 0 < float(change.abs().max()) <= 1
    with pytest.raises(UsageError, match="stranger"):
        trained(train_universal, tmp_path / "v", *words[:2], "--factors", "stranger=2", "--steps", 1)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("words", [("--levels", "0"), ("--people", "0"), ("--asked", "0")])
def test_what_cannot_be_learnt_is_refused(words: tuple[str, str], tmp_path: Path) -> None:
    for verb in (train_universal, train_protector):
        with pytest.raises(UsageError):
            trained(verb, tmp_path / "run", "--steps", "1", *words)
        assert not (tmp_path / "run" / "weights").exists()


def test_factors_are_read_and_what_is_none_is_refused() -> None:
    assert factors_of(" swap.mini=2, fomm.face/keypoints = 0.3,") == {"swap.mini": 2.0, "fomm.face/keypoints": 0.3}
    assert factors_of("") == {}
    for odd in ("swap.mini", "=2", "swap.mini=", "a=-1", "a=nan", "a=inf", "a=two"):
        with pytest.raises(UsageError):
            factors_of(odd)


def test_levels_are_grey_levels_of_both_signs() -> None:
    assert epsilon_of(6) == 12 / 255
    for odd in (0, 65):
        with pytest.raises(UsageError):
            epsilon_of(odd)


def test_nets_are_called_by_their_weights_however_they_were_asked_for() -> None:
    from prosopon.models.catalogue import find

    path = find("swap.mini").path
    nets, inputs = nets_of(f"{path}/face, swap.mini", Options(device="cpu", precision="fp32"))
    assert [*nets] == ["swap.mini/face", "swap.mini"]
    assert inputs == {"against swap.mini": find("swap.mini").sha256}
    with pytest.raises(UsageError):
        nets_of(" , ", Options(device="cpu"))
    with pytest.raises(MissingError):
        nets_of("swap.not-there", Options(device="cpu"))
    assert np.isfinite(epsilon_of(1))
