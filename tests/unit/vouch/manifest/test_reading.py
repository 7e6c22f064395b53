"""What is read of every kind of file, and what is asked over the network: nothing without consent, nobody unnamed."""

from __future__ import annotations

import io
import shutil
import socket
import subprocess
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from signed_anew import green, signed
from small_server import serving

from prosopon.vouch.keys.certificate import signing_identity
from prosopon.vouch.manifest.reading import host_of
from prosopon.vouch.manifest.report import Answer
from prosopon.vouch.manifest.trust import Trust
from prosopon.vouch.manifest.verify import Manner, verify

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n"
    b"0000000054 00000 n \n0000000105 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n165\n%%EOF\n"
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


def _wav() -> bytes:
    encoded = io.BytesIO()
    with wave.open(encoded, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(8000))
    return encoded.getvalue()


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("a.png", "image/png", green()),
        ("a.tiff", "image/tiff", green("TIFF")),
        ("a.gif", "image/gif", green("GIF")),
        ("a.pdf", "application/pdf", PDF),
        ("a.svg", "image/svg+xml", SVG),
        ("a.wav", "audio/wav", _wav()),
    ],
)
def test_every_kind_that_can_hold_one(tmp_path: Path, name: str, kind: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    before = verify(path)
    assert (before.integrity, before.problem) == (Answer.NONE, None)
    signed(content, kind, path)
    report = verify(path)
    assert (report.integrity, report.signature, report.credential) == (Answer.OK, Answer.VALID, "embedded")
    assert report.synthetic is False
    assert report.history is not None
    assert report.history.title == "t"
    damaged = bytearray(path.read_bytes())
    at = damaged.index(content[-24:-16])
    damaged[at] ^= 1
    path.write_bytes(damaged)
    assert verify(path).is_bad


def test_the_signers_certificate_is_told(tmp_path: Path) -> None:
    signed(green(), "image/png", tmp_path / "a.png")
    leaf = x509.load_pem_x509_certificates(signing_identity().chain)[0]
    found = verify(tmp_path / "a.png").certificate
    assert found is not None
    assert found.sha256 == leaf.fingerprint(hashes.SHA256()).hex()
    assert (found.serial, found.not_after) == (f"{leaf.serial_number:x}", leaf.not_valid_after_utc)
    assert found.subject.startswith("Prosopon development signer / ")
    assert not found.has_expired


def test_a_credential_kept_elsewhere(tmp_path: Path) -> None:
    kept: dict[str, bytes] = {}
    with serving(lambda path, _: (200 if path in kept else 404, {}, kept.get(path, b""))) as (address, asked):
        path, remote = tmp_path / "a.jpg", f"{address}/one"
        kept["/one"] = signed(green("JPEG"), "image/jpeg", path, remote=remote)

        offline = verify(path)
        assert (offline.integrity, offline.credential, offline.remote) == (Answer.NONE, None, remote)
        assert (offline.fetched, asked) == ((), [])

        announced: list[str] = []

        def announce(address: str) -> None:
            assert asked == [], "it is named before it is asked"
            announced.append(address)

        online = verify(path, manner=Manner(online=True, announce=announce))
        assert announced == [remote]
        assert asked == ["/one"]
        assert (online.integrity, online.signature, online.trust) == (Answer.OK, Answer.VALID, Answer.UNTRUSTED)
        assert (online.credential, online.remote, online.fetched) == ("remote", remote, (remote,))

        path.write_bytes(path.read_bytes()[:-9] + b"123456789")
        assert verify(path, manner=Manner(online=True)).integrity is Answer.BROKEN

        kept["/one"] = b"what is this?"
        junk = verify(path, manner=Manner(online=True))
        assert (junk.integrity, junk.credential) == (Answer.NONE, None)
        assert "could not be fetched, or what came is none" in junk.notes[0]
        kept.clear()
        missing = verify(path, manner=Manner(online=True))
        assert missing.integrity is Answer.NONE
        assert "404" in missing.notes[0]
        assert "\n" not in missing.notes[0]


def test_nobody_else_is_asked_than_was_named(tmp_path: Path) -> None:
    """A redirection could lead anywhere, into the user's own network for one."""
    with (
        serving(lambda *_: (200, {}, b"")) as (elsewhere, asked_elsewhere),
        serving(lambda *_: (302, {"location": f"{elsewhere}/inside"}, b"")) as (address, asked),
    ):
        signed(green("JPEG"), "image/jpeg", tmp_path / "a.jpg", remote=f"{address}/one")
        report = verify(tmp_path / "a.jpg", manner=Manner(online=True))
        assert report.integrity is Answer.NONE
        assert len(report.notes) == 1
        assert (asked, asked_elsewhere) == (["/one"], [])


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    signed(green("JPEG"), "image/jpeg", tmp_path / "a.jpg", remote="http://127.0.0.1:1/one")
    (note,) = verify(tmp_path / "a.jpg", manner=Manner(online=True)).notes
    assert note.startswith("The credential could not be fetched")


def test_online_asks_nobody_without_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    signed(green(), "image/png", tmp_path / "a.png")
    monkeypatch.setattr(socket, "socket", refuse)
    report = verify(tmp_path / "a.png", manner=Manner(online=True, announce=lambda _: refuse()))
    assert report.integrity is Answer.OK
    assert report.fetched == ()


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://a.org/x?y", "https://a.org"),
        ("http://a.org:81/x", "http://a.org:81"),
        ("HTTP://A.org/", "http://a.org"),
        ("file:///etc/passwd", None),
        ("ftp://a.org/x", None),
        ("http://user:word@a.org/x", None),
        ("http://a.org:99999/x", None),
        ("http://[bad/x", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_what_can_be_asked(address: str, host: str | None) -> None:
    assert host_of(address) == host


_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
STAMP = {"content-type": "application/timestamp-reply"}
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to stamp the time")


@pytest.mark.parametrize("status", [ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED])
def test_the_authority_is_asked_whether_a_certificate_was_revoked(tmp_path: Path, status: ocsp.OCSPCertStatus) -> None:
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    root = _certificate("root", keys[0], keys[0], is_root=True)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
    responder = _certificate("responder", keys[2], keys[0], usage, x509.OCSPNoCheck())
    now, revoked_at = datetime.now(UTC), datetime.now(UTC) - timedelta(hours=1)

    def answer(*_: object) -> tuple[int, dict[str, str], bytes]:
        response = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=leaf,
                issuer=root,
                algorithm=hashes.SHA1(),  # noqa: S303 - the only one that every responder takes (RFC 6960)
                cert_status=status,
                this_update=now,
                next_update=now + timedelta(days=1),
                revocation_time=revoked_at if status is ocsp.OCSPCertStatus.REVOKED else None,
                revocation_reason=None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, responder)
            .certificates([responder, root])
            .sign(keys[2], hashes.SHA256())
        )
        return 200, {"content-type": "application/ocsp-response"}, response.public_bytes(serialization.Encoding.DER)

    with serving(answer) as (address, asked):
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(address))
        mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        leaf = _certificate("leaf", keys[1], keys[0], mail, x509.AuthorityInformationAccess([access]))
        chain = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (leaf, root))
        path = tmp_path / "a.png"
        signed(green(), "image/png", path, identity=(chain, _key_pem(keys[1])))
        (tmp_path / "roots.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
        trust = Trust.read([tmp_path / "roots.pem"])

        offline = verify(path, manner=Manner(trust=trust))
        assert (offline.trust, offline.revocation.authority, asked) == (Answer.TRUSTED, False, [])
        announced: list[str] = []
        online = verify(path, manner=Manner(trust=trust, online=True, announce=announced.append))
        assert announced == [address]
        assert len(asked) == 1
    assert online.fetched == (address,)
    assert online.revocation.authority
    assert online.revocation.is_revoked is (status is ocsp.OCSPCertStatus.REVOKED)
    assert (online.trust is Answer.TRUSTED) is (status is ocsp.OCSPCertStatus.GOOD)
    gone = verify(path, manner=Manner(trust=trust, online=True))
    assert (gone.revocation.is_revoked, gone.revocation.authority) == (None, False)
    assert "gave no answer" in gone.revocation.words


@needs_openssl
def test_a_time_stamp_is_only_as_good_as_the_list(tmp_path: Path) -> None:
    authority = _authority(tmp_path)
    with serving(lambda _, question: (200, STAMP, _stamp(authority, question))) as (address, asked):
        signed(green(), "image/png", tmp_path / "a.png", stamped_by=address)
        assert len(asked) == 1
    report = verify(tmp_path / "a.png")
    assert report.signature is Answer.VALID
    assert report.time_stamp is not None
    assert report.time_stamp.authority == "stamper / time"
    assert not report.time_stamp.is_trusted
    assert "timeStamp.untrusted" in report.statuses.informational
    assert any("the time is only claimed" in note for note in report.notes)

    own = tmp_path / "own.pem"
    own.write_bytes(signing_identity().root)
    trust = Trust.read([own], time_stamps=[authority / "root.pem"])
    vouched = verify(tmp_path / "a.png", manner=Manner(trust=trust))
    assert vouched.time_stamp is not None
    assert vouched.time_stamp.vouched_by == "root.pem"
    assert vouched.trust is Answer.TRUSTED
    assert vouched.as_json()["time_stamp"]["trusted"] is True
    assert vouched.notes == ()

    wrong_purpose = verify(tmp_path / "a.png", manner=Manner(trust=Trust.read([own, authority / "root.pem"])))
    assert wrong_purpose.time_stamp is not None
    assert not wrong_purpose.time_stamp.is_trusted, "a list of signers does not vouch for times"


def _authority(folder: Path) -> Path:
    """A time-stamping authority in a folder of its own."""
    folder = folder / "authority"
    folder.mkdir()
    keys = [rsa.generate_private_key(65537, 2048) for _ in range(2)]
    root = _certificate("root", keys[0], keys[0], is_root=True)
    leaf = _certificate("stamper", keys[1], keys[0], x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]))
    pem = serialization.Encoding.PEM
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(pem))
    (folder / "key.pem").write_bytes(_key_pem(keys[1]))
    (folder / "settings").write_text(
        "[tsa]\ndefault_tsa = one\n[one]\ncrypto_device = builtin\ndefault_policy = 1.2.3.4.1\nsigner_digest = sha256\n"
        "digests = sha256, sha384, sha512\naccuracy = secs:1\nordering = no\ntsa_name = no\ness_cert_id_chain = no\n"
        f"ess_cert_id_alg = sha256\nserial = {folder}/serial\nsigner_cert = {folder}/leaf.pem\n"
        f"certs = {folder}/root.pem\nsigner_key = {folder}/key.pem\n"
    )
    return folder


def _certificate(
    name: str, key: _Key, issuer: _Key, *extensions: x509.ExtensionType, is_root: bool = False
) -> x509.Certificate:
    now = datetime.now(UTC)
    unused = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    usage = dict.fromkeys((*unused, "encipher_only", "decipher_only"), False)
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name("root"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, **usage),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False)
    )
    for extension in extensions:
        stamping = isinstance(extension, x509.ExtendedKeyUsage) and ExtendedKeyUsageOID.TIME_STAMPING in extension
        made = made.add_extension(extension, critical=stamping)
    return made.sign(issuer, hashes.SHA256())


def _key_pem(key: _Key) -> bytes:
    pem = serialization.Encoding.PEM
    return key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _name(name: str) -> x509.Name:
    parts = ((NameOID.ORGANIZATION_NAME, "time"), (NameOID.COMMON_NAME, name))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _stamp(authority: Path, question: bytes) -> bytes:
    (authority / "question").write_bytes(question)
    command = [
        "openssl",
        "ts",
        "-reply",
        "-config",
        str(authority / "settings"),
        "-queryfile",
        str(authority / "question"),
    ]
    return subprocess.run(command, capture_output=True, check=True).stdout
