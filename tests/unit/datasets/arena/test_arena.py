from __future__ import annotations

import json
import pickle
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from small_arena import GENERATORS, small_arena

from prosopon.core.errors import MissingError, ProsoponError, UsageError
from prosopon.datasets.arena.arena import ABOUT, CANVAS_PX, CLIPS, Arena, ArenaClip
from prosopon.datasets.arena.writing import About, write_arena
from prosopon.faces.excerpt import runs_of

PEOPLE = (("ann", "train"), ("bob", "train"), ("eve", "calibrate"), ("gus", "test"))


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Arena:
    return small_arena(tmp_path_factory.mktemp("arena"), people=PEOPLE)


def rows(value: int, n: int = 1) -> dict[str, np.ndarray]:
    return {
        "frames": np.full((n, CANVAS_PX, CANVAS_PX, 3), value, np.uint8),
        "landmarks": np.full((n, 68, 2), value, np.float32),
        "times": np.arange(n, dtype=np.float64),
        "scale": np.ones(n, np.float32),
    }


def clip(name: str, **changes: object) -> ArenaClip:
    return replace(ArenaClip(name, "original", ("ann",), "train", name, "footage", Fraction(25)), **changes)  # type: ignore[arg-type]


def test_clips_are_found_by_what_they_are(arena: Arena) -> None:
    assert len(arena.clips) == 4 * (1 + len(GENERATORS))
    assert {one.name for one in arena.where(split="train", generators=("original",))} == {"ann", "bob"}
    assert {one.name for one in arena.where(split="test", generators=("swap", "animate"))} == {
        "gus-swap",
        "gus-animate",
    }
    assert arena.where(material="rendered") == ()
    assert arena.generators == GENERATORS
    assert arena.people("train") == ("ann", "bob")
    assert arena.people() == ("ann", "bob", "eve", "gus")


def test_fakes_know_their_originals(arena: Arena) -> None:
    original = arena.where(split="calibrate", generators=("original",))[0]
    assert {fake.generator for fake in arena.fakes_of(original)} == {*GENERATORS}
    for fake in arena.fakes_of(original):
        assert fake.is_fake
        assert arena.original_of(fake) == original
        assert len(fake) == len(original)
        assert (arena.frames(fake) != arena.frames(original)).any()
    assert not original.is_fake


def test_a_clip_is_handed_out_as_detectors_want_it(arena: Arena) -> None:
    one = arena.clips[0]
    shown, tracks = arena.faces(one)
    frames = list(shown.frames())
    assert (np.stack(frames) == arena.frames(one)).all()
    assert (shown.width, shown.height, shown.fps) == (CANVAS_PX, CANVAS_PX, Fraction(25))
    assert runs_of(shown) == (slice(0, 1), slice(1, 2))
    assert tracks.main is not None
    landmarks = tracks.main.faces[1].landmarks
    assert landmarks is not None
    assert (landmarks == arena.landmarks(one)[1]).all()
    assert (arena.scale(one) == 1).all()


def test_worker_processes_open_it_again(arena: Arena) -> None:
    sent = pickle.dumps(arena)
    assert len(sent) < 1000
    again = pickle.loads(sent)  # noqa: S301 - our own
    assert again.clips == arena.clips
    assert again.sha256() == arena.sha256()


def test_the_statement_is_beside_it(arena: Arena) -> None:
    about = json.loads((arena.folder / ABOUT).read_text())
    assert about["synthetic"]["digitalSourceType"]["swap"].endswith("compositeWithTrainedAlgorithmicMedia")
    assert about["synthetic"]["clips"] == 4 * len(GENERATORS)
    assert about["split"]["gus"] == "test"
    assert len(about["sources"]["ann.mp4"]) == 64
    # Nothing in there can be played.
    assert {path.suffix for path in arena.folder.rglob("*") if path.is_file()} == {".json", ".npy"}


def test_another_content_has_another_id(tmp_path: Path, arena: Arena) -> None:
    assert small_arena(tmp_path / "same", people=PEOPLE).sha256() == arena.sha256()
    assert small_arena(tmp_path / "other", people=PEOPLE, seed=1).sha256() != arena.sha256()


def test_a_folder_without_an_arena_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="arena make"):
        Arena.open(tmp_path)
    small_arena(tmp_path, people=PEOPLE[:1])
    text = (tmp_path / ABOUT).read_text()
    (tmp_path / ABOUT).write_text(text.replace('"version": 1', '"version": 99'))
    with pytest.raises(MissingError, match="another version"):
        Arena.open(tmp_path)
    (tmp_path / ABOUT).write_text(text)
    (tmp_path / CLIPS).write_text('[{"name": 3}]')
    with pytest.raises(MissingError, match="holds no arena"):
        Arena.open(tmp_path)


@pytest.mark.parametrize(
    ("clips", "what"),
    [
        ([clip("a"), clip("a")], "one name"),
        ([clip("a"), clip("b", generator="swap", original="c")], "not in the arena"),
        ([clip("a", people=("ann", "gus"))], "not all of the split"),
        ([clip("a", people=("stranger",))], "not all of the split"),
    ],
)
def test_what_would_spoil_measuring_is_refused(tmp_path: Path, clips: list[ArenaClip], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        write_arena(tmp_path, ((one, rows(0)) for one in clips), About({"ann": "train", "gus": "test"}))
    assert not (tmp_path / ABOUT).exists()


def test_an_arena_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProsoponError):
        write_arena(tmp_path, (), About({}))


def test_writing_anew_replaces_what_was_there(tmp_path: Path) -> None:
    write_arena(tmp_path, [(clip("a"), rows(1, 3))], About({"ann": "train"}))
    arena = write_arena(tmp_path, [(clip("b"), rows(7, 2))], About({"ann": "train"}))
    assert [one.name for one in arena.clips] == ["b"]
    assert arena.frames(arena.clips[0]).shape == (2, CANVAS_PX, CANVAS_PX, 3)
    assert (arena.frames(arena.clips[0]) == 7).all()
