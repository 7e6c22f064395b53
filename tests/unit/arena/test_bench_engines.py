"""Engines timed against the published path: what is compared is right, whatever the times are."""

from __future__ import annotations

import json

import pytest
import torch

from prosopon.app.main import main
from prosopon.arena import bench_engines
from prosopon.arena.bench import textures
from prosopon.arena.bench_engines import engines_here, time_engines, time_file_to_file
from prosopon.arena.roof import measure_roof
from prosopon.core.errors import UsageError
from prosopon.create.fomm.technique import FirstOrderMotion


def test_every_engine_is_timed_and_compared_with_the_published_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_engines, "measure_roof", lambda device, rounds: None)
    # A process that has used OpenVINO crashes when it forks, as later tests do; its engine is tested in another.
    monkeypatch.setattr(bench_engines, "find_spec", lambda name: None)
    speeds = time_engines(FirstOrderMotion.tiny(), textures(17, 32), rounds=1)
    assert [(one.engine, one.precision) for one in speeds.engines] == engines_here(torch.device("cpu"))
    exact = speeds.engines[0]
    assert (exact.engine, exact.precision) == ("torch", "fp32")
    assert exact.difference.largest < 1e-4
    for one in speeds.engines:
        assert one.ratio == pytest.approx(speeds.plain_ms_per_frame / one.ms_per_frame)
        assert one.difference.mean < 0.1 * one.difference.contrast
    assert {one.engine for one in speeds.engines} == {"torch"}
    with pytest.raises(ValueError, match="17 pictures, not 5"):
        time_engines(FirstOrderMotion.tiny(), textures(5, 32))


def test_the_roof_is_of_the_size_of_a_machine() -> None:
    roof = measure_roof(torch.device("cpu"), rounds=1)
    assert 0.5 < roof.fp32_gflops < 1e6
    assert 0.05 < roof.bf16_gflops < 1e6


def test_from_file_to_file_names_what_its_parts_cost() -> None:
    way = time_file_to_file(FirstOrderMotion.tiny(), "torch", "fp32", size_px=64, frames=6, rounds=1)
    assert way.frames == 6
    assert way.frames_per_s > 0
    assert [*way.stages_ms] == ["read", "read and animate", "write, sign, verify"]
    assert min(way.stages_ms.values()) > 0


def test_int8_needs_another_engine_than_torch() -> None:
    with pytest.raises(UsageError, match="int8"):
        time_file_to_file(FirstOrderMotion.tiny(), "torch", "int8", size_px=64, frames=3, rounds=1)


def test_the_verb_wants_a_face_to_time_on(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    absent = str(tmp_path / "absent.mp4")
    words = ["bench", "animate", "--weights", "fomm.mini", "--rounds", "1", "--batch", "1"]
    assert main([*words, "--engines", "--on", absent, "--json"]) == 1
    assert "absent.mp4" in json.loads(capsys.readouterr().out)["error"]
    assert main([*words, "--engines", "--file-sizes", "63"]) == 2
