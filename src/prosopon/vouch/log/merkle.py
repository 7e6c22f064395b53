"""Merkle trees of RFC 6962: what a log of many entries comes to in 32 bytes, and short proofs about it.

A tree over n leaves splits at the largest power of two below n. All that is needed of it are hashes of *complete*
subtrees: 2**level leaves, of which the first is a multiple of 2**level. Where they are kept is somebody else's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from hashlib import sha256

HASH_BYTES = 32
Hash = bytes
"""32 bytes of SHA-256."""
Subtree = Callable[[int, int], Hash]
"""Level and index -> the hash of the complete subtree over leaves `index << level` to `(index + 1) << level`."""
EMPTY_ROOT: Hash = sha256(b"").digest()


def leaf_hash(entry: bytes) -> Hash:
    """Of one entry (RFC 6962, 2.1)."""
    return sha256(b"\0" + entry).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """Of two subtrees side by side (RFC 6962, 2.1); never that of an entry, which begins with another byte."""
    return sha256(b"\1" + left + right).digest()


def root(size: int, subtree: Subtree) -> Hash:
    """The hash of the whole tree over the first `size` leaves."""
    return _range(0, size, subtree) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[Hash]:
    """What proves, beside the leaf's own hash, that it is in the tree (RFC 6962, 2.1.1).

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    return _path(index, 0, size, subtree)


def consistency_proof(old: int, size: int, subtree: Subtree) -> list[Hash]:
    """What proves that a tree of `old` leaves is the beginning of one of `size` (RFC 6962, 2.1.2).

    Raises:
        ValueError: the first is not the smaller one.
    """
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {old} cannot be the beginning of one of {size}")
    return [] if old in (0, size) else _growth(old, 0, size, subtree, known=True)


def includes(leaf: Hash, index: int, size: int, proof: Sequence[Hash], expected: Hash) -> bool:
    """Whether a proof shows that a leaf is the one at `index` of the tree of that root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or any(len(one) != HASH_BYTES for one in proof):
        return False
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            if not place & 1:
                # The last leaf of an incomplete tree has no sibling until its path turns left.
                shift = _trailing_zeros(place)
                place, last = place >> shift, last >> shift
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found == expected


def extends(old: int, old_root: Hash, size: int, new_root: Hash, proof: Sequence[Hash]) -> bool:
    """Whether a proof shows that nothing of the smaller tree was changed in the larger one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= size or any(len(one) != HASH_BYTES for one in proof):
        return False
    if old == size:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    # A first tree that is complete is itself the first step.
    steps = [old_root, *proof] if old & (old - 1) == 0 else [*proof]
    if not steps:
        return False
    shift = _trailing_zeros(~(old - 1))
    place, last = (old - 1) >> shift, (size - 1) >> shift
    before = after = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            if not place & 1:
                shift = _trailing_zeros(place)
                place, last = place >> shift, last >> shift
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _trailing_zeros(number: int) -> int:
    """How often a number can be halved; all of its bits where it is 0."""
    return (number & -number).bit_length() - 1 if number else number.bit_length()


def _split(count: int) -> int:
    """The largest power of two below a count."""
    return 1 << ((count - 1).bit_length() - 1)


def _range(start: int, stop: int, subtree: Subtree) -> Hash:
    """The hash over leaves, where `start` is where a node of the tree begins."""
    hashes = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        hashes.append(subtree(level, start >> level))
        start += 1 << level
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes))


def _path(index: int, start: int, stop: int, subtree: Subtree) -> list[Hash]:
    if stop - start == 1:
        return []
    middle = start + _split(stop - start)
    if index < middle:
        return [*_path(index, start, middle, subtree), _range(middle, stop, subtree)]
    return [*_path(index, middle, stop, subtree), _range(start, middle, subtree)]


def _growth(old: int, start: int, stop: int, subtree: Subtree, *, known: bool) -> list[Hash]:
    """SUBPROOF of the RFC; `known`: whoever asks has the hash of this subtree already."""
    if old == stop:
        return [] if known else [_range(start, stop, subtree)]
    middle = start + _split(stop - start)
    if old <= middle:
        return [*_growth(old, start, middle, subtree, known=known), _range(middle, stop, subtree)]
    return [*_growth(old, middle, stop, subtree, known=False), _range(start, middle, subtree)]
