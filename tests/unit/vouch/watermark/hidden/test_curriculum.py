"""The order of lessons: nothing happens at first, then more and more, then marks become fainter."""

from __future__ import annotations

import pytest
import torch

from prosopon.vouch.watermark.hidden.curriculum import Curriculum, Lessons

QUICK = Lessons(harder=0.25, weight=10.0, fainter=2.0, memory=0.0)


def after(*steps: tuple[float, float], lessons: Lessons = QUICK) -> tuple[float, float]:
    """Level and weight after steps of these shares and PSNRs."""
    made = Curriculum(lessons)
    for share, psnr in steps:
        made.learn_from(share, psnr)
    return float(made.level), float(made.weight)


def test_nothing_happens_to_pictures_before_bits_are_read() -> None:
    assert after((0.9, 30), (0.94, 30)) == (0, 10)
    assert after((0.96, 30)) == (0.25, 10)


def test_it_becomes_harder_only_while_it_goes_well() -> None:
    assert after((0.96, 30), (0.94, 30), (0.9, 30)) == (0.5, 10)


def test_only_then_marks_become_fainter_until_they_are_faint_enough() -> None:
    hard = [(0.96, 30.0)] * 4
    assert after(*hard) == (1, 10)
    assert after(*hard, (0.95, 30)) == (1, 20)
    assert after(*hard, (0.95, 50)) == (1, 10)


def test_they_become_stronger_again_where_too_few_bits_are_read_but_not_stronger_than_at_first() -> None:
    hard = [(0.96, 30.0)] * 4
    assert after(*hard, (0.95, 30), (0.95, 30), (0.8, 30)) == (1, 20)
    assert after(*hard, (0.8, 30)) == (1, 10)


def test_it_remembers_slowly() -> None:
    made = Curriculum()
    made.learn_from(1.0, 30)
    assert float(made.share) == pytest.approx(0.52)
    assert float(made.level) == 0


def test_where_it_is_goes_into_the_state_of_a_run() -> None:
    one, other = Curriculum(QUICK), Curriculum(QUICK)
    for _ in range(6):
        one.learn_from(0.99, 30)
    other.load_state_dict(one.state_dict())
    assert {name: float(value) for name, value in other.state_dict().items()} == {
        "level": 1, "weight": 40, "share": pytest.approx(0.99), "psnr": 30,
    }  # fmt: skip
    assert not [*one.parameters()]
    assert torch.equal(one.weight, other.weight)
