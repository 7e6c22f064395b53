"""Signed files under damage of every kind: there is always an answer, and it is never a false one.

False would be: everything is said to be fine (integrity ok, signature valid), while the bytes that the credential
binds, what it says, who signed it, or the decoded picture differ from the original. Damage in what no credential binds
(padding, the boxes that the standard leaves out of the hash, a time-stamp that falls away) may leave all answers good.
A file that holds two credentials for the same bytes can be set back to the older one; that is true, and must be told.

`PROSOPON_FUZZ=10000` sets the number of damaged files; with `pytest -s` the counts are printed.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import c2pa
import damage
import numpy as np
import pytest
from PIL import Image, ImageSequence, UnidentifiedImageError

from prosopon.core.clip import Clip
from prosopon.core.history import Parent, Relationship, SourceType, Step
from prosopon.vouch.manifest.reading import reading
from prosopon.vouch.manifest.report import Answer, Report
from prosopon.vouch.manifest.trust import Trust
from prosopon.vouch.manifest.verify import Manner, check
from prosopon.vouch.publish import publish

NUMBER = int(os.environ.get("PROSOPON_FUZZ", "200"))

OURS = ("a.png", "b.png", "a.jpg", "b.jpg", "a.webp", "b.webp", "a.gif", "b.gif", "a.mp4", "b.mp4", "a.webm", "b.webm")
THEIRS = (
    "rs_C.jpg",
    "rs_CA.jpg",
    "rs_CIE-sig-CA.jpg",
    "rs_boxhash.jpg",
    "ptf_adobe-20220124-CACA.jpg",
    "rs_video1.mp4",
)

_STORE = b"jumd" + bytes.fromhex("63327061 0011 0010 8000 00aa00389b71")  # the description box of a manifest store
_UNBOUND_BOXES = {b"uuid", b"ftyp", b"mfra", b"free", b"skip"}


@dataclass(frozen=True)
class Original:
    """A signed file that verifies, and what must not change without being noticed."""

    name: str
    content: bytes
    sidecar: bytes | None
    store: damage.Region
    """Where the manifest store lies, with its wrapping: in the sidecar if there is one."""
    unbound: tuple[damage.Region, ...]
    """What the hash leaves out."""
    said: Mapping[str, Any]
    report: Report
    trust: Trust


def test_no_damage_goes_unnoticed(originals: list[Original], tmp_path: Path) -> None:
    rng = np.random.default_rng(NUMBER)
    counts: Counter[str] = Counter()
    unnoticed: Counter[str] = Counter()
    for number in range(NUMBER):
        original = originals[number % len(originals)]
        kind = damage.EVERY[int(rng.integers(len(damage.EVERY)))]
        in_store = bool(rng.integers(2))
        content, sidecar = _damaged(original, kind, rng, in_store=in_store)
        if (content, sidecar) == (original.content, original.sidecar):
            continue
        report = _checked(original, content, sidecar, tmp_path)
        counts["damaged"] += 1
        counts[f"{report.integrity}/{report.signature}/{report.trust}"] += 1
        fault = _fault(original, content, sidecar, report, tmp_path)
        assert fault is None, f"{original.name}, {kind.__name__}, number {number}: {fault}"
        if _is_fine(report):
            unnoticed[f"{Path(original.name).suffix} {kind.__name__} in the {'store' if in_store else 'file'}"] += 1
    print(f"\n{dict(counts)}\nchanged nothing that is bound: {dict(unnoticed)}")  # noqa: T201 - for those who ask with -s
    assert counts["damaged"] > NUMBER * 0.9
    assert counts["broken/valid/trusted"], "damage was noticed"


def test_seals_exchanged_between_files(originals: list[Original], tmp_path: Path) -> None:
    """The whole store of one file in another, for every pair: never fine."""
    count = 0
    for one in originals:
        for other in originals:
            if one is other or Path(one.name).suffix != Path(other.name).suffix:
                continue
            store = _store(other)
            if one.sidecar is None:
                content, sidecar = one.content[: one.store[0]] + store + one.content[one.store[1] :], None
            else:
                content, sidecar = one.content, store
            report = _checked(one, content, sidecar, tmp_path)
            assert not _is_fine(report), (one.name, other.name)
            count += 1
    assert count >= len(OURS)


def test_the_signature_of_another_key(originals: list[Original], tmp_path: Path) -> None:
    """The signature box of one file in another: the other's key never signed this claim."""
    pattern = re.compile(rb"jumdc2cs.{8}", re.DOTALL)
    boxes = {}
    for one in originals:
        held = one.sidecar if one.sidecar is not None else one.content
        at = [match.start() - 12 for match in pattern.finditer(held)][-1:]
        for start in at:
            boxes[one.name] = (start, start + int.from_bytes(held[start : start + 4]))
    assert len(boxes) == len(originals)
    for one in originals:
        for other in originals:
            if one is other:
                continue
            a, b = boxes[one.name], boxes[other.name]
            theirs = (other.sidecar if other.sidecar is not None else other.content)[slice(*b)]
            held = one.sidecar if one.sidecar is not None else one.content
            size = a[1] - a[0]
            forged = held[: a[0]] + theirs[:size].ljust(size, b"\0") + held[a[1] :]
            content, sidecar = (one.content, forged) if one.sidecar is not None else (forged, None)
            report = _checked(one, content, sidecar, tmp_path)
            assert report.signature is not Answer.VALID, (one.name, other.name)
            assert report.trust is not Answer.TRUSTED


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[Original]:
    """Ours of every kind, and the standard's test files where they are."""
    folder = tmp_path_factory.mktemp("originals")
    patch = pytest.MonkeyPatch()
    patch.setenv("PROSOPON_HOME", str(tmp_path_factory.mktemp("signer")))
    try:
        for name in OURS:
            publish(_clip(name), folder / name)
        own = next(Path(os.environ["PROSOPON_HOME"]).rglob("development-root.pem"))
        found = [_original(folder / name, Trust.read([own])) for name in OURS]
    finally:
        patch.undo()
    shared = Path(os.environ.get("PROSOPON_TEST_DATA", Path(__file__).resolve().parents[3] / "shared")) / "media/c2pa"
    if shared.is_dir():
        roots = Trust.read([shared / "rs_test_cert_root_bundle.pem"])
        found += [_original(shared / name, roots) for name in THEIRS]
    return found


def _clip(name: str) -> Clip:
    parent = Parent("face.png", "ab" * 32, Relationship.PARENT)
    step = Step("create.fomm.animate", {"size_px": 64}, (parent,), seed=7, source_type=SourceType.COMPOSITE)
    frames = np.random.default_rng(ord(name[0])).integers(0, 255, (3, 48, 64, 3), dtype=np.uint8)
    if name.endswith((".png", ".jpg", ".webp")):
        return Clip.still(frames[0], step=step)
    return Clip.of_frames(frames, Fraction(25), step=step)


def _original(path: Path, trust: Trust) -> Original:
    content = path.read_bytes()
    beside = path.with_name(path.name + ".c2pa")
    sidecar = beside.read_bytes() if beside.is_file() else None
    report = check(path, beside if sidecar is not None else None, Manner(trust=trust))
    assert _is_fine(report)
    assert report.trust is Answer.TRUSTED
    unbound = () if sidecar is not None else tuple(_unbound(path.name, content))
    store = (0, len(sidecar)) if sidecar is not None else next(r for r in unbound if _STORE[4:] in content[slice(*r)])
    return Original(path.name, content, sidecar, store, unbound, _said(path, sidecar), report, trust)


def _damaged(
    original: Original, kind: damage.Damage, rng: np.random.Generator, *, in_store: bool
) -> tuple[bytes, bytes | None]:
    content, sidecar = original.content, original.sidecar
    if sidecar is not None:
        if in_store:
            return content, kind(sidecar, original.store, rng)
        return kind(content, (0, len(content)), rng), sidecar
    region = original.store if in_store else (0, len(content))
    return kind(content, region, rng), None


def _checked(original: Original, content: bytes, sidecar: bytes | None, folder: Path) -> Report:
    path = folder / original.name
    path.write_bytes(content)
    beside = folder / (original.name + ".c2pa")
    if sidecar is not None:
        beside.write_bytes(sidecar)
    report = check(path, beside if sidecar is not None else None, Manner(trust=original.trust, thumbnails=True))
    json.dumps(report.as_json())
    return report


def _is_fine(report: Report) -> bool:
    return report.integrity is Answer.OK and report.signature is Answer.VALID


def _fault(original: Original, content: bytes, sidecar: bytes | None, report: Report, folder: Path) -> str | None:
    """What is false in a report; None if nothing is."""
    trusted = report.trust is Answer.TRUSTED
    faults = {
        "trusted without a signature": trusted and report.signature is not Answer.VALID,
        "trusted by another certificate": trusted and report.certificate != original.report.certificate,
        "bound bytes were changed": report.integrity is Answer.OK and _bound_changed(original, content),
    }
    if _is_fine(report):
        faults["the pictures differ"] = not _same_pictures(original.content, content)
        said = _said(folder / original.name, sidecar)
        if said["active"] != original.said["active"]:
            # Set back to an older credential for the same bytes, which the file holds too: true, and it is told.
            set_back = said["manifests"] == original.said["manifests"]
            faults["set back without a word"] = not (set_back and any("set aside" in note for note in report.notes))
        else:
            if not trusted:
                # Claims of version 1 do not bind the certificate: with the same key it may name anybody, untrusted.
                label = said["active"]
                said["manifests"][label]["signature_info"] = original.said["manifests"][label]["signature_info"]
            faults["the credential says something else"] = said != original.said
            faults["another time"] = _time(report) not in (None, _time(original.report))
    return next((fault for fault, there in faults.items() if there), None)


def _time(report: Report) -> str | None:
    return None if report.time_stamp is None else report.time_stamp.time


def _bound_changed(original: Original, content: bytes) -> bool:
    """Whether bytes outside what the hash leaves out were changed. Told of files of the same length only."""
    if original.sidecar is not None:
        return content != original.content
    if len(content) != len(original.content):
        return False
    a, b = np.frombuffer(original.content, np.uint8), np.frombuffer(content, np.uint8)
    bound = np.ones(len(a), bool)
    for first, last in original.unbound:
        bound[first:last] = False
    return bool((bound & (a != b)).any())


def _unbound(name: str, content: bytes) -> Iterator[damage.Region]:
    if name.endswith(".mp4"):
        at = 0
        while at + 8 <= len(content):
            size = int.from_bytes(content[at : at + 4])
            if content[at + 4 : at + 8] in _UNBOUND_BOXES:
                yield at, at + size
            at += max(size, 8)
        return
    with reading(io.BytesIO(content)) as found:
        label = found.store["active_manifest"]
    with c2pa.Reader(None, io.BytesIO(content)) as reader:
        manifests = json.loads(reader.crjson())["manifests"]
    (assertions,) = [one["assertions"] for one in manifests if one["label"] == label]
    for exclusion in assertions["c2pa.hash.data"].get("exclusions", ()):
        yield exclusion["start"], exclusion["start"] + exclusion["length"]


def _said(path: Path, sidecar: bytes | None) -> Mapping[str, Any]:
    """All that a credential says, without what the validator adds, and without times: a lost stamp is no lie."""
    kind = None if sidecar is None else "application/octet-stream"
    with path.open("rb") as content, reading(content, kind=kind, manifest=sidecar) as found:
        manifests = json.loads(json.dumps(found.store["manifests"]))
        active = found.store["active_manifest"]
    for manifest in manifests.values():
        (manifest.get("signature_info") or {}).pop("time", None)
    return {"active": active, "manifests": manifests}


def _same_pictures(one: bytes, other: bytes) -> bool:
    if one == other:
        return True
    a, b = _pictures(one), _pictures(other)
    return b is None or (a is not None and len(a) == len(b) and all(map(np.array_equal, a, b)))


def _pictures(content: bytes) -> list[np.ndarray] | None:
    """The decoded frames; None where nothing can be decoded."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(picture)]
    except UnidentifiedImageError:
        return _frames(content)
    except Exception:
        return None


def _frames(content: bytes) -> list[np.ndarray] | None:
    try:
        with av.open(io.BytesIO(content)) as container:
            return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    except Exception:
        return None


def _store(original: Original) -> bytes:
    held = original.sidecar if original.sidecar is not None else original.content
    return held[slice(*original.store)]
