"""Logs of other implementations, recorded from public sources: what they signed is accepted, and nothing else.

- The log of Tessera's test data (github.com/transparency-dev/tessera, `testdata/build_log.sh`, Apache-2.0; recorded in
  github.com/mhutchinson/merkle): entries, published test key, checkpoints. Ours comes to the same bytes.
- An entry of Sigstore's public log Rekor v2 with its proof (github.com/sigstore/sigstore-js, Apache-2.0).
- Checkpoints of the Go checksum database, sum.golang.org.
- A checkpoint of a public Certificate Transparency log with a cosignature of a public witness.
"""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prosopon.core.errors import ProsoponError
from prosopon.vouch.log.auditing import audit
from prosopon.vouch.log.checkpoint import opened, witnesses
from prosopon.vouch.log.merkle import extends, leaf_hash
from prosopon.vouch.log.note import Note, Signer, Verifier
from prosopon.vouch.log.proof import Proof, ProofFails
from prosopon.vouch.log.reading import Log
from prosopon.vouch.log.tiles import packed
from prosopon.vouch.log.writing import LogWriter

TESSERA_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
TESSERA_SEED = "AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg"
TESSERA_ENTRIES = (
    b"one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()
)  # fmt: skip
TESSERA_CHECKPOINTS = {
    8: """example.com/log/testdata
8
vhkRqagHUb0/LAW2ZljDefc26fRE2M3RH7D7LuDmNN0=

— example.com/log/testdata M9e0lpc0lkPmIA2gzLvfXWinz00GGKrQRO8hxu6maAUTyTMJs6+925ir53vPUVDUrqroJ4bGXG0YMeJy9tC6ASkoTQ8=
""",
    9: """example.com/log/testdata
9
8HQCmYKw3Oc37Jcl5tEw4qlAxacqyBklU+xIWIsUN5s=

— example.com/log/testdata M9e0lpoQJNHwk5wKABX02dgva8oOowxWHpAQJLbsX/+okywwgssPbuu8Yn/msB9H1Ep/TZrMzMtdJ0zjmPZCeeZ3Kwo=
""",
    15: """example.com/log/testdata
15
ztShEESP/U2eoPuUaLyhTgOgfhRUShjIrcnotnqv6h0=

— example.com/log/testdata M9e0llwvabgYByGfcSW7R3qiUiOvdTgW2PGQWEAvDsOegOAsW38t3NOJQ8+2tXSyzylNMExtqemkDfZ+4BoB+oEMWwg=
""",
}
REKOR_KEY = "log2025-1.rekor.sigstore.dev+cf119915+AbfK5adZJxsI323FwGD2AJJ9F4i89cfDuLdGJBIYntuO"
REKOR_CHECKPOINT = """log2025-1.rekor.sigstore.dev
412115
+8vUkEgBK/ansexBUomzocaWoPEmPIzxJC/y+xNMQN4=

— log2025-1.rekor.sigstore.dev zxGZFahCZ/+MqTjH4rC5MWcdLDWbpetE5l30RZfQc4BQkRjWSoKipEUPjvHENeZDHIlAsuezJcLzUVvItpNjaSRoMAs=
"""  # noqa: E501
REKOR_INDEX = 412114
REKOR_PATH = """KIoYVJ0TqmaEkFboP7YWTjSh8vFjVECmokcTOAByfIM=
Umf0h0cK2hegTzNnSgsXszyiA4bp5OvEvP+GrWq3C8w=
vNQeSNBfepYZI2Ez3ViKdCft0JH87ZS8IGKwixxUVjc=
JBAugd5awOqmHXIKgz1MOjlR5f37VqmP0bWoRVcHX5M=
xYH2mAxGxfOgvSOLnItT2LsJt+Z2a2egjf8QJFwK7jA=
PbZWM3NitzChx9A22m/kddDtzh2bAKX5Fy7j76l3z2k=
sKX9Sbsahvw5DiC2oP6pbZsDi1NzuNS1nIULXkCC57o=
pfTCxXHnCM253jwYxVJcuUhmoTTtDxznn92QhN0M4Ws=
cJ8uk2ZvZyfg+HRILKOHcyHu2pvI8Fz3R1MyMvyzWtA=
"""
REKOR_ENTRY = (
    b'{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256",'
    b'"digest":"5dJ2SakUeOXY4ut1hBHPomz+hTn6tc0KTzcGosA+epE="},"signature":{"content":"MEYCIQDcJO82nz1rrtu1DxSpruX1ogJu'
    b'm8dl4IiGBMPz3jYcbgIhAKwQ8wNu1On8pYfhAJCK8OqT0OOGTh/yAQ+An/e3d/dU","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_'
    b'256","publicKey":{"rawBytes":"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0q9Q+tdG195CXKfmUx1YatvZ/mN3rhjpOfm1lvskWprH9P'
    b'xpe9Xc6LjEJbBcVPhutkfUvBB9RDk+42SNE6/5xg=="}}}}}}'
)
GO_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
GO_CHECKPOINTS = (
    """go.sum database tree
15368405
/g9am3I6YWNKaZX/jkne1fqd9zEyjss+JXyPXG0WfkY=

— sum.golang.org Az3grqJGUaSGukG9p8nI2vKgiFn7qGHxn0W+mrwyI6Gz3F0t1J3LzmWk/p96Ybf295EjwdSwlzgijq5WA9d1Ded7owM=
""",
    """go.sum database tree
63512409
F7eHRPqN/cqPtqti14NKdGGaI1Giw8coWP3KxihFZbg=

— sum.golang.org Az3gri1OBHKT87Xj8UXU8zjoHGy/X+7Nl94f8TZkELVaasolmGApUsWqwVG9vE6hgqYb/ph/w2vdkLIVRH7bMB/FPQ4=
""",
)
WITNESS_KEY = "witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G"
WITNESSED = """coachandhorses2026h1.staging.certificate.transparency.goog
185550722
YXAM0VmnrfvLaBCOOYSJhCaE5F10oGBOo+hkbDa1kng=

— coachandhorses2026h1.staging.certificate.transparency.goog MpXgsHy8ZwxXnO+WjtVrPxAzL49Rs1gWTkNVNeEa//5peAzaocRCB3qt3EaibjzY5GILLtGgBP7dBhgcSHy+JQh0OAc=
— witness.navigli.sunlight.geomys.org o+AP4gAAAABqb7DzNrGFRJnQ9vrJ8xpnwZytnr/ZYczDIsvwvouiSjwOjn7a72ccxBk+lKnZ7dKqkYKER1s/KxLTaVwQD7lJZTC/CQ==
"""  # noqa: E501


def test_our_files_are_those_of_tessera(tmp_path: Path) -> None:
    """Same key, same entries, one at a time: the same checkpoints to the last byte, and each grew from the last."""
    signer = Signer(
        "example.com/log/testdata", Ed25519PrivateKey.from_private_bytes(base64.b64decode(TESSERA_SEED)[1:])
    )
    assert signer.verifier.text == TESSERA_KEY
    states = {}
    with LogWriter.open(tmp_path, signer) as log:
        for size, entry in enumerate(TESSERA_ENTRIES, 1):
            log.append([entry])
            if size in TESSERA_CHECKPOINTS:
                assert (tmp_path / "checkpoint").read_text("utf-8") == TESSERA_CHECKPOINTS[size]
                states[size] = log.checkpoint.root
    found = Log.open(tmp_path, Verifier.parse(TESSERA_KEY))
    assert all(extends(s, r, 15, found.checkpoint.root, found.prove_growth(s)) for s, r in states.items())


def test_files_of_tessera_are_read(tmp_path: Path) -> None:
    """Its entries and leaves, laid out by hand, under its own checkpoint."""
    for name, content in (
        ("checkpoint", TESSERA_CHECKPOINTS[15].encode()),
        ("tile/entries/000.p/15", packed(TESSERA_ENTRIES)),
        ("tile/0/000.p/15", b"".join(map(leaf_hash, TESSERA_ENTRIES))),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    log = Log.open(tmp_path, Verifier.parse(TESSERA_KEY))
    assert [log.entry(index) for index in range(log.size)] == TESSERA_ENTRIES
    assert audit(log).entries == 15


def test_an_entry_of_sigstores_public_log() -> None:
    proof = Proof.parse(
        f"c2sp.org/tlog-proof@v1\nindex {REKOR_INDEX}\n{REKOR_PATH}\n{REKOR_CHECKPOINT}".encode()
    )  # fmt: skip
    checkpoint, _ = proof.check(REKOR_ENTRY, Verifier.parse(REKOR_KEY))
    assert checkpoint.size == 412115
    with pytest.raises(ProofFails, match="does not lead"):
        proof.check(REKOR_ENTRY.replace(b"5dJ2", b"5dJ3"), Verifier.parse(REKOR_KEY))
    with pytest.raises(ProofFails, match="not signed"):
        proof.check(REKOR_ENTRY, Verifier.parse(TESSERA_KEY))


@pytest.mark.parametrize("raw", GO_CHECKPOINTS)
def test_checkpoints_of_the_go_checksum_database(raw: str) -> None:
    """Its origin is not the name of its key."""
    found, _ = opened(raw.encode(), Verifier.parse(GO_KEY), "go.sum database tree")
    assert str(found.size) == raw.split("\n")[1]
    with pytest.raises(ProsoponError, match="of the log"):
        opened(raw.encode(), Verifier.parse(GO_KEY))
    with pytest.raises(ProsoponError, match="not signed"):
        opened(raw.replace("\n6", "\n5").replace("\n1", "\n2").encode(), Verifier.parse(GO_KEY), "go.sum database tree")


def test_a_cosignature_of_a_public_witness() -> None:
    key = Verifier.parse(WITNESS_KEY)
    (seen,) = witnesses(Note.parse(WITNESSED.encode()), [key])
    assert (seen.name, seen.time_s) == ("witness.navigli.sunlight.geomys.org", 1785704691)
    assert witnesses(Note.parse(WITNESSED.replace("185550722", "185550723").encode()), [key]) == []
