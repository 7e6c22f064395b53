"""Learning rate dropout: which weights move, how many, and that nothing else changes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from prosopon.train.optimisers.dropout import chosen, drop_learning_rates


def moved(n_steps: int, *, keep: float = 0.3, seed: int = 0, shape: tuple[int, ...] = (40, 30)) -> Tensor:
    """`(n_steps, *shape)` which weights each step moved."""
    weight = nn.Parameter(torch.zeros(shape))
    optimiser = torch.optim.SGD([weight], lr=1.0)
    drop_learning_rates(optimiser, keep, seed)
    seen = []
    for _ in range(n_steps):
        weight.grad = torch.ones(shape)
        before = weight.detach().clone()
        optimiser.step()
        seen.append(before - weight.detach())
    return torch.stack(seen)


def test_a_weight_moves_all_the_way_or_not_at_all() -> None:
    assert moved(4).unique().tolist() == [0, 1]


def test_each_step_chooses_anew_and_as_many_as_asked_for() -> None:
    steps = moved(200, keep=0.3)
    assert float(steps.mean()) == pytest.approx(0.3, abs=0.005)
    by_weight, by_step = steps.mean(0), steps.flatten(1).mean(1)
    assert float(by_weight.std()) == pytest.approx((0.21 / 200) ** 0.5, rel=0.1)
    assert float(by_step.std()) == pytest.approx((0.21 / 1200) ** 0.5, rel=0.2)
    neighbours = (steps[1:] * steps[:-1]).mean(), (steps[..., 1:] * steps[..., :-1]).mean()
    for both in neighbours:
        assert float(both) == pytest.approx(0.09, abs=0.003)


def test_it_follows_from_the_seed() -> None:
    assert torch.equal(moved(3, seed=5), moved(3, seed=5))
    assert not torch.equal(moved(3, seed=5), moved(3, seed=6))


def test_it_draws_from_no_generator_but_its_own() -> None:
    torch.manual_seed(1)
    wanted = torch.rand(3)
    torch.manual_seed(1)
    moved(2)
    assert torch.equal(torch.rand(3), wanted)


def test_moments_are_kept_of_every_weight() -> None:
    ours, theirs = (nn.Parameter(torch.zeros(50)) for _ in range(2))
    plain, dropping = torch.optim.Adam([theirs], 0.1), torch.optim.Adam([ours], 0.1)
    drop_learning_rates(dropping, 0.5)
    for number in range(3):
        for weight, optimiser in ((ours, dropping), (theirs, plain)):
            weight.grad = torch.linspace(-1, 1, 50) + number
            optimiser.step()
    for name in ("exp_avg", "exp_avg_sq"):
        assert torch.equal(dropping.state[ours][name], plain.state[theirs][name])


def test_an_update_that_leaves_float32_is_no_mixture() -> None:
    weight = nn.Parameter(torch.tensor([1e30, 1e-30, 1.0, -1e30] * 30))
    optimiser = torch.optim.SGD([weight], lr=1.0)
    drop_learning_rates(optimiser, 0.5)
    before = weight.detach().clone()
    weight.grad = torch.tensor([1e30 + 1e24, 1.0, 1e-12, 1e30] * 30)
    after = before - weight.grad
    optimiser.step()
    assert bool(((weight == before) | (weight == after)).all())


def test_all_move_where_all_are_kept() -> None:
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(3))], lr=1.0)
    drop_learning_rates(optimiser, 1.0)
    assert set(optimiser.state_dict()) == {"state", "param_groups"}


def test_a_state_without_dropout_can_be_gone_on_from() -> None:
    weight = nn.Parameter(torch.zeros(3))
    optimiser = torch.optim.SGD([weight], lr=1.0)
    drop_learning_rates(optimiser, 0.5, seed=4)
    optimiser.load_state_dict(torch.optim.SGD([weight], lr=0.5).state_dict())
    assert optimiser.state_dict()["learning_rate_dropout"] == {"seed": 4, "step": 0}


@pytest.mark.parametrize("count", [0, 1, 3, 4, 1001])
def test_any_number_can_be_drawn(count: int) -> None:
    drawn = chosen(count, 0.5, torch.Generator().manual_seed(0))
    assert drawn.shape == (count,)
    assert drawn.dtype == torch.float32
    assert set(drawn.unique().tolist()) <= {0.0, 1.0}


@pytest.mark.parametrize("keep", [1e-4, 0.3, 0.5, 0.9999])
def test_shares_are_met_in_every_lane_of_a_draw(keep: float) -> None:
    drawn = chosen(400_000, keep, torch.Generator().manual_seed(2)).view(-1, 4).mean(0)
    for share in drawn.tolist():
        assert share == pytest.approx(keep, abs=4 * (keep * (1 - keep) / 100_000) ** 0.5 + 2**-16)
