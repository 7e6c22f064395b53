"""`prosopon lookup` and `prosopon lookup add`: their words, their answers, their pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from drawn_scenes import jpeg, scene, swapped
from PIL import Image

from prosopon.app.main import main
from prosopon.vouch.manifest.verify import verify


@pytest.fixture(autouse=True)
def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three photos in a folder, and two suspects."""
    monkeypatch.chdir(tmp_path)
    Path("rooms/deep").mkdir(parents=True)
    for seed, name in enumerate(("a.png", "b.png", "deep/c.png")):
        Image.fromarray(scene(seed)).save(Path("rooms", name))
    Path("rooms/notes.txt").write_text("no picture")
    Image.fromarray(jpeg(scene(1))).save("copy.png")
    Image.fromarray(swapped(2)).save("fake.png")


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main([*words])
    return code, *capsys.readouterr()


def test_add_and_look_up(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ran(capsys, "lookup", "add", "rooms", "--json")
    assert code == 0
    assert [one["name"] for one in json.loads(out)["added"]] == ["a.png", "b.png", "c.png"]
    code, out, _ = ran(capsys, "lookup", "copy.png", "--json")
    told = json.loads(out)
    assert (code, told["answer"], told["matches"][0]["name"]) == (0, "same", "b.png")
    code, out, _ = ran(capsys, "lookup", "fake.png")
    assert code == 0
    assert "c.png" in out
    assert "differs here" in out


def test_the_picture_and_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys, "lookup", "add", "rooms")
    code, _, _ = ran(capsys, "lookup", "fake.png", "-o", "where.png", "--report", "page.html")
    assert code == 0
    assert verify(Path("where.png")).integrity == "ok"
    with Image.open("where.png") as image:
        assert image.width > 2.5 * image.height
        assert len(image.convert("RGB").getcolors(1 << 24)) > 1000
    page = Path("page.html").read_text()
    assert "differs here" in page
    assert "data:image/png" in page
    assert str(Path.cwd()) not in page
    code, _, err = ran(capsys, "lookup", "fake.png", "-o", "where.png")
    assert code == 2
    assert "--force" in err
    code, _, err = ran(capsys, "lookup", "fake.png", "--report", "page.html")
    assert code == 2
    assert ran(capsys, "lookup", "fake.png", "-o", "where.png", "--report", "page.html", "--force")[0] == 0


def test_nothing_found_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = ran(capsys, "lookup", "fake.png", "-o", "where.png")
    assert code == 0
    assert "lookup add" in out
    assert "not written" in err
    assert not Path("where.png").exists()


def test_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys, "lookup", "add", "rooms/b.png", "--name", "the kitchen")
    assert "the kitchen" in ran(capsys, "lookup", "copy.png")[1]
    code, out, _ = ran(capsys, "lookup", "forget", "rooms/b.png", "0" * 64, "--json")
    assert code == 0
    assert [(one["original"], one["published"]) for one in json.loads(out)["forgotten"]] == [
        (True, False), (False, False),
    ]  # fmt: skip
    assert json.loads(ran(capsys, "lookup", "copy.png", "--json")[1])["answer"] == "no match"


def test_what_was_published_is_forgotten_by_its_digest(capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys, "lookup", "add", "rooms/b.png")
    ran(capsys, "lookup", "copy.png", "-o", "where.png")
    (found,) = (
        m for m in json.loads(ran(capsys, "lookup", "where.png", "--json")[1])["matches"] if m["of"] == "published"
    )
    Path("where.png").unlink()
    code, out, _ = ran(capsys, "lookup", "forget", found["sha256"], "--json")
    assert code == 0
    assert json.loads(out)["forgotten"][0]["published"] is True


@pytest.mark.parametrize(
    "words",
    [
        ["lookup", "nothing.png"],
        ["lookup", "rooms/notes.txt"],
        ["lookup", "fake.png", "--report", "page.png"],
        ["lookup", "fake.png", "-o", "fake.png", "--force"],
        ["lookup", "add"],
        ["lookup", "forget"],
        ["lookup", "forget", "nothing.png"],
        ["lookup", "add", "nothing.png"],
        ["lookup", "add", "rooms", "--name", "x"],
        ["lookup", "add", "rooms/a.png", "--name", "x/y"],
    ],
)
def test_mistakes_are_one_line(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    code, out, err = ran(capsys, *words)
    assert code != 0
    assert out == ""
    assert err.count("prosopon: error:") == 1
