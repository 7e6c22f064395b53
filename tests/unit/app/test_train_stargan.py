"""`prosopon train stargan` as it is run: from people to weights that edit, taken up again, against attacks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from prosopon.app.console import Console
from prosopon.app.stargan_training import adversary_of, start_nets
from prosopon.app.verbs.train_stargan import TrainStargan, run
from prosopon.core.errors import UsageError
from prosopon.create.stargan import config as configs
from prosopon.create.stargan.config import LossConfig, ModelConfig, ScheduleConfig, StarganConfig
from prosopon.create.stargan.recipe import StarganRecipe
from prosopon.create.stargan.technique import Stargan
from prosopon.datasets import rendered_attributes as rendering
from prosopon.datasets.attributes import NAMES
from prosopon.train.settings import Options
from prosopon.train.store import Rows, Shot

LOOP = Options(workers=0, precision="fp32", device="cpu")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn people and nets of a few thousand weights."""
    torch.set_num_threads(1)

    def drawn(seed: int, number: int) -> tuple[Shot, Rows]:
        rng = np.random.default_rng([seed, number])
        labels = np.zeros((2, len(NAMES)), np.float32)
        labels[:, 0] = 1
        labels[1, -1] = 1
        pictures = rng.integers(0, 255, (2, 128, 128, 3), dtype=np.uint8)
        return Shot(str(number), str(number), "rendered"), {"picture": pictures, "labels": labels}

    monkeypatch.setattr(rendering, "render_person", drawn)
    tiny = StarganConfig(
        "studio",
        ModelConfig(width=4, n_blocks=1, critic_width=4, critic_layers=5, reader_width=2, reader_layers=5, evened=True),
        LossConfig(objective="logistic-r1", critic_steps=1, penalty=1, pair=10),
        ScheduleConfig(batch_size=2),
    )
    monkeypatch.setitem(configs.CONFIGS, "studio", tiny)


def trained(folder: Path, **said: object) -> None:
    args = TrainStargan(folder, people=3, held_out_people=1, processes=1, loop=LOOP, **said)  # type: ignore[arg-type]
    assert run(args, Console(as_json=True)) == 0


def test_a_run_ends_with_weights_that_edit(tmp_path: Path) -> None:
    trained(tmp_path / "run", steps=1)
    trained(tmp_path / "run", steps=2)
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2]
    assert (tmp_path / "run" / "preview.png").stat().st_size > 1000
    model = Stargan.from_weights(tmp_path / "run")
    assert model.config.evened and model.weights_name == "stargan.studio"
    made = model.edit(torch.rand(1, 3, 128, 128), torch.zeros(1, 7))
    assert made.shape == (1, 3, 128, 128)


def test_weights_to_start_from_are_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained(tmp_path / "first", steps=1)
    state = Stargan.from_weights(tmp_path / "first").state()
    seen: dict[str, torch.Tensor] = {}

    def noted(recipe: StarganRecipe, where: str) -> dict[str, str]:
        answer = start_nets(recipe, where)
        seen.update({f"generator.{k}": v.clone() for k, v in recipe.generator.state_dict().items()})
        return answer

    monkeypatch.setattr("prosopon.app.verbs.train_stargan.start_nets", noted)
    trained(tmp_path / "second", steps=1, start_from=str(tmp_path / "first"))
    assert seen and all(torch.equal(value, state[key]) for key, value in seen.items())
    assert "start stargan.studio" in (tmp_path / "second" / "run.toml").read_text()


@pytest.mark.parametrize("against", ["g", "gd"])
def test_against_attacks(tmp_path: Path, against: str) -> None:
    trained(tmp_path / "run", steps=1, adversarial=against)
    line = json.loads((tmp_path / "run" / "log.jsonl").read_text().splitlines()[0])
    assert all(np.isfinite(value) for value in line["losses"].values())


def test_the_adversary_moves_the_answer_within_its_bound() -> None:
    assert adversary_of("none") is None
    adversary = adversary_of("g")
    assert adversary is not None
    model = Stargan.tiny()
    pictures, labels = torch.rand(2, 3, 32, 32) * 2 - 1, torch.zeros(2, 7)

    def victim(images: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = model.generator(images, classes)
        return answer

    changed = adversary(victim, pictures, labels)
    apart = (changed - pictures).abs()
    assert 0.03 < apart.max() <= 0.05 + 1e-6
    assert changed.abs().max() <= 1
    with torch.no_grad():
        assert victim(changed, labels).square().mean() > victim(pictures, labels).square().mean()


def test_numbers_that_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        run(TrainStargan(tmp_path / "run", people=0, steps=1, loop=LOOP), Console())
    with pytest.raises(UsageError, match="when to stop"):
        run(TrainStargan(tmp_path / "run", people=1, loop=LOOP), Console())
