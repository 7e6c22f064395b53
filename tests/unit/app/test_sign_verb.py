"""`prosopon sign` and `prosopon keys`: their words, their answers, and that nothing secret is ever said."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import small_chains
from local_time_authority import time_authority
from PIL import Image

from prosopon.app.main import main
from prosopon.vouch.keys.certificate import signing_identity
from prosopon.vouch.keys.log_key import log_signer

pytestmark = pytest.mark.usefixtures("photo")


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lies in the working folder."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (60, 80, 3), dtype=np.uint8)).save("photo.jpg")
    return Path("photo.jpg")


class Run:
    """One command line and what came of it."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *words: str) -> None:
        self.code = main([*words])
        self.out, self.err = capsys.readouterr()

    @property
    def json(self) -> dict:
        return json.loads(self.out)


def test_sign_and_verify(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "sign", "photo.jpg", "-o", "signed.jpg", "--json")
    assert run.code == 0
    assert run.json["source_type"] is None
    assert run.json["ingredients"] == [{"title": "photo.jpg", "relationship": "parentOf"}]
    assert run.json["key"] == signing_identity().key_id
    assert run.json["time"] is None
    assert run.json["report"]["integrity"] == "ok"
    assert Run(capsys, "verify", "signed.jpg").code == 0


def test_everything_that_can_be_stated(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("part.jpg", "more.jpg", "guide.jpg"):
        shutil.copy("photo.jpg", name)
        Image.new("RGB", (20, 20), f"#{len(name)}0{len(name)}").save(name)
    words = "sign photo.jpg -o signed.jpg --json --source-type composite --title T --no-training --thumbnail"
    words += " --ingredient part.jpg --ingredient more.jpg --input guide.jpg --action c2pa.cropped"
    run = Run(capsys, *words.split(), "--action", "c2pa.adjustedColor")
    assert run.code == 0, run.err
    assert run.json["title"] == "T"
    assert run.json["source_type"] == "composite"
    assert [one["relationship"] for one in run.json["ingredients"]] == ["componentOf", "componentOf", "inputTo"]


def test_people_are_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "sign", "photo.jpg", "-o", "signed.jpg", "--source-type", "digitalCapture")
    assert "Signed: signed.jpg" in run.out
    assert "Stated origin: digitalCapture" in run.out
    assert "without a time-stamp" in run.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("", 2, "no digital source type"),
        ("--key k.pem", 2, "needs its certificate"),
        ("--signer-command x", 2, "needs its certificate"),
        ("--algorithm es256", 2, "for a key of your own"),
        ("--certificate p256.pem", 2, "needs one key"),
        ("--certificate p256.pem --key p256-key.pem --signer-command x", 2, "needs one key"),
        ("--certificate p256.pem --signer-command /nowhere/signer", 4, "is not there"),
        ("--certificate p256.pem --key absent.pem", 2, "cannot be read"),
        ("--time-authority example.com", 2, "no address"),
        ("--time-authority http://127.0.0.1:9/", 1, "gave no time-stamp"),
    ],
)
def test_what_goes_wrong(capsys: pytest.CaptureFixture[str], words: str, code: int, said: str) -> None:
    small_chains.chain(Path())
    kind = "digitalCapture" if words else "capture"
    run = Run(capsys, "sign", "photo.jpg", "-o", "signed.jpg", "--source-type", kind, *words.split())
    assert run.code == code
    assert said in run.err
    assert run.err.count("\n") == 1, "one line"
    assert not Path("signed.jpg").exists()


def test_synthetic_is_not_signed_as_captured(capsys: pytest.CaptureFixture[str]) -> None:
    Run(capsys, "sign", "photo.jpg", "-o", "made.jpg", "--source-type", "trainedAlgorithmicMedia")
    run = Run(capsys, "sign", "made.jpg", "-o", "signed.jpg", "--source-type", "digitalCapture")
    assert run.code == 2
    assert "made.jpg is synthetic, as its credential says" in run.err


def test_a_program_signs(capsys: pytest.CaptureFixture[str]) -> None:
    small_chains.chain(Path(), "ed25519")
    Path("signer.py").write_text(
        "import sys\n"
        "from cryptography.hazmat.primitives.serialization import load_pem_private_key\n"
        "key = load_pem_private_key(open('ed25519-key.pem', 'rb').read(), None)\n"
        "sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read()))\n"
    )
    command = f"{sys.executable} signer.py --pin 918273"
    words = ["sign", "photo.jpg", "-o", "signed.jpg", "--certificate", "ed25519.pem", "--signer-command", command]
    run = Run(capsys, *words, "--json")
    assert run.code == 0, run.err
    assert run.json["algorithm"] == "ed25519"
    assert "918273" not in run.out + run.err
    assert b"918273" not in Path("signed.jpg").read_bytes()
    assert (
        Run(capsys, "verify", "signed.jpg", "--trust-anchors", "ed25519-root.pem", "--json").json["trust"] == "trusted"
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_a_time_stamp(capsys: pytest.CaptureFixture[str]) -> None:
    with time_authority(Path("authority").absolute()) as authority:
        run = Run(capsys, "sign", "photo.jpg", "-o", "signed.jpg", "--time-authority", authority.address, "--json")
    assert run.code == 0, run.err
    assert run.json["time"].startswith("20")


# Keys.


def test_keys_are_shown_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    log = log_signer()
    run = Run(capsys, "keys", "show", "--json")
    assert run.json["key"] == signing_identity().key_id
    assert run.json["log_key"] == log.verifier.text
    assert run.json["retired"] == run.json["revoked"] == []
    text = Run(capsys, "keys", "show").out
    for said in (run.out, text):
        assert "PRIVATE" not in said
        assert signing_identity().key_id in said


def test_showing_keys_makes_no_key_of_a_log(capsys: pytest.CaptureFixture[str], own_home: Path) -> None:
    assert Run(capsys, "keys", "show", "--json").json["log_key"] is None
    assert not (own_home / "log-key").exists()


def test_the_public_part_lets_others_trust(capsys: pytest.CaptureFixture[str]) -> None:
    Run(capsys, "sign", "photo.jpg", "-o", "signed.jpg")
    assert Run(capsys, "keys", "export", "-o", "me.pem").code == 0
    assert "PRIVATE" not in Path("me.pem").read_text()
    assert Run(capsys, "verify", "signed.jpg", "--trust-anchors", "me.pem", "--json").json["trust"] == "trusted"
    again = Run(capsys, "keys", "export", "-o", "me.pem")
    assert again.code == 2
    assert "exists already" in again.err
    assert Run(capsys, "keys", "export", "-o", "me.pem", "--force").code == 0
    assert Run(capsys, "keys", "export", "-o", "me.jpg").code == 2


def test_renewal(capsys: pytest.CaptureFixture[str]) -> None:
    Run(capsys, "sign", "photo.jpg", "-o", "before.jpg")
    before = signing_identity()
    run = Run(capsys, "keys", "renew", "--json")
    assert run.json["key"] == signing_identity().key_id != before.key_id
    Run(capsys, "sign", "photo.jpg", "-o", "after.jpg")
    Run(capsys, "keys", "export", "-o", "me.pem")
    for name in ("before.jpg", "after.jpg"):
        assert Run(capsys, "verify", name, "--trust-anchors", "me.pem", "--json").json["trust"] == "trusted"
    Run(capsys, "keys", "renew", "--root")
    assert signing_identity().root != before.root


def test_revocation_of_the_one_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    before = signing_identity()
    run = Run(capsys, "keys", "revoke", "current", "--reason", "keyCompromise", "--json")
    assert run.json["renewed"] is True
    assert run.json["key"] == signing_identity().key_id != before.key_id
    shown = Run(capsys, "keys", "show", "--json").json
    assert [one["reason"] for one in shown["revoked"]] == ["keyCompromise"]
    assert shown["retired"][0]["revoked"]["reason"] == "keyCompromise"
    assert shown["signer"]["revoked"] is None
    Run(capsys, "keys", "export", "-o", "me.pem")
    assert "X509 CRL" in Path("me.pem").read_text()


def test_revocation_by_serial_number(capsys: pytest.CaptureFixture[str]) -> None:
    serial = f"{signing_identity().certificate.serial_number:x}"
    Run(capsys, "keys", "renew")
    in_use = signing_identity().key_id
    run = Run(capsys, "keys", "revoke", serial.upper(), "--json")
    assert run.json["revoked"]["serial"] == serial
    assert run.json["renewed"] is False
    assert signing_identity().key_id == in_use
    for word in ("77", "nonsense", ""):
        assert Run(capsys, "keys", "revoke", word).code == 2
