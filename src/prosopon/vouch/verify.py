"""Checks the credential of a file: three separate answers, because one word for all of them would mislead.

- integrity: is the file, byte for byte, the one that was sealed?
- signature: did the holder of the signing certificate's key sign this claim?
- trust: is that signer on the list of trusted roots that the user gave?

None of them says that what the credential claims is true, and a missing credential says nothing at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import c2pa
from cryptography import x509

from prosopon.core.errors import MediaError, ProsoponError, UsageError
from prosopon.vouch import xmp
from prosopon.vouch.binding import BARE, SIDECAR_SUFFIX, bound_bytes, find_sidecar
from prosopon.vouch.settings import SDK, context
from prosopon.vouch.source_types import found_in, is_synthetic

_LARGEST_SIDECAR = 64 << 20
_STORE = b"jumdc2pa"  # JUMBF description box, then the first bytes of the manifest store's type


class Answer(StrEnum):
    """What each of the three questions can be answered with."""

    OK = "ok"
    BROKEN = "broken"
    VALID = "valid"
    INVALID = "invalid"
    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    NONE = "none"
    """There is no credential to ask."""


@dataclass(frozen=True)
class Signer:
    """Who signed, as the certificate says."""

    organisation: str | None
    common_name: str | None
    algorithm: str | None
    time: str | None
    """Of a trusted time-stamp; None where there is none."""


@dataclass(frozen=True)
class IngredientReport:
    """One thing that went into the file, as its credential says."""

    title: str
    relationship: str
    failures: tuple[str, ...]
    """What was wrong with the ingredient's own credential: recorded at sealing, or found now."""


@dataclass(frozen=True)
class Report:
    """What is known about one file.

    Attributes:
        path: the file or folder.
        integrity: ok, broken, none.
        signature: valid, invalid, none.
        trust: trusted, untrusted, none. Only ever trusted by anchors that the caller gave.
        synthetic: what the digital source types of the credential and its ingredients' say; None: nothing.
        codes: the standard's validation codes verbatim, of the file and then its ingredients, then `source_types`.
        source_types: addresses of the digital source types that the credential states.
        state: the standard's summary: Invalid, Valid, Trusted; None without a credential.
        credential: where it was found: embedded, the sidecar's name, None.
        signer: None without a readable signature.
        generator: the software that made the claim.
        ingredients: what went into the file.
        trust_list: the anchors that were used, None for none.
        remote: address of a credential kept elsewhere, which was not fetched.
        unsigned_source_type: what the file's XMP says; anybody can write that.
        problem: why a credential that is there cannot be read, or why a file could not hold one.
    """

    path: Path
    integrity: Answer = Answer.NONE
    signature: Answer = Answer.NONE
    trust: Answer = Answer.NONE
    synthetic: bool | None = None
    codes: tuple[str, ...] = ()
    source_types: tuple[str, ...] = ()
    state: str | None = None
    credential: str | None = None
    signer: Signer | None = None
    generator: str | None = None
    ingredients: tuple[IngredientReport, ...] = ()
    trust_list: str | None = None
    remote: str | None = None
    unsigned_source_type: str | None = None
    problem: str | None = None

    @property
    def is_bad(self) -> bool:
        """Whether the file is not what was sealed. An unknown signer or a missing credential is not bad."""
        return self.integrity is Answer.BROKEN or self.signature is Answer.INVALID

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            "file": str(self.path),
            "integrity": self.integrity.value,
            "signature": self.signature.value,
            "trust": self.trust.value,
            "synthetic": self.synthetic,
            "codes": list(self.codes),
            "source_types": list(self.source_types),
            "state": self.state,
            "credential": self.credential,
            "signer": None
            if self.signer is None
            else {
                "organisation": self.signer.organisation,
                "common_name": self.signer.common_name,
                "algorithm": self.signer.algorithm,
                "time": self.signer.time,
            },
            "generator": self.generator,
            "ingredients": [
                {"title": i.title, "relationship": i.relationship, "failures": list(i.failures)}
                for i in self.ingredients
            ],
            "trust_list": self.trust_list,
            "revocation_checked": False,
            "remote": self.remote,
            "unsigned_source_type": self.unsigned_source_type,
            "problem": self.problem,
            "validator": SDK,
        }


def verify(path: Path, trust_anchors: Path | None = None) -> Report:
    """Check the credential in a file, or in the `.c2pa` sidecar beside a file or folder. Never goes online.

    Args:
        path: file, or folder of pictures.
        trust_anchors: PEM file of root certificates to trust; without it every signer is untrusted.

    Raises:
        MediaError: there is no such file.
        UsageError: the anchors are not PEM certificates, or `path` is a sidecar itself.
        ProsoponError: the file cannot be read.
    """
    if not path.exists():
        raise MediaError(f"there is no file {path}", "check the path")
    if not (path.is_file() or path.is_dir()):
        raise MediaError(f"{path} is neither a file nor a folder", "copy its content to a file first")
    if path.is_file() and path.suffix.lower() == SIDECAR_SUFFIX:
        raise UsageError(f"{path} is a credential without its file", f"verify {path.with_suffix('').name} instead")
    anchors = _read_anchors(trust_anchors) if trust_anchors is not None else None
    try:
        return check(path, find_sidecar(path), anchors, trust_anchors.name if trust_anchors is not None else None)
    except OSError as error:
        raise ProsoponError(f"{path} cannot be read: {error.strerror or error}", "check its permissions") from error


def check(path: Path, sidecar: Path | None, anchors: str | None = None, trust_list: str | None = None) -> Report:
    """As `verify`, with the sidecar named and the anchors read. An embedded credential goes before the sidecar.

    Raises:
        OSError: a file cannot be read.
    """
    hint = xmp.read_source_type(path) if path.is_file() else None
    common: dict[str, Any] = {"path": path, "unsigned_source_type": hint, "trust_list": trust_list}
    remote: str | None = None
    problem: str | None = None
    if path.is_file():
        try:
            return _read(path, None, anchors, common | {"credential": "embedded"})
        except c2pa.C2paError as error:
            if _holds_credential(path):
                return _unreadable(error, common | {"credential": "embedded"})
            remote = _remote_address(error)
            problem = _why_none(error)
    if sidecar is None:
        return Report(**common, remote=remote, problem=problem)
    if sidecar.stat().st_size > _LARGEST_SIDECAR:
        raise ProsoponError(f"the sidecar {sidecar} is larger than {_LARGEST_SIDECAR >> 20} MiB", "it is no credential")
    common["credential"] = sidecar.name
    try:
        return _read(path, sidecar.read_bytes(), anchors, common)
    except c2pa.C2paError as error:
        return _unreadable(error, common)


def _read_anchors(path: Path) -> str:
    try:
        content = path.read_bytes()
        x509.load_pem_x509_certificates(content)
        return content.decode("utf-8")
    except OSError as error:
        raise UsageError(f"the trust anchors {path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise UsageError(f"{path} holds no PEM certificates", "give a PEM file of root certificates") from error


def _read(path: Path, manifest: bytes | None, anchors: str | None, common: Mapping[str, Any]) -> Report:
    with (
        context(anchors) as settings,
        bound_bytes(path) as content,
        c2pa.Reader(None if manifest is None else BARE, content, manifest, settings) as reader,
    ):
        store: dict[str, Any] = json.loads(reader.json())
    return _judge(store, common)


def _holds_credential(path: Path) -> bool:
    """Whether the label that every C2PA manifest store begins with stands anywhere in a file, however damaged."""
    with path.open("rb") as file:
        tail = b""
        while piece := file.read(1 << 20):
            if _STORE in tail + piece:
                return True
            tail = piece[1 - len(_STORE) :]
    return False


def _remote_address(error: c2pa.C2paError) -> str | None:
    text = str(error)
    return text.rpartition(" ")[2] if "remote manifest" in text and "://" in text else None


def _why_none(error: c2pa.C2paError) -> str | None:
    """What to say of a file without a credential that is no sound picture or video either."""
    if isinstance(error, c2pa.C2paError.ManifestNotFound) or _remote_address(error) is not None:
        return None
    if isinstance(error, c2pa.C2paError.NotSupported):
        return "this is no kind of file that could hold a credential"
    return f"the file is damaged ({_one_line(error)})"


def _one_line(error: c2pa.C2paError) -> str:
    return " ".join(str(error).split())


def _unreadable(error: c2pa.C2paError, common: Mapping[str, Any]) -> Report:
    """A credential is there and cannot be read: nothing it once proved holds any more."""
    return Report(
        **common,
        integrity=Answer.BROKEN,
        signature=Answer.INVALID,
        trust=Answer.UNTRUSTED,
        codes=("general.error",),
        state="Invalid",
        problem=_one_line(error),
    )


def _judge(store: Mapping[str, Any], common: Mapping[str, Any]) -> Report:
    """The three answers from a validated manifest store.

    Failures of the active manifest that concern its signature or its signing credential make the signature invalid,
    except `signingCredential.untrusted`, which is about trust; all others mean that something was changed after it
    was sealed. Of an ingredient only what its sealer did not know counts (the standard's deltas): if it verified when
    it went in and does not now, the store was changed. What was known to be wrong with it then is reported with it.
    The standard's own summary has the last word: where it says Invalid, one of the answers is bad.
    """
    results: Mapping[str, Any] = store["validation_results"]
    active: Mapping[str, Any] = results["activeManifest"]
    deltas = [delta["validationDeltas"] for delta in results.get("ingredientDeltas", ())]
    success, failures = set(_codes(active, "success")), set(_codes(active, "failure"))
    manifest: Mapping[str, Any] = store["manifests"][store["active_manifest"]]

    of_signature = {code for code in failures if code.startswith(_SIGNATURE)} - {_UNTRUSTED}
    changed = failures - of_signature - {_UNTRUSTED}
    changed_inside = {code for delta in deltas for code in _codes(delta, "failure")} - {_UNTRUSTED}
    signed = "claimSignature.validated" in success and not of_signature
    intact = not changed and not changed_inside
    if store["validation_state"] == "Invalid" and signed and intact:
        intact = False
    trusted = signed and "signingCredential.trusted" in success
    source_types = tuple(dict.fromkeys(_source_types(store)))
    ingredients = tuple(_ingredient(item) for item in manifest.get("ingredients", ()))
    codes = [code for group in (active, *deltas) for kind in _KINDS for code in _codes(group, kind)]
    codes += [code for ingredient in ingredients for code in ingredient.failures]
    signature: Mapping[str, Any] = manifest.get("signature_info") or {}
    return Report(
        **common,
        integrity=Answer.OK if intact else Answer.BROKEN,
        signature=Answer.VALID if signed else Answer.INVALID,
        trust=Answer.TRUSTED if trusted else Answer.UNTRUSTED,
        synthetic=is_synthetic(source_types),
        codes=tuple(dict.fromkeys((*codes, *source_types))),
        source_types=source_types,
        state=store["validation_state"],
        signer=Signer(
            signature.get("issuer"), signature.get("common_name"), signature.get("alg"), signature.get("time")
        ),
        generator=_generator(manifest),
        ingredients=ingredients,
    )


_UNTRUSTED = "signingCredential.untrusted"
_SIGNATURE = ("claimSignature.", "signingCredential.", "timeStamp.", "timeOfSigning.", "cawg.")
_KINDS = ("success", "informational", "failure")


def _codes(statuses: Mapping[str, Any], kind: str) -> list[str]:
    return [status["code"] for status in statuses.get(kind) or ()]


def _ingredient(item: Mapping[str, Any]) -> IngredientReport:
    """Older manifests list what was wrong as `validation_status`, newer ones as `validation_results`."""
    failures = [status["code"] for status in item.get("validation_status") or ()]
    results: Mapping[str, Any] = item.get("validation_results") or {}
    failures += _codes(results.get("activeManifest") or {}, "failure")
    for delta in results.get("ingredientDeltas") or ():
        failures += _codes(delta["validationDeltas"], "failure")
    return IngredientReport(
        item.get("title") or "untitled", item.get("relationship") or "unknown", tuple(dict.fromkeys(failures))
    )


def _source_types(store: Mapping[str, Any]) -> Iterator[str]:
    """The digital source types of the active manifest and of everything that went into it."""
    waiting, seen = [store["active_manifest"]], set()
    while waiting:
        label = waiting.pop(0)
        manifest = store["manifests"].get(label)
        if manifest is None or label in seen:
            continue
        seen.add(label)
        yield from found_in(manifest.get("assertions") or ())
        waiting += [ingredient.get("active_manifest") for ingredient in manifest.get("ingredients") or ()]


def _generator(manifest: Mapping[str, Any]) -> str | None:
    for info in manifest.get("claim_generator_info") or ():
        name = info.get("name")
        if name:
            return " ".join(part for part in (str(name), info.get("version")) if part)
    generator = manifest.get("claim_generator")
    return None if generator is None else str(generator)
