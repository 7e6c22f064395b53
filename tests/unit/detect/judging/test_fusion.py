"""Several answers as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from prosopon.core.errors import ProsoponError
from prosopon.detect.judging import fusion as module
from prosopon.detect.judging.fusion import Fusion, shipped

FITTED = Fusion({"a": 0.5, "b": 0.25, "c": 0.0}, -0.1, 1.5, "drawn clips", 10, 20, 7, 0.2, 0.1)


def test_without_a_fit_it_is_the_mean() -> None:
    assert Fusion().log10_lr({"a": 1.0, "b": -0.5}) == pytest.approx(0.25)
    assert Fusion().log10_lr({"a": 9.0}) == 2.0
    assert Fusion().log10_lr({}) is None


def test_weights_an_offset_and_a_bound() -> None:
    assert FITTED.log10_lr({"a": 1.0, "b": 1.0}) == pytest.approx(0.65)
    assert FITTED.log10_lr({"a": 1.0}) == pytest.approx(0.4), "who abstains counts nothing"
    assert FITTED.log10_lr({"a": 9.0, "b": 9.0}) == 1.5
    assert FITTED.log10_lr({"a": -9.0, "b": -9.0}) == -1.5


def test_strangers_do_not_take_part() -> None:
    assert FITTED.log10_lr({"a": 1.0, "stranger": 9.0, "c": 9.0}) == pytest.approx(0.4)
    assert FITTED.log10_lr({"stranger": 9.0}) is None
    assert not FITTED.knows("c")
    assert Fusion().knows("c")


def test_it_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "fusion.toml"
    path.write_text(FITTED.as_toml())
    assert Fusion.read(path) == FITTED


@pytest.mark.parametrize(
    "text", ["", "[weights]\na = -1.0", "[weights]\na = 'x'", "unknown = 1\n[weights]", "=", "weights = 1"]
)
def test_damaged_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "fusion.toml"
    path.write_text(text)
    with pytest.raises(ProsoponError, match="fusion"):
        Fusion.read(path)


def test_the_one_that_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FUSION_FILE", tmp_path / "none.toml")
    shipped.cache_clear()
    assert shipped() == Fusion()
    shipped.cache_clear()
