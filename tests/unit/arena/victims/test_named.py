"""Victims by name: those whose weights are there, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from prosopon.arena.victims import named
from prosopon.arena.victims.named import DEFAULT, default_names, open_victim, victim_names
from prosopon.core.errors import MissingError, UsageError
from prosopon.models.catalogue import catalogue


def test_names_are_those_of_weights_that_are_there() -> None:
    names = victim_names()
    assert len(names) == len({*names})
    assert {"fomm.face", "fomm.face/keypoints", "partswap.face/segments", "swap.mini", "faces.reader"} <= {*names}
    assert "faces.builtin" not in names
    assert {name.split("/")[0] for name in names} <= {*catalogue()}
    assert set(default_names()) == set(DEFAULT) & set(names)


def test_every_default_is_a_name_that_there_is_or_weights_that_can_be_trained() -> None:
    assert {name.split("/")[0] for name in DEFAULT} - {*catalogue()} <= {"stargan.studio"}


def test_without_its_weights_a_victim_is_neither_listed_nor_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    less = {name: entry for name, entry in catalogue().items() if entry.technique != "stargan"}
    monkeypatch.setattr(named, "catalogue", lambda: less)
    assert not [name for name in victim_names() if name.startswith("stargan")]
    with pytest.raises(MissingError) as raised:
        open_victim("stargan.somebodys")
    assert "stargan.somebodys" in str(raised.value)
    assert "prosopon train stargan" in raised.value.hint


def test_what_is_asked_for_wrongly_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no answer 'eyes'"):
        open_victim("fomm.face/eyes")
    with pytest.raises(UsageError, match=r"faces\.builtin"):
        open_victim("faces.builtin")
    for unknown in ("nobody", "", "/", "nobody/keypoints", str(tmp_path / "none.safetensors"), str(tmp_path)):
        with pytest.raises(MissingError):
            open_victim(unknown)


def test_victims_open_by_name_and_by_file() -> None:
    reader = open_victim("faces.reader")
    assert reader.name == "faces.reader" and reader.side_px > 100
    path = str(catalogue()["swap.mini"].path)
    for name in ("swap.mini", "swap.mini/face", path, path + "/code"):
        assert open_victim(name).name == name
