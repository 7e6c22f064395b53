"""Parts of a data set that figures are about: all of it, each domain, each generator beside what is real."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.arena.detection.videos import Video

ALL = "all"
LEARNT, HELD_OUT = "learnt generators", "held-out generators"
"""Parts of a data set whose generators detectors learn from, but for some."""


@dataclass(frozen=True)
class Part:
    """Videos that figures are about.

    Attributes:
        name: `all`, `LEARNT`, `HELD_OUT`, or a domain, a generator.
        kind: `all`, `learning`, `domain`, `generator`.
        videos: indices.
    """

    name: str
    kind: str
    videos: NDArray[np.intp]


def parts_of(videos: Sequence[Video], held_out: Collection[str] = ()) -> list[Part]:
    """All; fakes as learnt from, and others; each domain where there are several; each generator.

    Fakes stand beside the real ones of the domains that they are in.

    Args:
        videos: the data set's.
        held_out: generators that detectors have not learnt from although they have from the others.
    """
    domains = sorted({video.domain for video in videos})
    generators = sorted({video.generator for video in videos if video.is_fake})
    parts = [Part(ALL, ALL, np.arange(len(videos)))]
    learnt = [generator for generator in generators if generator not in held_out]
    if 0 < len(learnt) < len(generators):
        unknown = [generator for generator in generators if generator in held_out]
        parts += [_beside_real(LEARNT, "learning", videos, learnt), _beside_real(HELD_OUT, "learning", videos, unknown)]
    for domain in domains if len(domains) > 1 else ():
        there = [number for number, video in enumerate(videos) if video.domain == domain]
        parts.append(Part(domain or "other", "domain", np.array(there, np.intp)))
    for generator in generators if len(generators) > 1 else ():
        parts.append(_beside_real(generator, "generator", videos, (generator,)))
    return parts


def _beside_real(name: str, kind: str, videos: Sequence[Video], generators: Collection[str]) -> Part:
    within = {video.domain for video in videos if video.generator in generators}
    there = [
        number
        for number, video in enumerate(videos)
        if video.generator in generators or (not video.is_fake and video.domain in within)
    ]
    return Part(name, kind, np.array(there, np.intp))
