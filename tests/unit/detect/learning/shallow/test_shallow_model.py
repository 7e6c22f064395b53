"""The arrays of a classifier: what they compute, how they are kept, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from prosopon.core.errors import CheckpointError
from prosopon.detect.learning.shallow.model import ShallowModel

LINE = ShallowModel(
    mean=np.array([1.0, 2.0]), spread=np.array([2.0, 1.0]), basis=np.eye(2), weights=np.array([3.0, -1.0]), bias=0.5
)
MACHINE = replace(LINE, weights=np.array([2.0, -1.0]), vectors=np.array([[0.0, 0.0], [1.0, 1.0]]), gamma=0.5)


def test_a_line_by_hand() -> None:
    # standardised: (1, -1), then 3 + 1 + 0.5
    assert LINE.decision(np.array([[3.0, 1.0]])) == pytest.approx([4.5])


def test_a_machine_by_hand() -> None:
    # standardised (1, -1): squares of distances 2 and 4
    wanted = 2 * np.exp(-1.0) - np.exp(-2.0) + 0.5
    assert MACHINE.decision(np.array([[3.0, 1.0]])) == pytest.approx([wanted])
    many = np.random.default_rng(0).normal(size=(600, 2))  # more than a batch
    assert MACHINE.decision(many)[599] == pytest.approx(MACHINE.decision(many[599:])[0])


def test_what_is_far_out_counts_as_six_spreads() -> None:
    assert LINE.decision(np.array([[1e9, 2.0]])) == pytest.approx([18.5])


@pytest.mark.parametrize("model", [LINE, MACHINE])
def test_it_is_kept_as_tensors(model: ShallowModel) -> None:
    again = ShallowModel.of(model.state(), "the test's")
    rows = np.random.default_rng(1).normal(size=(5, 2))
    assert again.decision(rows) == pytest.approx(model.decision(rows), abs=1e-5)
    assert (again.vectors is None) == (model.vectors is None)


def test_scaling_scales_decisions() -> None:
    rows = np.random.default_rng(1).normal(size=(5, 2))
    assert MACHINE.scaled(3).decision(rows) == pytest.approx(3 * MACHINE.decision(rows))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("spread", torch.tensor([0.0, 1.0])),
        ("weights", torch.zeros(3)),
        ("basis", torch.zeros(3, 2)),
        ("vectors", torch.zeros(2, 3)),
        ("mean", torch.tensor([float("nan"), 0.0])),
        ("bias", torch.zeros(1)),
        ("bias", torch.zeros(2)),  # a machine whose kernel is flat
        ("weights", None),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(name: str, value: torch.Tensor | None) -> None:
    state = MACHINE.state()
    del state[name]
    if value is not None:
        state[name] = value
    with pytest.raises(CheckpointError, match="the test's"):
        ShallowModel.of(state, "the test's")
