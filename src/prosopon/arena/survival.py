"""What is left of a protected photo once it has been saved, sent, shrunk and photographed off a screen.

Everything is measured on the file that was written, read back and laundered for real, with Pillow. Three versions of
the photo go the same way: the protected one; the untouched one, since nets answer a blurred photo otherwise than a
sharp one whoever blurred it; and one with the same change upside down, which is as large and as coarse, and
aimed at nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from prosopon.arena.metrics import psnr, ssim
from prosopon.core.clip import Frame
from prosopon.core.faces import Face
from prosopon.core.progress import SILENT, Progress
from prosopon.disrupt.heads.head import Head
from prosopon.faces.crop import cut
from prosopon.faces.identity import Embedder
from prosopon.models.laundering.named import named

WAYS = ("png", "jpeg95", "jpeg75", "jpeg50", "half", "blur", "screenshot")
"""What the photo goes through, by name (`models.laundering.named`); png is the file as it is."""
_LIKENESSES = frozenset({"cosine", "recognised"})
"""Figures that fall where all others rise."""
_LEADING = ("masked_l2", "l2", "keypoints", "segments", "cosine")
"""Of the figures of an effect, the one that is told where there is room for one."""


class Measured(Protocol):
    """A net whose effects can be measured; see `arena.victims.victim.Victim`."""

    @property
    def name(self) -> str: ...  # noqa: D102 - see there

    @property
    def about(self) -> str: ...  # noqa: D102

    @property
    def side_px(self) -> int: ...  # noqa: D102

    def at_face(self, landmarks: NDArray[np.floating]) -> Self: ...  # noqa: D102

    def makes(self, crop: Frame) -> list[tuple[str, Frame]]: ...  # noqa: D102

    def effect(self, untouched: Frame, changed: Frame) -> Mapping[str, float]: ...  # noqa: D102


@dataclass(frozen=True)
class Survived:
    """What one net makes of a photo that went one way, each figure a mean over heads.

    Attributes:
        way: what the photo went through.
        protected: its answer to the protected photo, from that to the untouched original.
        untouched: likewise for the untouched photo after the same way.
        turned: likewise for the photo with the same change upside down.
    """

    way: str
    protected: Mapping[str, float]
    untouched: Mapping[str, float]
    turned: Mapping[str, float]

    @property
    def leading(self) -> str:
        """Name of the figure that is told first."""
        return next((name for name in _LEADING if name in self.protected), next(iter(self.protected)))

    @property
    def stands_out(self) -> bool:
        """Whether the effect is at least twice what this way alone, and the change upside down, bring about."""
        name = self.leading
        effects = [_effect(name, figures.get(name)) for figures in (self.protected, self.untouched, self.turned)]
        return effects[0] > 0 and effects[0] >= 2 * max(effects[1:])

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "protected": dict(self.protected),
            "untouched": dict(self.untouched),
            "turned": dict(self.turned),
            "leading": self.leading,
            "stands_out": self.stands_out,
        }


@dataclass(frozen=True)
class Survival:
    """How one net fares.

    Attributes:
        name, about: of the net.
        attacked: whether the protection was made against it.
        ways: by what the photo went through.
    """

    name: str
    about: str
    attacked: bool
    ways: tuple[Survived, ...]

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "about": self.about,
            "attacked": self.attacked,
            "ways": {one.way: one.as_json() for one in self.ways},
        }


@dataclass(frozen=True)
class Visibility:
    """How much of the change can be seen.

    Attributes:
        largest: change of a value, in grey levels.
        mean: over all values of heads, likewise.
        changed: share of the picture's pixels.
        psnr, ssim: of heads, cut out of the picture in its own resolution: the mean over them; `ssim` is None where
            they are too small.
        psnr_whole: of the whole picture.
        identity: cosine of the face reader's embeddings, mean over heads; None where nobody asked it.
    """

    largest: int
    mean: float
    changed: float
    psnr: float
    ssim: float | None
    psnr_whole: float
    identity: float | None


def survivals(
    untouched: Frame,
    protected: Frame,
    heads: Sequence[Head],
    nets: Sequence[Measured],
    attacked: Callable[[str], bool],
    *,
    ways: Sequence[str] = WAYS,
    progress: Progress = SILENT,
) -> list[Survival]:
    """Measure what every net makes of a protected photo after each way.

    Args:
        untouched: the photo, `uint8 (H, W, 3)`.
        protected: the protected one, read back from its file.
        heads: in pixels of both.
        nets: all that are measured.
        attacked: whether the protection was made against a net of that name.
        ways: launderings by name, which keep the picture's size.
        progress: hears of every way and net.
    """
    turned = turned_like(untouched, protected, heads)
    found: dict[str, list[Survived]] = {net.name: [] for net in nets}
    progress.start("measuring what is left", len(ways) * len(nets))
    for way in ways:
        went = [named(way).real(picture) for picture in (protected, untouched, turned)]
        for net in nets:
            figures = [_effects(net, heads, untouched, picture) for picture in went]
            found[net.name].append(Survived(way, *figures))
            progress.advance()
    progress.finish()
    return [Survival(net.name, net.about, attacked(net.name), tuple(found[net.name])) for net in nets]


def turned_like(untouched: Frame, protected: Frame, heads: Sequence[Head]) -> Frame:
    """The photo with the change of each head upside down: as large, as coarse, and aimed at nothing.

    Noise as large at every pixel would be too weak to compare with: most of it is finer than what nets see of a photo.
    """
    height, width = untouched.shape[:2]
    turned = untouched.copy()
    for head in heads:
        place = head.region_in(width, height).slices
        turned[place] = upside_down(untouched[place], protected[place])
    return turned


def upside_down(untouched: Frame, protected: Frame) -> Frame:
    """A picture with the change that another has, upside down."""
    change = protected[::-1].astype(np.int16) - untouched[::-1]
    moved = untouched + change
    # Where there is no room on one side, on the other: clipping would make the change smaller.
    outside = (moved < 0) | (moved > 255)
    picture: Frame = np.clip(np.where(outside, untouched - change, moved), 0, 255).astype(np.uint8)
    return picture


def visibility(
    untouched: Frame, protected: Frame, heads: Sequence[Head], embedder: Embedder | None = None
) -> Visibility:  # fmt: skip
    """How much of the change can be seen, `uint8 (H, W, 3)` both."""
    height, width = untouched.shape[:2]
    places = [head.region_in(width, height).slices for head in heads]
    change = np.abs(protected.astype(np.int16) - untouched)
    pairs = [(np.ascontiguousarray(protected[place]), np.ascontiguousarray(untouched[place])) for place in places]
    likenesses = [ssim(*pair) for pair in pairs if min(pair[0].shape[:2]) >= 11]
    return Visibility(
        largest=int(change.max()),
        mean=float(np.mean([change[place].mean() for place in places])),
        changed=float((change.max(-1) > 0).mean()),
        psnr=float(np.mean([psnr(*pair) for pair in pairs])),
        ssim=float(np.mean(likenesses)) if likenesses else None,
        psnr_whole=psnr(protected, untouched),
        identity=_identity(untouched, protected, heads, embedder),
    )


def crop_of(picture: Frame, head: Head, side_px: int) -> tuple[Frame, NDArray[np.float64] | None]:
    """The crop of a head that a net of that side looks at, and the landmarks in its pixels, as far as there are any."""
    return cut(picture, head.box, side_px), head.landmarks_in(head.box, side_px)


def _effects(net: Measured, heads: Sequence[Head], untouched: Frame, changed: Frame) -> dict[str, float]:
    """Mean over heads of each figure, over those that have it."""
    found: dict[str, list[float]] = {}
    for head in heads:
        crop, points = crop_of(untouched, head, net.side_px)
        told = net if points is None else net.at_face(points)
        for name, value in told.effect(crop, cut(changed, head.box, net.side_px)).items():
            found.setdefault(name, []).append(float(value))
    return {name: float(np.mean(values)) for name, values in found.items()}


def _effect(name: str, value: float | None) -> float:
    """A figure as something that grows with the disturbance."""
    if value is None:
        return 0.0
    return 1 - value if name in _LIKENESSES else value


def _identity(untouched: Frame, protected: Frame, heads: Sequence[Head], embedder: Embedder | None) -> float | None:
    if embedder is None:
        return None
    cosines = []
    for head in heads:
        if head.landmarks is not None:
            points = head.landmarks.astype(np.float32)
            face = Face.around(points)
            cosines.append(float(embedder.embed(untouched, face) @ embedder.embed(protected, face)))
    return float(np.mean(cosines)) if cosines else None
