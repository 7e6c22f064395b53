"""Rows on the disk: what was appended is there, whatever broke on the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prosopon.vouch.store.rows import DamagedRows, RowFile, is_whole, locked

FORM = np.dtype([("value", "<u4"), ("crc", "<u4")])


def rows(*values: int) -> np.ndarray:
    made = np.zeros(len(values), FORM)
    made["value"] = values
    return made


def test_appended_rows_are_read_back(tmp_path: Path) -> None:
    file = RowFile(tmp_path / "a.rows", "numbers", FORM)
    assert len(file.read()) == 0
    with locked(tmp_path):
        file.append(rows(1, 2))
        before = file.read()
        file.append(rows(3))
    assert file.read()["value"].tolist() == [1, 2, 3]
    assert before["value"].tolist() == [1, 2]
    assert all(is_whole(row) for row in file.read())
    with pytest.raises(ValueError, match="read-only"):
        file.read()["value"][0] = 9


@pytest.mark.parametrize("cut", [1, 4, 7])
def test_a_torn_row_is_not_read_and_written_over(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.rows"
    file = RowFile(path, "numbers", FORM)
    file.append(rows(1, 2))
    path.write_bytes(path.read_bytes()[:-cut])
    assert file.read()["value"].tolist() == [1]
    file.append(rows(5))
    assert file.read()["value"].tolist() == [1, 5]


@pytest.mark.parametrize("left", [0, 1, 63, 64])
def test_a_file_that_was_only_begun(tmp_path: Path, left: int) -> None:
    path = tmp_path / "a.rows"
    file = RowFile(path, "numbers", FORM)
    file.append(rows(1))
    path.write_bytes(path.read_bytes()[:left])
    if left < 64:
        with pytest.raises(DamagedRows):
            file.append(rows(5))
        return
    file.append(rows(5))
    assert file.read()["value"].tolist() == [5]


def test_a_row_of_zeros_is_not_whole(tmp_path: Path) -> None:
    assert not is_whole(rows(0)[0])


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.rows"
    RowFile(path, "numbers", FORM).append(rows(1))
    with pytest.raises(DamagedRows):
        RowFile(path, "letters", FORM).read()
    wider = np.dtype([("value", "<u8"), ("crc", "<u4")])
    with pytest.raises(DamagedRows):
        RowFile(path, "numbers", wider).read()


def test_replacing_leaves_readers_what_they_had(tmp_path: Path) -> None:
    file = RowFile(tmp_path / "a.rows", "numbers", FORM)
    file.append(rows(1, 2, 3))
    held = file.read()
    file.replace(rows(7))
    assert held["value"].tolist() == [1, 2, 3]
    assert file.read()["value"].tolist() == [7]
    file.replace(rows())
    assert len(file.read()) == 0
