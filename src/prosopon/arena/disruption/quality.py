"""How much of a protection can be seen: figures of the protected picture itself."""

from __future__ import annotations

import numpy as np

from prosopon.arena.disruption.subjects import Subject
from prosopon.arena.metrics import psnr, ssim
from prosopon.core.clip import Frame
from prosopon.faces.identity import Embedder

QUALITY = {"psnr": "PSNR, dB", "ssim": "SSIM", "identity": "identity cosine", "largest": "largest change"}
"""The figures, and what tables call them: `largest` is in grey levels, `identity` whether a face reader finds the
person again, which says nothing about protection where the reader itself was attacked."""


def quality(subject: Subject, protected: Frame, embedder: Embedder | None = None) -> dict[str, float]:
    """Figures of a protected head `uint8 (S, S, 3)` by the names of `QUALITY`; without an embedder no identity."""
    change = np.abs(protected.astype(np.int16) - subject.picture)
    found = {
        "psnr": psnr(protected, subject.picture),
        "ssim": ssim(protected, subject.picture),
        "largest": float(change.max()),
    }
    if embedder is not None:
        told = embedder.embed(subject.picture, subject.face) @ embedder.embed(protected, subject.face)
        found["identity"] = float(told)
    return found
