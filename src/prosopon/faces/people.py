"""Which faces are one person's, by the likeness of their embeddings; memory is bounded however many there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

MOST_LINKED = 4000
"""More vectors than this are brought together roughly before they are clustered: linkage holds N^2 / 2 distances, which
are 64 MB here."""


def people(embeddings: NDArray[np.floating], same_person: float, *, most_linked: int = MOST_LINKED) -> NDArray[np.intp]:
    """Numbers people by how many faces they have.

    Average linkage by cosine. All faces of a track have the same embedding and count as one there, so that somebody who
    is seen for long does not weigh more than somebody seen shortly.

    Args:
        embeddings: `(N, D)`.
        same_person: cosine from which two are taken for one person's.
        most_linked: largest number of different embeddings that are linked exactly.

    Returns:
        `(N,)`: who each face is; 0 has the most faces, among equals who comes first.
    """
    vectors = np.asarray(embeddings, np.float64)
    if not len(vectors):
        return np.zeros(0, np.intp)
    different, member_of = np.unique(vectors, axis=0, return_inverse=True)
    member_of = member_of.ravel()
    if len(different) > most_linked:
        roughly = _led(different, same_person)
        means = np.stack([different[roughly == number].mean(0) for number in range(roughly.max() + 1)])
        different, member_of = means, roughly[member_of]
    labels = _linked(different, same_person)[member_of] if len(different) <= most_linked else member_of
    _, first, inverse, counts = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(counts), np.intp)
    rank[np.lexsort((first, -counts))] = np.arange(len(counts))
    return rank[inverse.ravel()]


def _linked(vectors: NDArray[np.float64], same_person: float) -> NDArray[np.intp]:
    if len(vectors) < 2:
        return np.zeros(len(vectors), np.intp)
    labels: NDArray[np.intp] = fcluster(linkage(vectors, "average", metric="cosine"), 1 - same_person, "distance")
    return labels.astype(np.intp)


def _led(vectors: NDArray[np.float64], same_person: float) -> NDArray[np.intp]:
    """Each vector joins the group whose mean is most like it, or begins one: one pass, O(N K), memory O(N + K)."""
    units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    sums, lengths = np.empty_like(units), np.empty(len(units))
    groups = np.empty(len(units), np.intp)
    n = 0
    for i, unit in enumerate(units):
        likeness = (sums[:n] @ unit) / lengths[:n]
        best = int(np.argmax(likeness)) if n else -1
        if n and likeness[best] >= same_person:
            sums[best] += unit
        else:
            best, n = n, n + 1
            sums[best] = unit
        lengths[best] = max(float(np.linalg.norm(sums[best])), 1e-12)
        groups[i] = best
    return groups
