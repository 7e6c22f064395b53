"""`prosopon live` with a file as the camera: what is recorded, signed, marked, measured; and every mistake."""

from __future__ import annotations

import json
import os
import signal
import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from prosopon.app.live import session, window
from prosopon.app.main import main
from prosopon.core.clip import Clip, Frame
from prosopon.media.read import read
from prosopon.media.write import encode
from prosopon.studio.film import film
from prosopon.studio.performance import Performance
from prosopon.studio.person import Identity
from prosopon.studio.render import render
from prosopon.vouch.label.badge import badge, badge_box


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    return filmed(tmp_path / "camera.mp4", 12)


def filmed(path: Path, n: int) -> Path:
    ramp = np.linspace(30, 220, 48, dtype=np.uint8)[None, :, None].repeat(48, 0).repeat(3, 2)
    encode(Clip.of_frames([np.roll(ramp, 2 * i, 1) for i in range(n)], Fraction(25)), path)
    return path


def live(*words: object, faces: str = "none") -> int:
    return main(["live", "--faces", faces, *map(str, words)])


def is_marked(frame: Frame) -> bool:
    """Whether the badge is where it belongs, as well as H.264 keeps it."""
    left, top, right, bottom = map(int, badge_box(frame.shape[1], frame.shape[0]))
    wanted = badge(np.zeros_like(frame))[top:bottom, left:right].astype(int)
    got = frame[top:bottom, left:right].astype(int)
    return float(np.abs(got - wanted).mean()) < 16 and got.max() - got.min() > 180


def test_a_recording_is_marked_signed_and_measured(
    tiny_weights: str, portrait: Path, camera: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.mp4"
    before = set(tmp_path.iterdir())
    assert live("-s", portrait, "--camera", camera, "--no-window", "-o", out, "--weights", tiny_weights, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ended"] == "camera"
    assert answer["digital_source_type"] == "compositeWithTrainedAlgorithmicMedia"
    assert 1 <= answer["frames_shown"] <= 12
    assert answer["frames_shown"] + answer["frames_dropped"] <= 12
    assert 0 < answer["latency_ms"] <= answer["latency_95_ms"]
    assert answer["dropped_share"] == pytest.approx(
        answer["frames_dropped"] / (answer["frames_shown"] + answer["frames_dropped"])
    )
    result = read(out)
    assert (result.width, result.height, len(result)) == (180, 140, answer["frames_shown"])
    assert all(is_marked(frame) for frame in result.frames())
    assert not is_marked(read(portrait).first())
    # What was kept of the camera's frames is kept at their own times, to the millisecond.
    assert all(abs(25 * at_s - round(25 * at_s)) < 0.025 for at_s in result.times)
    assert set(tmp_path.iterdir()) - before == {out}
    assert main(["verify", str(out), "--json"]) == 0
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["integrity"], verdict["signature"], verdict["synthetic"]) == ("ok", "valid", True)


def test_a_rendered_person_is_waited_for_and_followed(
    tiny_weights: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    somebody = Identity()
    encode(Clip.still(render(somebody, size_px=128).image), tmp_path / "me.png")
    acted = list(film(somebody, Performance.random(np.random.default_rng(0), 0.2), 25, 128, seed=0).frames())
    empty = [np.full_like(acted[0], 90)] * 3
    encode(Clip.of_frames([*empty, *acted, *acted, *acted], Fraction(10)), tmp_path / "camera.mp4")
    words = ["-s", tmp_path / "me.png", "--camera", tmp_path / "camera.mp4", "--no-window", "-o", tmp_path / "o.mp4"]
    assert live(*words, "--weights", tiny_weights, "--json", faces="builtin") == 0
    captured = capsys.readouterr()
    assert "waiting for a face in camera.mp4" in captured.err
    answer = json.loads(captured.out)
    assert 1 <= answer["frames_shown"] <= len(acted) * 3
    assert all(is_marked(frame) for frame in read(tmp_path / "o.mp4").frames())


def test_where_nobody_is_there_it_says_so(
    tiny_weights: str, portrait: Path, camera: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("-s", portrait, "--no-window", "-o", tmp_path / "o.mp4", "--weights", tiny_weights)
    assert live(*words, "--camera", camera, faces="builtin") == 4
    assert "no face was found in the source" in capsys.readouterr().err
    assert live(*words, "--camera", camera, "--crop", "whole", faces="builtin") == 4
    complaint = capsys.readouterr().err.splitlines()[-1]
    assert "no face was found in camera.mp4" in complaint
    assert "--driving-crop" in complaint
    assert not (tmp_path / "o.mp4").exists()


def test_ctrl_c_ends_it_and_what_was_recorded_is_published(
    tiny_weights: str,
    portrait: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = filmed(tmp_path / "long.mp4", 25 * 60)
    add = session.Log.add

    def press_after_three(log: session.Log, **moments: float) -> None:
        add(log, **moments)  # type: ignore[arg-type]
        if len(log) == 3:
            for _ in range(3):  # nervously
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(session.Log, "add", press_after_three)
    out = tmp_path / "o.mp4"
    assert live("-s", portrait, "--camera", long, "--no-window", "-o", out, "--weights", tiny_weights) == 0
    said = capsys.readouterr().out
    assert "stopped; 3 frames were shown" in said
    assert "latency, median" in said
    assert "signed" in said
    assert len(read(out)) == 3
    assert all(thread.name not in ("grab", "animate") for thread in threading.enumerate())


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("nowhere.mp4", None, 1), ("notes.mp4", b"not a video\n", 1), ("empty.mp4", b"", 1), ("/dev/video97", None, 4)],
)
def test_bad_cameras_are_one_line_and_leave_nothing(
    name: str,
    content: bytes | None,
    code: int,
    tiny_weights: str,
    portrait: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = tmp_path / name
    if content is not None:
        bad.write_bytes(content)
    before = sorted(tmp_path.iterdir())
    words = ("-s", portrait, "--camera", bad, "--no-window", "-o", tmp_path / "o.mp4", "--weights", tiny_weights)
    assert live(*words) == code
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    assert name.rpartition("/")[2] in complaint
    assert sorted(tmp_path.iterdir()) == before


def test_other_mistakes_have_their_exit_codes(
    tiny_weights: str, portrait: Path, camera: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there.mp4"
    there.write_bytes(b"precious")
    good = {"-s": portrait, "--camera": camera, "-o": tmp_path / "o.mp4", "--weights": tiny_weights}
    cases: list[tuple[dict[str, object], list[str], int, str]] = [
        ({"-s": tmp_path / "nobody.png"}, [], 1, "nobody.png"),
        ({"-o": there}, [], 2, "exists already"),
        ({"-o": camera}, ["-f"], 2, "overwrite the input"),
        ({"-o": tmp_path / "o.png"}, [], 2, "suffix"),
        ({"--weights": "fomm.nowhere"}, [], 4, "fomm.nowhere"),
        ({"--seconds": 0}, [], 2, "seconds"),
        ({"--size": 5}, [], 2, "size"),
        ({"--precision": "int8", "--engine": "torch"}, [], 2, "int8"),
        ({"--driving-crop": "500,500,10,10"}, [], 2, "driving crop"),
    ]
    for change, more, code, word in cases:
        words = [str(part) for pair in {**good, **change}.items() for part in pair]
        assert live(*words, *more, "--no-window") == code, change
        assert word in capsys.readouterr().err.splitlines()[-1]
    assert live("-s", portrait, "--camera", camera, "--no-window") == 2
    assert "neither a window nor a file" in capsys.readouterr().err
    assert there.read_bytes() == b"precious"
    assert read(camera).first().std() > 5


@pytest.mark.parametrize("lacking", ["a display", "tkinter"])
def test_without_a_window_it_says_what_is_missing(
    lacking: str,
    tiny_weights: str,
    portrait: Path,
    camera: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if lacking == "tkinter":
        monkeypatch.setattr(window, "_MISSING", "No module named '_tkinter'")
    else:
        pytest.importorskip("tkinter")
        monkeypatch.setenv("DISPLAY", ":97")
    assert live("-s", portrait, "--camera", camera, "--weights", tiny_weights) == 4
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    assert ("tkinter" if lacking == "tkinter" else "no display") in complaint
    assert "--no-window" in complaint


def test_what_the_window_shows_is_marked_at_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """The window's own picture, without a screen to put it on."""

    class Nothing:
        def __getattr__(self, _: str) -> object:
            return lambda *_, **__: 1000

    pasted: list[Frame] = []

    class Photo:
        def __init__(self, *_: object) -> None: ...

        def paste(self, picture: object) -> None:
            pasted.append(np.asarray(picture))

    class Tk:
        TclError = RuntimeError
        Tk = Label = StringVar = staticmethod(lambda *_, **__: Nothing())

    monkeypatch.setattr(window, "_MISSING", None)
    monkeypatch.setattr(window, "tk", Tk, raising=False)
    monkeypatch.setattr(window, "ImageTk", type("ImageTk", (), {"PhotoImage": Photo}), raising=False)
    for width, height in ((64, 64), (300, 200), (1280, 720), (3000, 2000)):
        shown = window.Window("live")
        for level in (0, 255):
            shown.show(np.full((height, width, 3), level, np.uint8))
            left, top, right, bottom = map(int, badge_box(pasted[-1].shape[1], pasted[-1].shape[0]))
            expected = badge(np.full_like(pasted[-1], level))
            np.testing.assert_array_equal(pasted[-1][top:bottom, left:right], expected[top:bottom, left:right])
            assert max(pasted[-1].shape) >= 480
            assert max(pasted[-1].shape) <= 800
