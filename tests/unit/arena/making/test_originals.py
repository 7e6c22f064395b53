from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from drawn_footage import write_film, write_portrait

from prosopon.arena.making.originals import (
    Wish,
    footage_originals,
    people_in_footage,
    people_in_portraits,
    portrait_originals,
    rendered_originals,
)
from prosopon.core.errors import MissingError, UsageError


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    for number, name in enumerate(("a", "b", "c")):
        write_film(folder / "ann" / f"{name}.mp4", number, 4)
    (folder / "ann" / "notes.txt").write_text("no media")
    write_film(folder / "bob.mp4", 5, 140)
    write_portrait(folder / "stills" / "cid.png", 6)
    write_portrait(folder / "stills" / "dot.png", 7)
    return folder


def test_a_folder_is_one_person_and_a_file_another(media: Path) -> None:
    people = people_in_footage([media / "ann", media / "bob.mp4"])
    assert {who: [path.name for path in files] for who, files in people.items()} == {
        "ann": ["a.mp4", "b.mp4", "c.mp4"],
        "bob": ["bob.mp4"],
    }


def test_every_portrait_is_another_person(media: Path) -> None:
    assert set(people_in_portraits([media / "stills"])) == {"cid", "dot"}
    with pytest.raises(MissingError, match="no portraits"):
        people_in_portraits([media / "ann"])


def test_two_of_one_name_are_refused(media: Path, tmp_path: Path) -> None:
    other = write_film(tmp_path / "bob.mp4", 5, 4)
    with pytest.raises(UsageError, match="called bob"):
        people_in_footage([media / "bob.mp4", other])


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.mp4"):
        with pytest.raises(MissingError, match="no footage"):
            people_in_footage([path])


def test_clips_are_spread_over_files_or_over_the_length_of_one(media: Path) -> None:
    people = people_in_footage([media / "ann", media / "bob.mp4"])
    split = dict.fromkeys(people, "train")
    names = [one.name for one in footage_originals(people, split, 2)]  # type: ignore[arg-type]
    assert names == ["ann-a", "ann-c", "bob-1", "bob-2"]
    many = list(footage_originals(people, split, 9))  # type: ignore[arg-type]
    assert [one.name for one in many] == ["ann-a", "ann-b", "ann-c", "bob-1", "bob-2"]  # 5.6 s have two parts
    assert [one.part for one in many] == [(0, 1)] * 3 + [(0, 2), (1, 2)]
    assert all(one.moves for one in many)


def test_named_people_are_where_they_were_wished_and_others_for_training() -> None:
    wish = Wish(calibrate=("ann",), test=("bob",))
    assert wish.footage(["ann", "bob", "cid"]) == {"ann": "calibrate", "bob": "test", "cid": "train"}
    assert wish.portraits(["bob"])["bob"] == "test"


def test_where_nobody_is_named_a_draw_decides() -> None:
    people = [f"p{number}" for number in range(20)]
    split = Wish(seed=3).footage(people)
    assert Counter(split.values()) == {"train": 12, "calibrate": 4, "test": 4}
    assert split == Wish(seed=3).footage(list(reversed(people)))
    assert split != Wish(seed=4).footage(people)
    assert Counter(Wish().portraits(people).values()) == {"train": 12, "calibrate": 5, "test": 3}


def test_a_wish_for_nobody_is_refused() -> None:
    with pytest.raises(UsageError, match="nobody is called zoe"):
        Wish(test=("zoe",)).check(["ann"])
    with pytest.raises(UsageError, match="calibrated on and tested"):
        Wish(("ann",), ("ann",)).check(["ann"])


def test_portraits_and_rendered_people_are_originals_too(media: Path) -> None:
    people = people_in_portraits([media / "stills"])
    stills = list(portrait_originals(people, Wish().portraits(people)))
    assert [(one.person, one.material, one.moves) for one in stills] == [
        ("cid", "portrait", False), ("dot", "portrait", False),
    ]  # fmt: skip
    rendered = list(rendered_originals({"train": 2, "test": 1}, seed=5))
    assert [(one.split, one.seed) for one in rendered] == [("train", (5, 0)), ("train", (5, 1)), ("test", (5, 2))]
    assert len({one.name for one in rendered}) == 3
