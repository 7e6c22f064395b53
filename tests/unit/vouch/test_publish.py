"""The only exit: labelled, signed, complete or absent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import c2pa
import numpy as np
import pytest

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import FileExistsAlready, MediaError, ProsoponError, UsageError
from prosopon.core.history import Parent, Relationship, SourceType, Step
from prosopon.core.progress import Silent
from prosopon.media.read import read
from prosopon.vouch.label.xmp import read_source_type
from prosopon.vouch.manifest.definition import source_type_url
from prosopon.vouch.manifest.report import Answer
from prosopon.vouch.manifest.verify import verify
from prosopon.vouch.publish import publish, publish_picture

FORMATS = ("a.png", "a.jpg", "a.webp", "a.gif", "a.mp4", "a.mov", "a.webm", "pictures")

ClipFor = Callable[[str], Clip]


def _manifest(path: Path) -> dict:
    with c2pa.Reader(str(path)) as reader:
        store = json.loads(reader.json())
    return store["manifests"][store["active_manifest"]]


@pytest.mark.parametrize("name", FORMATS)
def test_round_trip(tmp_path: Path, clip_for: ClipFor, name: str) -> None:
    published = publish(clip_for(name), tmp_path / name)
    report = verify(tmp_path / name)
    assert (report.integrity, report.signature, report.trust) == (Answer.OK, Answer.VALID, Answer.UNTRUSTED)
    assert report.synthetic is True
    assert report.source_types == (source_type_url(SourceType.COMPOSITE),)
    assert "claimSignature.validated" in report.codes
    assert not report.is_bad
    assert report.generator is not None
    assert report.generator.startswith("Prosopon ")
    assert [(i.title, i.relationship) for i in report.ingredients] == [
        ("face.png", "parentOf"),
        ("driving.mp4", "inputTo"),
    ]
    assert published.source_type is SourceType.COMPOSITE
    assert published.sha256 == read(published.path).sha256
    beside = {path.name for path in tmp_path.iterdir()}
    if name in ("a.webm", "pictures"):
        assert published.sidecar == tmp_path / f"{name}.c2pa"
        assert beside == {name, f"{name}.c2pa"}
    else:
        assert published.sidecar is None
        assert beside == {name}


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("a.gif", "a.webm", "pictures")])
def test_the_label_stands_in_xmp_too(tmp_path: Path, clip_for: ClipFor, name: str) -> None:
    publish(clip_for(name), tmp_path / name)
    assert read_source_type(tmp_path / name) == source_type_url(SourceType.COMPOSITE)


@pytest.mark.parametrize("name", FORMATS)
def test_one_flipped_bit_is_found(tmp_path: Path, clip_for: ClipFor, name: str) -> None:
    publish(clip_for(name), tmp_path / name)
    file = tmp_path / name if (tmp_path / name).is_file() else sorted((tmp_path / name).glob("*.png"))[1]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1  # noise fills the file: the middle is media data
    file.write_bytes(content)
    report = verify(tmp_path / name)
    assert report.integrity is Answer.BROKEN
    assert report.signature is Answer.VALID
    assert report.is_bad
    assert any(code.endswith("Hash.mismatch") for code in report.codes)


@pytest.mark.parametrize("change", ["added", "lost", "renamed"])
def test_a_folder_is_bound_with_all_its_files(tmp_path: Path, clip_for: ClipFor, change: str) -> None:
    folder = tmp_path / "pictures"
    publish(clip_for("pictures"), folder)
    picture = sorted(folder.glob("*.png"))[0]
    if change == "added":
        (folder / "added.png").write_bytes(b"x")
    elif change == "lost":
        picture.unlink()
    else:
        picture.rename(folder / "zzz.png")
    report = verify(folder)
    assert (report.integrity, report.signature) == (Answer.BROKEN, Answer.VALID)


def test_a_link_in_a_folder_is_refused(tmp_path: Path, clip_for: ClipFor) -> None:
    folder = tmp_path / "pictures"
    publish(clip_for("pictures"), folder)
    (folder / "link.png").symlink_to("/etc/hostname")
    with pytest.raises(MediaError, match="not a plain file"):
        verify(folder)


def test_a_moved_or_lost_sidecar(tmp_path: Path, clip_for: ClipFor) -> None:
    publish(clip_for("a.webm"), tmp_path / "a.webm")
    (tmp_path / "a.webm.c2pa").rename(tmp_path / "a.c2pa")  # as other tools name it
    assert verify(tmp_path / "a.webm").credential == "a.c2pa"
    (tmp_path / "a.c2pa").write_bytes(b"damaged")
    report = verify(tmp_path / "a.webm")
    assert (report.integrity, report.signature) == (Answer.BROKEN, Answer.INVALID)
    (tmp_path / "a.c2pa").unlink()
    assert verify(tmp_path / "a.webm").integrity is Answer.NONE


def test_a_sidecar_is_not_taken_for_anothers(tmp_path: Path, clip_for: ClipFor) -> None:
    """`clip.c2pa` belongs to the folder `clip`, not to a picture of that name beside it."""
    publish(clip_for("pictures"), tmp_path / "clip")
    (tmp_path / "clip.jpg").write_bytes(b"\xff\xd8 not sealed")
    assert verify(tmp_path / "clip.jpg").integrity is Answer.NONE
    assert verify(tmp_path / "clip").integrity is Answer.OK


def test_the_manifest_says_what_was_done(tmp_path: Path, clip_for: ClipFor) -> None:
    published = publish(clip_for("a.png"), tmp_path / "a.png")
    manifest = _manifest(tmp_path / "a.png")
    assert manifest["claim_generator_info"][0]["name"] == "Prosopon"
    assert manifest["title"] == "a.png"
    assert "thumbnail" not in manifest
    assertions = {assertion["label"]: assertion for assertion in manifest["assertions"]}
    assert {"c2pa.actions.v2", "com.prosopon.run"} <= set(assertions)
    assert all(assertion["created"] for assertion in assertions.values())
    first, second, third = assertions["c2pa.actions.v2"]["data"]["actions"]
    assert first["action"] == "c2pa.opened"
    assert len(first["parameters"]["ingredients"]) == 1
    assert second["digitalSourceType"] == source_type_url(SourceType.COMPOSITE)
    assert second["parameters"]["com.prosopon.seed"] == 7
    assert third["action"].startswith("c2pa.watermarked")
    assert assertions["com.prosopon.watermark"]["data"]["payload"] == published.watermark
    assert manifest["ingredients"][0]["metadata"]["com.prosopon.sha256"] == "ab" * 32


@pytest.mark.parametrize("name", ["a.png", "a.mp4", "a.webm"])
def test_no_folder_of_ours_is_in_the_file(tmp_path: Path, clip_for: ClipFor, name: str) -> None:
    published = publish(clip_for(name), tmp_path / name)
    content = (tmp_path / name).read_bytes() + (published.sidecar.read_bytes() if published.sidecar else b"")
    assert b"/home/somebody" not in content
    assert str(tmp_path).encode() not in content


def test_credentials_of_the_inputs_come_along(tmp_path: Path, clip_for: ClipFor) -> None:
    made = Step("studio.render", {}, source_type=SourceType.ALGORITHMIC)
    still = Clip.still(np.zeros((32, 32, 3), np.uint8), step=made)
    face = publish(still, tmp_path / "face.png")
    parent = Parent("face.png", face.sha256, Relationship.PARENT, face.path)
    edit = Step("disrupt.x.protect", {}, (parent,), source_type=SourceType.ENHANCED)
    publish(replace(still, history=(edit,)), tmp_path / "out.png")
    report = verify(tmp_path / "out.png")
    assert not report.is_bad
    assert report.synthetic is True, "what went into it was synthetic"
    assert set(report.source_types) == {source_type_url(SourceType.ENHANCED), source_type_url(SourceType.ALGORITHMIC)}
    assert "active_manifest" in _manifest(tmp_path / "out.png")["ingredients"][0]

    face.path.write_bytes(face.path.read_bytes() + b"changed since it was read")
    publish(replace(still, history=(edit,)), tmp_path / "later.png")
    assert "active_manifest" not in _manifest(tmp_path / "later.png")["ingredients"][0]
    assert verify(tmp_path / "later.png").synthetic is False


@pytest.mark.parametrize("name", ["a.webm", "pictures"])
def test_credentials_in_a_sidecar_come_along(tmp_path: Path, clip_for: ClipFor, name: str) -> None:
    made = replace(clip_for(name), history=(Step("studio.render", source_type=SourceType.ALGORITHMIC),))
    publish(made, tmp_path / name)
    protect = Step("disrupt.x.protect", source_type=SourceType.ENHANCED)
    driving = read(tmp_path / name)
    publish(driving.derive(protect, driving.open_frames), tmp_path / "out.mp4")
    report = verify(tmp_path / "out.mp4")
    assert not report.is_bad
    assert [(i.title, i.relationship, i.failures) for i in report.ingredients] == [
        (name, "parentOf", ("signingCredential.untrusted",))
    ]
    assert set(report.source_types) == {source_type_url(SourceType.ENHANCED), source_type_url(SourceType.ALGORITHMIC)}


def test_inputs_that_contradict_each_other_are_named_only(tmp_path: Path, shared: Path) -> None:
    """Both hold a manifest of the same name, one of them tampered with: no store can hold the two."""
    parents = tuple(
        read(shared / "media" / "c2pa" / f"ptf_adobe-20220124-{name}.jpg").as_parent(relationship)
        for name, relationship in (("CACA", Relationship.PARENT), ("E-sig-CA", Relationship.COMPONENT))
    )
    notes: list[str] = []

    class Listener(Silent):
        def note(self, text: str) -> None:
            notes.append(text)

    step = Step("create.x", {}, parents, source_type=SourceType.COMPOSITE)
    publish(Clip.still(np.zeros((8, 8, 3), np.uint8), step=step), tmp_path / "a.png", progress=Listener())
    report = verify(tmp_path / "a.png")
    assert not report.is_bad
    assert [i.title for i in report.ingredients] == [parent.name for parent in parents]
    assert any("contradict" in note for note in notes)


def test_a_tampered_input_does_not_spoil_the_result(tmp_path: Path, shared: Path) -> None:
    parent = read(shared / "media" / "c2pa" / "rs_E-sig-CA.jpg").as_parent(Relationship.PARENT)
    step = Step("create.x", {}, (parent,), source_type=SourceType.COMPOSITE)
    publish(Clip.still(np.zeros((8, 8, 3), np.uint8), step=step), tmp_path / "a.png")
    report = verify(tmp_path / "a.png")
    assert not report.is_bad
    assert "claimSignature.mismatch" in report.ingredients[0].failures


def test_what_is_not_synthetic_is_refused(tmp_path: Path) -> None:
    clip = Clip.still(np.zeros((8, 8, 3), np.uint8), step=Step("media.read"))
    with pytest.raises(UsageError, match="no synthetic media"):
        publish(clip, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a.webm", "pictures"])
def test_nothing_is_left_when_encoding_fails(tmp_path: Path, clip_for: ClipFor, name: str) -> None:
    clip = clip_for(name)

    def broken() -> Iterator[Frame]:
        yield clip.first()
        raise MediaError("the third frame cannot be made")

    with pytest.raises(MediaError, match="third frame"):
        publish(replace(clip, open_frames=broken), tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.png", "a.webm"])
def test_nothing_is_left_when_signing_fails(
    tmp_path: Path, clip_for: ClipFor, own_home: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise c2pa.C2paError.Signature("no")

    monkeypatch.setattr(c2pa.Builder, "sign", refuse)
    with pytest.raises(ProsoponError, match="cannot be signed"):
        publish(clip_for(name), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_damaged_certificate_stops_before_any_work(tmp_path: Path, clip_for: ClipFor, own_home: Path) -> None:
    (own_home / "certificate").mkdir()
    (own_home / "certificate" / "development-signer.pem").write_bytes(b"damaged")

    def never() -> Iterator[Frame]:
        raise AssertionError("frames were made")

    with pytest.raises(ProsoponError, match="damaged"):
        publish(replace(clip_for("a.mp4"), open_frames=never), tmp_path / "a.mp4")


@pytest.mark.parametrize("name", ["a.png", "a.webm", "pictures"])
def test_overwriting_is_asked_for(tmp_path: Path, clip_for: ClipFor, name: str) -> None:
    publish(clip_for(name), tmp_path / name)
    with pytest.raises(FileExistsAlready):
        publish(clip_for(name), tmp_path / name)
    publish(clip_for(name), tmp_path / name, force=True)
    assert verify(tmp_path / name).integrity is Answer.OK


def test_a_lone_sidecar_is_not_overwritten(tmp_path: Path, clip_for: ClipFor) -> None:
    (tmp_path / "a.webm.c2pa").write_bytes(b"somebody else's")
    with pytest.raises(FileExistsAlready, match=r"a\.webm\.c2pa"):
        publish(clip_for("a.webm"), tmp_path / "a.webm")


def test_an_input_is_never_overwritten(tmp_path: Path, step: Step) -> None:
    (tmp_path / "face.png").write_bytes(b"the only copy")
    parent = replace(step.parents[0], path=tmp_path / "face.png")
    clip = Clip.still(np.zeros((8, 8, 3), np.uint8), step=replace(step, parents=(parent,)))
    with pytest.raises(UsageError):
        publish(clip, tmp_path / "face.png", force=True)
    assert (tmp_path / "face.png").read_bytes() == b"the only copy"


def test_a_preview_replaces_only_an_earlier_preview(tmp_path: Path) -> None:
    step = Step("train.preview", {"step": 1}, source_type=SourceType.TRAINED)
    image = np.zeros((16, 16, 3), np.uint8)
    path = tmp_path / "preview.png"
    first = publish_picture(image, path, step)
    second = publish_picture(image + 9, path, step)
    assert first.sha256 != second.sha256
    assert verify(path).synthetic is True
    path.write_bytes(b"somebody's notes")
    with pytest.raises(FileExistsAlready, match="not made here"):
        publish_picture(image, path, step)
    assert path.read_bytes() == b"somebody's notes"
