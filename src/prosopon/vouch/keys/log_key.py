"""The key that signs checkpoints of the user's own log: Ed25519, made on first use.

It has a folder of its own in the user's config folder. The log itself is a folder of files to be handed out, and no
secret may ever lie in there.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prosopon.core.errors import ProsoponError
from prosopon.vouch.home import config_folder
from prosopon.vouch.keys.private_files import install, make_private, read_private
from prosopon.vouch.log.note import Signer

LOG_KEY_FILE = "log-signer.pem"
"""The private key, PKCS#8 PEM."""

_DOMAIN = "prosopon.local"


def log_signer(folder: Path | None = None) -> Signer:
    """The key of this installation's log, named `prosopon.local/<8 hex>` after its own digest.

    Any number of processes may call this at once: all of them get the same key. It is never renewed by itself: who
    follows a log knows it by its key.

    Args:
        folder: where it is kept; `log-key` in the `config_folder` unless given.

    Raises:
        ProsoponError: the folder cannot be written, or the file there is damaged.
    """
    folder = _folder() if folder is None else folder
    path = folder / LOG_KEY_FILE
    try:
        if not path.exists():
            make_private(folder)
            install(path, _new_pem(), replace=False)
        return _read(path)
    except OSError as error:
        raise ProsoponError(
            f"the key of the log cannot be kept in {folder}: {error.strerror or error}",
            "make that folder writable or point PROSOPON_HOME to one that is",
        ) from error


def existing_log_signer(folder: Path | None = None) -> Signer | None:
    """As `log_signer`, but None where no key was made yet."""
    folder = _folder() if folder is None else folder
    return log_signer(folder) if (folder / LOG_KEY_FILE).exists() else None


def _folder() -> Path:
    return config_folder() / "log-key"


def _read(path: Path) -> Signer:
    try:
        key = serialization.load_pem_private_key(read_private(path), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ProsoponError(
            f"the key of the log {path} is damaged",
            "put its backup back; with another key the log has to be begun anew",
        )
    public = key.public_key().public_bytes_raw()
    return Signer(f"{_DOMAIN}/{sha256(public).hexdigest()[:8]}", key)


def _new_pem() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
