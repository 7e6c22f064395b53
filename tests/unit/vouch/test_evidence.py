"""Each kind of evidence stands for itself: what a stripped copy, a forged mark and a stranger's picture come to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut, cat

from prosopon.app.verify_text import answers, lines
from prosopon.core.clip import Clip, Frame
from prosopon.core.history import SourceType, Step
from prosopon.media.read import read
from prosopon.vouch.evidence import Evidence, gather
from prosopon.vouch.log.recording import log_folder
from prosopon.vouch.lookup.look_up import look_up
from prosopon.vouch.lookup.report import Answer as Likeness
from prosopon.vouch.manifest.definition import source_type_url
from prosopon.vouch.manifest.report import Answer
from prosopon.vouch.publish import Published, publish
from prosopon.vouch.store.store import Store
from prosopon.vouch.watermark.mark import Mark, kind_of
from prosopon.vouch.watermark.still import embed
from prosopon.vouch.watermark.video import marked

COMPOSITE = source_type_url(SourceType.COMPOSITE)


def fake() -> Frame:
    return np.ascontiguousarray(astronaut()[:420, :480])


def genuine() -> Frame:
    return np.ascontiguousarray(cat())


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return publish(Clip.still(fake(), step=Step("create.x", source_type=SourceType.COMPOSITE)), tmp_path / "fake.png")


def stripped(published: Published, path: Path) -> Path:
    """Opened, made half as large, and saved anew: no metadata is left."""
    picture = Image.fromarray(read(published.path).first())
    picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS).save(path, quality=60)
    return path


def by(evidence: Evidence) -> list[str]:
    return [one.by for one in evidence.declared]


def words(evidence: Evidence) -> dict[str, str]:
    return {name: answer for name, answer, _ in answers(evidence)}


def test_a_published_file(published: Published) -> None:
    evidence = gather(published.path)
    assert evidence.credential.integrity is Answer.OK
    assert by(evidence) == ["credential", "watermark"]
    assert evidence.declared[0].source_type == COMPOSITE
    assert evidence.watermark is not None
    assert evidence.watermark.mark is not None
    assert evidence.watermark.mark.hex == published.watermark
    assert [found.index for found in evidence.logged] == [published.log_index]
    assert evidence.recovered is None, "there is nothing to recover"
    assert evidence.lookup is not None
    assert evidence.lookup.answer is Likeness.SAME
    assert not evidence.problems
    assert words(evidence)["log"] == "found"


def test_a_stripped_copy_is_named_synthetic_and_led_back_to_its_credential(
    published: Published, tmp_path: Path
) -> None:
    evidence = gather(stripped(published, tmp_path / "copy.jpg"))
    assert evidence.credential.credential is None
    assert evidence.credential.synthetic is None
    assert by(evidence) == ["recovered credential", "watermark"]
    assert evidence.recovered is not None
    assert evidence.recovered.record.sha256 == published.sha256
    assert evidence.recovered.credential.holds
    assert not evidence.is_copied_mark
    assert "not byte-verified" in evidence.recovered.text
    told = evidence.as_json()
    assert told["recovered"]["byte_verified"] is False
    assert told["integrity"] == "none", "never more than there is"
    assert told["signature"] == "none"
    assert words(evidence)["log"] == "by mark"


def test_a_copy_whose_mark_is_gone_is_known_by_its_likeness(published: Published, tmp_path: Path) -> None:
    Image.fromarray(fake()).save(tmp_path / "unmarked.jpg", quality=80)
    evidence = gather(tmp_path / "unmarked.jpg")
    assert evidence.watermark is not None
    assert not evidence.watermark.found
    assert by(evidence) == ["recovered credential"]
    assert evidence.recovered is not None
    assert evidence.recovered.by == "fingerprint"


def test_a_mark_that_was_copied_onto_a_genuine_picture_is_caught(published: Published, tmp_path: Path) -> None:
    assert published.watermark is not None
    forged = embed(genuine(), Mark.of_hex(published.watermark, kind_of(SourceType.COMPOSITE)))
    Image.fromarray(forged).save(tmp_path / "forged.png")
    evidence = gather(tmp_path / "forged.png")
    assert evidence.watermark is not None
    assert evidence.watermark.found
    assert evidence.is_copied_mark
    assert by(evidence) == ["watermark"]
    assert "worth nothing" in evidence.declared[0].strength
    assert evidence.as_json()["copied_watermark"] is True
    assert words(evidence)["recovered"] == "copied?"


def test_one_number_in_two_different_pictures_is_told(published: Published, tmp_path: Path) -> None:
    """Somebody puts the number of a fake into a photo by hand, on the same machine, and publishes that, too."""
    assert published.watermark is not None
    edit = Step("app.mark", source_type=SourceType.ENHANCED)
    photo = marked(Clip.still(genuine(), step=edit), Mark.of_hex(published.watermark))
    second = publish(photo, tmp_path / "photo.png")
    Image.fromarray(read(second.path).first()).save(tmp_path / "copy.jpg", quality=85)
    for copy, own, other in (
        (tmp_path / "copy.jpg", second, published), (stripped(published, tmp_path / "s.jpg"), published, second),
    ):  # fmt: skip
        recovered = gather(copy).recovered
        assert recovered is not None
        assert recovered.record.sha256 == own.sha256
        assert [one.sha256 for one in recovered.others] == [other.sha256]
        assert "one was copied" in recovered.text


def test_where_the_store_knows_nothing_the_mark_alone_speaks(published: Published, tmp_path: Path) -> None:
    copy = stripped(published, tmp_path / "copy.jpg")
    assert Store.open().forget(published.sha256)
    evidence = gather(copy)
    assert evidence.recovered is None
    assert by(evidence) == ["watermark"]
    assert "anybody can copy" in evidence.declared[0].strength


def test_a_strangers_picture(published: Published, tmp_path: Path) -> None:
    Image.fromarray(genuine()).save(tmp_path / "cat.jpg")
    evidence = gather(tmp_path / "cat.jpg")
    assert evidence.declared == ()
    assert evidence.logged == ()
    assert evidence.recovered is None
    assert evidence.lookup is not None
    assert evidence.lookup.answer is Likeness.NONE
    said = "\n".join(lines(evidence))
    assert "does not show that it is genuine" in said


def test_a_credential_that_does_not_hold_is_worth_what_it_is(published: Published) -> None:
    content = bytearray(published.path.read_bytes())
    content[-len(content) // 4] ^= 1
    published.path.write_bytes(content)
    evidence = gather(published.path)
    assert evidence.credential.is_bad
    assert evidence.declared[0].by == "credential"
    assert "does not hold" in evidence.declared[0].strength


def test_one_kind_that_cannot_be_had_hides_no_other(published: Published) -> None:
    (log_folder() / "checkpoint").write_text("rubbish")
    evidence = gather(published.path)
    assert by(evidence) == ["credential", "watermark"]
    assert len(evidence.problems) == 1
    assert "log" in evidence.problems[0]


def test_without_pixels_the_file_is_not_decoded(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the file was decoded")

    monkeypatch.setattr("prosopon.vouch.evidence.read", refuse)
    evidence = gather(published.path, pixels=False)
    assert evidence.watermark is None
    assert evidence.lookup is None
    assert [found.index for found in evidence.logged] == [published.log_index]


def test_text_of_strangers_steers_nothing(published: Published) -> None:
    evidence = gather(published.path, pixels=False)
    evil = replace(evidence, credential=replace(evidence.credential, remote="http://x/\x1b[2J\n\rintegrity  ok"))
    for line in lines(evil):
        assert line.isprintable()


def test_a_copy_of_a_published_video_begins_where_it_begins(tmp_path: Path) -> None:
    """The thumbnail that is kept is of whichever second shows most, and says nothing of where a copy begins."""
    seconds = [np.full_like(fake(), 90), np.ascontiguousarray(genuine()[:300, :400]), fake()]
    frames = [np.array(Image.fromarray(one).resize((320, 280))) for one in seconds for _ in range(4)]
    made = publish(
        Clip.of_frames(frames, 4, step=Step("create.x", source_type=SourceType.COMPOSITE)), tmp_path / "film.mp4"
    )
    shown = [np.array(Image.fromarray(frame).resize((240, 210))) for frame in read(made.path).frames()]
    for first, begins in ((0, 0.0), (4, 1.0)):
        (match,) = look_up(Clip.of_frames(shown[first:], 4)).matches
        assert match.answer is Likeness.SAME
        assert match.offset_s == pytest.approx(begins, abs=0.3)
