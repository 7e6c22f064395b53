"""Checks the credential of a file: three separate answers, because one word for all of them would mislead.

- integrity: is the file, byte for byte, the one that was sealed?
- signature: did the holder of the signing certificate's key sign this claim?
- trust: is that signer on a list that the user gave?

None of them says that what the credential claims is true, and a missing credential says nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import c2pa

from prosopon.core.errors import MediaError, ProsoponError, UsageError
from prosopon.vouch.label import xmp
from prosopon.vouch.manifest.binding import BARE, SIDECAR_SUFFIX, bound_bytes, find_sidecar
from prosopon.vouch.manifest.fragments import is_a_beginning, remark_on_order
from prosopon.vouch.manifest.judgement import judge, stands_on_a_list_for_something_else
from prosopon.vouch.manifest.reading import Reading, host_of, reading
from prosopon.vouch.manifest.report import Answer, Report
from prosopon.vouch.manifest.strangers_text import shown
from prosopon.vouch.manifest.trust import NOBODY, Trust

_LARGEST_SIDECAR = 64 << 20
_STORE = b"jumd" + bytes.fromhex("63327061 0011 0010 8000 00aa00389b71")  # JUMBF description box, type: manifest store
_BY_NAME = {".svg": "image/svg+xml"}
"""The one kind of file that the library cannot tell by the content: text may be anything."""

Announce = Callable[[str], None]
"""Is told every address before it is asked over the network."""


@dataclass(frozen=True)
class Manner:
    """How to check.

    Attributes:
        trust: lists of who is trusted; nobody unless given.
        online: consent to fetch a credential that is kept elsewhere, and to ask the authority of the signer's
            certificate whether it was revoked. Both show others that, when and from where this file is looked at.
        announce: is told every address before it is asked.
        fragments: the segments that follow the file, where it is the beginning of a fragmented MP4 (DASH, HLS).
        thumbnails: also fetch the pictures in the credential, for a page.
    """

    trust: Trust = NOBODY
    online: bool = False
    announce: Announce | None = None
    fragments: tuple[Path, ...] = ()
    thumbnails: bool = False


OFFLINE = Manner()
"""By nobody's list, and without a word to anybody."""


def verify(path: Path, trust_anchors: Path | None = None, manner: Manner = OFFLINE) -> Report:
    """Check the credential in a file, or in the `.c2pa` sidecar beside a file or folder.

    Args:
        path: file of any kind, or folder of pictures.
        trust_anchors: PEM file of root certificates to trust, besides the lists in `manner`.
        manner: trust lists, consent to go online, and what else is to be looked at.

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
    if trust_anchors is not None:
        lists = (*Trust.read([trust_anchors]).lists, *manner.trust.lists)
        manner = replace(manner, trust=replace(manner.trust, lists=lists))
    try:
        return check(path, find_sidecar(path), manner)
    except OSError as error:
        raise ProsoponError(f"{path} cannot be read: {error.strerror or error}", "check its permissions") from error


def check(path: Path, sidecar: Path | None, manner: Manner = OFFLINE) -> Report:
    """As `verify`, with the sidecar named. An embedded credential goes before the sidecar, that before a remote one.

    Raises:
        OSError: a file cannot be read.
    """
    hint = xmp.read_source_type(path) if path.is_file() else None
    trust = manner.trust
    common: dict[str, Any] = {
        "path": path,
        "unsigned_source_type": hint,
        "trust_list": ", ".join(one.name for one in trust.lists) or None,
        "trust_lists": trust.lists,
        "fragments": len(manner.fragments),
    }
    remote: str | None = None
    problem: str | None = None
    if path.is_file():
        try:
            return _in_order(_read(path, None, manner, common | {"credential": "embedded"}), manner.fragments)
        except c2pa.C2paError as error:
            if _holds_credential(path):
                return _unreadable(error, common | {"credential": "embedded"})
            remote = _remote_address(error)
            problem = _why_none(error)
    if sidecar is not None:
        if sidecar.stat().st_size > _LARGEST_SIDECAR:
            raise ProsoponError(
                f"the sidecar {sidecar} is larger than {_LARGEST_SIDECAR >> 20} MiB", "it is no credential"
            )
        common["credential"] = sidecar.name
        try:
            return _read(path, sidecar.read_bytes(), manner, common)
        except c2pa.C2paError as error:
            return _unreadable(error, common)
    if remote is not None and manner.online:
        return _fetched(path, remote, manner, common)
    return Report(**common, remote=remote, problem=problem)


def _read(
    path: Path, manifest: bytes | None, manner: Manner, common: dict[str, Any], ask: tuple[str, ...] = ()
) -> Report:
    """The report on a credential that can be read; asked once more where the first answer calls for it."""
    trust = manner.trust
    with _opened(path, manifest, manner, trust, ask) as first:
        certificate = first.certificate
        misled = stands_on_a_list_for_something_else(first, trust)
        addresses = certificate.ocsp if manner.online and certificate is not None else ()
        if not misled and not addresses:
            return judge(first, trust, common | {"fetched": ask}, thumbnails=manner.thumbnails)
    if misled:
        trust = replace(trust, lists=trust.signer_lists)
    for address in addresses:
        _announce(manner, address)
    ask = (*ask, *addresses)
    with _opened(path, manifest, manner, trust, ask, ocsp=bool(addresses)) as second:
        report = judge(second, trust, common | {"fetched": ask}, thumbnails=manner.thumbnails)
    if misled:
        return report.noting(
            "A signer's certificate leads to a root of time-stamping authorities; that makes nobody a trusted signer, "
            "so those lists were left out."
        )
    return report


@contextmanager
def _opened(
    path: Path, manifest: bytes | None, manner: Manner, trust: Trust, ask: Sequence[str], *, ocsp: bool = False
) -> Iterator[Reading]:
    with (
        bound_bytes(path) as content,
        reading(
            content,
            kind=_BY_NAME.get(path.suffix.lower()) if manifest is None else BARE,
            manifest=manifest,
            trust=trust,
            ask=ask,
            ocsp=ocsp,
            fragments=manner.fragments,
        ) as found,
    ):
        yield found


def _fetched(path: Path, remote: str, manner: Manner, common: dict[str, Any]) -> Report:
    """The report on a credential that is kept elsewhere, after consent."""
    if host_of(remote) is None:
        return Report(**common, remote=remote, notes=("Its address is none that could be asked.",))
    _announce(manner, remote)
    try:
        return replace(_read(path, None, manner, common | {"credential": "remote"}, (remote,)), remote=remote)
    except c2pa.C2paError as error:
        note = f"The credential could not be fetched, or what came is none: {_one_line(error)}."
        return Report(**common, remote=remote, fetched=(remote,), notes=(note,))


def _in_order(report: Report, fragments: Sequence[Path]) -> Report:
    """The report with what is to be said about the segments of a fragmented video."""
    if fragments:
        if report.integrity is Answer.OK:
            in_order, remark = remark_on_order(fragments)
            report = replace(report.noting(remark), integrity=Answer.OK if in_order else Answer.BROKEN)
    elif "assertion.bmffHash.mismatch" in report.statuses.failure:
        with report.path.open("rb") as file:
            if is_a_beginning(file):
                return report.noting(
                    "This is the beginning of a fragmented video: its credential can only hold together with segments."
                )
    return report


def _announce(manner: Manner, address: str) -> None:
    if manner.announce is not None:
        manner.announce(shown(address))


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


def _unreadable(error: c2pa.C2paError, common: dict[str, Any]) -> Report:
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
