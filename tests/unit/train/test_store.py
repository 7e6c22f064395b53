"""Stores of arrays: what was written is read again; half a store is none."""

import json
import pickle
import threading
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from prosopon.core.errors import MissingError, ProsoponError
from prosopon.train.store import ArrayStore, Column, Shot, kept, write_store

COLUMNS = {"picture": Column("|u1", (4, 4, 3)), "point": Column("<f4", (2,))}


def _shots(rng, counts):
    for number, count in enumerate(counts):
        rows = {"picture": rng.integers(0, 256, (count, 4, 4, 3)), "point": rng.normal(size=(count, 2))}
        yield Shot(f"p{number}", f"p{number}", "footage"), rows


def test_rows_come_back(tmp_path):
    write_store(tmp_path / "s", COLUMNS, _shots(np.random.default_rng(0), (3, 1, 2)))
    store = ArrayStore.open(tmp_path / "s")
    wanted = list(_shots(np.random.default_rng(0), (3, 1, 2)))
    assert [(s.person, s.start, s.stop) for s in store.shots] == [("p0", 0, 3), ("p1", 3, 4), ("p2", 4, 6)]
    assert len(store) == 6
    for shot, (_, rows) in zip(store.shots, wanted, strict=True):
        at = slice(shot.start, shot.stop)
        np.testing.assert_array_equal(store.arrays["picture"][at], rows["picture"])
        np.testing.assert_allclose(store.arrays["point"][at], rows["point"], rtol=1e-6)


def test_a_worker_process_opens_it_again(tmp_path):
    write_store(tmp_path / "s", COLUMNS, _shots(np.random.default_rng(0), (2,)))
    store = ArrayStore.open(tmp_path / "s")
    sent = pickle.dumps(store)
    assert len(sent) < 1000
    np.testing.assert_array_equal(pickle.loads(sent).arrays["point"], store.arrays["point"])  # noqa: S301


def test_content_decides_the_digest(tmp_path):
    digests = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        write_store(tmp_path / name, COLUMNS, _shots(np.random.default_rng(seed), (2,)))
        digests.append(ArrayStore.open(tmp_path / name).sha256())
    assert digests[0] == digests[1] != digests[2]


def test_nothing_is_no_store(tmp_path):
    with pytest.raises(ProsoponError, match="no faces"):
        write_store(tmp_path / "s", COLUMNS, [])
    with pytest.raises(MissingError, match="holds no prepared data"):
        ArrayStore.open(tmp_path / "s")


@pytest.mark.parametrize("spoil", ["index", "column"])
def test_a_damaged_store_is_told(tmp_path, spoil):
    write_store(tmp_path / "s", COLUMNS, _shots(np.random.default_rng(0), (2,)))
    if spoil == "index":
        (tmp_path / "s" / "index.json").write_text("{")
    else:
        (tmp_path / "s" / "point.npy").unlink()
    with pytest.raises(MissingError, match="holds no prepared data"):
        ArrayStore.open(tmp_path / "s")


class Points(ArrayStore):
    columns: ClassVar = {"point": Column("<f4", (2,))}


class LongerPoints(ArrayStore):
    columns: ClassVar = {"point": Column("<f4", (3,))}


class Lines(ArrayStore):
    columns: ClassVar = {"line": Column("<f4", (2, 2))}


def test_a_class_of_stores_has_its_columns(tmp_path):
    write_store(tmp_path / "s", COLUMNS, _shots(np.random.default_rng(0), (2,)))
    store = Points.open(tmp_path / "s")
    assert isinstance(pickle.loads(pickle.dumps(store)), Points)  # noqa: S301
    for other in (LongerPoints, Lines):
        with pytest.raises(MissingError, match="holds no prepared data"):
            other.open(tmp_path / "s")


def test_rows_of_another_form_are_refused(tmp_path):
    rows = {"picture": np.zeros((1, 4, 4, 3)), "point": np.zeros((1, 3))}
    with pytest.raises(ValueError, match="do not fit"):
        write_store(tmp_path / "s", COLUMNS, [(Shot("a", "a", "still"), rows)])


def test_kept_fills_once_and_forgets_failures(tmp_path, monkeypatch):
    monkeypatch.setenv("PROSOPON_HOME", str(tmp_path))
    calls = []

    def fill(folder: Path) -> None:
        calls.append(folder)
        if len(calls) == 1:
            (folder / "point.npy").write_bytes(b"half")
            raise KeyboardInterrupt
        (folder / "index.json").write_text(json.dumps({}))

    with pytest.raises(KeyboardInterrupt):
        kept(["x", 1], fill)
    first, second, other = kept(["x", 1], fill), kept(["x", 1], fill), kept(["x", 2], fill)
    assert first == second != other
    assert len(calls) == 3
    assert [path.name for path in first.parent.iterdir() if path.is_dir() and path.name.startswith(".")] == []


def test_of_several_that_want_the_same_store_one_makes_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PROSOPON_HOME", str(tmp_path))
    made, folders = [], []

    def fill(folder: Path) -> None:
        made.append(folder)
        write_store(folder, COLUMNS, _shots(np.random.default_rng(0), (2,)))

    threads = [threading.Thread(target=lambda: folders.append(kept(["x", 1], fill))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(folders) == 4
    assert len({*folders}) == 1
