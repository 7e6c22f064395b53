"""A copy without its credential is led back to what was published; a copied watermark leads to something else."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from drawn_scenes import cropped, graded, jpeg, resized, scene, swapped

from prosopon.core.clip import Clip
from prosopon.core.history import SourceType, Step
from prosopon.vouch.publish import Published, publish
from prosopon.vouch.store.kept_credential import check_kept
from prosopon.vouch.store.record import Record
from prosopon.vouch.store.recovery import Likeness, Recovered, recover
from prosopon.vouch.store.store import Store
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.reading import Reading

STEP = Step("create.test", source_type=SourceType.TRAINED)


def walk(face: int, first: int = 0, count: int = 20) -> Clip:
    frames = [scene(7, face=face, shift=2 * number) for number in range(first, first + count)]
    return Clip.of_frames(frames, Fraction(10), step=STEP)


@pytest.fixture
def fake(tmp_path: Path) -> Published:
    """A published still: a room in which a face was swapped."""
    return publish(Clip.still(swapped(3), step=STEP), tmp_path / "fake.png")


@pytest.fixture
def film(tmp_path: Path) -> Published:
    return publish(walk(0), tmp_path / "film.mp4")


def marked_by(published: Published) -> Reading:
    return Reading(Mark(bytes.fromhex(str(published.watermark))), 1e-9, 1)


def kept(published: Published) -> Record:
    record = Store.open().by_sha256(published.sha256)
    assert record is not None
    return record


def check(found: Recovered | None) -> Recovered:
    assert found is not None
    json.dumps(found.as_json())
    return found


@pytest.mark.parametrize("by", ["watermark", "fingerprint"])
def test_a_stripped_copy_is_led_back(fake: Published, by: str) -> None:
    for copy in (swapped(3), jpeg(resized(swapped(3), 0.5)), jpeg(graded(cropped(swapped(3), 6, 4, 2, 3)))):
        found = check(recover(marked_by(fake) if by == "watermark" else None, Clip.still(copy)))
        assert found.record == kept(fake)
        assert (found.by, found.likeness, found.is_alike) == (by, Likeness.SAME, True)
        assert "recovered" in found.text.lower()
        assert "not byte-verified" in found.text
        assert found.credential.holds
        assert found.credential.report is not None
        assert found.credential.report.synthetic
        assert found.as_json()["byte_verified"] is False


def test_a_mark_copied_onto_another_picture_is_caught(fake: Published) -> None:
    found = check(recover(marked_by(fake), Clip.still(jpeg(scene(4)))))
    assert (found.likeness, found.is_alike, found.compared) == (Likeness.OTHER, False, None)
    assert "points to something else" in found.text


def test_a_mark_copied_onto_the_photo_that_the_fake_was_made_from_is_caught(fake: Published) -> None:
    found = check(recover(marked_by(fake), Clip.still(jpeg(scene(3)))))
    assert (found.likeness, found.is_alike) == (Likeness.DIFFERS, False)
    assert "copied onto what that was made from" in found.text


def test_by_looks_alone_the_photo_that_a_fake_was_made_from_leads_to_no_credential(fake: Published) -> None:
    assert recover(None, Clip.still(jpeg(scene(3)))) is None
    assert recover(None, Clip.still(scene(9))) is None


def test_mirrored_copies_are_alike(fake: Published) -> None:
    assert check(recover(marked_by(fake), Clip.still(np.ascontiguousarray(swapped(3)[:, ::-1])))).is_alike


def test_videos(film: Published) -> None:
    for part in (walk(0), walk(0, 6, 12)):
        assert check(recover(marked_by(film), part)).is_alike
    assert not check(recover(marked_by(film), Clip.of_frames([scene(4)] * 5, 5))).is_alike
    assert recover(None, Clip.of_frames([scene(4)] * 5, 5)) is None


def test_an_unknown_mark_and_no_store(fake: Published, tmp_path: Path) -> None:
    unknown = Reading(Mark(bytes(8)), 1e-9, 1)
    assert recover(unknown, Clip.still(scene(4))) is None
    assert recover(marked_by(fake), Clip.still(swapped(3)), Store.open(tmp_path / "empty")) is None
    assert recover(Reading(None, 1.0, 1), Clip.still(scene(4))) is None


def test_a_forgotten_record_is_not_recovered(fake: Published) -> None:
    Store.open().forget(fake.sha256)
    assert recover(marked_by(fake), Clip.still(swapped(3))) is None


def test_what_holds_of_a_credential_without_its_file(fake: Published) -> None:
    record = kept(fake)
    manifest = Store.open().manifest(record)
    assert check_kept(record.title, manifest).holds
    place = manifest.index(b"create.test")
    for damaged in (manifest[:place] + b"Create" + manifest[place + 6 :], manifest[:300], b"", b"nonsense" * 40):
        found = check_kept(record.title, damaged)
        assert not found.holds
        assert found.problem


def test_a_kept_credential_that_does_not_hold_is_told(fake: Published, tmp_path: Path) -> None:
    from hashlib import sha256

    store = Store.open(tmp_path / "other")
    damaged = b"nonsense" * 40
    store.keep(replace(kept(fake), manifest_sha256=sha256(damaged).hexdigest()), damaged, swapped(3))
    found = check(recover(marked_by(fake), Clip.still(swapped(3)), store))
    assert not found.credential.holds
    assert "does not hold" in found.text
