"""Signed notes of C2SP (c2sp.org/signed-note): a text, and below it one line for each key that signed it.

Keys are Ed25519, and written as text: `name+hash+key`. The hash, of name and key together, is what a signature line
begins with, so that lines of unknown keys can be passed over.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from prosopon.core.errors import ProsoponError, UsageError

ED25519, COSIGNATURE = 1, 4
"""Kinds of signatures: of the text itself, and of a witness (c2sp.org/tlog-cosignature)."""
_DASH = "\N{EM DASH} "
LARGEST = 1 << 20
"""Bytes of a note."""
_MOST_SIGNATURES = 100
_HASH_BYTES = 4


@dataclass(frozen=True)
class Verifier:
    """A public key and the name of whose it is.

    Attributes:
        name: no spaces and no plus in it; by custom an address without https://.
        public: the 32 bytes of the key.
        kind: of its signatures.
    """

    name: str
    public: bytes
    kind: int = ED25519

    def __post_init__(self) -> None:
        """Refuse names that a note could not hold."""
        if not self.name or "+" in self.name or any(not one.isprintable() or one.isspace() for one in self.name):
            raise UsageError(f"{self.name!r} cannot be the name of a key", "use one without spaces and +")

    @property
    def key_hash(self) -> bytes:
        """Its 4 bytes in signature lines."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_HASH_BYTES]

    @property
    def text(self) -> str:
        """As it is handed on."""
        return f"{self.name}+{self.key_hash.hex()}+{_encoded(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """The inverse of `text`.

        Raises:
            UsageError: it is no key, or its hash is another one's.
        """
        name, _, rest = text.strip().partition("+")
        told, _, encoded = rest.partition("+")
        try:
            key = _decoded(encoded)
            found = cls(name, key[1:], key[0])
        except (ValueError, IndexError):
            raise UsageError(
                f"{text.strip()[:80]!r} is no key of a log", "it looks like name+01234567+base64"
            ) from None
        if len(found.public) != 32 or found.kind not in (ED25519, COSIGNATURE) or found.key_hash.hex() != told:
            raise UsageError(f"the key of {name} is damaged", "copy it again, whole")
        return found

    def accepts(self, message: bytes, signature: bytes) -> bool:
        """Whether a signature of 64 bytes was made with the private part of this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Signer:
    """A private key and the name of whose it is."""

    name: str
    private: Ed25519PrivateKey
    kind: int = ED25519

    def __repr__(self) -> str:
        """Nothing secret."""
        return f"Signer({self.verifier.text})"

    @property
    def verifier(self) -> Verifier:
        """The public part."""
        return Verifier(self.name, self.private.public_key().public_bytes_raw(), self.kind)

    def line(self, payload: bytes) -> str:
        """A signature line that holds a payload, with its line end."""
        return f"{_DASH}{self.name} {_encoded(self.verifier.key_hash + payload)}\n"

    def signed(self, text: str) -> str:
        """A note with this text, which ends with a line end, and this one signature.

        Raises:
            UsageError: the text cannot be signed.
        """
        _check_text(text)
        return f"{text}\n{self.line(self.private.sign(text.encode()))}"


@dataclass(frozen=True)
class Signature:
    """One line below a note: who is said to have signed, the hash of the key, and what was written."""

    name: str
    key_hash: bytes
    payload: bytes


@dataclass(frozen=True)
class Note:
    """A note that was read, and of which nothing has been checked yet."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, raw: bytes) -> Note:
        """Read a note.

        Raises:
            ProsoponError: it is none.
        """
        if len(raw) > LARGEST:
            raise ProsoponError("this is no signed note: it is larger than 1 MiB", "give a checkpoint of a log")
        try:
            whole = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise _no_note("it is no text") from None
        text, blank, below = whole.rpartition("\n\n")
        text += "\n"
        if not blank or not below.endswith("\n"):
            raise _no_note("there is no signature below it")
        if any(not (one.isprintable() or one == "\n") for one in whole):
            raise _no_note("it holds characters that steer terminals")
        lines = below.splitlines()
        if len(lines) > _MOST_SIGNATURES:
            raise _no_note(f"it has {len(lines)} signatures")
        return cls(text, tuple(_signature(line) for line in lines))

    def payloads(self, verifier: Verifier) -> list[bytes]:
        """What lines that name this key hold; nothing of it is checked."""
        return [
            one.payload for one in self.signatures if (one.name, one.key_hash) == (verifier.name, verifier.key_hash)
        ]  # fmt: skip

    def is_signed_by(self, verifier: Verifier) -> bool:
        """Whether the text was signed with this key; every line that names it must hold."""
        found = self.payloads(verifier)
        return bool(found) and all(verifier.accepts(self.text.encode(), one) for one in found)

    def with_lines(self, lines: Sequence[str]) -> str:
        """As `joined`, but of those that name a key whose line is there already, the new one takes its place.

        Raises:
            ProsoponError: what was given is no signature line.
        """
        new = Note.parse(f"{self.text}\n{''.join(lines)}".encode()).signatures
        keys = {(one.name, one.key_hash) for one in new}
        kept = tuple(one for one in self.signatures if (one.name, one.key_hash) not in keys)
        return Note(self.text, kept).joined(lines)

    def joined(self, lines: Sequence[str]) -> str:
        """The note as text with further signature lines."""
        own = (f"{_DASH}{one.name} {_encoded(one.key_hash + one.payload)}\n" for one in self.signatures)
        return "".join((self.text, "\n", *own, *lines))


def _signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        held = _decoded(encoded)
    except ValueError:
        held = b""
    if not line.startswith(_DASH) or not name or not space or len(held) <= _HASH_BYTES:
        raise _no_note("a line below it is no signature")
    return Signature(name, held[:_HASH_BYTES], held[_HASH_BYTES:])


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(not (one.isprintable() or one == "\n") for one in text):
        raise UsageError("this text cannot be signed", "it must end with a line end and hold no control characters")


def _no_note(why: str) -> ProsoponError:
    return ProsoponError(f"this is no signed note: {why}", "give a checkpoint of a log")


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
