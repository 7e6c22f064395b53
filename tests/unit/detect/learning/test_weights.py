"""Weights of detectors: whose they are, and what they are worth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from prosopon.core.calibration import Calibration
from prosopon.core.errors import CheckpointError, MissingError
from prosopon.detect.learning.weights import CALIBRATION, add_to_card, open_weights, start_net
from prosopon.models import checkpoint

CALIBRATED = Calibration(1.5, -0.2, 1.0, "drawn clips", 10, 12, 9, 0.2, 0.05, {"face_px": (60.0, 150.0)})


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    net = torch.nn.Linear(2, 1)
    state = {f"net.{key}": value for key, value in net.state_dict().items()}
    return checkpoint.save(state, tmp_path / "bright.trained", {"technique": "bright", "config": "studio"})


def test_weights_come_with_their_calibration(weights: Path) -> None:
    assert open_weights("bright", str(weights)).calibration is None
    add_to_card(weights, {CALIBRATION: CALIBRATED.as_json()})
    opened = open_weights("bright", str(weights))
    assert opened.calibration == CALIBRATED
    assert opened.card["config"] == "studio"
    assert opened.name == "bright.trained"


def test_a_damaged_calibration_is_told(weights: Path) -> None:
    add_to_card(weights, {CALIBRATION: {"slope": 1.0}})
    with pytest.raises(CheckpointError, match="no calibration"):
        open_weights("bright", str(weights))


def test_weights_of_another_detector_are_refused(weights: Path) -> None:
    with pytest.raises(MissingError, match="of bright, not of dark"):
        open_weights("dark", str(weights))


def test_where_none_are_the_line_that_makes_some_is_said() -> None:
    for shipped in (None, "bright.studio"):
        with pytest.raises(MissingError, match="prosopon train detector bright --arena DIR -o RUN"):
            open_weights("bright", None, shipped)


def test_training_starts_from_weights(weights: Path) -> None:
    net = torch.nn.Linear(2, 1)
    inputs = start_net(net, "net", "bright", str(weights))
    assert inputs == {"start bright.trained": json.loads(weights.with_suffix(".json").read_text())["sha256"]}
    state, _ = checkpoint.load(weights)
    assert torch.equal(net.weight, state["net.weight"])
    with pytest.raises(CheckpointError, match="does not fit"):
        start_net(torch.nn.Linear(3, 1), "net", "bright", str(weights))
