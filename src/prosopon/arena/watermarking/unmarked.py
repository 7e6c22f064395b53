"""How seldom a mark is imagined: unmarked pictures by the hundred thousand, and whether chance behaves as assumed.

The stated p-value of a reading bounds how often some valid word is as near to what is read in an unmarked picture, as
if that were so many fair coins. Counting marks that are not there says little about 1e-6: none will be seen. What can
be seen is whether the bound holds as far as trials reach: decodings of one hypothesis must come with a p-value of at
most x no more often than in a share x of all trials.

How far the bits of unrelated pictures are from coins is told beside it: bits that prefer a value, and words that are
nearer to each other than coins would be. Dithered bits are coins over all keys, not over all pictures: the plain parts
of every picture read as the dither of the one key in use says. That is harmless as long as the word that an entirely
plain picture reads as is far from all valid ones, which is one fact about the key and is told, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from scipy.stats import binom, norm

from prosopon.arena.watermarking.method import Direct, Method
from prosopon.core.clip import Frame
from prosopon.core.progress import SILENT, Progress
from prosopon.vouch.watermark.reading import Reading

SIDE_PX = 256
"""Variants are brought to about this size: what marks are read at."""
_COMPARED = 2_000
"""Words of so many pictures are compared with all others."""
_LEAST_EXPECTED = 1.0
"""Tails in which less is expected say nothing."""
_TAILS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)


@dataclass(frozen=True)
class Tail:
    """How often something was as extreme as this.

    Attributes:
        limit: bits between two words, or a p-value: this or less.
        expected: how often, if bits were fair coins; of p-values at most so often.
        seen: how often it was.
    """

    limit: float
    expected: float
    seen: int


@dataclass(frozen=True)
class Chance:
    """What is read in unmarked pictures, beside coins.

    Attributes:
        pictures: whose bits were read where a mark would lie as it was put.
        bits: of each.
        largest_bias: of all bits, the largest deviation of its mean from a half; every source counts once.
        expected_bias: what fair bits that differ from source to source as much would come to, at most, in 19 of 20
            such experiments.
        pairs: of words from unrelated pictures.
        nearest: the smallest distance of all.
        expected_nearest: where half of such experiments would have had it, or nearer.
        tails: of distances between words.
        smallest_p: of all decodings of one hypothesis.
        p_tails: of those p-values.
        plain_p: the smallest p-value of decoding an entirely plain picture, over all greys.
    """

    pictures: int
    bits: int
    largest_bias: float
    expected_bias: float
    pairs: int
    nearest: int
    expected_nearest: int
    tails: tuple[Tail, ...]
    smallest_p: float
    p_tails: tuple[Tail, ...]
    plain_p: float = 1.0

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)


@dataclass(frozen=True)
class Search:
    """Unmarked pictures through the whole search.

    Attributes:
        pictures: that were looked through.
        found: in which a mark was read, all of them wrongly.
        hypotheses: placements that were tried, of all pictures together.
        smallest_p: of all that was reported; 1 or near it where nothing was.
        p_values: of each, in order.
    """

    pictures: int
    found: int
    hypotheses: int
    smallest_p: float
    p_values: tuple[float, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """JSON-able; of the p-values only deciles."""
        deciles = [float(value) for value in np.quantile(self.p_values, np.linspace(0, 1, 11))] if self.p_values else []
        return {
            "pictures": self.pictures,
            "found": self.found,
            "hypotheses": self.hypotheses,
            "smallest_p": self.smallest_p,
            "deciles_of_p": deciles,
        }


def variants(
    pictures: Sequence[Frame], count: int, rng: np.random.Generator, *, side_px: int = SIDE_PX
) -> Iterator[tuple[int, Frame]]:
    """Pictures that are nobody's marked ones: cut out of others, mirrored, and in other colours.

    Args:
        pictures: what they are cut from, in turn.
        count: how many.
        rng: draws places, sizes and colours.
        side_px: about their size.

    Yields:
        The number of the picture that it was cut from, and the variant `uint8 (H, W, 3)`.
    """
    for number in range(count):
        source = number % len(pictures)
        yield source, variant(pictures[source], rng, side_px)


def variant(picture: Frame, rng: np.random.Generator, side_px: int) -> Frame:
    """One of them."""
    height, width = picture.shape[:2]
    share = rng.uniform(0.25, 0.95)
    wide, tall = (max(8, int(side * share * rng.uniform(0.85, 1.0))) for side in (width, height))
    wide, tall = min(wide, width), min(tall, height)
    left, top = int(rng.integers(width - wide + 1)), int(rng.integers(height - tall + 1))
    image = Image.fromarray(picture[top : top + tall, left : left + wide])
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.ROTATE_90)
    scale = side_px / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BILINEAR)
    for kind in (ImageEnhance.Brightness, ImageEnhance.Contrast):
        image = kind(image).enhance(rng.uniform(0.6, 1.5))
    return np.asarray(image)


def textures(count: int, rng: np.random.Generator, *, side_px: int = 512) -> list[Frame]:
    """Pictures of nothing: noise with the spectrum of natural scenes, slopes, stripes, plain grey with a little grain.

    What is plain or regular is where bits would be alike if anywhere.
    """
    rows, columns = np.mgrid[0:side_px, 0:side_px] / side_px
    frequency = np.hypot(np.fft.fftfreq(side_px)[:, None], np.fft.rfftfreq(side_px)[None])
    frequency[0, 0] = 1
    found = []
    for number in range(count):
        match number % 4:
            case 0:
                spectrum = np.fft.rfft2(rng.normal(size=(side_px, side_px))) / frequency ** rng.uniform(0.7, 1.6)
                grey = np.fft.irfft2(spectrum, s=(side_px, side_px))
                grey = 128 + 45 * (grey - grey.mean()) / grey.std()
            case 1:
                grey = 128 + rng.normal(0, 90) * (rows - 0.5) + rng.normal(0, 90) * (columns - 0.5)
            case 2:
                angle, waves = rng.uniform(0, np.pi), rng.uniform(3, 40)
                grey = 128 + 80 * np.sin(2 * np.pi * waves * (np.cos(angle) * columns + np.sin(angle) * rows))
            case _:
                grey = np.full((side_px, side_px), rng.uniform(10, 245)) + rng.normal(0, 1.5, (side_px, side_px))
        tinted = grey[..., None] * rng.uniform(0.8, 1.2, 3)
        found.append(np.clip(tinted, 0, 255).astype(np.uint8))
    return found


def chance_of(
    direct: Callable[[Frame], Direct], shown: Iterator[tuple[int, Frame]], count: int, *,
    progress: Progress = SILENT,
) -> Chance:  # fmt: skip
    """Read the bits of unmarked pictures and compare them with coins.

    Args:
        direct: reads a picture where it lies.
        shown: pictures with the number of what they were cut from: words from one picture are not compared.
        count: how many there are, at least two, of at least two pictures.
        progress: hears of each.
    """
    words: list[NDArray[np.bool_]] = []
    sources: list[int] = []
    p_values: list[float] = []
    progress.start("unmarked pictures", count)
    for source, picture in shown:
        told = direct(picture)
        words.append(told.bits)
        p_values.append(told.p_value)
        sources.append(source)
        progress.advance()
    progress.finish()
    return chance_in(np.array(words), np.array(sources), np.array(p_values))


def chance_in(words: NDArray[np.bool_], sources: NDArray[np.int64], p_values: NDArray[np.float64]) -> Chance:
    """Whether words `bool (M, N)`, each read in a picture of that source `(M,)` with a p-value, behave like coins.

    Raises:
        ValueError: there are not words of two sources.
    """
    if len(set(sources.tolist())) < 2:
        raise ValueError("words of one picture only")
    count, bits = words.shape
    signs = words.astype(np.float32) * 2 - 1
    # Words of one source share what they were cut from: the spread is measured over sources, not taken from coins.
    means = np.array([words[sources == source].mean(0) for source in np.unique(sources)])
    spread = float(means.std(0, ddof=1).mean() / np.sqrt(len(means)))
    bias = float(np.abs(means.mean(0) - 0.5).max())
    expected = largest_of_normal(bits) * spread
    chosen = np.linspace(0, count - 1, min(count, _COMPARED)).astype(int)
    histogram = np.zeros(bits + 1, np.int64)
    for row in chosen:
        others = (np.arange(count) > row) & (sources != sources[row])
        distances = np.rint((bits - signs[others] @ signs[row]) / 2).astype(np.int64)
        histogram += np.bincount(distances, minlength=bits + 1)
    pairs = int(histogram.sum())
    at_most = np.cumsum(histogram)
    law = binom(bits, 0.5)
    nearest = int(np.flatnonzero(histogram)[0])
    expected_nearest = int(law.ppf(1 - 0.5 ** (1 / pairs)))
    tails, p_tails = [], []
    for tail in _TAILS:
        distance = int(law.ppf(tail))
        if (pairs_expected := float(law.cdf(distance) * pairs)) >= _LEAST_EXPECTED:
            tails.append(Tail(distance, pairs_expected, int(at_most[distance])))
        if tail * count >= _LEAST_EXPECTED:
            p_tails.append(Tail(tail, tail * count, int((p_values <= tail).sum())))
    return Chance(
        count, bits, bias, expected, pairs, nearest, expected_nearest, tuple(tails), float(p_values.min()),
        tuple(p_tails),
    )  # fmt: skip


def largest_of_normal(bits: int) -> float:
    """The largest of so many standard normal values, in absolute terms, that 19 of 20 experiments stay below."""
    return float(norm.ppf((1 + 0.95 ** (1 / bits)) / 2))


def searched(
    read: Callable[[Frame], Reading], shown: Iterator[tuple[int, Frame]], count: int, *, progress: Progress = SILENT
) -> Search:  # fmt: skip
    """Look for marks in unmarked pictures, displaced ones included."""
    found, hypotheses, p_values = 0, 0, []
    progress.start("looking for marks where there are none", count)
    for _, picture in shown:
        reading = read(picture)
        found += reading.mark is not None
        hypotheses += reading.windows
        p_values.append(float(reading.p_value))
        progress.advance()
    progress.finish()
    return Search(len(p_values), found, hypotheses, min(p_values, default=1.0), tuple(p_values))


def look_where_none_is(
    method: Method, pictures: Sequence[Frame], trials: int, *, searches: int, seed: int = 0, progress: Progress = SILENT
) -> tuple[Chance | None, Search]:
    """Both experiments.

    Args:
        method: whose bits are read; without bits only the search is made.
        pictures: unmarked ones; textures are added.
        trials: variants whose bits are read.
        searches: variants that are looked through with the whole search.
        seed: variants follow from it.
        progress: hears of each picture.
    """
    rng = np.random.default_rng([seed, 1])
    sources = [*pictures, *textures(max(8, len(pictures) // 2), rng)]
    chance = None
    if method.direct is not None and trials:
        chance = chance_of(method.direct, variants(sources, trials, rng), trials, progress=progress)
        greys = (method.direct(np.full((SIDE_PX, SIDE_PX, 3), grey, np.uint8)) for grey in range(0, 256, 5))
        chance = replace(chance, plain_p=min(told.p_value for told in greys))
    return chance, searched(method.read, variants(sources, searches, rng), searches, progress=progress)
