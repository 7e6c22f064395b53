"""Frames and tensors, and where to compute."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from prosopon.core.errors import MissingError, UsageError
from prosopon.models import device
from prosopon.models.device import has_bf16, pick_device, pick_precision
from prosopon.models.tensors import pictures_to_float, to_frames, to_tensor


def frames(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_frames_survive_the_round_trip() -> None:
    held = frames(2, 5, 7, 3)
    tensor = to_tensor(held)
    assert tensor.shape == (2, 3, 5, 7)
    assert tensor.is_contiguous()
    assert float(tensor[1, 2, 4, 6]) == held[1, 4, 6, 2] / np.float32(255)
    np.testing.assert_array_equal(to_frames(tensor), held)


def test_every_value_survives_in_half_precision_too() -> None:
    held = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    np.testing.assert_array_equal(to_frames(to_tensor(held).half())[0], held)


def test_one_frame_is_a_batch_of_one() -> None:
    held = frames(5, 7, 3)
    assert to_tensor(held).shape == (1, 3, 5, 7)
    np.testing.assert_array_equal(to_frames(to_tensor(held)[0]), held[None])


def test_values_outside_are_clamped_and_the_rest_rounded() -> None:
    tensor = torch.tensor([-1.0, 2.0, 127.6 / 255]).view(1, 3, 1, 1)
    assert to_frames(tensor).ravel().tolist() == [0, 255, 128]


def test_strided_frames_and_gradients_are_fine() -> None:
    held = frames(2, 6, 8, 3)[:, ::-1, ::2]
    np.testing.assert_array_equal(to_frames(to_tensor(held).requires_grad_()), held)


def test_the_input_is_not_touched() -> None:
    pictures = torch.from_numpy(frames(2, 4, 4, 3))
    before = pictures.clone()
    pictures_to_float(pictures)
    assert torch.equal(pictures, before)


@pytest.mark.parametrize("wrong", [np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8)])
def test_other_arrays_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="frames must be"):
        to_tensor(wrong)


def test_other_tensors_are_refused() -> None:
    with pytest.raises(ValueError, match="picture tensor"):
        to_frames(torch.zeros(1, 4, 4, 3))


def test_devices_by_name() -> None:
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device("auto").type in ("cpu", "cuda", "mps")
    with pytest.raises(UsageError):
        pick_device("gpu")
    with pytest.raises(UsageError):
        pick_device("meta")
    with pytest.raises(MissingError):
        pick_device("cuda:99")


def test_precision_by_name() -> None:
    assert pick_precision("fp32") == torch.float32
    assert pick_precision("bf16") == torch.bfloat16
    with pytest.raises(UsageError):
        pick_precision("fp64")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "fast"),
    [
        ("processor : 0\nflags\t\t: fpu avx512f avx512_bf16\n", True),
        ("flags : fpu amx_bf16 amx_tile\n", True),
        ("Features : fp asimd bf16\n", True),
        ("flags : fpu avx2 avx512f\n", False),
        ("model name : bf16\n", False),
    ],
)
def test_bf16_is_taken_where_the_processor_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, fast: bool
) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(device, "_CPU_FLAGS", tmp_path / "cpuinfo")
    assert has_bf16(torch.device("cpu")) is fast
    assert pick_precision("auto") == (torch.bfloat16 if fast else torch.float32)


def test_an_unknown_processor_gets_fp32(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_CPU_FLAGS", tmp_path / "not there")
    assert pick_precision("auto") == torch.float32
