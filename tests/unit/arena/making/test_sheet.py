from __future__ import annotations

from pathlib import Path

from small_arena import GENERATORS, small_arena

from prosopon.arena.making.sheet import _chosen, arena_sheet

PEOPLE = (*((f"t{number}", "train") for number in range(6)), ("eve", "calibrate"), ("gus", "test"))


def test_every_split_is_shown_even_if_it_is_small(tmp_path: Path) -> None:
    arena = small_arena(tmp_path, people=PEOPLE, frames=1)  # type: ignore[arg-type]
    assert {clip.split for clip in _chosen(arena, 3)} == {"train", "calibrate", "test"}
    assert len(_chosen(arena, 100)) == len(PEOPLE)
    few, many = arena_sheet(arena, 2), arena_sheet(arena, 4)
    assert few.shape[1] == many.shape[1]
    assert many.shape[0] - few.shape[0] == (few.shape[0] - 4)  # two rows more, the frame stays
    assert few.shape[1] // 176 == 1 + len(GENERATORS)
