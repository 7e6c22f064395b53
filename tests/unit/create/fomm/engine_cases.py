"""The engine OpenVINO against PyTorch, on nets of random weights: the same pictures but for rounding.

Run by test_fomm_engines.py in a process of its own: one that has used OpenVINO (2026.4) crashes when it forks later, as
other tests do.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tiny_fomm import TINY, TINY_FACE
from torch import Tensor

from prosopon.arena.timing import difference
from prosopon.core.errors import MissingError
from prosopon.create.fomm.config import FommConfig
from prosopon.create.fomm.engines import CalibrationFrames, openvino_animator
from prosopon.create.fomm.fast import FastAnimator
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.models import openvino as engine


def a_model(config: FommConfig) -> FirstOrderMotion:
    torch.manual_seed(0)
    model = FirstOrderMotion.untrained(config.model)
    for guide in model.generator.guides:
        torch.nn.init.normal_(guide.weight)
    return model


def pictures(n: int, size: int = 32) -> Tensor:
    coarse = torch.rand(n, 3, 4, 4, generator=torch.Generator().manual_seed(5))
    return torch.nn.functional.interpolate(coarse, size=(size, size), mode="bicubic").clamp(0, 1)


def animate(animator: FastAnimator, frames: Tensor, full: Tensor | None = None) -> Tensor:
    source = animator.encode(frames[:1], full)
    return animator.generate(source, animator.keypoints(frames[1:])).prediction


@pytest.fixture
def calibration() -> CalibrationFrames:
    frames = pictures(9)
    return CalibrationFrames(frames[:1], frames[1:])


@pytest.mark.parametrize("config", [TINY, TINY_FACE], ids=["paint", "blend and guide"])
def test_fp32_gives_the_same_pictures(config: FommConfig, calibration: CalibrationFrames) -> None:
    pytest.importorskip("openvino", reason="needs the extra fast")
    model, frames = a_model(config), pictures(4)
    animator = openvino_animator(model, "fp32", calibration, threads=1)
    found = animate(animator, frames)
    assert found.shape == (3, 3, 32, 32)
    torch.testing.assert_close(found, animate(model.animator(), frames), atol=1e-4, rtol=0)
    # The model itself goes on in PyTorch.
    assert isinstance(model.generator.paint.__func__, type(lambda: None))


def test_pictures_of_any_size(calibration: CalibrationFrames) -> None:
    pytest.importorskip("openvino", reason="needs the extra fast")
    model, frames, full = a_model(TINY_FACE), pictures(3), pictures(1, 96)
    animator = openvino_animator(model, "fp32", calibration, threads=1)
    wanted = animate(model.animator(), frames, full)
    assert wanted.shape[-1] == 96
    torch.testing.assert_close(animate(animator, frames, full), wanted, atol=1e-4, rtol=0)


def test_int8_is_close_and_is_kept(
    calibration: CalibrationFrames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("nncf", reason="needs the extra fast")
    model, frames = a_model(TINY_FACE), pictures(5)
    wanted = animate(model.animator(), frames)
    found = animate(openvino_animator(model, "int8", calibration, threads=1, keep_in=tmp_path), frames)
    apart = difference(found, wanted)
    assert 0 < apart.mean < 0.02
    assert apart.contrast > 5 * apart.mean
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert len(kept) == 3
    assert sum("-int8-" in name for name in kept) == 2  # never the keypoint detector

    def never(*_: object) -> None:
        raise AssertionError("converted again")

    monkeypatch.setattr(engine, "_converted", never)
    again = animate(openvino_animator(model, "int8", calibration, threads=1, keep_in=tmp_path), frames)
    torch.testing.assert_close(again, found)
    # A damaged one is made again.
    for folder in tmp_path.iterdir():
        (folder / "model.xml").write_text("<net")
    with pytest.raises(AssertionError, match="converted again"):
        openvino_animator(model, "int8", calibration, threads=1, keep_in=tmp_path)


def test_what_int8_spoils_goes_back_and_stays_so(calibration: CalibrationFrames, tmp_path: Path) -> None:
    pytest.importorskip("nncf", reason="needs the extra fast")
    model, frames = a_model(TINY_FACE), pictures(5)
    bf16 = animate(openvino_animator(model, "bf16", calibration, threads=1), frames)
    # More than anything in int8 reaches: all of it goes back.
    exacting = openvino_animator(model, "int8", calibration, threads=1, keep_in=tmp_path, least_db=120)
    torch.testing.assert_close(animate(exacting, frames), bf16, atol=1e-4, rtol=0)
    again = animate(openvino_animator(model, "int8", calibration, threads=1, keep_in=tmp_path), frames)
    torch.testing.assert_close(again, bf16, atol=1e-4, rtol=0)


def test_without_the_packages_the_line_to_run_is_shown(
    calibration: CalibrationFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent: Callable[[str], None] = lambda name: None  # noqa: E731
    monkeypatch.setattr(engine, "find_spec", absent)
    with pytest.raises(MissingError, match="openvino and nncf is not installed") as caught:
        openvino_animator(a_model(TINY), "int8", calibration)
    assert "prosopon-lab[fast]" in caught.value.hint
