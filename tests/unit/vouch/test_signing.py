"""Signing one's own files: nothing of them is changed, nothing is claimed that was not said, all or nothing."""

from __future__ import annotations

import hashlib
import json
import os
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import c2pa
import numpy as np
import pytest
import small_chains
from PIL import Image

from prosopon.core.clip import Clip
from prosopon.core.errors import FileExistsAlready, MediaError, ProsoponError, UsageError
from prosopon.core.history import Relationship
from prosopon.core.progress import Silent
from prosopon.media.read import read
from prosopon.vouch.keys.certificate import signing_identity
from prosopon.vouch.keys.sealer import Sealer, sealer_from_files
from prosopon.vouch.label.xmp import labelled_copy
from prosopon.vouch.manifest.definition import SOURCE_TYPE_URL, TRAINING_ASSERTION
from prosopon.vouch.manifest.report import Answer
from prosopon.vouch.manifest.source_types import NOT_SYNTHETIC, SYNTHETIC
from prosopon.vouch.manifest.statement import ACTIONS, CAPTURES, CHANGES, ORIGINS, Statement
from prosopon.vouch.manifest.verify import verify
from prosopon.vouch.publish import publish, publish_picture
from prosopon.vouch.signing import MadeFrom, Signed, sign

ClipFor = Callable[[str], Clip]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return _photo(tmp_path / "photo.jpg", 1)


def _photo(path: Path, seed: int) -> Path:
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (60, 80, 3), dtype=np.uint8)).save(path)
    return path


def _sign(path: Path, output: Path, *stated: str, made_from: MadeFrom | None = None, **options: Any) -> Signed:
    """Sign by the own key; `stated`: the source type, then the actions."""
    statement = Statement(output.name, stated[0] if stated else None, stated[1:])
    return sign(path, output, statement, Sealer.of(signing_identity()), made_from or MadeFrom(), **options)


def _manifest(path: Path) -> dict[str, Any]:
    with c2pa.Reader(str(path)) as reader:
        store = json.loads(reader.json())
    assert store["validation_state"] == "Valid"
    manifest: dict[str, Any] = store["manifests"][store["active_manifest"]]
    return manifest


def _actions(path: Path) -> list[tuple[str, str | None]]:
    told = next(one["data"] for one in _manifest(path)["assertions"] if one["label"] == "c2pa.actions.v2")
    types = [one.get("digitalSourceType", "").rpartition("/")[2] or None for one in told["actions"]]
    return [(one["action"], kind) for one, kind in zip(told["actions"], types, strict=True)]


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# What is said.


def test_who_states_nothing_claims_nothing(tmp_path: Path, photo: Path) -> None:
    signed = _sign(photo, tmp_path / "signed.jpg")
    assert _actions(tmp_path / "signed.jpg") == [("c2pa.opened", None)]
    assert signed.ingredients == (("photo.jpg", Relationship.PARENT),)
    assert signed.source_type is None
    report = verify(tmp_path / "signed.jpg")
    assert (report.integrity, report.signature, report.trust) == (Answer.OK, Answer.VALID, Answer.UNTRUSTED)
    assert report.synthetic is None
    assert report.source_types == ()


@pytest.mark.parametrize("source_type", [*ORIGINS, *CHANGES])
def test_every_source_type_can_be_stated(tmp_path: Path, photo: Path, source_type: str) -> None:
    _sign(photo, tmp_path / "signed.jpg", source_type)
    assert _actions(tmp_path / "signed.jpg") == [("c2pa.created", source_type)]
    expected = True if source_type in SYNTHETIC else False if source_type in NOT_SYNTHETIC else None
    assert verify(tmp_path / "signed.jpg").synthetic is expected


def test_actions_are_told_in_order(tmp_path: Path, photo: Path) -> None:
    _sign(photo, tmp_path / "signed.jpg", "digitalCapture", "c2pa.cropped", "c2pa.adjustedColor", "c2pa.cropped")
    assert [name for name, _ in _actions(tmp_path / "signed.jpg")] == [
        "c2pa.created",
        "c2pa.cropped",
        "c2pa.adjustedColor",
        "c2pa.cropped",
    ]


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_that_can_be_stated_validates(tmp_path: Path, photo: Path, action: str) -> None:
    _sign(photo, tmp_path / "signed.jpg", "digitalCapture", action)
    assert _actions(tmp_path / "signed.jpg")[1][0] == action


@pytest.mark.parametrize(
    ("stated", "word"),
    [
        (("digitalcapture",), "did you mean digitalCapture"),
        (("",), "is no digital source type"),
        (("digitalCapture", "c2pa.crop"), "did you mean c2pa.cropped"),
        (("digitalCapture", "c2pa.created"), "by itself"),
        (("digitalCapture", "c2pa.redacted"), "is no action"),
    ],
)
def test_words_that_the_standard_does_not_know(tmp_path: Path, photo: Path, stated: tuple[str, ...], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        _sign(photo, tmp_path / "signed.jpg", *stated)


def test_the_wish_not_to_be_learnt_from_and_a_thumbnail(tmp_path: Path, photo: Path) -> None:
    sealer = Sealer.of(signing_identity())
    sign(photo, tmp_path / "signed.jpg", Statement("A title", no_training=True), sealer, thumbnail=True)
    manifest = _manifest(tmp_path / "signed.jpg")
    assert manifest["title"] == "A title"
    assert manifest["thumbnail"]["format"] == "image/jpeg"
    assert TRAINING_ASSERTION in {one["label"] for one in manifest["assertions"]}


def test_no_folder_of_ours_is_told(tmp_path: Path, photo: Path) -> None:
    sealer = Sealer.of(signing_identity())
    signed = sign(photo, tmp_path / "signed.jpg", Statement(f"{tmp_path}/a title"), sealer, MadeFrom(photo))
    assert tmp_path.name.encode() not in signed.store


# Ingredients.


def test_all_relationships(tmp_path: Path, photo: Path) -> None:
    before, part, guide = (_photo(tmp_path / f"{name}.jpg", n) for n, name in enumerate("bpg"))
    made_from = MadeFrom(before, (part,), (guide,))
    signed = _sign(photo, tmp_path / "signed.jpg", "humanEdits", "c2pa.cropped", made_from=made_from)
    assert signed.ingredients == (
        ("b.jpg", Relationship.PARENT),
        ("p.jpg", Relationship.COMPONENT),
        ("g.jpg", Relationship.INPUT),
    )
    assert _actions(tmp_path / "signed.jpg") == [
        ("c2pa.opened", None),
        ("c2pa.placed", None),
        ("c2pa.cropped", None),
        ("c2pa.edited", "humanEdits"),
    ]
    manifest = _manifest(tmp_path / "signed.jpg")
    labels = {one["label"]: one["relationship"] for one in manifest["ingredients"]}
    told = next(one["data"] for one in manifest["assertions"] if one["label"] == "c2pa.actions.v2")
    used = [
        [labels[ref["url"].rpartition("/")[2]] for ref in one.get("parameters", {}).get("ingredients", ())]
        for one in told["actions"]
    ]
    assert used == [["parentOf"], ["componentOf"], [], ["inputTo"]]


def test_components_of_something_new(tmp_path: Path, photo: Path) -> None:
    made_from = MadeFrom(components=(_photo(tmp_path / "p.jpg", 5),), inputs=(_photo(tmp_path / "g.jpg", 6),))
    _sign(photo, tmp_path / "signed.jpg", "compositeCapture", made_from=made_from)
    assert _actions(tmp_path / "signed.jpg") == [("c2pa.created", "compositeCapture"), ("c2pa.placed", None)]


def test_earlier_credentials_are_carried_whole(tmp_path: Path, photo: Path) -> None:
    _sign(photo, tmp_path / "first.jpg", "digitalCapture")
    first = _manifest(tmp_path / "first.jpg")["label"]
    _sign(tmp_path / "first.jpg", tmp_path / "second.jpg", "humanEdits", "c2pa.cropped")
    _sign(tmp_path / "second.jpg", tmp_path / "third.jpg")
    with c2pa.Reader(str(tmp_path / "third.jpg")) as reader:
        store = json.loads(reader.json())
    assert len(store["manifests"]) == 3
    assert first in store["manifests"]
    assert _actions(tmp_path / "second.jpg") == [
        ("c2pa.opened", None),
        ("c2pa.cropped", None),
        ("c2pa.edited", "humanEdits"),
    ]
    report = verify(tmp_path / "third.jpg")
    assert report.integrity is Answer.OK
    assert report.source_types == tuple(SOURCE_TYPE_URL + one for one in ("humanEdits", "digitalCapture"))


def test_credentials_of_ingredients_are_carried_too(tmp_path: Path, photo: Path) -> None:
    _sign(_photo(tmp_path / "p.jpg", 5), tmp_path / "signed part.jpg", "digitalCapture")
    made_from = MadeFrom(components=(tmp_path / "signed part.jpg",))
    _sign(photo, tmp_path / "signed.jpg", "composite", made_from=made_from)
    with c2pa.Reader(str(tmp_path / "signed.jpg")) as reader:
        assert len(json.loads(reader.json())["manifests"]) == 2


def test_credentials_in_a_sidecar_are_carried_too(tmp_path: Path, photo: Path) -> None:
    _sign(photo, tmp_path / "first.jpg", "digitalCapture", sidecar=True)
    _sign(tmp_path / "first.jpg", tmp_path / "second.jpg")
    report = verify(tmp_path / "second.jpg")
    assert report.integrity is Answer.OK
    assert report.source_types == (SOURCE_TYPE_URL + "digitalCapture",)


def test_a_credential_that_does_not_hold_is_carried_with_what_is_wrong(tmp_path: Path, photo: Path) -> None:
    _sign(photo, tmp_path / "first.jpg", "digitalCapture")
    changed = bytearray((tmp_path / "first.jpg").read_bytes())
    changed[-20] ^= 1
    (tmp_path / "first.jpg").write_bytes(changed)
    _sign(tmp_path / "first.jpg", tmp_path / "second.jpg")
    report = verify(tmp_path / "second.jpg")
    assert not report.is_bad
    (ingredient,) = report.ingredients
    assert "assertion.dataHash.mismatch" in ingredient.failures


def test_something_made_from_a_file_is_not_new(tmp_path: Path, photo: Path) -> None:
    _sign(photo, tmp_path / "first.jpg", "digitalCapture")
    for path, made_from in ((tmp_path / "first.jpg", MadeFrom()), (photo, MadeFrom(tmp_path / "first.jpg"))):
        with pytest.raises(UsageError, match="made from another file"):
            _sign(path, tmp_path / "second.jpg", "digitalCapture", made_from=made_from)


def test_a_parent_besides_the_own_credential(tmp_path: Path, photo: Path) -> None:
    _sign(photo, tmp_path / "first.jpg", "digitalCapture")
    with pytest.raises(UsageError, match="credential of its own"):
        _sign(tmp_path / "first.jpg", tmp_path / "second.jpg", made_from=MadeFrom(photo))
    # An editor left the credential of what it opened in what it wrote.
    edited = bytearray((tmp_path / "first.jpg").read_bytes())
    edited[-20] ^= 1
    (tmp_path / "edited.jpg").write_bytes(edited)
    signed = _sign(tmp_path / "edited.jpg", tmp_path / "second.jpg", made_from=MadeFrom(tmp_path / "first.jpg"))
    assert signed.ingredients == (("first.jpg", Relationship.PARENT),)
    (ingredient,) = verify(tmp_path / "second.jpg").ingredients
    assert set(ingredient.failures) <= {"signingCredential.untrusted"}


# Synthetic material is not signed as captured.


@pytest.mark.parametrize("source_type", CAPTURES)
def test_what_was_made_here_is_not_signed_as_captured(tmp_path: Path, clip_for: ClipFor, source_type: str) -> None:
    publish(clip_for("fake.png"), tmp_path / "fake.png")
    with pytest.raises(UsageError, match=r"fake\.png is synthetic, as its credential says"):
        _sign(tmp_path / "fake.png", tmp_path / "signed.png", source_type)
    assert not (tmp_path / "signed.png").exists()


def test_what_was_made_here_stays_synthetic_when_it_is_signed(tmp_path: Path, clip_for: ClipFor) -> None:
    publish(clip_for("fake.png"), tmp_path / "fake.png")
    _sign(tmp_path / "fake.png", tmp_path / "plain.png")
    _sign(tmp_path / "fake.png", tmp_path / "edited.png", "humanEdits")
    assert verify(tmp_path / "plain.png").synthetic is True
    assert verify(tmp_path / "edited.png").synthetic is True


def _labelled(tmp_path: Path, photo: Path) -> Path:
    labelled_copy(photo, tmp_path / "labelled.jpg", SOURCE_TYPE_URL + "trainedAlgorithmicMedia")
    return tmp_path / "labelled.jpg"


@pytest.mark.parametrize("source_type", [*CAPTURES, "humanEdits", "screenCapture", "composite"])
def test_what_its_metadata_call_synthetic(tmp_path: Path, photo: Path, source_type: str) -> None:
    with pytest.raises(UsageError, match=r"XMP metadata says \(trainedAlgorithmicMedia\)"):
        _sign(_labelled(tmp_path, photo), tmp_path / "signed.jpg", source_type)


def test_an_unsigned_label_becomes_a_signed_one(tmp_path: Path, photo: Path) -> None:
    signed = _sign(_labelled(tmp_path, photo), tmp_path / "signed.jpg")
    assert signed.source_type == "trainedAlgorithmicMedia"
    assert _actions(tmp_path / "signed.jpg") == [("c2pa.opened", "trainedAlgorithmicMedia")]
    assert verify(tmp_path / "signed.jpg").synthetic is True


def test_a_synthetic_part_makes_the_whole_synthetic(tmp_path: Path, photo: Path) -> None:
    made_from = MadeFrom(components=(_labelled(tmp_path, photo),))
    with pytest.raises(UsageError, match=r"labelled\.jpg is synthetic"):
        _sign(photo, tmp_path / "signed.jpg", "digitalCapture", made_from=made_from)
    signed = _sign(photo, tmp_path / "signed.jpg", made_from=made_from)
    assert signed.source_type == "compositeSynthetic"
    assert verify(tmp_path / "signed.jpg").synthetic is True


def test_what_its_watermark_calls_synthetic(tmp_path: Path, photo: Path) -> None:
    def read_mark(path: Path) -> str | None:
        return "compositeWithTrainedAlgorithmicMedia" if path == photo else None

    with pytest.raises(UsageError, match="watermark says"):
        _sign(photo, tmp_path / "signed.jpg", "digitalCapture", read_mark=read_mark)
    signed = _sign(photo, tmp_path / "signed.jpg", read_mark=read_mark)
    assert signed.source_type == "compositeWithTrainedAlgorithmicMedia"
    assert verify(tmp_path / "signed.jpg").synthetic is True


def test_a_signed_photo_is_nothing_that_a_preview_may_overwrite(tmp_path: Path, photo: Path, clip_for: ClipFor) -> None:
    _sign(photo, tmp_path / "preview.jpg", "digitalCapture")
    clip = clip_for("preview.jpg")
    with pytest.raises(FileExistsAlready):
        publish_picture(next(iter(clip.frames())), tmp_path / "preview.jpg", clip.history[-1])


def test_contradicting_inputs_are_no_way_to_get_rid_of_a_credential(tmp_path: Path, clip_for: ClipFor) -> None:
    """The library cannot hold two versions of one manifest, of which one is damaged; sealing would leave both out."""
    publish(clip_for("fake.jpg"), tmp_path / "fake.jpg")
    damaged = bytearray((tmp_path / "fake.jpg").read_bytes())
    damaged[damaged.index(b"create.fomm.animate") + 3] ^= 1
    (tmp_path / "damaged.jpg").write_bytes(damaged)
    before = _names(tmp_path)
    with pytest.raises(ProsoponError, match="cannot be carried along"):
        _sign(
            tmp_path / "fake.jpg", tmp_path / "signed.jpg", made_from=MadeFrom(components=(tmp_path / "damaged.jpg",))
        )
    assert _names(tmp_path) == before


def test_a_credential_that_cannot_be_read(tmp_path: Path, photo: Path) -> None:
    _sign(photo, tmp_path / "first.jpg", "digitalCapture")
    whole = bytearray((tmp_path / "first.jpg").read_bytes())
    whole[whole.index(b"c2cl") - 8] ^= 0xFF
    (tmp_path / "first.jpg").write_bytes(whole)
    notes: list[str] = []

    class Listening(Silent):
        def note(self, text: str) -> None:
            notes.append(text)

    with pytest.raises(UsageError, match="made from another file"):
        _sign(tmp_path / "first.jpg", tmp_path / "second.jpg", "digitalCapture")
    _sign(tmp_path / "first.jpg", tmp_path / "second.jpg", progress=Listening())
    assert len(notes) == 1
    assert "first.jpg" in notes[0]
    assert not verify(tmp_path / "second.jpg").is_bad


# Files.


def _sound(path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(np.arange(4000, dtype="<i2").tobytes())
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff"])
def test_pictures_are_kept_as_they_are(tmp_path: Path, suffix: str) -> None:
    source = _photo(tmp_path / f"photo{suffix}", 3)
    before = source.read_bytes()
    signed = _sign(source, tmp_path / f"signed{suffix}", "digitalCapture")
    assert signed.sidecar is None
    assert verify(tmp_path / f"signed{suffix}").integrity is Answer.OK
    assert source.read_bytes() == before
    with Image.open(source) as one, Image.open(tmp_path / f"signed{suffix}") as other:
        assert one.tobytes() == other.tobytes()


def test_a_jpeg_is_kept_to_the_byte(tmp_path: Path, photo: Path) -> None:
    _sign(photo, tmp_path / "signed.jpg")
    assert _without_app11((tmp_path / "signed.jpg").read_bytes()) == photo.read_bytes()


def _without_app11(jpeg: bytes) -> bytes:
    """A JPEG without the segments that hold the credential."""
    kept, position = jpeg[:2], 2
    while jpeg[position + 1] != 0xDA:
        end = position + 2 + int.from_bytes(jpeg[position + 2 : position + 4], "big")
        if jpeg[position + 1] != 0xEB:
            kept += jpeg[position:end]
        position = end
    return kept + jpeg[position:]


@pytest.mark.parametrize("name", ["own.mp4", "own.mov"])
def test_video_is_kept_to_the_frame(tmp_path: Path, clip_for: ClipFor, name: str) -> None:
    publish(clip_for(name), tmp_path / name)
    _sign(tmp_path / name, tmp_path / f"signed {name}", thumbnail=True)
    one, other = read(tmp_path / name), read(tmp_path / f"signed {name}")
    assert one.times == other.times
    for first, second in zip(one.frames(), other.frames(), strict=True):
        np.testing.assert_array_equal(first, second)
    assert verify(tmp_path / f"signed {name}").synthetic is True


def test_drawings(tmp_path: Path) -> None:
    (tmp_path / "drawing.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>')
    _sign(tmp_path / "drawing.svg", tmp_path / "signed.svg", "digitalCreation")
    assert verify(tmp_path / "signed.svg").integrity is Answer.OK


def test_sound(tmp_path: Path) -> None:
    source = _sound(tmp_path / "voice.wav")
    _sign(source, tmp_path / "signed.wav", "digitalCapture")
    assert verify(tmp_path / "signed.wav").integrity is Answer.OK
    with wave.open(str(source)) as one, wave.open(str(tmp_path / "signed.wav")) as other:
        assert one.readframes(9999) == other.readframes(9999)
    with pytest.raises(MediaError):
        _sign(source, tmp_path / "again.wav", thumbnail=True)
    assert not (tmp_path / "again.wav").exists()


@pytest.mark.parametrize("name", ["clip.webm", "clip.mkv", "notes.txt", "no suffix"])
def test_formats_that_hold_no_credential_get_a_sidecar(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"whatever it is " * 100)
    output = tmp_path / f"signed {name}"
    signed = _sign(tmp_path / name, output, "digitalCapture")
    assert signed.sidecar == tmp_path / f"signed {name}.c2pa"
    assert output.read_bytes() == (tmp_path / name).read_bytes()
    assert verify(output).integrity is Answer.OK
    output.write_bytes(output.read_bytes() + b"!")
    assert verify(output).integrity is Answer.BROKEN


def test_a_sidecar_where_it_is_asked_for(tmp_path: Path, photo: Path) -> None:
    signed = _sign(photo, tmp_path / "signed.jpg", "digitalCapture", sidecar=True)
    assert signed.report.credential == "signed.jpg.c2pa"
    assert (tmp_path / "signed.jpg").read_bytes() == photo.read_bytes()
    assert verify(tmp_path / "signed.jpg").synthetic is False
    with pytest.raises(FileExistsAlready, match=r"signed\.jpg"):
        _sign(photo, tmp_path / "signed.jpg", sidecar=True)
    (tmp_path / "signed.jpg").unlink()
    with pytest.raises(FileExistsAlready, match=r"signed\.jpg\.c2pa is there"):
        _sign(photo, tmp_path / "signed.jpg", sidecar=True)
    _sign(photo, tmp_path / "signed.jpg", sidecar=True, force=True)
    assert verify(tmp_path / "signed.jpg").synthetic is None


def test_the_credential_alone(tmp_path: Path, photo: Path) -> None:
    before = _names(tmp_path)
    signed = _sign(photo, tmp_path / "photo.jpg.c2pa", "digitalCapture")
    assert (signed.path, signed.sidecar) == (photo, tmp_path / "photo.jpg.c2pa")
    assert _names(tmp_path) - before == {"photo.jpg.c2pa"}
    assert verify(photo).integrity is Answer.OK


def test_a_sidecar_that_an_embedded_credential_would_hide(tmp_path: Path, photo: Path) -> None:
    _sign(photo, tmp_path / "first.jpg", "digitalCapture")
    for output, sidecar in ((tmp_path / "second.jpg", True), (tmp_path / "first.jpg.c2pa", False)):
        with pytest.raises(UsageError, match="hide"):
            _sign(tmp_path / "first.jpg", output, sidecar=sidecar)


def test_folders_of_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(2):
        _photo(folder / f"{number}.png", number)
    with pytest.raises(UsageError, match=r"-o pictures\.c2pa"):
        _sign(folder, tmp_path / "signed", "digitalCapture")
    _sign(folder, tmp_path / "pictures.c2pa", "digitalCapture")
    assert verify(folder).integrity is Answer.OK
    _photo(folder / "2.png", 2)
    assert verify(folder).integrity is Answer.BROKEN


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("empty.jpg", b"", "is empty"),
        ("text.jpg", b"this is no picture", "cannot be signed"),
        ("half.png", b"\x89PNG\r\n\x1a\n", "cannot be signed"),
        ("text.mp4", b"this is no video", "cannot be signed"),
    ],
)
def test_files_that_are_not_what_they_are_called(tmp_path: Path, name: str, content: bytes, word: str) -> None:
    (tmp_path / name).write_bytes(content)
    before = _names(tmp_path)
    with pytest.raises(ProsoponError, match=word) as caught:
        _sign(tmp_path / name, tmp_path / f"signed {name}", "digitalCapture")
    assert "part" not in str(caught.value), "the user's name of the file, not that of ours"
    assert _names(tmp_path) == before


def test_what_is_no_file(tmp_path: Path, photo: Path) -> None:
    with pytest.raises(MediaError, match="there is no file"):
        _sign(tmp_path / "absent.jpg", tmp_path / "signed.jpg")
    for made_from in (MadeFrom(tmp_path / "absent.jpg"), MadeFrom(components=(tmp_path / "absent.jpg",))):
        with pytest.raises(MediaError, match="there is no file"):
            _sign(photo, tmp_path / "signed.jpg", made_from=made_from)
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(MediaError, match="neither"):
        _sign(tmp_path / "pipe.jpg", tmp_path / "signed.jpg")


def test_outputs_that_make_no_sense(tmp_path: Path, photo: Path) -> None:
    (tmp_path / "folder").mkdir()
    other = _photo(tmp_path / "other.jpg", 8)
    for output, word in (
        (tmp_path / "signed.png", "does not turn"),
        (tmp_path / "signed", "does not turn"),
        (tmp_path / "folder", "is a folder"),
        (photo, "would overwrite the input"),
        (photo / "inside.jpg", "cannot be written"),
    ):
        with pytest.raises(UsageError, match=word):
            _sign(photo, output, force=True)
    with pytest.raises(UsageError, match="would overwrite the input"):
        _sign(photo, other, made_from=MadeFrom(other), force=True)
    with pytest.raises(FileExistsAlready):
        _sign(photo, other)
    _sign(photo, other, force=True)
    assert verify(other).integrity is Answer.OK


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path, photo: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(UsageError, match="write-protected"):
        _sign(photo, closed / "signed.jpg")


def test_an_authority_that_fails_leaves_nothing(tmp_path: Path, photo: Path) -> None:
    before = _names(tmp_path)
    sealer = Sealer.of(signing_identity(), "http://127.0.0.1:9/")
    for sidecar in (False, True):
        with pytest.raises(ProsoponError, match="gave no time-stamp"):
            sign(photo, tmp_path / "new" / "signed.jpg", Statement("x"), sealer, sidecar=sidecar)
    assert _names(tmp_path) == before


def test_what_does_not_verify_is_not_put_in_place(tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from prosopon.vouch import signing

    monkeypatch.setattr(signing, "check", lambda path, sidecar: verify(photo))
    with pytest.raises(ProsoponError, match="does not verify after signing"):
        _sign(photo, tmp_path / "signed.jpg")
    assert _names(tmp_path) == {"photo.jpg"}


def test_a_key_of_ones_own(tmp_path: Path, photo: Path) -> None:
    made = small_chains.chain(tmp_path / "keys", "ed25519")
    sign(photo, tmp_path / "signed.jpg", Statement("x"), sealer_from_files(made.certificate, made.key))
    assert verify(tmp_path / "signed.jpg", made.root).trust is Answer.TRUSTED
    assert verify(tmp_path / "signed.jpg").trust is Answer.UNTRUSTED


def test_public_files_with_credentials(tmp_path: Path, shared: Path) -> None:
    """Files of the standard's test set, with credentials of older versions and other tools."""
    for name in ("ptf_adobe-20220124-CAI.jpg", "rs_C.jpg", "rs_video1.mp4", "ptf_adobe-20220124-A.jpg"):
        source = shared / "media" / "c2pa" / name
        before = hashlib.sha256(source.read_bytes()).digest()
        signed = _sign(source, tmp_path / f"signed {name}")
        report = verify(tmp_path / f"signed {name}")
        assert not report.is_bad
        assert signed.ingredients == ((name, Relationship.PARENT),)
        with c2pa.Reader(str(tmp_path / f"signed {name}")) as reader:
            store = json.loads(reader.json())
        try:
            with c2pa.Reader(str(source)) as reader:
                earlier = set(json.loads(reader.json())["manifests"])
        except c2pa.C2paError:
            earlier = set()
        assert earlier <= set(store["manifests"]), "nothing of it is left out"
        assert hashlib.sha256(source.read_bytes()).digest() == before
