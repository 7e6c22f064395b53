"""The one place that has the C2PA library read a credential, and that says what the library may do for that.

Without consent it may not touch the network. With consent it may ask exactly the hosts that were named to the user
before, and follow no redirection away from them.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import c2pa

from prosopon.vouch.manifest.signing_certificate import Certificate, signing_certificate
from prosopon.vouch.manifest.trust import NOBODY, Trust

_MOST_DECOMPRESSED_MIB = 64


@dataclass(frozen=True)
class Reading:
    """What the library read and validated.

    Attributes:
        store: the manifest store as JSON.
        certificate: of the active manifest's signer; None where it cannot be found.
        authority: who stamped the time of the active manifest, by that certificate; None without a time-stamp.
        fetched_from: address that the credential was fetched from, None for none.
        fetch: content of a resource of the credential; only while the reader is open.
    """

    store: Mapping[str, Any]
    certificate: Certificate | None
    authority: str | None
    fetched_from: str | None
    fetch: Callable[[str], bytes | None]

    @property
    def active(self) -> Mapping[str, Any]:
        """The active manifest; empty where a damaged store names one that it does not hold."""
        manifests = self.store.get("manifests")
        label = self.store.get("active_manifest")
        found = manifests.get(label) if isinstance(manifests, Mapping) and isinstance(label, str) else None
        return found if isinstance(found, Mapping) else {}


@contextmanager
def reading(
    content: BinaryIO,
    *,
    kind: str | None = None,
    manifest: bytes | None = None,
    trust: Trust = NOBODY,
    ask: Sequence[str] = (),
    ocsp: bool = False,
    fragments: Sequence[Path] = (),
) -> Iterator[Reading]:
    """Read and validate a credential.

    Args:
        content: the file that it is bound to.
        kind: media type; None lets the library find out.
        manifest: the credential, where it is not in the file.
        trust: trust lists.
        ask: addresses whose hosts may be asked over the network.
        ocsp: ask whether the signer's certificate was revoked.
        fragments: segments that follow `content`, the first of a fragmented MP4.

    Raises:
        c2pa.C2paError: there is none, or it cannot be read.
        OSError: a fragment cannot be read.
    """
    with ExitStack() as stack:
        context = stack.enter_context(_context(trust, ask, ocsp=ocsp))
        reader = stack.enter_context(c2pa.Reader(kind, content, manifest, context))
        store = _after_fragments(reader, content, fragments, stack) if fragments else _parsed(reader.json())
        label = store.get("active_manifest")
        signature = _signature(reader, label)
        yield Reading(
            store,
            _certificate(reader, store, label),
            _authority(signature),
            reader.get_remote_url(),
            lambda identifier: _resource(reader, identifier),
        )


def host_of(address: str) -> str | None:
    """`scheme://host[:port]` of an address that can be asked; None for any other."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        return None
    return f"{parts.scheme}://{parts.hostname}{'' if port is None else f':{port}'}"


def _context(trust: Trust, ask: Sequence[str], *, ocsp: bool) -> c2pa.Context:
    hosts = [host for host in map(host_of, ask) if host is not None]
    settings = {
        "version": 1,
        "trust": trust.settings(),
        "core": {
            "allowed_network_hosts": hosts,
            "allow_redirects": False,
            "max_decompressed_manifest_size_in_mb": _MOST_DECOMPRESSED_MIB,
        },
        "verify": {
            "verify_trust": True,
            "verify_timestamp_trust": True,
            "remote_manifest_fetch": bool(hosts),
            "ocsp_fetch": ocsp and bool(hosts),
        },
    }
    return c2pa.Context.from_dict(settings)


def _after_fragments(
    reader: c2pa.Reader, content: BinaryIO, fragments: Sequence[Path], stack: ExitStack
) -> Mapping[str, Any]:
    """The store as validated with the first segment that is wrong; with the last one if all are right.

    The library validates each segment by itself and then only knows the result of that one.
    """
    store: Mapping[str, Any] = {}
    before = stack.enter_context(ExitStack())
    for path in fragments:
        content.seek(0)
        with ExitStack() as opened:
            reader.with_fragment("video/mp4", content, opened.enter_context(path.open("rb")))
            before.close()  # the library lets go of the segment before only now
            before.push(opened.pop_all())
        store = _parsed(reader.json())
        if store.get("validation_state") not in ("Valid", "Trusted"):
            break
    return store


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        store = json.loads(text)
    except RecursionError as error:
        raise c2pa.C2paError("the credential is nested too deeply") from error
    if not isinstance(store, dict) or not isinstance(store.get("manifests"), dict):
        raise c2pa.C2paError("the credential holds no manifests")
    return store


def _signature(reader: c2pa.Reader, label: object) -> Mapping[str, Any]:
    """What the library tells about a manifest's signature beyond its usual JSON."""
    with contextlib.suppress(c2pa.C2paError, ValueError, RecursionError):
        for manifest in json.loads(reader.crjson()).get("manifests", ()):
            if manifest.get("label") == label:
                signature = manifest.get("signature")
                return signature if isinstance(signature, dict) else {}
    return {}


def _authority(signature: Mapping[str, Any]) -> str | None:
    stamp: Any = signature.get("timeStampInfo")
    for key in ("certificateInfo", "subject"):
        stamp = stamp.get(key) if isinstance(stamp, dict) else None
    if not isinstance(stamp, dict):
        return None
    return " / ".join(str(stamp[key]) for key in ("CN", "O") if isinstance(stamp.get(key), str)) or None


def _certificate(reader: c2pa.Reader, store: Mapping[str, Any], label: object) -> Certificate | None:
    manifest = store["manifests"].get(label)
    if not isinstance(label, str) or not isinstance(manifest, dict):
        return None
    serial = (manifest.get("signature_info") or {}).get("cert_serial_number")
    number = int(serial) if isinstance(serial, str) and serial.isascii() and serial.isdigit() else None
    content = _resource(reader, label)  # under a manifest's own label the library gives the whole store
    return None if content is None else signing_certificate(content, label, number)


def _resource(reader: c2pa.Reader, identifier: str) -> bytes | None:
    stream = io.BytesIO()
    try:
        reader.resource_to_stream(identifier, stream)
    except (c2pa.C2paError, ValueError):
        return None
    return stream.getvalue()
