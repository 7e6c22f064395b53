"""The ways of marking by name: what one writes it reads, and says so in the history."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from prosopon.core.clip import Clip
from prosopon.core.errors import MediaError, MissingError, UsageError
from prosopon.core.history import SourceType, Step
from prosopon.media.read import read
from prosopon.vouch.publish import publish
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.methods import Method, marked_by, read_by

MARK = Mark.of_hex("00112233aabbccdd")
STEP = Step("create.x", source_type=SourceType.COMPOSITE)


def still() -> Clip:
    return Clip.still(np.ascontiguousarray(astronaut()[:400, :440]), step=STEP)


def moving() -> Clip:
    return Clip.of_frames([still().first()] * 8, 8, step=STEP)


@pytest.mark.parametrize("method", ["stdm", "hidden"])
def test_what_one_writes_it_reads(method: Method, tmp_path: Path) -> None:
    clip = marked_by(method, still(), MARK)
    assert clip.history[-1].op == "vouch.watermark"
    published = publish(clip, tmp_path / "a.jpg")
    assert published.watermark == MARK.hex
    picture = read(tmp_path / "a.jpg")
    assert read_by(method, picture, "quick").mark == MARK
    other: Method = "hidden" if method == "stdm" else "stdm"
    assert not read_by(other, picture, "quick").found


def test_the_learned_one_outlives_a_deep_cut(tmp_path: Path) -> None:
    """Of a fifth less on either side, a third of the area is gone."""
    frame = marked_by("hidden", still(), MARK).first()
    cut = Image.fromarray(frame).crop((40, 50, 40 + 352, 50 + 320))
    cut.save(tmp_path / "cut.jpg", quality=80)
    assert read_by("hidden", read(tmp_path / "cut.jpg")).mark == MARK


def test_videos_are_for_the_classical_one() -> None:
    with pytest.raises(UsageError, match="stills"):
        marked_by("hidden", moving(), MARK)
    assert not read_by("hidden", moving()).found
    assert marked_by("stdm", moving(), MARK).fps is not None


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingError, match="not installed"):
        marked_by("trustmark", still(), MARK)


def test_a_mark_that_cannot_be_read_back_keeps_the_file_from_leaving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = marked_by("stdm", still(), MARK)
    unmarked = still().first()  # whatever the history says
    spoilt = Clip.still(unmarked, step=STEP).derive(clip.history[-1], lambda: iter((unmarked,)))
    with pytest.raises(MediaError, match="cannot be read back"):
        publish(spoilt, tmp_path / "a.png")
    assert not [*tmp_path.iterdir()]
