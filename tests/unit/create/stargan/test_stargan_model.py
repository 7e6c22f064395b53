"""The nets as one object: gradients for attackers, statistics of pictures and not of training, options, clips."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from prosopon.core.clip import Clip
from prosopon.core.errors import CheckpointError, MissingError, UsageError
from prosopon.core.faces import Box, Face, Track, Tracks
from prosopon.create.stargan.config import ModelConfig
from prosopon.create.stargan.editing import enlarged
from prosopon.create.stargan.options import EditOptions, edited, words
from prosopon.create.stargan.technique import Stargan
from prosopon.datasets.attributes import AttributeSet
from prosopon.models.checkpoint import save
from prosopon.models.stargan import Generator

ALL = AttributeSet()


@pytest.fixture
def tiny() -> Stargan:
    torch.set_num_threads(1)
    return Stargan.tiny()


def test_an_attacker_gets_gradients_and_the_weights_do_not(tiny: Stargan) -> None:
    labels = torch.from_numpy(ALL.told(["blond hair", "smile"]))
    frames = torch.rand(2, 3, 32, 32, requires_grad=True)
    answer = tiny.as_differentiable(labels)(frames)
    assert answer.shape == frames.shape and answer.min() >= 0 and answer.max() <= 1
    answer.sum().backward()
    assert frames.grad is not None and frames.grad.abs().max() > 0
    assert all(p.grad is None for p in tiny.generator.parameters())
    assert torch.allclose(answer, tiny.edit(frames, labels[None]), atol=1e-6)
    rows = torch.stack([labels, torch.zeros(7)])
    assert not torch.allclose(tiny.as_differentiable(rows)(frames)[1], answer[1])
    assert torch.allclose(tiny.as_differentiable(rows)(frames)[0], answer[0])


def test_edits_depend_on_the_picture_alone(tiny: Stargan) -> None:
    """Neither on what else is in the batch, nor on running statistics, nor on the mode; and they change nothing."""
    frames, labels = torch.rand(3, 3, 32, 32), torch.zeros(1, 7)
    with torch.no_grad():
        before = tiny.edit(frames, labels)
        state = {key: value.clone() for key, value in tiny.state().items()}
        assert torch.allclose(tiny.edit(frames[1:2], labels), before[1:2], atol=1e-6)
        for key, value in tiny.generator.state_dict().items():
            if "running" in key:
                value.fill_(3)
        assert torch.equal(tiny.edit(frames, labels), before)
        tiny.generator.train()
        assert torch.equal(tiny.edit(frames, labels), before)
    assert tiny.generator.training
    unchanged = [key for key in state if "running" not in key]
    assert all(torch.equal(tiny.state()[key], state[key]) for key in unchanged)


def test_edits_by_name() -> None:
    labels = ALL.told(["black hair", "beard", "glasses"])
    wanted = edited(labels, words("Blond  hair, no beard,smile, glasses", "edit"), ALL)
    assert wanted.tolist() == ALL.told(["blond hair", "smile", "glasses"]).tolist()
    with pytest.raises(UsageError, match="moustache"):
        edited(labels, ["no moustache"], ALL)
    with pytest.raises(UsageError, match="names nothing"):
        EditOptions(edit=" , ")
    EditOptions(has="")


@pytest.mark.parametrize("wrong", [{"border": 0}, {"border": 0.6}, {"batch": 0}, {"steady_frames": -1}])
def test_odd_options_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        EditOptions(**wrong)  # type: ignore[arg-type]


def clip(count: int = 3, width: int = 90, height: int = 70) -> Clip:
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 255, (height, width, 3), dtype=np.uint8) for _ in range(count)]
    return Clip.of_frames(frames, Fraction(25), name="someone.mp4")


def somebody(frames: list[int]) -> Tracks:
    points = np.stack([np.linspace(35, 55, 68), np.linspace(30, 50, 68)], 1).astype(np.float32)
    face = Face(Box(35, 30, 55, 50), points)
    return Tracks((Track(dict.fromkeys(frames, face)),), 3, "test")


def test_only_the_head_changes_and_the_given_attributes_are_believed(tiny: Stargan) -> None:
    target = clip()
    told: list[str] = []

    class Hears:
        def start(self, *args: object) -> None: ...
        def advance(self, *args: object) -> None: ...
        def finish(self) -> None: ...
        def note(self, text: str) -> None:
            told.append(text)

    options = EditOptions("glasses", has="brown hair", keep_detail=False)
    made = tiny.create({"target": somebody([0, 1, 2])}, target=target, options=options, progress=Hears())
    assert made.history[-1].params["attributes"] == ["brown hair", "glasses"]
    assert not told
    for before, after in zip(target.frames(), made.frames(), strict=True):
        changed = np.nonzero((before != after).any(-1))
        assert len(changed[0]) > 200
        assert changed[1].min() >= 45 - 21 and changed[1].max() <= 45 + 21
    tiny.create({"target": somebody([0])}, target=target, options=EditOptions("glasses"), progress=Hears())
    assert any("was seen" in text for text in told)


def test_nobody_and_nothing(tiny: Stargan) -> None:
    with pytest.raises(MissingError, match="no face"):
        tiny.create({"target": Tracks((), 3, "test")}, target=clip())
    with pytest.raises(UsageError, match="moustache"):
        tiny.create({}, target=clip(), options=EditOptions("moustache"))
    with pytest.raises(MissingError):
        Stargan.from_weights("stargan.of-nobody")


def test_what_is_read_is_possible(tiny: Stargan) -> None:
    made = tiny.create({}, target=clip(1), options=EditOptions("smile"))
    names = made.history[-1].params["attributes"]
    assert len([name for name in names if name.endswith("hair")]) == 1


def test_a_change_is_enlarged_evenly() -> None:
    change = np.full((8, 8, 3), -20, np.float32)
    assert np.allclose(enlarged(change, 20), -20, atol=1e-4)


def test_published_generators_come_in_and_say_what_they_cannot(tmp_path: Path) -> None:
    torch.manual_seed(0)
    published = {
        # As old files have it: no counts of batches; and some were trained behind a blur.
        **{key: value for key, value in Generator().state_dict().items() if "num_batches" not in key},
        "preprocessing.kernel": torch.ones(1),
    }
    torch.save(published, tmp_path / "200000-G.ckpt")
    state, card = Stargan.import_published(tmp_path / "200000-G.ckpt", "celeba-128")
    save(state, tmp_path / "mine", {**card, "config": "celeba-128", "licence": "none", "origin": "a test"})
    model = Stargan.from_weights(tmp_path / "mine.safetensors")
    assert torch.equal(model.generator.main[0].weight, published["main.0.weight"])
    assert model.attributes.names == ("black hair", "blond hair", "brown hair", "male", "young")
    with pytest.raises(UsageError, match="cannot read them"):
        model.read(torch.zeros(1, 3, 128, 128))
    with pytest.raises(UsageError, match="celeba-256"):
        Stargan.import_published(tmp_path / "200000-G.ckpt", "celeba")
    torch.save({"main.0.weight": torch.ones(2)}, tmp_path / "other.ckpt")
    with pytest.raises(CheckpointError):
        Stargan.import_published(tmp_path / "other.ckpt", "celeba-128")


def test_attributes_that_nobody_can_read_are_told(tmp_path: Path) -> None:
    model = Stargan(ModelConfig(size_px=32, width=4, n_blocks=1, critic_layers=3, reader_layers=3, reader_width=0))
    picture = Clip.still(np.full((40, 40, 3), 90, np.uint8))
    with pytest.raises(UsageError, match="cannot read"):
        model.create({}, target=picture, options=EditOptions(edit="glasses"))
    made = model.create({}, target=picture, options=EditOptions(edit="glasses", has=""))
    assert made.first().shape == (40, 40, 3)
