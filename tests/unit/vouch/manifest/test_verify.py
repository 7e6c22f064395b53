"""The three answers: against the public test files of the standard, and against damage of every kind."""

from __future__ import annotations

import io
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prosopon.app.console import Console
from prosopon.app.verbs import verify as verb
from prosopon.core.clip import Clip
from prosopon.core.errors import ExitCode, MediaError, ProsoponError, UsageError
from prosopon.core.history import SourceType
from prosopon.vouch.keys.certificate import ROOT_FILE
from prosopon.vouch.manifest.definition import source_type_url
from prosopon.vouch.manifest.report import Answer
from prosopon.vouch.manifest.source_types import found_in, is_synthetic
from prosopon.vouch.manifest.strangers_text import shown
from prosopon.vouch.manifest.verify import verify
from prosopon.vouch.publish import publish

ClipFor = Callable[[str], Clip]

# Reference: the validation codes that the Adobe 2022 and c2pa-rs test sets publish for these files. An ingredient
# that was known to be bad when it went in (CIE) does not make the file bad.
PUBLIC = {
    "ptf_adobe-20220124-A.jpg": ("none", "none", None),
    "ptf_adobe-20220124-C.jpg": ("ok", "valid", None),
    "ptf_adobe-20220124-CA.jpg": ("ok", "valid", None),
    "ptf_adobe-20220124-CACA.jpg": ("ok", "valid", None),
    "ptf_adobe-20220124-CAI.jpg": ("ok", "valid", None),
    "ptf_adobe-20220124-CIE-sig-CA.jpg": ("ok", "valid", "claimSignature.mismatch"),
    "ptf_adobe-20220124-E-dat-CA.jpg": ("broken", "valid", "assertion.dataHash.mismatch"),
    "ptf_adobe-20220124-E-sig-CA.jpg": ("ok", "invalid", "claimSignature.mismatch"),
    "ptf_adobe-20220124-I.jpg": ("none", "none", None),
    "ptf_adobe-20220124-XCA.jpg": ("broken", "valid", "assertion.dataHash.mismatch"),
    "ptf_adobe-20220124-XCI.jpg": ("broken", "valid", "assertion.dataHash.mismatch"),
    "rs_C.jpg": ("ok", "valid", None),
    "rs_CA.jpg": ("ok", "valid", None),
    "rs_CIE-sig-CA.jpg": ("ok", "valid", "claimSignature.mismatch"),
    "rs_E-sig-CA.jpg": ("ok", "invalid", "claimSignature.mismatch"),
    "rs_XCA.jpg": ("broken", "valid", "assertion.dataHash.mismatch"),
    "rs_boxhash.jpg": ("ok", "valid", None),
    "rs_cloud.jpg": ("none", "none", None),
    "rs_no_manifest.jpg": ("none", "none", None),
    "rs_sample1.png": ("none", "none", None),
    "rs_sample1.webp": ("none", "none", None),
    "rs_video1.mp4": ("ok", "valid", None),
    "rs_video1_no_manifest.mp4": ("none", "none", None),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_public_files(shared: Path, name: str) -> None:
    integrity, signature, code = PUBLIC[name]
    report = verify(shared / "media" / "c2pa" / name)
    assert (report.integrity.value, report.signature.value) == (integrity, signature)
    assert report.trust is (Answer.NONE if integrity == "none" else Answer.UNTRUSTED)
    assert report.is_bad == (integrity == "broken" or signature == "invalid")
    assert code is None or code in report.codes
    if integrity == "none":
        assert report.codes == ()
        assert report.synthetic is None
    else:
        assert "signingCredential.untrusted" in report.codes
        assert (report.state == "Invalid") == report.is_bad, "the standard's own summary agrees"


@pytest.mark.parametrize("name", [name for name, answers in PUBLIC.items() if answers[0] != "none"])
def test_public_files_with_their_roots(shared: Path, name: str) -> None:
    folder = shared / "media" / "c2pa"
    report = verify(folder / name, folder / "rs_test_cert_root_bundle.pem")
    signed = PUBLIC[name][1] == "valid"
    assert report.trust is (Answer.TRUSTED if signed else Answer.UNTRUSTED), "an invalid signature is nobody's"
    assert report.trust_list == "rs_test_cert_root_bundle.pem"


@pytest.mark.parametrize("name", [name for name in PUBLIC if name.startswith("ptf_")])
def test_the_published_failures_are_found(shared: Path, name: str) -> None:
    listed = (shared / "media" / "c2pa" / name).with_suffix(".manifest.json")
    if not listed.is_file():
        pytest.skip("no published validation for this file")
    published = json.loads(listed.read_text(encoding="utf-8"))
    codes = {status["code"] for status in published.get("validation_status", ())}
    report = verify(shared / "media" / "c2pa" / name)
    assert codes <= set(report.codes)
    assert bool(codes) == report.is_bad


def test_a_bad_ingredient_is_told(shared: Path) -> None:
    report = verify(shared / "media" / "c2pa" / "rs_CIE-sig-CA.jpg")
    (ingredient,) = report.ingredients
    assert (ingredient.title, ingredient.relationship) == ("E-sig-CA.jpg", "componentOf")
    assert "claimSignature.mismatch" in ingredient.failures


def test_a_remote_credential_is_named_and_not_fetched(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    report = verify(shared / "media" / "c2pa" / "rs_cloud.jpg")
    assert report.remote is not None
    assert report.remote.startswith("https://cai-manifests.adobe.com/manifests/")
    assert report.credential is None


def test_our_own_root_is_trusted_only_when_given(tmp_path: Path, own_home: Path, clip_for: ClipFor) -> None:
    publish(clip_for("a.png"), tmp_path / "a.png")
    assert verify(tmp_path / "a.png").trust is Answer.UNTRUSTED
    report = verify(tmp_path / "a.png", own_home / "certificate" / ROOT_FILE)
    assert report.trust is Answer.TRUSTED
    assert "signingCredential.trusted" in report.codes


@pytest.mark.parametrize("content", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_bad_anchors(tmp_path: Path, clip_for: ClipFor, content: bytes) -> None:
    publish(clip_for("a.png"), tmp_path / "a.png")
    (tmp_path / "anchors.pem").write_bytes(content)
    with pytest.raises(UsageError, match="PEM"):
        verify(tmp_path / "a.png", tmp_path / "anchors.pem")


def test_missing_anchors(tmp_path: Path, clip_for: ClipFor) -> None:
    publish(clip_for("a.png"), tmp_path / "a.png")
    with pytest.raises(UsageError, match="cannot be read"):
        verify(tmp_path / "a.png", tmp_path / "nowhere.pem")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.png", b""),
        ("text.png", b"hello"),
        ("text.txt", b"hello " * 1000),
        ("cut.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("cut.mp4", b"\0\0\1\0ftypisom"),
        ("noise.jpg", b"\xff\xd8" + bytes(range(256)) * 8),
    ],
)
def test_files_without_any(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    report = verify(tmp_path / name)
    assert (report.integrity, report.signature, report.trust) == (Answer.NONE, Answer.NONE, Answer.NONE)
    assert report.synthetic is None
    assert report.codes == ()
    assert report.problem


def test_a_sound_file_without_any_has_no_problem(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    report = verify(tmp_path / "a.png")
    assert report.integrity is Answer.NONE
    assert report.problem is None


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no file"):
        verify(tmp_path / "nowhere.png")
    with pytest.raises(MediaError, match="neither"):
        verify(Path("/dev/zero"))
    (tmp_path / "a.webm.c2pa").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"verify a\.webm"):
        verify(tmp_path / "a.webm.c2pa")
    assert verify(tmp_path).integrity is Answer.NONE


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read everything")
def test_an_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "a.png").chmod(0)
    with pytest.raises(ProsoponError, match="cannot be read"):
        verify(tmp_path / "a.png")


def test_the_format_is_told_by_the_content(tmp_path: Path, clip_for: ClipFor) -> None:
    publish(clip_for("a.png"), tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert verify(tmp_path / "a.jpg").integrity is Answer.OK


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif", "a.mp4"])
def test_damage_anywhere_gives_an_answer(tmp_path: Path, clip_for: ClipFor, name: str) -> None:
    """Whatever was hit, there is an answer and no crash; a shortened file is never called whole."""
    publish(clip_for(name), tmp_path / name)
    content = (tmp_path / name).read_bytes()
    rng = np.random.default_rng(11)
    damaged = tmp_path / f"damaged-{name}"
    for position in [*range(0, 120, 7), *rng.integers(0, len(content), 60)]:
        changed = bytearray(content)
        changed[position] ^= 1 << int(rng.integers(8))
        damaged.write_bytes(changed)
        json.dumps(verify(damaged).as_json())
    for length in rng.integers(0, len(content), 20):
        damaged.write_bytes(content[:length])
        assert verify(damaged).integrity is not Answer.OK


def test_a_seal_moved_to_another_picture(tmp_path: Path, clip_for: ClipFor) -> None:
    """The credential of one picture, cut out and put into another of the same kind."""
    publish(clip_for("a.png"), tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    start = content.index(b"caBX") - 4
    chunk = content[start : start + 12 + int.from_bytes(content[start : start + 4])]
    Image.new("RGB", (160, 120)).save(tmp_path / "b.png")
    other = (tmp_path / "b.png").read_bytes()
    (tmp_path / "b.png").write_bytes(other[:33] + chunk + other[33:])
    report = verify(tmp_path / "b.png")
    assert (report.integrity, report.signature) == (Answer.BROKEN, Answer.VALID)


def test_xmp_alone_is_a_hint(tmp_path: Path) -> None:
    url = source_type_url(SourceType.TRAINED)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", xmp=f'<x Iptc4xmpExt:DigitalSourceType="{url}"/>'.encode())
    report = verify(tmp_path / "a.jpg")
    assert report.unsigned_source_type == url
    assert report.synthetic is None


@pytest.mark.parametrize(
    ("codes", "answer"),
    [
        ((), None),
        (("trainedAlgorithmicMedia",), True),
        (("compositeWithTrainedAlgorithmicMedia", "digitalCapture"), True),
        (("digitalCapture",), False),
        (("algorithmicallyEnhanced",), False),
        (("composite",), None),
        (("screenCapture", "unheardOf"), None),
    ],
)
def test_what_source_types_say(codes: tuple[str, ...], answer: bool | None) -> None:
    assert is_synthetic("http://cv.iptc.org/newscodes/digitalsourcetype/" + code for code in codes) is answer


def test_source_types_are_found_wherever_they_stand() -> None:
    assertions = [
        {"label": "c2pa.actions", "data": {"actions": [{"digitalSourceType": "a"}, {"action": "c2pa.edited"}]}},
        {"label": "stds.iptc", "data": {"Iptc4xmpExt:DigitalSourceType": ["b", {"@id": "c"}]}},
        {"label": "empty"},
    ]
    assert list(found_in(assertions)) == ["a", "b", "c"]


def _run(path: Path, *, as_json: bool) -> tuple[int, str]:
    out = io.StringIO()
    console = Console(as_json=as_json, out=out, err=io.StringIO())
    code = verb.run(verb.Verify(path), console)
    console.close()
    return code, out.getvalue()


def test_the_verb(tmp_path: Path, clip_for: ClipFor) -> None:
    path = tmp_path / "a.mp4"
    publish(clip_for("a.mp4"), path)
    code, text = _run(path, as_json=True)
    answer = json.loads(text)
    assert code == ExitCode.FINE
    assert {key: answer[key] for key in ("integrity", "signature", "trust", "synthetic")} == {
        "integrity": "ok",
        "signature": "valid",
        "trust": "untrusted",
        "synthetic": True,
    }
    assert "assertion.bmffHash.match" in answer["codes"]
    assert source_type_url(SourceType.COMPOSITE) in answer["codes"]

    code, text = _run(path, as_json=False)
    assert code == ExitCode.FINE
    assert [line.split()[:2] for line in text.splitlines()[:3]] == [
        ["integrity", "ok"],
        ["signature", "valid"],
        ["trust", "untrusted"],
    ]
    assert "does not show that what was said is true" in text
    assert "trust list: none" in text
    assert "its authority was not asked" in text

    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    code, text = _run(path, as_json=True)
    assert code == ExitCode.BAD_ANSWER
    assert json.loads(text)["integrity"] == "broken"


def test_the_verb_without_a_credential(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    code, text = _run(tmp_path / "a.png", as_json=True)
    answer = json.loads(text)
    assert code == ExitCode.FINE
    assert [answer[key] for key in ("integrity", "signature", "trust", "synthetic", "codes")] == [
        "none",
        "none",
        "none",
        None,
        [],
    ]


def test_a_strangers_text_cannot_steer_the_terminal(tmp_path: Path, clip_for: ClipFor) -> None:
    path = tmp_path / "a\x1b[31m.png"
    publish(clip_for("a.png"), tmp_path / "a.png")
    (tmp_path / "a.png").rename(path)
    steered = shown("title \x1b[2J\x9b31m end")
    assert "\x1b" not in steered
    assert "\x9b" not in steered
    assert _run(path, as_json=False)[0] == ExitCode.FINE
