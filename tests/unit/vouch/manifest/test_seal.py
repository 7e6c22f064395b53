"""Sealing by other keys and means, with time-stamps, thumbnails and watermarks: what a reader says of it."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import c2pa
import numpy as np
import pytest
import small_chains
from cryptography.x509.oid import ExtendedKeyUsageOID
from local_time_authority import time_authority
from PIL import Image

from prosopon.core.errors import ProsoponError
from prosopon.core.history import SourceType, Step
from prosopon.vouch.keys.algorithm import Algorithm
from prosopon.vouch.keys.certificate import signing_identity
from prosopon.vouch.keys.sealer import Sealer, sealer_from_command, sealer_from_files
from prosopon.vouch.manifest.claim_thumbnail import claim_thumbnail
from prosopon.vouch.manifest.definition import TRAINING_ASSERTION, WATERMARK_ASSERTION, Manifest
from prosopon.vouch.manifest.seal import seal
from prosopon.vouch.manifest.settings import context

STEP = Step("studio.render", {"people": 1}, source_type=SourceType.ALGORITHMIC)
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "unsealed.jpg"
    Image.fromarray(np.random.default_rng(2).integers(0, 255, (90, 120, 3), dtype=np.uint8)).save(path)
    return path


def _manifest(**options: Any) -> Manifest:
    return Manifest.of((STEP,), "out.jpg", **options)


def _read(path: Path, anchors: str | None = None) -> tuple[str, set[str], dict[str, Any]]:
    """State, codes, active manifest."""
    with context(anchors) as settings, path.open("rb") as file, c2pa.Reader(None, file, None, settings) as reader:
        store = json.loads(reader.json())
    results = store["validation_results"]["activeManifest"]
    codes = {status["code"] for kind in results.values() for status in kind}
    return store["validation_state"], codes, store["manifests"][store["active_manifest"]]


@pytest.mark.parametrize(
    ("kind", "algorithm", "told"),
    [
        ("p256", Algorithm.ES256, "Es256"),
        ("p384", Algorithm.ES384, "Es384"),
        ("p521", Algorithm.ES512, "Es512"),
        ("rsa", Algorithm.PS256, "Ps256"),
        ("rsa", Algorithm.PS384, "Ps384"),
        ("rsa", Algorithm.PS512, "Ps512"),
        ("ed25519", Algorithm.ED25519, "Ed25519"),
    ],
)
def test_every_algorithm(tmp_path: Path, picture: Path, kind: str, algorithm: Algorithm, told: str) -> None:
    made = small_chains.chain(tmp_path / "keys", kind)
    sealed = tmp_path / "out.jpg"
    seal(picture, sealed, _manifest(), sealer_from_files(made.certificate, made.key, algorithm))
    state, codes, manifest = _read(sealed, made.root.read_text())
    assert state == "Trusted"
    assert {"claimSignature.validated", "signingCredential.trusted", "assertion.dataHash.match"} <= codes
    assert manifest["signature_info"]["alg"] == told
    assert _read(sealed)[0] == "Valid", "untrusted without its root"


def test_the_store_that_comes_back_is_the_one_in_the_file(tmp_path: Path, picture: Path) -> None:
    store = seal(picture, tmp_path / "out.jpg", _manifest(), signing_identity())
    label = _read(tmp_path / "out.jpg")[2]["label"]
    with c2pa.Reader("application/c2pa", io.BytesIO(store)) as reader:
        assert json.loads(reader.json())["active_manifest"] == label
    beside = seal(picture, tmp_path / "out.c2pa", _manifest(), signing_identity(), embed=False)
    assert (tmp_path / "out.c2pa").read_bytes() == beside


@needs_openssl
def test_a_time_stamp(tmp_path: Path, picture: Path) -> None:
    sealed = tmp_path / "out.jpg"
    identity = signing_identity()
    with time_authority(tmp_path / "authority") as authority:
        seal(picture, sealed, _manifest(), Sealer.of(identity, authority.address))
    assert len(authority.asked) == 1
    state, codes, manifest = _read(sealed)
    assert state == "Valid"
    assert {"timeStamp.validated", "timeStamp.untrusted", "claimSignature.validated"} <= codes
    assert manifest["signature_info"]["time"].startswith("20")
    state, codes, _ = _read(sealed, identity.root.decode() + authority.root.read_text())
    assert state == "Trusted"
    assert "timeStamp.trusted" in codes


@needs_openssl
@pytest.mark.parametrize(("answer", "word"), [("error", "HTTP status 500"), ("junk", "no time-stamp")])
def test_an_authority_that_fails(tmp_path: Path, picture: Path, answer: str, word: str) -> None:
    with time_authority(tmp_path / "authority", answer) as authority:
        sealer = Sealer.of(signing_identity(), authority.address)
        with pytest.raises(ProsoponError, match=word) as caught:
            seal(picture, tmp_path / "out.jpg", _manifest(), sealer)
    assert "127.0.0.1" in caught.value.what
    assert "/stamp" not in str(caught.value)


def test_an_authority_that_is_not_there(tmp_path: Path, picture: Path) -> None:
    sealer = Sealer.of(signing_identity(), "http://127.0.0.1:9/")
    with pytest.raises(ProsoponError, match=r"127\.0\.0\.1 gave no time-stamp: it cannot be reached"):
        seal(picture, tmp_path / "out.jpg", _manifest(), sealer)


def test_nobody_is_asked_for_the_time_by_itself(tmp_path: Path, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    seal(picture, tmp_path / "out.jpg", _manifest(), signing_identity())
    assert "time" not in _read(tmp_path / "out.jpg")[2]["signature_info"]


def test_another_program_signs_once(tmp_path: Path, picture: Path) -> None:
    made = small_chains.chain(tmp_path / "keys", "ed25519")
    program = tmp_path / "signer.py"
    program.write_text(
        "import sys\n"
        "from cryptography.hazmat.primitives.serialization import load_pem_private_key\n"
        "open(sys.argv[2], 'a').write('x')\n"
        "key = load_pem_private_key(open(sys.argv[1], 'rb').read(), None)\n"
        "sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read()))\n"
    )
    sealer = sealer_from_command(f"{sys.executable} {program} {made.key} {tmp_path / 'count'}", made.certificate)
    seal(picture, tmp_path / "out.jpg", _manifest(), sealer)
    assert _read(tmp_path / "out.jpg", made.root.read_text())[0] == "Trusted"
    assert (tmp_path / "count").read_text() == "x"


def test_what_a_program_fails_with_is_told(tmp_path: Path, picture: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = small_chains.chain(tmp_path / "keys")
    sealer = sealer_from_command(f"{sys.executable} -c 'import sys; sys.exit(\"no card\")'", made.certificate)
    with pytest.raises(ProsoponError, match="no card"):
        seal(picture, tmp_path / "out.jpg", _manifest(), sealer)
    assert caplog.text == ""


def test_ctrl_c_while_a_program_signs(tmp_path: Path, picture: Path) -> None:
    def stop(_: bytes) -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seal(picture, tmp_path / "out.jpg", _manifest(), Sealer(signing_identity().chain, Algorithm.ES256, stop))


def test_a_certificate_that_is_not_for_signing(tmp_path: Path, picture: Path) -> None:
    made = small_chains.chain(tmp_path / "keys", use=ExtendedKeyUsageOID.SERVER_AUTH)
    with pytest.raises(ProsoponError, match="cannot be signed"):
        seal(picture, tmp_path / "out.jpg", _manifest(), sealer_from_files(made.certificate, made.key))


def test_a_thumbnail(tmp_path: Path, picture: Path) -> None:
    frame = np.random.default_rng(3).integers(0, 255, (600, 900, 3), dtype=np.uint8)
    seal(picture, tmp_path / "out.jpg", _manifest(thumbnail=claim_thumbnail(frame)), signing_identity())
    _, codes, manifest = _read(tmp_path / "out.jpg")
    assert manifest["thumbnail"]["format"] == "image/jpeg"
    assert "assertion.hashedURI.match" in codes
    with c2pa.Reader(str(tmp_path / "out.jpg")) as reader:
        held = io.BytesIO()
        reader.resource_to_stream(manifest["thumbnail"]["identifier"], held)
    with Image.open(held) as found:
        assert (found.format, found.size) == ("JPEG", (512, 341))


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (40, 50)])
def test_thumbnails_of_odd_pictures(size: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(claim_thumbnail(np.zeros((*size, 3), np.uint8)))) as found:
        assert max(found.size) == min(512, max(size))
        assert min(found.size) >= 1


def test_a_watermark_and_the_wish_not_to_be_learnt_from(tmp_path: Path, picture: Path) -> None:
    mark = Step("vouch.watermark", {"payload": "0123456789abcdef", "kind": 3})
    manifest = Manifest.of((STEP, mark), "out.jpg", no_training=True)
    seal(picture, tmp_path / "out.jpg", manifest, signing_identity())
    state, _, found = _read(tmp_path / "out.jpg")
    assert state == "Valid"
    told = {one["label"]: one for one in found["assertions"]}
    assert [one["action"] for one in told["c2pa.actions.v2"]["data"]["actions"]] == [
        "c2pa.created",
        "c2pa.watermarked.unbound",
    ]
    assert told[WATERMARK_ASSERTION]["data"] == {
        "alg": "com.prosopon.stdm.1",
        "payload": "0123456789abcdef",
        "kind": 3,
    }
    assert told[TRAINING_ASSERTION]["data"] == {
        "entries": {
            "cawg.ai_generative_training": {"use": "notAllowed"},
            "cawg.ai_inference": {"use": "notAllowed"},
            "cawg.ai_training": {"use": "notAllowed"},
            "cawg.data_mining": {"use": "notAllowed"},
        }
    }
    assert all(told[label]["created"] for label in (WATERMARK_ASSERTION, TRAINING_ASSERTION, "com.prosopon.run"))
