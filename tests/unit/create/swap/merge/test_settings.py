from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from prosopon.core.errors import MissingError, UsageError
from prosopon.create.swap.merge.masks import FaceMasks
from prosopon.create.swap.merge.settings import MaskMode, MergeSettings


def test_files_take_the_names_of_the_fields(tmp_path: Path) -> None:
    path = tmp_path / "merge.toml"
    path.write_text('mask = "parsed"\nblur_percent = 7\nblend = "seamless"\n')
    settings = MergeSettings.from_toml(path)
    assert settings == MergeSettings(mask="parsed", blur_percent=7.0, blend="seamless")


def test_there_and_back(tmp_path: Path) -> None:
    settings = MergeSettings(colour="mix", erode_percent=-2.5, sharpen="box", motion_blur_percent=30)
    path = tmp_path / "merge.toml"
    path.write_text(settings.as_toml())
    assert MergeSettings.from_toml(path) == settings
    assert all(field.name in settings.as_toml() for field in fields(settings))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colr = 'rct'", "unknown settings: colr"),
        ("blur_percent = 'much'", "no MergeSettings"),
        ("blur_percent = 101", "give 0 to 100"),
        ("blur_percent = nan", "give 0 to 100"),
        ("mask = 'left'", "mask"),
        ("mask = ", "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "merge.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=said) as error:
        MergeSettings.from_toml(path)
    assert "\n" not in str(error.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no file"):
        MergeSettings.from_toml(tmp_path / "not.toml")


def test_ranges_hold_for_every_number() -> None:
    for field in fields(MergeSettings):
        if isinstance(field.default, float):
            with pytest.raises(UsageError, match=field.name):
                replace(MergeSettings(), **{field.name: 1e6})
    with pytest.raises(UsageError, match="colour"):
        MergeSettings(colour="sepia")  # type: ignore[arg-type]


MASKS = FaceMasks(*(np.full((4, 4), value, np.float32) for value in (0.9, 0.8, 0.7, 0.6, 0.5)))


@pytest.mark.parametrize(
    ("mode", "value"),
    [
        ("full", 1.0),
        ("landmarks", 0.7),
        ("predicted", 0.9),
        ("target-predicted", 0.8),
        ("both", 0.72),
        ("either", 0.9),
        ("parsed-predicted", 0.5),
        ("parsed", 0.6),
        ("parsed-both", 0.3),
        ("all", 0.216),
    ],
)
def test_masks_by_mode(mode: MaskMode, value: float) -> None:
    assert np.allclose(MASKS.taken(mode, 4), value, atol=1e-6)


def test_a_mask_that_is_not_there() -> None:
    with pytest.raises(MissingError, match="parsed needs a face parser"):
        FaceMasks(predicted=np.ones((4, 4), np.float32)).taken("parsed", 4)
    assert FaceMasks().taken("full", 4).min() == 1


def test_traces_and_nonsense_are_nothing() -> None:
    mask = np.array(((0.003, 0.5), (np.nan, 7.0)), np.float32)
    assert FaceMasks(landmarks=mask).taken("landmarks", 2).tolist() == [[0, 0.5], [0, 1]]
    with pytest.raises(ValueError, match="crop 3 pixels"):
        FaceMasks(landmarks=mask).taken("landmarks", 3)
