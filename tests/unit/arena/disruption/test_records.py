"""The journal of what was measured."""

from __future__ import annotations

from pathlib import Path

from prosopon.arena.disruption.records import Journal, Record

ABOUT = {"journal": 1, "settings": {"epsilon": 0.05}, "launderings": ("png",)}


def record(job: str = "pgd/one", picture: str = "a") -> Record:
    return Record(job, picture, {"psnr": float("inf")}, {"png": {"one": {"l2": 0.25}}}, {})


def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "journal.jsonl"
    with Journal(path, ABOUT) as journal:
        assert journal.n_recalled == 0 and journal.recall("pgd/one", "a") is None
        journal.keep(record())
        journal.keep(record(picture="b"))
    with Journal(path, ABOUT) as journal:
        assert journal.n_recalled == len(journal) == 2
        assert journal.recall("pgd/one", "a") == record() and journal.recall("eot/one", "a") is None


def test_a_line_that_was_cut_off_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path, ABOUT) as journal:
        journal.keep(record())
        journal.keep(record(picture="b"))
    path.write_text(path.read_text()[:-20])
    with Journal(path, ABOUT) as journal:
        assert len(journal) == 1
        journal.keep(record(picture="c"))
    with Journal(path, ABOUT) as journal:
        assert len(journal) == 2


def test_that_of_other_settings_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path, ABOUT) as journal:
        journal.keep(record())
    with Journal(path, {**ABOUT, "journal": 2}) as journal:
        assert len(journal) == 0
    assert not path.exists()  # nothing was measured


def test_it_is_forgotten_when_all_is_done_and_may_be_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path, ABOUT) as journal:
        journal.keep(record())
        journal.forget()
    assert not path.exists()
    with Journal(None, ABOUT) as journal:
        journal.keep(record())
        assert journal.recall("pgd/one", "a") == record()
