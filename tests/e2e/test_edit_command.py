"""`prosopon edit` from file to file with the weights that ship: a rendered person's hair becomes what was asked for."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from prosopon.app.main import main
from prosopon.core.clip import Audio, Clip, Frame
from prosopon.datasets.attributes import AttributeSet, Look, base_person, with_attributes
from prosopon.faces.crop import cut
from prosopon.faces.head_box import head_box
from prosopon.media.read import read
from prosopon.media.write import encode
from prosopon.studio.person import Placement
from prosopon.studio.render import Rendering, render

SIZE = 256


@pytest.fixture(scope="module")
def person() -> Rendering:
    """Somebody with black hair."""
    rng = np.random.default_rng(11)
    who, expression = with_attributes(base_person(rng), Look.random(rng), AttributeSet().told(["black hair"]))
    return render(who, Placement(), expression, size_px=SIZE)


def edit(*words: object) -> int:
    return main(["edit", "--faces", "builtin", "--device", "cpu", "--precision", "fp32", *map(str, words)])


def hair_of(frame: Frame, person: Rendering) -> np.ndarray:
    """Mean colour of the top of the head, where the hair is."""
    box = head_box([person.landmarks])
    head = cut(frame, box, 128).astype(float)
    return np.asarray(head[18:30, 50:78].mean((0, 1)))


def test_black_hair_gets_blond_and_the_file_says_so(
    person: Rendering, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo, out = tmp_path / "photo.png", tmp_path / "out.png"
    encode(Clip.still(person.image), photo)
    assert edit(photo, "-o", out, "--edit", "blond hair", "--has", "black hair", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["attributes"] == ["blond hair"] and answer["weights"] == "stargan.studio"
    assert answer["digital_source_type"] == "compositeWithTrainedAlgorithmicMedia"
    before, after = hair_of(person.image, person), hair_of(read(out).first(), person)
    assert after.mean() > before.mean() + 25  # lighter
    assert after[0] - after[2] > before[0] - before[2] + 10  # and yellower
    assert read(tmp_path / "out_compare.png").width > 2 * SIZE
    assert main(["verify", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["synthetic"] is True


def test_sound_and_frames_of_a_video_stay(person: Rendering, tmp_path: Path) -> None:
    tone = np.sin(np.arange(16000) / 8).astype(np.float32)[None] * 0.3
    video, out = tmp_path / "video.mp4", tmp_path / "out.mp4"
    encode(Clip.of_frames([person.image] * 5, Fraction(25), audio=Audio.of(tone, 16000)), video)
    assert edit(video, "-o", out, "--edit", "beard", "--has", "black hair", "--no-compare") == 0
    result = read(out)
    assert len(result) == 5 and result.audio is not None


def test_mistakes_are_told(person: Rendering, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "photo.png"
    encode(Clip.still(person.image), photo)
    assert edit(photo, "-o", tmp_path / "a.png", "--edit", "moustache") == 2
    assert "moustache" in capsys.readouterr().err
    empty = tmp_path / "empty.png"
    encode(Clip.still(np.full((128, 128, 3), 90, np.uint8)), empty)
    assert edit(empty, "-o", tmp_path / "b.png", "--edit", "beard") == 4
    assert edit(photo, "-o", tmp_path / "c.png", "--edit", "beard", "--weights", "stargan.none") == 4
    assert not [*tmp_path.glob("[abc].png")]
