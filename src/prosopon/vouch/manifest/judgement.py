"""From a validated manifest store to the three answers: which of the standard's codes means what.

Failures of the active manifest that concern its signature or its signing credential make the signature invalid, except
`signingCredential.untrusted`, which is about trust; all others mean that something was changed after it was sealed.

Of an ingredient only what its sealer did not know counts (the standard's deltas): if it verified when it went in and
does not now, the store was changed. What was known to be wrong with it then is told, and does not make the file bad.

The standard's own summary has the last word: where it says Invalid, one of the answers is bad. A signer counts as
trusted only with a valid signature, by a list of signers that the user gave; an untrusted signer somewhere among the
ingredients does not change who signed this file, though the standard's summary is then Valid and not Trusted.

Two answers are stricter than the library's. Under claims of version 1 it takes every time-stamp, whoever made it; a
certificate that has expired since is then trusted on the word of nobody in particular, so it is not trusted here. And
a certificate on this installation's own revocation list signs nothing any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from prosopon.core.errors import ProsoponError
from prosopon.vouch.keys.revocation import revoked
from prosopon.vouch.manifest.history import generator_of, history_of, recorded_in
from prosopon.vouch.manifest.reading import Reading
from prosopon.vouch.manifest.report import (
    Answer,
    Delta,
    IngredientReport,
    Report,
    RevocationCheck,
    Signer,
    TimeStamp,
)
from prosopon.vouch.manifest.source_types import found_in, is_synthetic
from prosopon.vouch.manifest.statuses import KINDS, UNTRUSTED, Statuses, codes_in, concerns_signature, items_in
from prosopon.vouch.manifest.strangers_text import shown_or_none
from prosopon.vouch.manifest.thumbnails import Thumbnails
from prosopon.vouch.manifest.trust import Trust, TrustList

_VALIDATED = "claimSignature.validated"
_TRUSTED = "signingCredential.trusted"
_KEY_COMPROMISE = ("keyCompromise", "cACompromise", "aACompromise")


def judge(reading: Reading, trust: Trust, common: Mapping[str, Any], *, thumbnails: bool = False) -> Report:
    """The three answers and all that goes with them.

    Args:
        reading: what the C2PA library found.
        trust: the lists that it was given.
        common: fields of the `Report` that do not depend on it.
        thumbnails: also fetch the pictures in the credential, for a page.
    """
    store, manifest = reading.store, reading.active
    label = str(store.get("active_manifest"))
    results: Mapping[str, Any] = store.get("validation_results") or {}
    active: Mapping[str, Any] = results.get("activeManifest") or {}
    deltas = [(str(one.get("ingredientAssertionURI")), one.get("validationDeltas") or {}) for one in _deltas(results)]

    failures = set(codes_in(active, "failure"))
    of_signature = {code for code in failures if concerns_signature(code)}
    changed = failures - of_signature - {UNTRUSTED}
    changed_inside = {code for _, delta in deltas for code in codes_in(delta, "failure")} - {UNTRUSTED}
    signed = _explanation(active, _VALIDATED, label) is not None and not of_signature
    intact = not changed and not changed_inside
    if not manifest or (store.get("validation_state") not in ("Valid", "Trusted") and signed and intact):
        intact = False

    signature: Mapping[str, Any] = manifest.get("signature_info") or {}
    stamp = _time_stamp(active, label, signature, reading, trust)
    revocation = _revocation(active, signature, stamp)
    signed = signed and revocation.is_revoked is not True
    notes = list(trust.problems)
    trusted_by = _trusted_by(active, label, reading, trust) if signed and UNTRUSTED not in failures else None
    if trusted_by is not None and (doubt := _doubt(reading, stamp)) is not None:
        notes.append(doubt)
        trusted_by = None
    if stamp is not None and not stamp.is_trusted:
        notes.append("The time-stamp's authority is on no list that was given: the time is only claimed.")

    if len(store.get("manifests") or {}) > len(_reached(store)):
        notes.append(
            "The file holds another credential that this one does not lead to: a newer one may have been set aside, so "
            "that an older one counts."
        )

    source_types = tuple(dict.fromkeys(_source_types(store)))
    ingredients = tuple(_ingredient(item) for item in manifest.get("ingredients") or ())
    codes = [
        code for group in (active, *(delta for _, delta in deltas)) for kind in KINDS for code in codes_in(group, kind)
    ]
    codes += [code for ingredient in ingredients for code in ingredient.failures]
    return Report(
        **common,
        integrity=Answer.OK if intact else Answer.BROKEN,
        signature=Answer.VALID if signed else Answer.INVALID,
        trust=Answer.TRUSTED if trusted_by is not None else Answer.UNTRUSTED,
        synthetic=is_synthetic(source_types),
        codes=tuple(dict.fromkeys((*codes, *source_types))),
        source_types=source_types,
        state=store.get("validation_state"),
        signer=Signer(
            signature.get("issuer"), signature.get("common_name"), signature.get("alg"), signature.get("time")
        ),
        generator=generator_of(manifest),
        ingredients=ingredients,
        statuses=Statuses.of(active),
        deltas=tuple(Delta(_title_of(store, address), Statuses.of(delta)) for address, delta in deltas),
        time_stamp=stamp,
        certificate=reading.certificate,
        revocation=revocation,
        trusted_by=trusted_by,
        history=history_of(store, Thumbnails(reading.fetch) if thumbnails else None),
        notes=tuple(notes),
    )


def stands_on_a_list_for_something_else(reading: Reading, trust: Trust) -> bool:
    """Whether the library took a signer, of this file or an ingredient, for trusted by a list of time-stamps."""
    results: Mapping[str, Any] = reading.store.get("validation_results") or {}
    groups = [results.get("activeManifest"), *(one.get("validationDeltas") for one in _deltas(results))]
    said = [
        str(item.get("explanation"))
        for group in groups
        for item in items_in(group, "success")
        if item.get("code") == _TRUSTED
    ]
    return any("found in []" not in one and trust.trusting(one) is None for one in said)


def _deltas(results: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in results.get("ingredientDeltas") or () if isinstance(one, Mapping)]


def _explanation(active: Mapping[str, Any], code: str, label: str) -> str | None:
    """What the validator says beside a success of the active manifest's own signature; None where it has none."""
    for item in items_in(active, "success"):
        address = str(item.get("url"))
        if item.get("code") == code and (label in address or not address.startswith("self#jumbf=/c2pa/")):
            return str(item.get("explanation"))
    return None


def _trusted_by(active: Mapping[str, Any], label: str, reading: Reading, trust: Trust) -> TrustList | None:
    explanation = _explanation(active, _TRUSTED, label)
    if explanation is None:
        return None
    certificate = reading.certificate
    return trust.trusting(explanation, None if certificate is None else bytes.fromhex(certificate.sha256))


def _doubt(reading: Reading, stamp: TimeStamp | None) -> str | None:
    """Why a signer is not trusted though a list names the root."""
    if reading.certificate is None:
        return "The signer's certificate cannot be found in the credential: not trusted."
    if reading.certificate.has_expired and (stamp is None or not stamp.is_trusted):
        return (
            "The signer's certificate has expired, and no given list vouches for a time-stamp before that: not trusted."
        )
    return None


def _time_stamp(
    active: Mapping[str, Any], label: str, signature: Mapping[str, Any], reading: Reading, trust: Trust
) -> TimeStamp | None:
    if signature.get("time") is None or "timeStamp.validated" not in codes_in(active, "success"):
        return None
    vouching = trust.stamping(_explanation(active, "timeStamp.trusted", label) or "")
    return TimeStamp(
        shown_or_none(signature["time"], 60),
        shown_or_none(reading.authority),
        None if vouching is None else vouching.name,
    )


def _revocation(active: Mapping[str, Any], signature: Mapping[str, Any], stamp: TimeStamp | None) -> RevocationCheck:
    """What the own revocation list says, and what the certificate's authority said, if it did."""
    codes = Statuses.of(active).all
    answered = "signingCredential.ocsp.notRevoked" in codes
    withdrawn = bool({"signingCredential.revoked", "signingCredential.ocsp.revoked"} & set(codes))
    asked = _asked(codes, answered=answered, withdrawn=withdrawn)
    serial = str(signature.get("cert_serial_number"))
    known = answered or withdrawn
    if not (serial.isascii() and serial.isdigit()):
        return RevocationCheck(False, known, withdrawn if known else None, f"{asked[0].upper()}{asked[1:]}.")
    try:
        own = revoked(int(serial))
    except ProsoponError as error:
        words = f"The own revocation list could not be used ({error.what}); {asked}."
        return RevocationCheck(False, known, withdrawn if known else None, words)
    if own is not None and not (_before(stamp, own.time) and own.reason not in _KEY_COMPROMISE):
        words = f"The certificate was revoked on {own.time:%Y-%m-%d} ({own.reason}), says the own revocation list."
        return RevocationCheck(True, known, True, words)
    words = f"The certificate is not on the own revocation list; {asked}."
    if own is not None:
        words = f"The certificate was revoked on {own.time:%Y-%m-%d} ({own.reason}), after the signature was stamped."
    return RevocationCheck(True, known, withdrawn if known else None, words)


def _asked(codes: tuple[str, ...], *, answered: bool, withdrawn: bool) -> str:
    if withdrawn:
        return "its authority says that it was revoked"
    if answered:
        return "its authority says that it was not revoked"
    if "signingCredential.ocsp.skipped" in codes:
        return "its authority was not asked"
    return "its authority gave no answer that could be used"


def _before(stamp: TimeStamp | None, moment: datetime) -> bool:
    if stamp is None or not stamp.is_trusted or stamp.time is None:
        return False
    try:
        return datetime.fromisoformat(stamp.time) < moment
    except (ValueError, TypeError):
        return False


def _title_of(store: Mapping[str, Any], address: str) -> str:
    """The title of the ingredient whose assertion has this address; the address where it is not found."""
    label, _, name = address.removeprefix("self#jumbf=/c2pa/").partition("/c2pa.assertions/")
    manifest = (store.get("manifests") or {}).get(label) or {}
    for item in manifest.get("ingredients") or ():
        if item.get("label") == name:
            return shown_or_none(item.get("title")) or "untitled"
    return shown_or_none(address) or "unknown"


def _ingredient(item: Mapping[str, Any]) -> IngredientReport:
    return IngredientReport(
        str(item.get("title") or "untitled"), str(item.get("relationship") or "unknown"), recorded_in(item).failure
    )


def _source_types(store: Mapping[str, Any]) -> Iterator[str]:
    """The digital source types of the active manifest and of everything that went into it."""
    for label in _reached(store):
        yield from found_in(store["manifests"][label].get("assertions") or ())


def _reached(store: Mapping[str, Any]) -> list[str]:
    """The manifests that the active one leads to, itself first."""
    manifests = store.get("manifests") or {}
    waiting, found = [store.get("active_manifest")], dict[str, None]()  # in the order in which they are come upon
    while waiting:
        label = waiting.pop(0)
        if not isinstance(label, str) or label in found or manifests.get(label) is None:
            continue
        found[label] = None
        waiting += [ingredient.get("active_manifest") for ingredient in manifests[label].get("ingredients") or ()]
    return list(found)
