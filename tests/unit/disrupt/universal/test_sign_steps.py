"""The step of sign attacks as an optimiser."""

from __future__ import annotations

import pytest
import torch

from prosopon.core.errors import UsageError
from prosopon.disrupt.universal.sign_steps import SignSteps


def test_steps_follow_gathered_signs_and_stay_in_range() -> None:
    value = torch.nn.Parameter(torch.tensor([0.0, 0.98, -0.5]))
    steps = SignSteps([value], lr=0.1, momentum=0.5)
    value.grad = torch.tensor([3.0, -1.0, 0.0])
    steps.step()
    torch.testing.assert_close(value.data, torch.tensor([-0.1, 1.0, -0.5]))
    # What was gathered, (2.25, -0.75, 0), fades to a half, and the new gradient (-1, 1, 1) is added.
    value.grad = torch.tensor([-1.0, 1.0, 1.0])
    steps.step()
    torch.testing.assert_close(value.data, torch.tensor([-0.2, 0.9, -0.6]))


def test_gradients_of_any_size_count_alike() -> None:
    found = []
    for size in (1e-12, 1.0, 1e12):
        value = torch.nn.Parameter(torch.zeros(2))
        steps = SignSteps([value], lr=0.1)
        for gradient in ((1.0, -2.0), (-3.0, 1.0)):
            value.grad = torch.tensor(gradient) * size
            steps.step()
        found.append(value.detach().clone())
    torch.testing.assert_close(found[0], found[1])
    torch.testing.assert_close(found[2], found[1])


def test_without_gradients_nothing_moves() -> None:
    value = torch.nn.Parameter(torch.ones(2))
    steps = SignSteps([value])
    steps.step()
    value.grad = torch.zeros(2)
    assert steps.step(lambda: 3.0) == 3.0
    assert value.tolist() == [1.0, 1.0]


def test_it_goes_on_from_a_saved_state() -> None:
    def walk(stop: bool) -> torch.Tensor:
        value = torch.nn.Parameter(torch.zeros(3))
        steps = SignSteps([value], lr=0.1)
        for number in range(6):
            if stop and number == 3:
                state = steps.state_dict()
                steps = SignSteps([value], lr=0.1)
                steps.load_state_dict(state)
            value.grad = torch.tensor([1.0, -1.0, 1.0]) * (1 if number < 4 else -2)
            steps.step()
        return value.detach()

    assert torch.equal(walk(stop=False), walk(stop=True))


@pytest.mark.parametrize("odd", [{"lr": -1.0}, {"momentum": 1.1}, {"momentum": -0.1}])
def test_odd_numbers_are_refused(odd: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        SignSteps([torch.nn.Parameter(torch.zeros(1))], **odd)
