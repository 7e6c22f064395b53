"""Who signs: own keys, keys in files, other programs; every algorithm, and everything that can be wrong with them."""

from __future__ import annotations

import shutil
import stat
import sys
from pathlib import Path

import pytest
import small_chains
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from prosopon.core.errors import MissingError, ProsoponError, UsageError
from prosopon.vouch.keys.algorithm import Algorithm, algorithms_of, as_raw, signature
from prosopon.vouch.keys.certificate import signing_identity
from prosopon.vouch.keys.command import Command
from prosopon.vouch.keys.sealer import Sealer, sealer_from_command, sealer_from_files

KINDS = {
    "p256": (Algorithm.ES256, 64),
    "p384": (Algorithm.ES384, 96),
    "p521": (Algorithm.ES512, 132),
    "rsa": (Algorithm.PS256, 256),
    "ed25519": (Algorithm.ED25519, 64),
}
MESSAGE = b"the bytes of a Sig_structure"

SIGNING = """
import sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
key = serialization.load_pem_private_key(open(sys.argv[1], "rb").read(), None)
sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read(), ec.ECDSA(hashes.SHA256())))
"""


def _program(folder: Path, code: str) -> str:
    path = folder / "signs it.py"
    path.write_text(code, encoding="utf-8")
    return f"{sys.executable} '{path}'"


@pytest.mark.parametrize("kind", KINDS)
def test_keys_in_files(tmp_path: Path, kind: str) -> None:
    made = small_chains.chain(tmp_path, kind)
    algorithm, size = KINDS[kind]
    sealer = sealer_from_files(made.certificate, made.key)
    assert sealer.algorithm is algorithm
    raw = sealer.raw_signature(MESSAGE)
    assert len(raw) == size
    public = sealer.certificate.public_key()
    assert as_raw(public, algorithm, MESSAGE, raw) == raw
    assert as_raw(public, algorithm, MESSAGE + b".", raw) is None
    assert as_raw(public, algorithm, MESSAGE, raw[:-1]) is None
    assert as_raw(public, algorithm, MESSAGE, b"") is None


@pytest.mark.parametrize("algorithm", [Algorithm.PS256, Algorithm.PS384, Algorithm.PS512])
def test_rsa_can_be_used_with_longer_digests(tmp_path: Path, algorithm: Algorithm) -> None:
    made = small_chains.chain(tmp_path, "rsa")
    sealer = sealer_from_files(made.certificate, made.key, algorithm)
    assert sealer.algorithm is algorithm
    assert len(sealer.raw_signature(MESSAGE)) == 256


def test_signatures_on_curves_in_both_forms() -> None:
    """Many, since numbers with leading zeros are where the forms differ in length."""
    key = ec.generate_private_key(ec.SECP256R1())
    for number in range(300):
        message = str(number).encode()
        der = signature(key, Algorithm.ES256, message)
        raw = as_raw(key.public_key(), Algorithm.ES256, message, der)
        assert raw is not None
        assert len(raw) == 64
        assert decode_dss_signature(der) == (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        assert as_raw(key.public_key(), Algorithm.ES256, message, raw) == raw


def test_the_own_certificate() -> None:
    identity = signing_identity()
    sealer = Sealer.of(identity)
    assert sealer.key_id == identity.key_id
    assert len(sealer.raw_signature(MESSAGE)) == 64
    assert "lambda" not in repr(sealer)


def test_keys_that_the_standard_does_not_allow(tmp_path: Path) -> None:
    made = small_chains.chain(tmp_path, "k256")
    with pytest.raises(UsageError, match="does not allow"):
        sealer_from_files(made.certificate, made.key)
    assert algorithms_of(rsa.generate_private_key(65537, 1024).public_key()) == ()  # noqa: S505 - refused
    assert algorithms_of("no key") == ()


def test_an_algorithm_that_the_key_cannot_make(tmp_path: Path) -> None:
    made = small_chains.chain(tmp_path, "p256")
    with pytest.raises(UsageError, match="cannot make es384") as caught:
        sealer_from_files(made.certificate, made.key, Algorithm.ES384)
    assert "es256" in caught.value.hint


def test_the_key_of_another_certificate(tmp_path: Path) -> None:
    one, other = small_chains.chain(tmp_path / "one"), small_chains.chain(tmp_path / "other")
    with pytest.raises(UsageError, match="does not belong"):
        sealer_from_files(one.certificate, other.key)


@pytest.mark.parametrize(("days", "word"), [((-10, -1), "any more"), ((1, 10), "before")])
def test_certificates_that_are_not_valid_now(tmp_path: Path, days: tuple[float, float], word: str) -> None:
    made = small_chains.chain(tmp_path, days=days)
    with pytest.raises(ProsoponError, match=word):
        sealer_from_files(made.certificate, made.key)


def test_files_that_are_none(tmp_path: Path) -> None:
    made = small_chains.chain(tmp_path)
    empty = tmp_path / "empty.pem"
    empty.write_bytes(b"")
    for certificate, key, word in (
        (tmp_path / "absent.pem", made.key, "cannot be read"),
        (tmp_path, made.key, "cannot be read"),
        (empty, made.key, "no certificates"),
        (made.key, made.key, "no certificates"),
        (made.certificate, tmp_path / "absent.pem", "cannot be read"),
        (made.certificate, empty, "no private key"),
        (made.certificate, made.certificate, "no private key"),
    ):
        with pytest.raises(UsageError, match=word) as caught:
            sealer_from_files(certificate, key)
        assert "BEGIN" not in str(caught.value)


def test_an_encrypted_key(tmp_path: Path) -> None:
    made = small_chains.chain(tmp_path)
    key = serialization.load_pem_private_key(made.key.read_bytes(), None)
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(UsageError, match="encrypted"):
        sealer_from_files(made.certificate, made.key)


def test_certificates_that_are_no_chain(tmp_path: Path) -> None:
    one, other = small_chains.chain(tmp_path / "one"), small_chains.chain(tmp_path / "other")
    mixed = tmp_path / "mixed.pem"
    mixed.write_bytes(one.certificate.read_bytes() + other.root.read_bytes())
    with pytest.raises(UsageError, match="no chain"):
        sealer_from_files(mixed, one.key)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ftp://example.com",
        "http://",
        "example.com",
        "http://a b",
        "http://[",
        "http://\u00e4.example",
        "http://x:0/",
    ],
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(UsageError, match="no address"):
        Sealer.of(signing_identity(), address)


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(UsageError, match="password") as caught:
        Sealer.of(signing_identity(), "http://me:hunter2@example.com/")
    assert "hunter2" not in str(caught.value)


def test_another_program_signs(tmp_path: Path) -> None:
    made = small_chains.chain(tmp_path)
    sealer = sealer_from_command(f"{_program(tmp_path, SIGNING)} {made.key}", made.certificate)
    assert len(sealer.raw_signature(MESSAGE)) == 64


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("p256", "openssl dgst -sha256 -sign {key}"),
        ("p384", "openssl dgst -sha384 -sign {key}"),
        ("p521", "openssl dgst -sha512 -sign {key}"),
        ("rsa", "openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 -sign {key}"),
    ],
)
def test_openssl_signs(tmp_path: Path, kind: str, command: str) -> None:
    made = small_chains.chain(tmp_path, kind)
    sealer = sealer_from_command(command.format(key=made.key), made.certificate)
    assert len(sealer.raw_signature(MESSAGE)) == KINDS[kind][1]


def test_a_program_with_the_key_of_another_certificate(tmp_path: Path) -> None:
    one, other = small_chains.chain(tmp_path / "one"), small_chains.chain(tmp_path / "other")
    sealer = sealer_from_command(f"{_program(tmp_path, SIGNING)} {other.key}", one.certificate)
    with pytest.raises(ProsoponError, match="does not fit the certificate"):
        sealer.raw_signature(MESSAGE)


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("", "answered nothing"),
        ("import sys; sys.exit(3)", "exit code 3"),
        ("import sys; sys.exit('the card is not there')", "the card is not there"),
        ("print('x' * 100_000)", "far too much"),
        ("import time; time.sleep(60)", "took longer"),
        ("import os; os.kill(os.getpid(), 9)", "exit code -9"),
    ],
)
def test_programs_that_fail(tmp_path: Path, code: str, word: str) -> None:
    command = Command.parse(_program(tmp_path, code), patience_s=1.5)
    with pytest.raises(ProsoponError, match=word):
        command(MESSAGE)


def test_a_program_that_does_not_read_what_it_gets(tmp_path: Path) -> None:
    assert Command.parse(_program(tmp_path, "print('done')"))(b"x" * 900_000) == b"done\n"


def test_programs_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="is not there"):
        Command.parse("/nowhere/signer --pin 1234")(MESSAGE)
    plain = tmp_path / "plain.txt"
    plain.write_text("no program")
    plain.chmod(stat.S_IRUSR)
    with pytest.raises(ProsoponError, match="cannot be run"):
        Command.parse(str(plain))(MESSAGE)


@pytest.mark.parametrize("line", ["", "   ", "sign 'it"])
def test_command_lines_that_are_none(line: str) -> None:
    with pytest.raises(UsageError):
        Command.parse(line)


def test_no_shell_looks_at_the_command(tmp_path: Path) -> None:
    program = _program(tmp_path, "import sys; print(sys.argv[1:])")
    answer = Command.parse(f"{program} $HOME '*' '; echo no'")(MESSAGE)
    assert answer.decode().strip() == "['$HOME', '*', '; echo no']"


def test_a_pin_is_not_repeated(tmp_path: Path) -> None:
    code = "import sys; sys.exit('no login with ' + ' '.join(sys.argv[1:]))"
    command = Command.parse(f"{_program(tmp_path, code)} --pin 918273 --token=s3cr3t env:hidden")
    with pytest.raises(ProsoponError, match="no login with") as caught:
        command(MESSAGE)
    for secret in ("918273", "s3cr3t", "hidden"):
        assert secret not in str(caught.value)
        assert secret not in repr(command)
    assert caught.value.__cause__ is None
