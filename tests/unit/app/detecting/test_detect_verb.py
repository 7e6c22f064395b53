"""`prosopon detect`, `verify --detect` and `replay` of signed reports, with detectors that are told what to say."""

from __future__ import annotations

import errno
import json
import math
import wave
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from stand_in_detectors import RedDots, StandIn, calibration, dot, expert

from prosopon.app.detecting import examine as examine_module
from prosopon.app.detecting.examine import Examiner
from prosopon.app.main import main
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError
from prosopon.core.faces import Box
from prosopon.core.history import SourceType, Step
from prosopon.core.protocols import Needs
from prosopon.core.score import HeatMap, Reason, Score, Series
from prosopon.detect.judging import fusion
from prosopon.detect.judging import judge as judge_module
from prosopon.detect.judging.reasons import Why
from prosopon.detect.judging.roster import Asked, Roster
from prosopon.vouch.evidence import gather
from prosopon.vouch.publish import publish

VALUES: dict[str, StandIn] = {}


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two detectors, and one without weights."""

    def opened(asked: tuple[Asked, ...] = (Asked("all"),)) -> Roster:
        names = {one.name for one in asked}
        if "absent" in names:
            raise MissingError("no weights of absent", "train some")
        wanted = [name for name in sorted(VALUES) if "all" in names or name in names]
        left_out = {"absent": Why.of(Reason.NO_WEIGHTS, "no weights of absent")} if "all" in names else {}
        return Roster(tuple(expert(name, VALUES[name]) for name in wanted), left_out)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Roster, "open", staticmethod(opened))
    monkeypatch.setattr(judge_module, "open_finder", lambda _: RedDots())
    monkeypatch.setattr(judge_module, "shipped", fusion.Fusion)
    # What lies in the pixels takes a second to read: one test does.
    monkeypatch.setattr(examine_module, "gather", without_watermark(gather))
    VALUES.clear()
    VALUES.update(
        {
            "eyes": StandIn(0.2, judges=False, weights={"eyes.studio": "ab" * 32}),
            "seams": StandIn(20 / 21, weights={"seams.studio": "cd" * 32}),
        }
    )


def without_watermark(gathering: Any) -> Any:
    """The credential alone."""
    return lambda path, **options: gathering(path, **{**options, "pixels": False})


def picture(seed: int = 0, size: int = 90) -> Frame:
    frame = np.random.default_rng(seed).integers(90, 160, (240, 320, 3), np.uint8)
    return dot(frame, 150, 110, size) if size else frame


def saved(name: str, seed: int = 0, size: int = 90) -> str:
    Image.fromarray(picture(seed, size)).save(name)
    return name


def sealed(name: str, source: SourceType | None = SourceType.TRAINED) -> str:
    step = Step("test.made", source_type=source)
    publish(Clip.still(picture(), name=name, step=step), Path(name))
    return name


def tampered(name: str) -> str:
    content = bytearray(Path(name).read_bytes())
    at = content.rindex(b"IDAT") + 40
    content[at] ^= 1
    Path(f"tampered-{name}").write_bytes(content)
    return f"tampered-{name}"


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main([*words])
    return code, *capsys.readouterr()


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = ran(capsys, *words, "--json")
    return code, json.loads(out)


class Read(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)


def test_one_file_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = told(capsys, "detect", saved("a.png"))
    assert code == 0
    (file,) = found["files"]
    assert (found["verdict"], found["reasons"]) == (file["verdict"], file["reasons"]) == ("moderate", [])
    assert file["file"] == "a.png"
    assert len(file["sha256"]) == 64
    assert file["posteriors"]["0.5"] == pytest.approx(20 / 21)
    assert file["posteriors"]["0.01"] == pytest.approx(20 / 119)
    assert file["declared_by"] == []
    (person,) = file["people"]
    assert person["coverage"]["faces_found"] == 1
    assert person["detectors"]["seams"]["log10_lr"] == pytest.approx(math.log10(20))
    assert person["detectors"]["eyes"]["counts"] is False
    assert [trial["name"] for trial in person["panel"]["trials"]] == ["as-it-is", "jpeg50", "half", "crop", "blur"]
    assert found["detectors"]["seams"]["weights"] == {"seams.studio": "cd" * 32}
    assert found["not_asked"]["absent"]["code"] == "no-weights"
    assert file["provenance"]["credential"] is None


def test_one_file_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = ran(capsys, "detect", saved("a.png"))
    assert out.startswith("a.png: moderate evidence for a fake\n")
    assert "Nothing here declares it synthetic" in out
    assert "about 20 times likelier for fakes than for real clips" in out
    assert "If 1 of 100 such files is a fake: 17 of 100 that measure like this are fakes." in out
    assert "That is no proof" in out
    assert "Not asked: absent (no weights of absent)." in out
    assert "%" not in out, "no bare percentage"


def test_what_is_declared_comes_first_and_stays(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examine_module, "gather", gather)
    code, found = told(capsys, "detect", sealed("fake.png"))
    (file,) = found["files"]
    assert (code, file["verdict"]) == (0, "synthetic-declared")
    assert file["declared_by"] == ["credential", "watermark"]
    assert file["reasons"] == ["declared-by-credential", "declared-by-watermark"]
    assert file["people"][0]["verdict"] == "moderate", "the detectors are asked all the same"
    n_asked = len(VALUES["seams"].asked)
    _, found = told(capsys, "detect", "fake.png", "--stop-at-declared")
    assert found["verdict"] == "synthetic-declared"
    assert found["files"][0]["people"] == []
    assert len(VALUES["seams"].asked) == n_asked
    _, out, _ = ran(capsys, "detect", "fake.png")
    assert out.index("Declared synthetic by its credential") < out.index("person 1")


def test_broken_credentials_are_told_and_count_for_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tampered(sealed("fake.png"))
    monkeypatch.setenv("PROSOPON_HOME", str(tmp_path / "elsewhere"))  # nothing recovers the credential there
    _, found = told(capsys, "detect", broken)
    assert (found["verdict"], found["reasons"]) == ("moderate", ["credential-broken"])
    assert found["declared_by"] == []
    VALUES["seams"].value = 0.3
    _, found = told(capsys, "detect", broken)
    assert found["verdict"] == "inconclusive", (
        "it says that it is synthetic, and was changed: nothing found is not enough"
    )
    _, out, _ = ran(capsys, "detect", broken)
    assert "Its credential does not hold" in out


def test_limits(capsys: pytest.CaptureFixture[str]) -> None:
    saved("a.png")
    assert ran(capsys, "detect", "a.png", "--fail-above", "0.9")[0] == 3
    assert ran(capsys, "detect", "a.png", "--fail-above", "0.96")[0] == 0
    assert ran(capsys, "detect", sealed("fake.png"), "--fail-above", "1")[0] == 3, "declared"
    saved("empty.png", size=0)
    assert ran(capsys, "detect", "empty.png", "--fail-above", "0")[0] == 0, "nothing is known of it"
    code, _, err = ran(capsys, "detect", "a.png", "empty.png", "--fail-above", "0.9")
    assert code == 3
    assert "a.png" in err
    assert "empty.png" not in err


def test_many_files_and_one_that_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    Path("all").mkdir()
    saved("all/a.png")
    saved("all/b.png", 1, size=0)
    Path("all/broken.jpg").write_text("not a picture")
    code, found = told(capsys, "detect", "all")
    assert code == 0
    assert [(Path(one["file"]).name, one["verdict"], one["reasons"]) for one in found["files"]] == [
        ("a.png", "moderate", []),
        ("b.png", "inconclusive", ["no-face"]),
        ("broken.jpg", "inconclusive", ["unreadable"]),
    ]
    assert "verdict" not in found
    code, out, _ = ran(capsys, "detect", "all/*")
    assert "3 files: 2 inconclusive, 1 moderate evidence" in out
    assert "(unreadable)" in out


def test_one_file_that_cannot_be_read_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    Path("broken.jpg").write_text("not a picture")
    for word in ("broken.jpg", "nothing.png"):
        code, out, err = ran(capsys, "detect", word)
        assert (code, out, err.count("\n")) == (1, "", 1)


def test_a_fault_with_one_file_does_not_lose_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    saved("a.png")
    saved("b.png", 1)
    examine = Examiner.examine

    def faulty(self: Examiner, path: Path, *more: Any) -> Any:
        if path.name == "a.png":
            raise RuntimeError("bang")
        return examine(self, path, *more)

    monkeypatch.setattr(Examiner, "examine", faulty)
    _, found = told(capsys, "detect", "a.png", "b.png")
    assert [one["reasons"] for one in found["files"]] == [["failed"], []]


def test_stopping_keeps_what_was_found(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    saved("a.png")
    saved("b.png", 1)
    examine = Examiner.examine

    def stopped(self: Examiner, path: Path, *more: Any) -> Any:
        if path.name == "b.png":
            raise KeyboardInterrupt
        return examine(self, path, *more)

    monkeypatch.setattr(Examiner, "examine", stopped)
    code, found = told(capsys, "detect", "a.png", "b.png", "--report", "page.html", "--signed", "out.json")
    assert (code, found["stopped"], len(found["files"])) == (130, True, 1)
    assert "Stopped before all files" in Read(Path("page.html").read_text()).text
    code, _, err = ran(capsys, "detect", "b.png", "a.png")
    assert code == 130
    assert "stopped" in err


@pytest.mark.parametrize("words", [["--report", "full.html"], ["--signed", "full.json"]])
def test_a_full_disk_leaves_no_half_file_and_loses_no_answer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    saved("a.png")
    ran(capsys, "detect", "a.png", "--signed", "first.json")  # makes the key
    write_text = Path.write_text

    def full(path: Path, text: str, **options: Any) -> int:
        write_text(path, text[:100], **options)
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    before = sorted(Path().iterdir())
    monkeypatch.setattr(Path, "write_text", full)
    code, out, err = ran(capsys, "detect", "a.png", *words)
    assert (code, err.count("\n")) == (1, 1)
    assert "disk" in err
    assert "moderate evidence" in out
    assert sorted(Path().iterdir()) == before


def test_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    VALUES["<seams>"] = VALUES.pop("seams")
    assert ran(capsys, "detect", saved("a.png"), "--report", "page.html")[0] == 0
    page = Read(Path("page.html").read_text())
    assert not [one for one in page.addresses if not one.startswith("data:image/jpeg;base64,")], "it needs no network"
    assert len(page.addresses) == 4, "the whole, the face, and a map of each detector"
    assert "<seams>" in page.words
    assert "seams" not in page.tags
    for words in (
        "Moderate evidence for a fake", "20 : 1", "If 1 of 100 such files is a fake", "saved as JPEG of quality 50",
        "No proof", "not the outline of what was changed", "Blind spot: is blind to <everything>", "drawn clips",
        "One picture; 1 person found", "cd" * 32,
    ):  # fmt: skip
        assert words.lower() in page.text.lower(), words
    assert str(Path.cwd()) not in Path("page.html").read_text()


def test_the_page_folds_all_that_a_detector_gave(capsys: pytest.CaptureFixture[str]) -> None:
    sentences = tuple(f"sentence {n}" for n in range(6))
    box = Box(60, 60, 200, 200)
    maps = tuple(HeatMap(0, box, np.full((4, 4), 0.2 * n, np.float32), "Grad-CAM") for n in range(3))
    VALUES["lots"] = StandIn(
        lambda *_: Score(0.8, None, maps, (), {"offset_ms": 40.0, "peak": 2.5}, sentences, calibration())
    )
    VALUES["far"] = StandIn(0.8, worth=calibration(face_px=(300.0, 400.0)))
    assert ran(capsys, "detect", saved("a.png"), "--report", "page.html")[0] == 0
    whole = Path("page.html").read_text()
    page = Read(whole)
    for words in (*sentences, "offset", "40 ms", "2.5", "a coarse estimate", "unlike the material of calibration"):
        assert words in page.text, words
    assert "Nobody knows what that is worth here: it counts for nothing" in page.text
    assert page.tags.count("img") == 1 + 1 + 4 + 2, "the whole, the face, a map of each detector, two more of one"
    rows = whole[whole.index("Who says what") :]
    assert rows.index("<details") < rows.index("sentence 5") < rows.index("</details>", rows.index("sentence 5"))


def test_the_page_of_a_sound(capsys: pytest.CaptureFixture[str]) -> None:
    rate = 8000
    with wave.open("a.wav", "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.zeros(2 * rate, "<i2").tobytes())
    heard = Series("value of the voice", "", np.array([0.5, 1.5]), np.array([0.2, 0.4], np.float32))
    VALUES["ear"] = StandIn(lambda *_: Score(0.3, series=(heard,)), Needs.SOUND, judges=False)
    code, found = told(capsys, "detect", "a.wav", "--report", "page.html")
    assert (code, found["verdict"], found["reasons"]) == (0, "inconclusive", ["no-picture", "only-measured"])
    assert found["files"][0]["media"]["duration_s"] == pytest.approx(2, abs=0.1)
    page = Read(Path("page.html").read_text())
    assert "is no evidence (only-measured)" in page.text
    assert "value of the voice" in page.text
    assert "2.0 s" in page.text


def test_the_page_of_many_files(capsys: pytest.CaptureFixture[str]) -> None:
    saved("a.png")
    Path("x<b>.jpg").write_text("not a picture")
    assert ran(capsys, "detect", "a.png", "x<b>.jpg", "--report", "page.html")[0] == 0
    page = Read(Path("page.html").read_text())
    assert "b" in page.tags, "bold words"
    assert "#file-2" in page.addresses
    assert any("x<b>.jpg" in words for words in page.words)


def test_what_is_declared_is_labelled_on_the_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled: list[tuple[int, ...]] = []
    from prosopon.app.detecting import drawing

    badge = drawing.badge
    monkeypatch.setattr(drawing, "badge", lambda frame: labelled.append(frame.shape) or badge(frame))
    ran(capsys, "detect", saved("a.png"), "--report", "page.html")
    assert labelled == []
    ran(capsys, "detect", sealed("fake.png"), "--report", "page.html", "-f")
    assert len(labelled) == 4
    assert "Declared synthetic by its credential" in Read(Path("page.html").read_text()).text


def test_verification_with_detection(capsys: pytest.CaptureFixture[str]) -> None:
    saved("a.png")
    code, found = told(capsys, "verify", "a.png", "--detect", "--report", "page.html")
    assert code == 0
    assert found["integrity"] == "none"
    assert found["detection"]["verdict"] == "moderate"
    assert "provenance" not in found["detection"]
    page = Read(Path("page.html").read_text()).text
    assert page.index("No credential") < page.index("What detectors say")
    assert "Moderate evidence for a fake" in page
    _, out, _ = ran(capsys, "verify", "a.png", "--detect")
    assert "moderate evidence for a fake" in out
    assert out.count("Nothing here declares it synthetic") == 1
    assert ran(capsys, "verify", "a.png", "--detect", "--credential-only")[0] == 2
    Path("text.pdf").write_bytes(b"%PDF-1.4\n%%EOF")
    code, found = told(capsys, "verify", "text.pdf", "--detect")
    assert found["detection"]["reasons"] == ["unreadable"]
    assert "detection" not in told(capsys, "verify", "a.png")[1]


def test_verification_beside_detection_says_who_declares(capsys: pytest.CaptureFixture[str]) -> None:
    broken = tampered(sealed("fake.png"))
    assert ran(capsys, "verify", "fake.png", "--detect", "--report", "page.html")[0] == 0
    assert "Declared by its credential and its watermark." in Read(Path("page.html").read_text()).text
    assert ran(capsys, "verify", broken, "--detect", "--report", "page.html", "-f")[0] == 3
    page = Read(Path("page.html").read_text()).text
    assert "Its credential does not hold" in page
    assert "Declared by its credential" not in page


def test_a_signed_report_is_done_again(capsys: pytest.CaptureFixture[str]) -> None:
    saved("a.png")
    ran(capsys, "detect", "a.png", "--signed", "out.json", "--people", "2")
    code, found = told(capsys, "replay", "out.json", "a.png", "-o", "again.json")
    assert code == 0
    assert (found["signature"], found["signed_here"], found["same_answer"]) == ("valid", True, True)
    assert (found["other_weights"], found["largest_difference"]) == ([], 0.0)
    again = json.loads(Path("again.json").read_text())["report"]
    assert again["setting"]["manner"]["people"] == 2
    _, out, _ = ran(capsys, "replay", "again.json", "a.png")
    assert "The same came of it: moderate." in out
    assert ran(capsys, "replay", "out.json", "a.png", "-o", "again.json")[0] == 2, "it is there already"


def test_other_answers_weights_and_files_are_seen(capsys: pytest.CaptureFixture[str]) -> None:
    saved("a.png")
    ran(capsys, "detect", "a.png", "--signed", "out.json")
    VALUES["seams"].value = 0.7
    VALUES["seams"].weights_sha256 = {"seams.studio": "ee" * 32}
    code, found = told(capsys, "replay", "out.json", "a.png")
    assert code == 3
    assert found["differences"][0] == "verdict: moderate, now weak"
    assert "seams.studio: cdcd" in found["other_weights"][0]
    code, found = told(capsys, "replay", "out.json", saved("b.png", 1))
    assert (code, found["file_is_the_same"], found["same_answer"]) == (3, False, False)
    n_asked = len(VALUES["seams"].asked)
    code, out, _ = ran(capsys, "replay", "out.json", "b.png", "-o", "again.json")
    assert code == 3
    assert "not about b.png, which was not examined: it is about a.png." in out
    assert "The signature holds" in out
    assert len(VALUES["seams"].asked) == n_asked
    assert not Path("again.json").exists()


@pytest.mark.parametrize("change", ["report", "value", "certificates", "none"])
def test_signatures_that_do_not_hold(capsys: pytest.CaptureFixture[str], change: str) -> None:
    saved("a.png")
    ran(capsys, "detect", "a.png", "--signed", "out.json")
    whole = json.loads(Path("out.json").read_text())
    if change == "report":
        whole["report"]["files"][0]["meaning"] = "Nothing at all."
    elif change == "value":
        whole["signature"]["value"] = whole["signature"]["value"][:-8] + "AAAAAAA="
    elif change == "certificates":
        whole["signature"]["certificates"] = "none"
    else:
        del whole["signature"]
    Path("out.json").write_text(json.dumps(whole))
    code, found = told(capsys, "replay", "out.json", "a.png")
    assert (code, found["signature"], found["same_answer"]) == (3, "invalid", True)


def test_somebody_elses_signature_holds_and_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    saved("a.png")
    ran(capsys, "detect", "a.png", "--signed", "out.json")
    monkeypatch.setenv("PROSOPON_HOME", str(tmp_path / "elsewhere"))
    code, found = told(capsys, "replay", "out.json", "a.png")
    assert (code, found["signature"], found["signed_here"]) == (0, "valid", False)
    assert "not the one here" in ran(capsys, "replay", "out.json", "a.png")[1]


@pytest.mark.parametrize(
    "words",
    [
        ["detect"],
        ["detect", "a.png", "--fail-above", "50"],
        ["detect", "a.png", "--people", "0"],
        ["detect", "a.png", "--with", ""],
        ["detect", "a.png", "--report", "a.png"],
        ["detect", "a.png", "--signed", "page.html"],
        ["replay", "a.json"],
        ["replay", "a.json", "a.png"],
        ["replay", "run.toml", "a.png"],
        ["replay", "run.toml"],
    ],
)
def test_mistakes_are_one_line(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    saved("a.png")
    Path("a.json").write_text('{"report": {"kind": "something else"}}')
    Path("run.toml").write_text("name = 'x'")
    code, out, err = ran(capsys, *words)
    assert (code, out, err.count("prosopon: error:")) == (2, "", 1)


def test_what_is_missing_by_name_has_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = ran(capsys, "detect", saved("a.png"), "--with", "absent")
    assert code == 4
    assert "no weights of absent" in err
