"""Signed reports: what was found as canonical JSON, with a signature of this installation, so that it can be checked.

Canonical is: keys sorted, no blanks, UTF-8, numbers as Python writes them; none of them is infinite or no number. What
is signed is the value of `report`; the signature lies beside it, with the certificates of whoever made it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes

from prosopon.app.console import plain
from prosopon.core.content_id import sha256_of
from prosopon.core.errors import ProsoponError, UsageError
from prosopon.faces.mediapipe import model_file
from prosopon.models.catalogue import find
from prosopon.models.files import write_atomically
from prosopon.train.runfile import versions
from prosopon.vouch.keys.algorithm import Algorithm, as_raw
from prosopon.vouch.keys.certificate import signing_identity
from prosopon.vouch.keys.sealer import Sealer

KIND, VERSION = "prosopon-detection", 1
_LARGEST_FILE = 256 << 20


def new_report(
    setting: Mapping[str, Any], asked: Mapping[str, Any], files: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What is going to be signed.

    Args:
        setting: see `as_json.setting_as_json`.
        asked: what the user asked for, so that it can be asked again.
        files: see `as_json.file_as_json`.
    """
    return {
        "kind": KIND,
        "version": VERSION,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "made_with": versions(),
        "face_finders": face_finders(files),
        "asked": dict(asked),
        "setting": dict(setting),
        "files": [dict(one) for one in files],
    }


def face_finders(files: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Digests (SHA-256) of what found the faces, by its name."""
    used = {str(one["coverage"]["face_finder"]) for one in files if one["coverage"]["face_finder"]}
    digests = {}
    for name in sorted(used):
        try:
            digests[name] = sha256_of(model_file()) if name == "mediapipe" else find(f"faces.{name}").sha256
        except (ProsoponError, OSError):
            digests[name] = "unknown"
    return digests


def canonical(report: Mapping[str, Any]) -> bytes:
    """The bytes that are signed."""
    text = json.dumps(plain(report), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def write_signed(report: Mapping[str, Any], path: Path) -> None:
    """Sign a report and write it; the file is whole or absent.

    Raises:
        ProsoponError: the key cannot be read or made.
        OSError: the file cannot be written.
    """
    sealer = Sealer.of(signing_identity())
    content = canonical(report)
    whole = {
        "report": json.loads(content),
        "signature": {
            "algorithm": sealer.algorithm.value,
            "over": "the canonical bytes of report: keys sorted, no blanks, UTF-8",
            "value": base64.b64encode(sealer.raw_signature(content)).decode("ascii"),
            "certificates": sealer.chain.decode("ascii"),
        },
    }
    text = json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomically(path, lambda file: _fill(file, text))


@dataclass(frozen=True)
class SignedReport:
    """A signed report that was read.

    Attributes:
        report: what it says.
        signer: SHA-256 of the certificate beside the signature; None where there is none that can be read.
        holds: whether the signature is that of this certificate, for what the report says.
    """

    report: Mapping[str, Any]
    signer: str | None
    holds: bool

    @property
    def is_own(self) -> bool:
        """Whether this installation signed it, with the key that it has now."""
        return self.signer == signing_identity().certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def files(self) -> Sequence[Mapping[str, Any]]:
        """What it says about files."""
        return tuple(self.report["files"])

    @classmethod
    def read(cls, path: Path) -> Self:
        """From a file.

        Raises:
            UsageError: it is no signed report, or one of another version.
        """
        whole = _read(path)
        report = whole.get("report")
        if not isinstance(report, dict) or report.get("kind") != KIND or not isinstance(report.get("files"), list):
            raise UsageError(f"{path} is no report of prosopon detect", "give a file that --signed wrote")
        if report.get("version") != VERSION:
            raise UsageError(f"{path} is a report of another version", "replay it with the version that wrote it")
        signer, holds = _checked(whole.get("signature"), canonical(report))
        return cls(report, signer, holds)


def _checked(signature: object, content: bytes) -> tuple[str | None, bool]:
    """Whose signature it is, and whether it holds; the certificates must be a chain."""
    if not isinstance(signature, dict):
        return None, False
    try:
        chain = x509.load_pem_x509_certificates(str(signature["certificates"]).encode("ascii"))
        made = base64.b64decode(str(signature["value"]), validate=True)
        algorithm = Algorithm(signature["algorithm"])
        leaf = chain[0]
        for lower, upper in pairwise(chain):
            lower.verify_directly_issued_by(upper)
        holds = as_raw(leaf.public_key(), algorithm, content, made) is not None
    except (KeyError, ValueError, TypeError, IndexError, InvalidSignature):
        return None, False
    return leaf.fingerprint(hashes.SHA256()).hex(), holds


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise UsageError(f"{path} is too large for a report")
        whole = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is no report of prosopon detect", "give a file that --signed wrote") from None
    if not isinstance(whole, dict):
        raise UsageError(f"{path} is no report of prosopon detect", "give a file that --signed wrote")
    return whole


def _fill(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
