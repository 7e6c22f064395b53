"""Swaps against the exact answer: rendered people who give the same performance."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from prosopon.app.main import main
from prosopon.arena.swap_truth import EXACT, answer_on_target, exact_pair, measure_exact
from prosopon.core.errors import MissingError, UsageError
from prosopon.media.read import read


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studio")
    words = ["--people", "2", "--seconds", "0.2", "--size", "96", "--fps", "25", "--voice", "none", "--format", "png"]
    assert main(["studio", "render", "-o", str(folder / "alike"), *words, "--same-motion"]) == 0
    assert main(["studio", "render", "-o", str(folder / "unlike"), *words]) == 0
    return folder


def values(figures: object) -> dict[str, float]:
    return {name: one.value for name, one in figures.items()}  # type: ignore[attr-defined]


def test_the_answer_itself_errs_nowhere(studio: Path) -> None:
    pair = exact_pair(studio / "alike", 0, 1)
    assert pair.name == "alike: person-0000 on person-0001"
    # Where both are one film, the true landmarks are the same too.
    same = type(pair)("same", pair.source, pair.source)
    found = values(measure_exact(same, read(pair.source.clip)))
    assert found["exact_ssim"] == pytest.approx(1)
    assert found["exact_l1"] == 0
    assert found["exact_l1_recoloured"] < 0.005
    assert "exact_psnr" not in found  # infinite in every frame


def test_the_answer_on_the_target_beats_the_untouched_target(studio: Path) -> None:
    pair = exact_pair(studio / "alike", 1, 0)
    untouched = values(measure_exact(pair, read(pair.target.clip), side_px=96, every=2))
    answer = values(measure_exact(pair, answer_on_target(pair), side_px=96, every=2))
    assert list(untouched) == [*EXACT]
    assert answer["exact_ssim_recoloured"] > untouched["exact_ssim_recoloured"] + 0.03
    assert answer["exact_l1_recoloured"] < untouched["exact_l1_recoloured"]
    assert 0 < untouched["exact_l1"] < 1
    assert untouched["exact_psnr"] > 3


def test_colours_do_not_count_in_the_last_two(studio: Path) -> None:
    pair = exact_pair(studio / "alike", 1, 0)
    film = read(pair.target.clip)
    tinted = [np.clip(frame * 0.8 + (25, 12, 0), 0, 255).astype(np.uint8) for frame in film.frames()]
    plain = values(measure_exact(pair, film))
    changed = values(measure_exact(pair, type(film).of_frames(tinted, 25)))
    assert abs(changed["exact_l1"] - plain["exact_l1"]) > 0.01
    assert changed["exact_l1_recoloured"] == pytest.approx(plain["exact_l1_recoloured"], abs=0.004)
    assert changed["exact_ssim_recoloured"] == pytest.approx(plain["exact_ssim_recoloured"], abs=0.02)


def test_who_cannot_be_compared(studio: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no person 7"):
        exact_pair(studio / "alike", 7, 0)
    with pytest.raises(UsageError, match="as source and target"):
        exact_pair(studio / "alike", 1, 1)
    with pytest.raises(UsageError, match="different performances"):
        exact_pair(studio / "unlike", 0, 1)
    with pytest.raises(MissingError):
        exact_pair(tmp_path, 0, 1)
    about = studio / "alike/person-0000/truth.json"
    assert json.loads(about.read_text())["person"] == 0
