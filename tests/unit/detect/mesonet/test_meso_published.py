"""The authors' weights: bit for bit where they can be had, and files that claim to be theirs."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from keras_files import write_meso

from prosopon.core.errors import CheckpointError
from prosopon.detect.learning.meso_trunk import SIZE_PX
from prosopon.detect.mesonet.net import NETS
from prosopon.detect.mesonet.published import read_published
from prosopon.detect.mesonet.technique import MesoNet
from prosopon.models.tensors import to_tensor

FILES = ("Meso4_DF", "Meso4_F2F", "MesoInception_DF", "MesoInception_F2F")


@pytest.mark.parametrize("file", FILES)
def test_parity_with_the_authors_graph(shared: Path, file: str) -> None:
    folder = shared / "parity" / "detection"
    detector = MesoNet.from_published(shared / "media" / "models" / f"mesonet_{file}.h5")
    pictures = np.load(folder / "synthetic_inputs.npz")["x"]
    with np.load(folder / "mesonet_synthetic.npz") as expected:
        told = {name: expected[f"{file}/synthetic/{name}"] for name in ("p_real", "logit", "feat_8x8x16_nhwc")}
    assert np.abs(detector.probability_real(pictures) - told["p_real"]).max() < 1e-5
    with torch.no_grad():
        net, tensors = detector._net, to_tensor(pictures)
        assert np.abs(net.real_logits(tensors).numpy() - told["logit"]).max() < 1e-4
        features = net.features(tensors).movedim(1, -1).numpy()
    assert np.abs(features - told["feat_8x8x16_nhwc"]).max() < 1e-4


@pytest.mark.parametrize("config", NETS)
@pytest.mark.parametrize("first", [1, 5])
def test_files_in_the_form_of_the_authors_are_recognised(tmp_path: Path, config: str, first: int) -> None:
    torch.manual_seed(1)
    net = NETS[config]().eval()
    found, read = read_published(write_meso(tmp_path / "w.h5", net, first=first))
    pictures = torch.rand(1, 3, SIZE_PX, SIZE_PX)
    assert found == config
    with torch.no_grad():
        assert torch.equal(read(pictures), net(pictures))


def test_a_file_of_another_net_is_refused(tmp_path: Path) -> None:
    path = write_meso(tmp_path / "w.h5", NETS["meso4"]())
    with h5py.File(path, "a") as file:
        file.create_dataset("conv2d_9/conv2d_9/kernel:0", data=np.zeros((3, 3, 3, 8), np.float32))
    with pytest.raises(CheckpointError, match="5 convolutions"):
        read_published(path)


def test_shapes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = write_meso(tmp_path / "w.h5", NETS["meso4"]())
    with h5py.File(path, "a") as file:
        del file["dense_1/dense_1/kernel:0"]
        file.create_dataset("dense_1/dense_1/kernel:0", data=np.zeros((1024, 17), np.float32))
    with pytest.raises(CheckpointError, match="does not fit"):
        read_published(path)
    with h5py.File(path, "a") as file:
        del file["dense_1/dense_1/kernel:0"]
    with pytest.raises(CheckpointError, match="lacks the kernel of dense_1"):
        read_published(path)


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    net = NETS["meso4"]()
    with torch.no_grad():
        net.last.bias.fill_(float("nan"))
    with pytest.raises(CheckpointError, match="no numbers"):
        read_published(write_meso(tmp_path / "w.h5", net))
