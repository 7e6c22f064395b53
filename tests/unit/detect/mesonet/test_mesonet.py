"""The plug-in: its input cannot be fed wrongly, weights can be imported, and training learns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from keras_files import write_meso
from small_arena import small_arena

from prosopon.core.clip import Frame
from prosopon.core.errors import CheckpointError, UsageError
from prosopon.detect.learning.meso_trunk import SIZE_PX
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.mesonet.net import NETS
from prosopon.detect.mesonet.technique import MesoNet
from prosopon.media.read import read
from prosopon.models.importing import import_weights
from prosopon.models.tensors import to_tensor
from prosopon.train.distributed import Processes
from prosopon.train.learner import Learner
from prosopon.train.loader import first_batch, place_batch
from prosopon.train.sampler import Order
from prosopon.train.settings import Settings


@pytest.fixture
def published(tmp_path: Path) -> Path:
    torch.manual_seed(2)
    return write_meso(tmp_path / "Meso4_DF.h5", NETS["meso4"]())


PICTURES = np.random.default_rng(0).integers(0, 256, (3, SIZE_PX, SIZE_PX, 3), dtype=np.uint8)


def test_bytes_and_their_shares_are_the_same(published: Path) -> None:
    detector = MesoNet.from_published(published)
    told = detector.probability_real(PICTURES)
    assert told.shape == (3,)
    assert told.dtype == np.float32
    assert ((told >= 0) & (told <= 1)).all()
    assert np.allclose(detector.probability_real(PICTURES / 255.0), told, atol=1e-6)
    assert detector.probability_real(PICTURES[:0]).shape == (0,)


@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        (PICTURES.astype(np.float32), "go from 0 to 255"),
        (PICTURES / 127.5 - 1, "go from -1 to 1"),
        (np.full((1, SIZE_PX, SIZE_PX, 3), np.nan), "nan"),
        (PICTURES.astype(np.int64), "uint8 pictures, not int64"),
        (PICTURES[:, :128], "not \\(3, 128, 256, 3\\)"),
        (PICTURES[0], "not \\(256, 256, 3\\)"),
    ],
)
def test_what_the_nets_were_not_trained_on_is_refused(published: Path, pictures: np.ndarray, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        MesoNet.from_published(published).probability_real(pictures)


@pytest.mark.parametrize("file", ["Meso4_DF", "Meso4_F2F", "MesoInception_DF", "MesoInception_F2F"])
def test_why_it_is_refused(shared: Path, file: str) -> None:
    """The authors' video program forgets to divide by 255: fed so, their nets call generated faces real for certain."""
    detector = MesoNet.from_published(shared / "media" / "models" / f"mesonet_{file}.h5")
    generated = sorted((shared / "media" / "realfake").glob("fake_stylegan_*.jpg"))[:4]
    faces = np.stack([centre(read(path).first()) for path in generated])
    with torch.no_grad():
        wrong = detector._net.real_logits(to_tensor(faces) * 255)
        right = detector._net.real_logits(to_tensor(faces))
    assert bool((wrong.sigmoid() > 0.999).all())
    assert bool((wrong > 5 * right).all())
    with pytest.raises(UsageError, match="divide them by 255"):
        detector.probability_real(faces.astype(np.float32))


def centre(frame: Frame) -> Frame:
    step = np.linspace(0, min(frame.shape[:2]) - 1, SIZE_PX).astype(int)
    return np.asarray(frame[step[:, None], step[None, :]])


def test_published_weights_are_imported(published: Path) -> None:
    entry = import_weights(published, technique="mesonet", config="meso4", name="mesonet.df", licence="", origin="")
    assert entry.licence == "Apache-2.0"
    detector = MesoNet.from_weights("mesonet.df")
    assert (detector.probability_real(PICTURES) == MesoNet.from_published(published).probability_real(PICTURES)).all()
    assert detector.calibration is None
    with pytest.raises(CheckpointError, match="is of meso4, not of mesoinception4"):
        import_weights(published, technique="mesonet", config="mesoinception4", name="m.x", licence="", origin="")


def test_it_learns_on_a_small_arena(tmp_path: Path) -> None:
    material = Material(
        small_arena(tmp_path / "arena", people=(("ann", "train"), ("bob", "train"), ("eve", "calibrate")))
    )
    torch.manual_seed(0)
    recipe = MesoNet.training(material, LearningOptions("mesonet.small", "meso4"))
    learner = Learner(recipe, Settings(steps=10, precision="fp32", channels_last=True), Processes(torch.device("cpu")))
    batch = place_batch(first_batch(recipe.dataset, Order(len(recipe.dataset), 0), 1), torch.device("cpu"))
    losses = [learner.step([dict(batch)])["classify"] for _ in range(10)]
    assert np.mean(losses[-3:]) < 0.75 * np.mean(losses[:3])


def test_an_unknown_configuration_is_refused(tmp_path: Path) -> None:
    material = Material(small_arena(tmp_path / "arena", people=(("ann", "train"),)))
    with pytest.raises(UsageError, match="no configuration 'meso5'"):
        MesoNet.training(material, LearningOptions("mesonet.small", config="meso5"))


def test_no_calibration_without_one_and_maps_that_are_exact(published: Path, tmp_path: Path) -> None:
    arena = small_arena(tmp_path / "arena", people=(("ann", "train"),))
    clip, tracks = arena.faces(arena.clips[0])
    score = MesoNet.from_published(published).score(clip, tracks)
    assert score.value is not None
    assert score.log10_lr is None
    assert {heat.drawn_by for heat in score.heat_maps} == {"exact"}
    assert all(np.abs(heat.values).max() <= 1 for heat in score.heat_maps)


def test_the_weights_that_ship_are_calibrated_and_say_what_they_have_not_seen() -> None:
    detector = MesoNet.from_weights()
    assert detector.weights_name == "mesonet.studio"
    assert detector.card["trained_on"]["held_out"] == ["swap"]
    calibration = detector.calibration
    assert calibration is not None
    assert calibration.slope > 0
    assert calibration.log10_lr(1 - 1e-9) < 2, "one small net is never strong evidence"
    assert calibration.log10_lr(0.98) > 0 > calibration.log10_lr(0.02)
    assert detector.card["figures"]["none"]["auc"] > 0.8 > detector.card["figures"]["crf28+half"]["auc"]
