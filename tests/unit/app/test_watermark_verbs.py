"""`prosopon watermark embed` and `read`: the contract that others call."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from marked_pictures import as_jpeg, photo
from PIL import Image

from prosopon.app.main import main
from prosopon.core.clip import Clip
from prosopon.core.history import SourceType, Step
from prosopon.media.write import encode
from prosopon.vouch.manifest.verify import verify
from prosopon.vouch.publish import publish

PAYLOAD = "00112233aabbccdd"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photo()).save("photo.png")
    return tmp_path


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_still(capsys: pytest.CaptureFixture[str], name: str) -> None:
    done = answer(capsys, "watermark", "embed", "photo.png", "-o", name, "--payload", PAYLOAD)
    assert done["payload"] == done["watermark"] == PAYLOAD
    assert done["digital_source_type"] == "algorithmicallyEnhanced"
    told = answer(capsys, "watermark", "read", name)
    assert (told["found"], told["payload"], told["kind"], told["method"]) == (True, PAYLOAD, 0, "stdm")
    assert told["p_value"] <= 1e-6
    report = verify(Path(name))
    assert report.synthetic is False
    assert [one.title for one in report.ingredients] == ["photo.png"]


def test_a_video_keeps_its_frames(capsys: pytest.CaptureFixture[str]) -> None:
    encode(Clip.of_frames([np.roll(photo(), 2 * i, axis=1) for i in range(12)], 12), Path("in.mp4"))
    answer(capsys, "watermark", "embed", "in.mp4", "-o", "out.mp4", "--payload", PAYLOAD.upper())
    told = answer(capsys, "watermark", "read", "out.mp4")
    assert (told["found"], told["payload"]) == (True, PAYLOAD)
    assert len(told["segments"]) >= 1


def test_what_is_synthetic_remains_so(capsys: pytest.CaptureFixture[str]) -> None:
    publish(Clip.still(photo(), step=Step("create.x", source_type=SourceType.TRAINED)), Path("made.png"))
    Image.fromarray(as_jpeg(np.array(Image.open("made.png").convert("RGB")), 60)).save("stripped.png")
    for name in ("made.png", "stripped.png"):
        done = answer(capsys, "watermark", "embed", name, "-o", "again.png", "--payload", PAYLOAD, "--force")
        assert done["digital_source_type"] == "trainedAlgorithmicMedia"
        assert answer(capsys, "watermark", "read", "again.png")["source_type"] == "trainedAlgorithmicMedia"


def test_nothing_there_is_an_answer_too(capsys: pytest.CaptureFixture[str]) -> None:
    told = answer(capsys, "watermark", "read", "photo.png")
    assert (told["found"], told["payload"]) == (False, None)
    assert 1e-6 < told["p_value"] <= 1.0
    assert main(["watermark", "read", "photo.png"]) == 0
    assert "proves nothing" in capsys.readouterr().out


def test_people_are_told_what_it_does_not_prove(capsys: pytest.CaptureFixture[str]) -> None:
    main(["watermark", "embed", "photo.png", "-o", "a.png", "--payload", PAYLOAD])
    assert "not evidence" in capsys.readouterr().out
    picture = np.array(Image.open("a.png").convert("RGB"))[20:-10, 30:-20][:, ::-1]
    Image.fromarray(np.ascontiguousarray(picture)).save("b.png")
    main(["watermark", "read", "b.png"])
    told = capsys.readouterr().out
    assert PAYLOAD in told
    assert "mirrored" in told
    assert "not evidence" in told


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["embed", "photo.png", "-o", "a.png", "--payload", "0123"], 2),
        (["embed", "photo.png", "-o", "photo.png", "--payload", PAYLOAD, "--force"], 2),
        (["embed", "missing.png", "-o", "a.png", "--payload", PAYLOAD], 1),
        (["embed", "tiny.png", "-o", "a.png", "--payload", PAYLOAD], 1),
        (["read", "missing.png"], 1),
        (["read", "text.png"], 1),
        (["read", "photo.png", "--method", "trustmark"], 4),
    ],
)
def test_one_line_for_what_cannot_be(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str], code: int
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    Image.new("RGB", (40, 90)).save("tiny.png")
    Path("text.png").write_text("hello")
    assert main(["watermark", *words]) == code
    told = capsys.readouterr()
    assert told.err.startswith("prosopon: error: ")
    assert told.err.count("\n") == 1
    assert not Path("a.png").exists()
