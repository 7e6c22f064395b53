"""Trees and proofs against the vectors of RFC 6962's reference implementation, and against the definition itself."""

from __future__ import annotations

from hashlib import sha256

import pytest

from prosopon.vouch.log.merkle import (
    EMPTY_ROOT,
    Hash,
    Subtree,
    consistency_proof,
    extends,
    includes,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
)

LEAVES = [
    bytes.fromhex(one)
    for one in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def held(entries: list[bytes]) -> Subtree:
    """Complete subtrees, computed from the leaves."""

    def subtree(level: int, index: int) -> Hash:
        if level == 0:
            return leaf_hash(entries[index])
        return node_hash(subtree(level - 1, 2 * index), subtree(level - 1, 2 * index + 1))

    return subtree


def defined(entries: list[bytes]) -> Hash:
    """MTH of the RFC, word for word."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\0" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\1" + defined(entries[:split]) + defined(entries[split:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_reference(size: int) -> None:
    assert root(size, held(LEAVES)).hex() == ROOTS[size] == defined(LEAVES[:size]).hex()


def test_published_proofs() -> None:
    """Of the reference implementation's own tests."""
    assert [one.hex() for one in inclusion_proof(0, 8, held(LEAVES))] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [one.hex() for one in consistency_proof(6, 8, held(LEAVES))] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 31, 64, 65])
def test_every_leaf_is_proved_and_no_other_is(size: int) -> None:
    entries = [bytes([one, 7]) for one in range(size)]
    whole, subtree = defined(entries), held(entries)
    for index in range(size):
        proof, leaf = inclusion_proof(index, size, subtree), leaf_hash(entries[index])
        assert includes(leaf, index, size, proof, whole)
        assert not includes(leaf_hash(b"another"), index, size, proof, whole)
        assert not any(includes(leaf, other, size, proof, whole) for other in range(size) if other != index)
        assert not includes(leaf, index, size, [*proof, leaf], whole)
        if proof:
            assert not includes(leaf, index, size, proof[:-1], whole)
            broken = [bytes([proof[0][0] ^ 1]) + proof[0][1:], *proof[1:]]
            assert not includes(leaf, index, size, broken, whole)


def test_every_growth_is_proved_and_no_rewriting_is() -> None:
    entries = [bytes([one]) for one in range(33)]
    roots, subtree = [defined(entries[:size]) for size in range(34)], held(entries)
    for size in range(34):
        for old in range(size + 1):
            proof = consistency_proof(old, size, subtree)
            assert extends(old, roots[old], size, roots[size], proof)
            if 0 < old < size:
                forged = [b"x", *entries[1:size]]
                assert not extends(old, roots[old], size, defined(forged), consistency_proof(old, size, held(forged)))
                assert not extends(old, defined(forged[:old]), size, roots[size], proof)
                assert not extends(old, roots[old], size, roots[size], proof[:-1])
                assert not extends(old, roots[old], size, roots[size], [*proof, roots[1]])
    assert not extends(5, roots[5], 3, roots[3], [])
    assert extends(0, EMPTY_ROOT, 7, roots[7], [])


def test_what_is_not_there_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(3, 3, held(LEAVES))
    with pytest.raises(ValueError, match="beginning"):
        consistency_proof(4, 3, held(LEAVES))
    assert not includes(leaf_hash(b""), 0, 1, [b"short"], root(1, held(LEAVES)))
