"""The verb `studio render`: signed videos, truth beside them, resumable, nothing half written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from prosopon.app.main import main
from prosopon.media.read import read
from prosopon.studio.render import render
from prosopon.studio.takes import Take
from prosopon.studio.truth import read_truth
from prosopon.vouch.manifest.verify import verify

ASKED = ("studio", "render", "--seconds", "0.12", "--size", "48", "--seed", "5", "--voice", "own")


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rendered") / "run"
    assert main([*ASKED, "--people", "2", "-o", str(folder)]) == 0
    return folder


def test_videos_are_signed_and_labelled(rendered: Path) -> None:
    for person in read_truth(rendered).people:
        report = verify(person.clip)
        assert report.integrity == "ok"
        assert report.signature == "valid"
        assert report.synthetic


def test_the_video_shows_what_the_truth_says(rendered: Path) -> None:
    person = read_truth(rendered).people[1]
    clip = read(person.clip)
    assert len(clip) == len(person) == 3
    for index, frame in enumerate(clip.frames()):
        again = render(person.identity, *person.state(index), person.light, person.size_px)
        assert np.abs(frame.astype(int) - again.image).mean() < 8, "but for what the encoder loses"
        assert np.array_equal(again.parts, person.mask(index)) or (again.parts != person.mask(index)).mean() < 0.01
    assert clip.audio is not None


def test_the_same_command_keeps_who_is_there_and_adds_who_is_missing(rendered: Path, capsys) -> None:
    kept = (rendered / "person-0000" / "person-0000.mp4").read_bytes()
    capsys.readouterr()
    assert main([*ASKED, "--people", "3", "-o", str(rendered), "--json"]) == 0
    out = capsys.readouterr()
    assert json.loads(out.out)["rendered"] == 1
    assert "2 of 3 people are there already" in out.err
    assert (rendered / "person-0000" / "person-0000.mp4").read_bytes() == kept
    assert len(read_truth(rendered).people) == 3


@pytest.mark.parametrize("change", [("--seed", "6"), ("--same-motion",), ("--format", "png")])
def test_another_run_is_not_mixed_in(rendered: Path, capsys, change: tuple[str, ...]) -> None:
    before = _files(rendered)
    assert main([*ASKED, *change, "-o", str(rendered)]) == 2
    assert "rendered with other" in capsys.readouterr().err
    assert _files(rendered) == before


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path, capsys) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main([*ASKED, "-o", str(tmp_path)]) == 2
    assert _files(tmp_path) == {"mine.txt"}


def test_stopping_leaves_whole_people_only(tmp_path: Path, monkeypatch, capsys) -> None:
    folder = tmp_path / "run"
    frames = Take.frames

    def stopped(take: Take):
        for frame in frames(take):
            if take.number == 1 and frame.index == 1:
                raise KeyboardInterrupt
            yield frame

    monkeypatch.setattr(Take, "frames", stopped)
    assert main([*ASKED, "--people", "2", "-o", str(folder)]) == 130
    assert {path.name for path in folder.iterdir()} == {"person-0000", "run.toml", "studio.json"}
    monkeypatch.undo()
    assert main([*ASKED, "--people", "2", "-o", str(folder)]) == 0
    assert [person.number for person in read_truth(folder).people] == [0, 1]


def test_a_run_can_be_replayed_to_the_same_truth(rendered: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    assert main(["replay", str(rendered / "run.toml"), "-o", str(again)]) == 0
    for path in sorted(again.rglob("*")):
        if path.suffix in (".json", ".jsonl", ".png"):
            assert path.read_bytes() == (rendered / path.relative_to(again)).read_bytes(), path


def test_lossless_pictures_are_the_same_bytes(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        assert main([*ASKED, "--people", "1", "--format", "png", "-o", str(folder)]) == 0
    one, two = ([*sorted((f / "person-0000" / "person-0000").glob("*.png"))] for f in folders)
    assert len(one) == 3
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    (person,) = read_truth(folders[0]).people
    assert verify(person.clip).integrity == "ok"


@pytest.mark.parametrize(
    "wrong", [("--people", "0"), ("--seconds", "0"), ("--fps", "0"), ("--size", "33"), ("--blinks-per-minute", "200")]
)
def test_senseless_numbers_are_refused_in_one_line(tmp_path: Path, capsys, wrong: tuple[str, str]) -> None:
    assert main([*ASKED, *wrong, "-o", str(tmp_path / "run")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "run").exists()
