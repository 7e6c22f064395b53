"""The weights that come with the package: what they say of themselves, and that they tell the drawn people's fakes."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_arena import small_arena

from prosopon.detect.learning.shallow.detector import FeatureDetector
from prosopon.detect.quality.technique import ImageQuality
from prosopon.detect.spectrum.technique import Spectrum


@pytest.mark.parametrize("technique", [ImageQuality, Spectrum], ids=lambda one: str(one.technique))
def test_they_open_and_say_what_they_are_worth(technique: type[FeatureDetector], tmp_path: Path) -> None:
    detector = technique.from_weights()
    assert detector.weights_name == technique.shipped and detector.weights_sha256
    assert "swap" not in detector.card["learnt_from"]["generators"]
    assert detector.card["licence"] and detector.card["trained_on"]
    calibration = detector.calibration
    assert calibration is not None and calibration.people > 100
    assert calibration.most_log10_lr <= 2  # never strong evidence alone on so few people
    assert {"none", "crf28+half"} <= detector.card["figures"].keys()
    arena = small_arena(tmp_path, people=[("ann", "test")], generators=("animate",))
    values = {clip.generator: detector.score(*arena.faces(clip)) for clip in arena.clips}
    assert all(score.log10_lr is not None and len(score.evidence) >= 1 for score in values.values())
