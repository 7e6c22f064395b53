"""HDF5 of Keras read as arrays, and nothing else of what HDF5 can hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from damage import flip_bits, remove_block, set_bytes, truncate, zero_block

from prosopon.core.errors import CheckpointError, MissingError
from prosopon.models.importing import read_published
from prosopon.models.keras_weights import read_keras

KERNEL = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("conv2d_1/conv2d_1/kernel:0", data=KERNEL)
        file.create_dataset("conv2d_1/conv2d_1/bias:0", data=np.ones(4))
        file.create_group("flatten_1")
    return path


def test_layers_come_with_their_arrays(path: Path) -> None:
    layers = read_keras(path)
    assert set(layers) == {"conv2d_1"}
    assert (layers["conv2d_1"]["kernel"] == KERNEL).all()
    assert layers["conv2d_1"]["bias"].dtype == np.float32


def test_a_whole_model_is_its_layers(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("model_weights/dense_1/dense_1/kernel:0", data=KERNEL)
        file.create_dataset("optimizer_weights/Adam/m:0", data=KERNEL)
    assert set(read_keras(path)) == {"dense_1"}


def _elsewhere(file: h5py.File) -> None:
    file["conv2d_2"] = h5py.ExternalLink("/etc/passwd", "/")


def _soft(file: h5py.File) -> None:
    file["conv2d_2"] = h5py.SoftLink("/conv2d_1")


def _outside(file: h5py.File) -> None:
    file.create_dataset("a/b:0", (4,), "f4", external=[("/etc/hostname", 0, 16)])


def _bomb(file: h5py.File) -> None:
    file.create_dataset("a/b:0", (20_000, 20_000), "f4", compression="gzip", fillvalue=0)


def _never_written(file: h5py.File) -> None:
    file.create_dataset("a/b:0", (20_000, 20_000), "f4")


def _objects(file: h5py.File) -> None:
    file.create_dataset("a/b:0", data=["text"], dtype=h5py.string_dtype())


def _whole(file: h5py.File) -> None:
    file.create_dataset("a/b:0", data=np.arange(3))


def _deep(file: h5py.File) -> None:
    file.create_dataset("/".join("abcdefghij"), data=np.ones(3, np.float32))


def _loop(file: h5py.File) -> None:
    file["conv2d_1/again"] = file["/"]


@pytest.mark.parametrize("spoil", [_elsewhere, _soft, _outside, _bomb, _never_written, _objects, _whole, _deep, _loop])
def test_what_is_not_plain_numbers_in_the_file_is_refused(path: Path, spoil: Callable[[h5py.File], None]) -> None:
    with h5py.File(path, "a") as file:
        spoil(file)
    with pytest.raises(CheckpointError):
        read_keras(path)


def test_one_array_under_several_names_does_not_grow(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file.create_dataset("big/kernel:0", data=np.ones(500_000, np.float32))
        file["big2/kernel:0"] = file["big/kernel:0"]
    with pytest.raises(CheckpointError, match="more numbers than its size"):
        read_keras(path)


def test_damaged_files_are_told(path: Path, tmp_path: Path) -> None:
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for number, damage in enumerate([flip_bits, set_bytes, zero_block, truncate, remove_block] * 8):
        spoilt = tmp_path / f"{number}.h5"
        spoilt.write_bytes(damage(whole, (0, len(whole)), rng))
        try:
            read_keras(spoilt)
        except CheckpointError as error:
            assert str(spoilt) in error.what


def test_other_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "x.h5").write_bytes(b"no HDF5 at all")
    with pytest.raises(CheckpointError, match="no HDF5"):
        read_keras(tmp_path / "x.h5")
    with pytest.raises(MissingError):
        read_keras(tmp_path / "absent.h5")


def test_readers_of_pytorch_files_say_who_takes_hdf5(path: Path) -> None:
    with pytest.raises(CheckpointError, match="mesonet"):
        read_published(path)
