"""The timing of protection, on tiny victims: what it reports, and that effects are measured on what a file holds."""

from __future__ import annotations

import json

import pytest
import torch
from torch import Tensor

from prosopon.arena import bench_protection
from prosopon.arena.bench_protection import as_json, disrupted, time_protection, time_victim
from prosopon.arena.disruption.one_pass import OnePass
from prosopon.arena.victims.animation import Animation
from prosopon.arena.victims.attributes import AttributeEdits
from prosopon.arena.victims.victim import Victim
from prosopon.core.errors import MissingError

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(name: str, device: torch.device, precision: torch.dtype = torch.float32) -> Victim:
        return AttributeEdits.tiny() if name == "edits" else Animation.tiny()

    def missing(kind: str, weights: str = "") -> OnePass:
        raise MissingError(f"no {kind} {weights}", "train one")

    monkeypatch.setattr(bench_protection, "open_victim", opened)
    monkeypatch.setattr(bench_protection, "one_pass", missing)


class Brighter:
    against = ()

    def crops(self, images: Tensor, *, epsilon: float) -> Tensor:
        return (images + epsilon).clamp(-1, 1)


def test_a_victim() -> None:
    speed = time_victim("animation", torch.float32, CPU, iterations=2, rounds=1)
    assert speed.ratio == pytest.approx(speed.step_s / speed.quick_step_s)
    assert speed.effect == speed.quick_effect and speed.effect["keypoints"] > 0  # the same precision here
    assert json.loads(json.dumps(as_json(speed)))["victim"] == "animation"


def test_what_is_not_there_is_told_as_missing() -> None:
    speed = time_protection("edits", torch.float32, CPU, pictures=1, iterations=1, rounds=1)
    assert [*speed.ms] == ["noise", "pgd", "universal", "protector"] == [*speed.effect]
    for way in ("universal", "protector"):
        assert speed.ms[way] is None and speed.effect[way] is None
    assert speed.ms["noise"] is not None and speed.effect["noise"] is not None
    assert json.loads(json.dumps(as_json(speed)))["ms"]["protector"] is None


def test_what_is_named_must_be_there() -> None:
    with pytest.raises(MissingError, match="no protector mine"):
        time_protection("edits", torch.float32, CPU, pictures=1, iterations=1, learnt={"protector": "mine"}, rounds=1)


def test_what_is_there_is_measured_beside_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_protection, "one_pass", lambda kind, weights="": OnePass(Brighter()))
    speed = time_protection("edits", torch.float32, CPU, pictures=2, iterations=4, rounds=1)
    assert all(value is not None for value in speed.ms.values())
    effects = {way: effect["l2"] for way, effect in speed.effect.items() if effect is not None}
    assert effects["universal"] == effects["protector"] > 0
    assert effects["pgd"] > 2 * effects["noise"]


def test_an_attack_stays_within_epsilon_and_takes_a_class_a_step() -> None:
    victim = AttributeEdits.tiny()
    asked: list[Tensor] = []

    def watched(images: Tensor, labels: Tensor | None = None, /) -> Tensor:
        assert labels is not None
        asked.append(labels[0])
        return victim(images, labels)

    class Watched(AttributeEdits):
        def __call__(self, crops: Tensor, labels: Tensor | None = None, /) -> Tensor:
            return watched(crops, labels)

    images = torch.rand(1, 3, victim.side_px, victim.side_px) * 2 - 1
    found = disrupted(images, Watched.tiny(), iterations=3)
    assert (found - images).abs().max() <= 0.05 + 1e-6 and not torch.equal(found, images)
    n_classes = len(victim.classes)
    assert len(asked) == n_classes + 3  # references, then one for each step
    assert all(torch.equal(labels, victim.classes[at]) for at, labels in enumerate(asked[n_classes:]))
