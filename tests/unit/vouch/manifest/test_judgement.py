"""From codes to answers: whatever codes come together, never more trust than there is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prosopon.vouch.keys.certificate import signing_identity
from prosopon.vouch.keys.revocation import revoke
from prosopon.vouch.manifest.judgement import judge
from prosopon.vouch.manifest.reading import Reading
from prosopon.vouch.manifest.report import Answer, Report
from prosopon.vouch.manifest.signing_certificate import Certificate
from prosopon.vouch.manifest.trust import NOBODY, Purpose, Trust, TrustList

LABEL = "urn:c2pa:this"
LIST = "urn:prosopon:trust-list:"
NOW = datetime.now(UTC)
SERIAL = 12345
CODES = (
    "claimSignature.validated",
    "claimSignature.mismatch",
    "claimSignature.missing",
    "claimSignature.insideValidity",
    "claimSignature.outsideValidity",
    "signingCredential.trusted",
    "signingCredential.untrusted",
    "signingCredential.invalid",
    "signingCredential.expired",
    "signingCredential.revoked",
    "signingCredential.ocsp.notRevoked",
    "signingCredential.ocsp.skipped",
    "timeStamp.validated",
    "timeStamp.trusted",
    "timeStamp.mismatch",
    "assertion.dataHash.match",
    "assertion.dataHash.mismatch",
    "assertion.bmffHash.mismatch",
    "assertion.hashedURI.mismatch",
    "assertion.missing",
    "ingredient.manifest.mismatch",
    "general.error",
    "something.new",
)
GROUPS = st.fixed_dictionaries(
    {kind: st.lists(st.sampled_from(CODES), max_size=5) for kind in ("success", "informational", "failure")}
)


def _list(purpose: Purpose = Purpose.SIGNERS) -> TrustList:
    return TrustList("roots.pem", purpose, 1, date(2026, 1, 2), True, "00", (), "")


def _certificate(**changes: Any) -> Certificate:
    valid = Certificate("s", "i", f"{SERIAL:x}", NOW - timedelta(days=9), NOW + timedelta(days=9), "00" * 32)
    return replace(valid, **changes)


def _group(codes: dict[str, Iterable[str]], number: int = 0) -> dict[str, list[dict[str, str]]]:
    said = {
        "signingCredential.trusted": f"signing certificate trusted, found in [{LIST}{number}] trust anchors",
        "timeStamp.trusted": f"timestamp cert trusted: them, trust list: {LIST}{number + 1}",
    }
    return {
        kind: [
            {"code": code, "url": f"self#jumbf=/c2pa/{LABEL}/c2pa.signature", "explanation": said.get(code, code)}
            for code in some
        ]
        for kind, some in codes.items()
    }


def _judged(
    codes: dict[str, Iterable[str]],
    *deltas: dict[str, Iterable[str]],
    state: str = "Trusted",
    trust: Trust | None = None,
    certificate: Certificate | None = None,
    store: dict[str, Any] | None = None,
    time: str | None = "2026-01-02T03:04:05+00:00",
    number: int = 0,
) -> Report:
    signature = {"issuer": "i", "common_name": "s", "cert_serial_number": str(SERIAL), "time": time}
    held: dict[str, Any] = {
        "active_manifest": LABEL,
        "manifests": {LABEL: {"title": "t", "signature_info": signature, "ingredients": [], "assertions": []}},
        "validation_state": state,
        "validation_results": {
            "activeManifest": _group(codes, number),
            "ingredientDeltas": [{"ingredientAssertionURI": "x", "validationDeltas": _group(one)} for one in deltas],
        },
    }
    held |= store or {}
    lists = Trust((_list(), _list(Purpose.TIME_STAMPS))) if trust is None else trust
    reading = Reading(held, certificate or _certificate(), "them", None, lambda _: None)
    return judge(reading, lists, {"path": Path("a.png"), "credential": "embedded"})


GOOD = {
    "success": ["claimSignature.validated", "signingCredential.trusted", "timeStamp.validated", "timeStamp.trusted"],
    "informational": [],
    "failure": [],
}


def test_all_good() -> None:
    report = _judged(GOOD)
    assert (report.integrity, report.signature, report.trust) == (Answer.OK, Answer.VALID, Answer.TRUSTED)
    assert report.trusted_by == _list()
    assert report.time_stamp is not None
    assert report.time_stamp.vouched_by == "roots.pem"
    assert report.time_stamp.authority == "them"
    assert not report.is_bad


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(GROUPS, st.lists(GROUPS, max_size=2), st.sampled_from(["Invalid", "Valid", "Trusted", "", None]), st.booleans())
def test_never_more_trust_than_there_is(codes: dict, deltas: list[dict], state: str, some_list: bool) -> None:
    report = _judged(codes, *deltas, state=state, trust=None if some_list else NOBODY)
    failures = set(codes["failure"])
    of_signature = {
        code
        for code in failures
        if code.startswith(("claimSignature.", "signingCredential.", "timeStamp.")) and "untrusted" not in code
    }
    if report.trust is Answer.TRUSTED:
        assert report.signature is Answer.VALID
        assert "signingCredential.trusted" in codes["success"]
        assert "signingCredential.untrusted" not in failures
        assert report.trusted_by in report_lists(some_list)
    else:
        assert report.trusted_by is None
    if report.signature is Answer.VALID:
        assert "claimSignature.validated" in codes["success"]
        assert not of_signature
    else:
        assert report.is_bad
    if report.integrity is Answer.OK:
        assert failures - of_signature <= {"signingCredential.untrusted"}
        assert all(set(delta["failure"]) <= {"signingCredential.untrusted"} for delta in deltas)
    if state not in ("Valid", "Trusted"):
        assert report.is_bad, "the standard's own summary has the last word"
    if not report.is_bad:
        assert state in ("Valid", "Trusted")
    assert Answer.NONE not in (report.integrity, report.signature, report.trust)
    assert set(report.statuses.failure) == failures
    assert report.revocation.is_revoked in (None, True, False)
    json.dumps(report.as_json())


def report_lists(some_list: bool) -> tuple[TrustList | None, ...]:
    return (_list(),) if some_list else ()


def test_a_signature_of_another_manifest_does_not_count() -> None:
    store = {
        "validation_results": {
            "activeManifest": {
                "success": [
                    {"code": code, "url": "self#jumbf=/c2pa/urn:c2pa:other/c2pa.signature", "explanation": "x"}
                    for code in GOOD["success"]
                ]
            }
        }
    }
    report = _judged({}, store=store)
    assert (report.signature, report.trust) == (Answer.INVALID, Answer.UNTRUSTED)


def test_a_list_for_something_else_trusts_nobody() -> None:
    report = _judged(GOOD, number=1)
    assert report.trust is Answer.UNTRUSTED
    assert report.time_stamp is not None
    assert not report.time_stamp.is_trusted


def test_an_expired_certificate_needs_a_time_that_somebody_vouches_for() -> None:
    expired = _certificate(not_after=NOW - timedelta(days=1))
    assert _judged(GOOD, certificate=expired).trust is Answer.TRUSTED
    for claimed in (
        _judged(GOOD, certificate=expired, time=None),
        _judged(GOOD, certificate=expired, trust=Trust((_list(),))),
    ):
        assert claimed.trust is Answer.UNTRUSTED
        assert any("has expired" in note for note in claimed.notes)


def test_an_active_manifest_that_is_missing_is_broken() -> None:
    for store in ({"active_manifest": "other"}, {"active_manifest": None}, {"manifests": {}}):
        report = _judged(GOOD, store=store)
        assert report.integrity is Answer.BROKEN
        assert report.history is None


def test_a_credential_that_was_set_aside_is_told() -> None:
    """Who swaps two credentials for the same bytes makes the older one count: true, and not all of it."""
    manifests = {LABEL: {"title": "t", "ingredients": [{"active_manifest": "below"}]}, "below": {"title": "b"}}
    assert not any("set aside" in note for note in _judged(GOOD, store={"manifests": manifests}).notes)
    report = _judged(GOOD, store={"manifests": {**manifests, "newer": {"title": "n"}}})
    assert any("set aside" in note for note in report.notes)


def test_revoked_by_the_own_list() -> None:
    signing_identity()
    assert _judged(GOOD).revocation.words == (
        "The certificate is not on the own revocation list; its authority gave no answer that could be used."
    )
    revoke(SERIAL, "cessationOfOperation")
    stamped_before = _judged(GOOD)
    assert stamped_before.trust is Answer.TRUSTED
    assert "after the signature was stamped" in stamped_before.revocation.words
    for unstamped in (_judged(GOOD, time=None), _judged(GOOD, trust=Trust((_list(),)))):
        assert (unstamped.signature, unstamped.trust) == (Answer.INVALID, Answer.UNTRUSTED)
        assert unstamped.revocation.is_revoked
        assert unstamped.as_json()["revocation"]["own_list"] is True


def test_a_stolen_key_signs_nothing_whatever_the_time() -> None:
    signing_identity()
    revoke(SERIAL, "keyCompromise")
    report = _judged(GOOD)
    assert (report.signature, report.trust, report.is_bad) == (Answer.INVALID, Answer.UNTRUSTED, True)


def test_a_damaged_revocation_list_is_told(own_home: Path) -> None:
    signing_identity()
    revoke(SERIAL, "superseded")
    next(own_home.rglob("revoked.pem")).write_text("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")
    words = _judged(GOOD).revocation.words
    assert words.startswith("The own revocation list could not be used")


@pytest.mark.parametrize(
    ("code", "kind", "known"),
    [
        ("signingCredential.ocsp.notRevoked", "success", False),
        ("signingCredential.ocsp.revoked", "failure", True),
        ("signingCredential.revoked", "failure", True),
        ("signingCredential.ocsp.skipped", "informational", None),
        ("signingCredential.ocsp.inaccessible", "informational", None),
    ],
)
def test_what_the_authority_says(code: str, kind: str, known: bool | None) -> None:
    report = _judged(GOOD | {kind: [*GOOD[kind], code]})
    assert report.revocation.is_revoked is known
    assert report.revocation.authority is (known is not None)
    assert report.as_json()["revocation_checked"] is (known is not None)
    assert (report.trust is Answer.TRUSTED) is (known is not True)


def test_where_ai_is_named() -> None:
    ai = {"digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"}
    manifest = {
        "title": "t.png",
        "signature_info": {"common_name": "us", "cert_serial_number": str(SERIAL)},
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.created", **ai}]}}],
    }
    report = _judged(GOOD, store={"manifests": {LABEL: manifest}})
    assert report.ai_used == ("t.png: made by AI (a trained model), us says (action c2pa.created).",)
    bad = _judged(GOOD | {"failure": ["assertion.dataHash.mismatch"]}, store={"manifests": {LABEL: manifest}})
    assert "does not hold for this file" in bad.ai_used[0]
    assert _judged(GOOD).ai_used == ()
