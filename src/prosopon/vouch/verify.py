"""Checks the credential of a file: three separate answers, because one word for all of them would mislead.

- integrity: is the file, byte for byte, the one that was sealed?
- signature: did the holder of the signing certificate's key sign this claim?
- trust: is that signer on the list of trusted roots that the user gave?

None of them says that what the credential claims is true, and a missing credential says nothing at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import c2pa
from cryptography import x509

from prosopon.core.errors import MediaError, ProsoponError, UsageError
from prosopon.vouch import xmp
from prosopon.vouch.binding import BARE, SIDECAR_SUFFIX, bound_bytes, find_sidecar
from prosopon.vouch.judgement import judge
from prosopon.vouch.report import Answer, Report
from prosopon.vouch.settings import context

_LARGEST_SIDECAR = 64 << 20
_STORE = b"jumd" + bytes.fromhex("63327061 0011 0010 8000 00aa00389b71")  # JUMBF description box, type: manifest store


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
    return judge(store, common)


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
