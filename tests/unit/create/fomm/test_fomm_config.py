"""The configurations against the published table, and configuration files."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from prosopon.core.errors import MissingError, UsageError
from prosopon.create.fomm.config import CONFIGS, PUBLISHED, FommConfig, get_config
from prosopon.create.fomm.config_file import find_config
from prosopon.datasets.augment import AugmentConfig
from prosopon.models.motion.config import DiscriminatorConfig
from prosopon.train.epochs import Plan, plan
from prosopon.train.rebuild import from_table

# name: spectral norm, keypoints shown, one jacobian map, GAN, epochs, repeats, milestones, batch, rate of the
# detector, identities, jitter (brightness, contrast, saturation, hue), checkpoints every.
TABLE = {
    "vox-256": (True, False, False, 0, 100, 75, (60, 90), 40, 2e-4, True, (0.1,) * 4, 50),
    "vox-adv-256": (False, True, False, 1, 150, 75, (), 36, 2e-4, True, (0.1,) * 4, 50),
    "taichi-256": (False, False, False, 0, 100, 150, (60, 90), 30, 2e-4, True, (0.1,) * 4, 50),
    "taichi-adv-256": (False, True, False, 1, 150, 150, (), 27, 0, True, (0.1,) * 4, 50),
    "mgif-256": (True, False, True, 1, 100, 25, (60, 90), 36, 2e-4, False, (0, 0, 0, 0.5), 100),
    "fashion-256": (False, False, False, 1, 100, 50, (60, 90), 27, 2e-4, False, (0, 0, 0, 0.1), 50),
    "nemo-256": (True, False, False, 1, 100, 8, (60, 90), 36, 2e-4, False, (0, 0, 0, 0), 50),
    "bair-256": (True, False, False, 1, 20, 1, (12, 18), 36, 2e-4, False, (0.1,) * 4, 10),
}


def test_there_are_eight_published_configurations() -> None:
    assert sorted(PUBLISHED) == sorted(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_published_configurations_are_those_of_the_table(name: str) -> None:
    config = get_config(name)
    judge, schedule, colours = config.model.discriminator, config.schedule, config.augment
    assert (
        judge.sn,
        judge.use_kp,
        config.model.kp_detector.single_jacobian_map,
        config.loss.generator_gan,
        schedule.num_epochs,
        schedule.num_repeats,
        schedule.milestones,
        schedule.batch_size,
        schedule.lr_kp_detector,
        config.id_sampling,
        (colours.brightness, colours.contrast, colours.saturation, colours.hue),
        schedule.checkpoint_every_epochs,
    ) == TABLE[name]


@pytest.mark.parametrize("name", TABLE)
def test_what_all_published_configurations_share(name: str) -> None:
    config = get_config(name)
    assert (config.model.num_kp, config.model.estimate_jacobian, config.model.size_px) == (10, True, 256)
    assert config.model.kp_detector.temperature == 0.1
    assert config.loss.perceptual == (10,) * 5
    assert config.loss.scales == (1, 0.5, 0.25, 0.125)
    assert config.loss.feature_matching == (10,) * 4
    assert (config.loss.equivariance_value, config.loss.equivariance_jacobian) == (10, 10)
    assert config.model.discriminator.scales == (1,)
    assert (config.schedule.lr_generator, config.schedule.lr_discriminator) == (2e-4, 2e-4)
    assert (config.augment.time_flip, config.augment.horizontal_flip) == (True, True)
    assert config.face is None
    assert config.model.generator.head == "paint"


def test_only_moving_gifs_are_resized_and_cropped() -> None:
    assert (get_config("mgif-256").augment.resize, get_config("mgif-256").augment.crop_px) == ((0.9, 1.1), 256)
    for name in set(TABLE) - {"mgif-256"}:
        assert (get_config(name).augment.resize, get_config(name).augment.crop_px) == (None, None)


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(MissingError, match="vox-256"):
        get_config("vox-512")


@pytest.mark.parametrize("name", CONFIGS)
def test_configurations_survive_json(name: str) -> None:
    table = json.loads(json.dumps(asdict(CONFIGS[name])))
    assert from_table(FommConfig, table, name) == CONFIGS[name]


def test_a_file_says_only_what_differs_from_its_base(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text('base = "vox-256"\n[model]\nnum_kp = 5\n[augment]\nresize = [0.5, 2]\n')
    vox = get_config("vox-256")
    assert find_config(str(path)) == replace(
        vox, model=replace(vox.model, num_kp=5), augment=replace(vox.augment, resize=(0.5, 2.0))
    )


def test_a_file_without_base_has_the_defaults_and_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"model": {"discriminator": {"sn": true}}}')
    mine = find_config(str(path))
    assert (mine.name, mine.model.discriminator, mine.augment) == (
        "mine",
        DiscriminatorConfig(sn=True),
        AugmentConfig(),
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[model]\nnum_keypoints = 3\n", "num_keypoints"),
        ('[model]\nnum_kp = "ten"\n', "num_kp"),
        ('[model.generator]\nhead = "sketch"\n', "head"),
        ("[model\n", "cannot be read"),
    ],
)
def test_wrong_files_are_refused_with_the_place(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=says):
        find_config(str(path))


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"none\.toml"):
        find_config(str(tmp_path / "none.toml"))


def test_schedules_become_steps() -> None:
    schedule = get_config("vox-256").schedule
    # 1000 identities, 75 repeats, batches of 40: 1875 steps an epoch.
    assert plan(schedule, 75_000, 40) == Plan(187_500, (112_500, 168_750))
    assert plan(FommConfig("x").schedule, 3, 40).steps == 100
