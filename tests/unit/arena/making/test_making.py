from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from drawn_footage import DrawnFinder, write_film, write_portrait

from prosopon.arena.making import making
from prosopon.arena.making.faking import Made
from prosopon.arena.making.making import UNFINISHED, make_arena, n_done
from prosopon.arena.making.originals import Original
from prosopon.arena.making.plan import Fake, Task, planned
from prosopon.arena.making.sheet import arena_sheet
from prosopon.arena.making.subject import Subject
from prosopon.core.errors import MissingError, ProsoponError


class StandIn:
    """Generators that shift the levels of the original's frames; they count what they have made."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str, int]] = []
        self.stop_after: int | None = None

    def make(self, fake: Fake, target: Subject, other: Subject | None, attempt: int = 0) -> Made:
        if self.stop_after is not None and len(self.made) >= self.stop_after:
            raise KeyboardInterrupt
        self.made.append((target.original.name, fake.generator, attempt))
        if fake.generator == "partswap":
            raise MissingError("this one never works")
        if fake.generator == "animate":
            assert other is not None
            frames = np.repeat(target.frames[:1] // 2 + 60, len(other), 0)
            return Made(frames, other.times, other.fps, (0,) * len(other))
        nothing_yet = fake.generator == "edit" and attempt == 0
        frames = target.frames if nothing_yet else target.frames // 2 + 30
        return Made(frames, target.times, target.fps, tuple(range(len(target))))


@pytest.fixture
def fakers(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn()
    making._subject.cache_clear()
    monkeypatch.setattr(making, "_finder", lambda name: DrawnFinder())
    monkeypatch.setattr(making, "_fakers", lambda precision: stand_in)
    return stand_in


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    write_film(folder / "ann.mp4", 1)
    write_film(folder / "bob.mp4", 2)
    write_film(folder / "nobody.mp4", 3, blank=True)
    write_portrait(folder / "cid.png", 4)
    return folder


def tasks(media: Path, seed: int = 0) -> tuple[Task, ...]:
    originals = [
        Original("ann", "ann", "train", "footage", media / "ann.mp4"),
        Original("bob", "bob", "train", "footage", media / "bob.mp4"),
        Original("cid", "cid", "train", "portrait", media / "cid.png", runs=1),
    ]
    return planned(originals, ("animate", "landmark-swap", "edit"), seed=seed)


def test_originals_and_fakes_come_out_frame_for_frame(tmp_path: Path, media: Path, fakers: StandIn) -> None:
    outcome = make_arena(tmp_path / "arena", tasks(media), {"seed": 0})
    arena = outcome.arena
    assert outcome.left_out == ()
    assert len(arena.clips) == 3 * 4
    assert not (tmp_path / "arena" / UNFINISHED).exists()
    ann = arena.where(generators=("original",))[0]
    assert (len(ann), ann.fps) == (16, Fraction(25))
    for fake in arena.fakes_of(ann):
        assert len(fake) == 16
        if fake.generator != "animate":
            assert (arena.times(fake) == arena.times(ann)).all()
            darker = arena.frames(ann).astype(int) // 2 + 30
            assert (arena.frames(fake) == darker).all()
    cid = next(one for one in arena.where(material="portrait", generators=("original",)))
    assert (len(cid), cid.fps) == (1, None)
    moving = next(fake for fake in arena.fakes_of(cid) if fake.generator == "animate")
    assert len(moving) == 16
    assert set(moving.people) - {"cid"} <= {"ann", "bob"}
    assert ("ann", "edit", 1) in fakers.made  # the first edit changed nothing
    assert arena.about["sources"].keys() == {"ann", "bob", "cid"}
    assert arena_sheet(arena).shape[2] == 3


def test_a_broken_run_goes_on_where_it_was(tmp_path: Path, media: Path, fakers: StandIn) -> None:
    fakers.stop_after = 5
    with pytest.raises(KeyboardInterrupt):
        make_arena(tmp_path, tasks(media), {})
    assert n_done(tmp_path) == 1
    assert not (tmp_path / "arena.json").exists()
    before, fakers.stop_after = list(fakers.made), None
    arena = make_arena(tmp_path, tasks(media), {}).arena
    assert len(arena.clips) == 12
    again = fakers.made[len(before) :]
    assert "ann" not in {name for name, _, _ in again}


def test_another_plan_begins_anew(tmp_path: Path, media: Path, fakers: StandIn) -> None:
    fakers.stop_after = 5
    with pytest.raises(KeyboardInterrupt):
        make_arena(tmp_path, tasks(media), {})
    fakers.stop_after, n = None, len(fakers.made)
    make_arena(tmp_path, tasks(media, seed=9), {})
    assert "ann" in {name for name, _, _ in fakers.made[n:]}


def test_a_damaged_piece_is_told_and_made_again(tmp_path: Path, media: Path, fakers: StandIn) -> None:
    fakers.stop_after = 5
    with pytest.raises(KeyboardInterrupt):
        make_arena(tmp_path, tasks(media), {})
    piece = next((tmp_path / UNFINISHED).glob("piece-*.npz"))
    piece.write_bytes(piece.read_bytes()[:500])
    fakers.stop_after = None
    with pytest.raises(ProsoponError, match="damaged"):
        make_arena(tmp_path, tasks(media), {})
    assert len(make_arena(tmp_path, tasks(media), {}).arena.clips) == 12


def test_what_cannot_be_made_is_left_out_and_said(tmp_path: Path, media: Path, fakers: StandIn) -> None:
    originals = [
        Original("ann", "ann", "train", "footage", media / "ann.mp4"),
        Original("nobody", "nobody", "train", "footage", media / "nobody.mp4"),
    ]
    outcome = make_arena(tmp_path, planned(originals, ("partswap", "landmark-swap", "edit")), {})
    assert [clip.name for clip in outcome.arena.clips] == ["ann", "ann-edit"]
    why = {one.name: one.why for one in outcome.left_out}
    assert why == {
        "ann-partswap": "nobody: no face is found in most of it",
        "ann-landmark-swap": "nobody: no face is found in most of it",
        "nobody": "no face is found in most of it",
    }
    assert [one["name"] for one in outcome.arena.about["left_out"]] == list(why)


def test_a_generator_that_fails_spoils_nothing_else(tmp_path: Path, media: Path, fakers: StandIn) -> None:
    outcome = make_arena(tmp_path, planned([task.original for task in tasks(media)], ("partswap", "edit")), {})
    assert {clip.generator for clip in outcome.arena.clips} == {"original", "edit"}
    assert {one.why for one in outcome.left_out} == {"this one never works"}


def test_nothing_usable_is_an_error(tmp_path: Path, media: Path, fakers: StandIn) -> None:
    originals = [Original("nobody", "nobody", "train", "footage", media / "nobody.mp4")]
    with pytest.raises(ProsoponError, match="no faces"):
        make_arena(tmp_path, planned(originals, ("edit",)), {})
