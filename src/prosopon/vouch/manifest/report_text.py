"""A report in plain words: three answers, what goes with them, and what none of it shows."""

from __future__ import annotations

from collections.abc import Iterator

from prosopon.vouch.manifest.report import Answer, Report
from prosopon.vouch.manifest.settings import SDK
from prosopon.vouch.manifest.statuses import Statuses
from prosopon.vouch.manifest.strangers_text import shown

NOTHING_ON_AI = "Nothing in the credential says that AI was used. That does not show that none was."


def answers(report: Report) -> Iterator[tuple[str, str, str]]:
    """The three answers and what is said about synthetic content: the question, a word, and what that means."""
    yield "integrity", report.integrity, integrity_in_words(report)
    yield "signature", report.signature, signature_in_words(report)
    yield "trust", report.trust, trust_in_words(report)
    yield "synthetic", *_SYNTHETIC[report.synthetic]


def integrity_in_words(report: Report) -> str:
    """What the answer on integrity means for this file."""
    match report.integrity:
        case Answer.OK if report.signature is not Answer.VALID:
            return "Its bytes match the credential, but without a valid signature anybody can have written that."
        case Answer.OK:
            return "Not changed since it was sealed."
        case Answer.BROKEN if report.problem is not None:
            return f"The credential in it is damaged and cannot be read ({shown(report.problem)})."
        case Answer.BROKEN:
            return "Changed after it was sealed, or the seal belongs to another file."
    because = f": {shown(report.problem)}" if report.problem is not None else ""
    return f"There is no credential that could be checked{because}."


def signature_in_words(report: Report) -> str:
    """What the answer on the signature means."""
    who = f" of {_signer(report)}" if _signer(report) else ""
    if who and report.trust is not Answer.TRUSTED:
        who += " (so the certificate says)"
    match report.signature:
        case Answer.VALID:
            return f"Made with the key{who}{_when(report)}."
        case Answer.INVALID if report.revocation.is_revoked:
            return shown(report.revocation.words)
        case Answer.INVALID:
            return f"Does not hold: nothing shows that the key{who} signed this."
    return "Nobody signed it."


def trust_in_words(report: Report) -> str:
    """What the answer on trust means, with the list that it goes by."""
    match report.trust:
        case Answer.TRUSTED:
            return f"The signer is vouched for by the list {report.trusted_by}."
        case Answer.UNTRUSTED if report.signature is Answer.INVALID:
            return "Without a valid signature there is nobody to trust."
        case Answer.UNTRUSTED if not report.trust_lists:
            return "No trust list was given, so nobody confirms who the signer is."
        case Answer.UNTRUSTED:
            return f"No list that was given vouches for the signer ({shown(report.trust_list or '')})."
    return "There is no signer."


def detail_lines(report: Report) -> Iterator[str]:
    """Who, with what, when, by which codes, and what is to be noted."""
    if report.credential is not None:
        yield f"Sealed with: {shown(report.generator or 'unknown software')} ({shown(report.credential)})"
        yield from _certificate(report)
        for source_type in report.source_types:
            yield f"Labelled: {shown(source_type)}"
        yield from report.ai_used or (NOTHING_ON_AI,)
        yield from _codes("Codes", report.statuses)
        for delta in report.deltas:
            yield from _codes(f"Codes of {delta.title}", delta.statuses)
    if report.remote is not None and report.remote not in report.fetched:
        yield f"The file names a credential kept at {shown(report.remote)}; it was not fetched."
    for address in report.fetched:
        yield f"Asked over the network: {shown(address)}"
    if report.unsigned_source_type is not None and report.unsigned_source_type not in report.source_types:
        yield f"Its unsigned metadata (XMP) says: {shown(report.unsigned_source_type)}. Anybody can write that."
    for one in report.trust_lists:
        yield f"Trust list: {shown(one)}"
    for note in report.notes:
        yield f"Note: {shown(note, 400)}"


def checked_by(report: Report) -> str:
    """By what, against what and how far: belongs to every verdict."""
    how = "online, with consent," if report.fetched else "offline"
    lists = ", ".join(map(str, report.trust_lists)) or "none"
    return f"Checked {how} by {SDK}; trust list: {shown(lists, 600)}; {_revocation(report)}"


def _revocation(report: Report) -> str:
    if not report.revocation.authority and not report.revocation.own_list:
        return "revocation was not checked."
    words = shown(report.revocation.words)
    return words[:1].lower() + words[1:]


def _signer(report: Report) -> str:
    signer = report.signer
    if signer is None:
        return ""
    return " / ".join(shown(part) for part in dict.fromkeys((signer.common_name, signer.organisation)) if part)


def _when(report: Report) -> str:
    stamp = report.time_stamp
    if stamp is None:
        return ", without a time-stamp"
    if stamp.vouched_by is not None:
        return f", before {stamp.time} (time-stamp of {stamp.authority}, on the list {shown(stamp.vouched_by)})"
    return f", before {stamp.time} if {stamp.authority or 'an unnamed authority'} is to be believed, which no list says"


def _certificate(report: Report) -> Iterator[str]:
    one = report.certificate
    if one is not None:
        state = "expired since" if one.has_expired else "valid"
        yield (
            f"Certificate: {one.subject}, issued by {one.issuer}, number {one.serial}, "
            f"{one.not_before:%Y-%m-%d} to {one.not_after:%Y-%m-%d} ({state})"
        )


def _codes(title: str, statuses: Statuses) -> Iterator[str]:
    for kind, codes in statuses.as_json().items():
        if codes:
            yield f"{title}, {kind}: {', '.join(codes)}"


_SYNTHETIC = {
    True: ("yes", "The credential says that a machine made it, or part of it."),
    False: ("no", "The credential says that it was captured or drawn, or changed without generating anything."),
    None: ("not said", "No credential states how the content came about."),
}
