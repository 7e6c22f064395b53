"""What happens to a marked picture before somebody reads it: every way by name, done for real, with where things went.

Those that protection is measured under are the same ones (`models.laundering`); here are those that move the content.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageEnhance

from prosopon.arena.watermarking import placement
from prosopon.arena.watermarking.placement import Placement
from prosopon.core.clip import Frame
from prosopon.models.laundering.blur import Blur
from prosopon.models.laundering.gamma import Gamma
from prosopon.models.laundering.jpeg import Jpeg
from prosopon.models.laundering.named import named
from prosopon.models.laundering.noise import Noise
from prosopon.models.laundering.resample import really_resampled

Changed = tuple[Frame, Placement]
"""A picture `uint8 (h, w, 3)` and the map from the untouched one to it."""
Change = Callable[[Frame, np.random.Generator], Changed]
"""`uint8 (H, W, 3)` and where chance comes from -> what became of it."""

_MOST_SHIFT = 0.08
"""Share of the shorter side by which a picture is moved at most."""


@dataclass(frozen=True)
class PictureWay:
    """One of them.

    Attributes:
        name: in tables and options.
        group: what kind of thing happens.
        about: exactly what is done.
        change: does it; the input stays as it is.
    """

    name: str
    group: str
    about: str
    change: Change


def in_place(real: Callable[[Frame], Frame]) -> Change:
    """A laundering after which everything lies where it lay."""

    def change(picture: Frame, rng: np.random.Generator) -> Changed:
        return real(picture), placement.unmoved()

    return change


def one_after_another(*changes: Change) -> Change:
    """Several, from the first to the last."""

    def change(picture: Frame, rng: np.random.Generator) -> Changed:
        where = placement.unmoved()
        for one in changes:
            picture, moved = one(picture, rng)
            where = placement.after(where, moved)
        return picture, where

    return change


def resized(picture: Frame, rng: np.random.Generator, *, factor: float) -> Changed:
    """Each side times a factor, bicubic."""
    height, width = picture.shape[:2]
    return brought_to(picture, max(1, round(width * factor)), max(1, round(height * factor)))


def brought_to(picture: Frame, width: int, height: int) -> Changed:
    """To a size, bicubic."""
    old_height, old_width = picture.shape[:2]
    return really_resampled(picture, height, width), placement.scaled(width / old_width, height / old_height)


def at_its_size(change: Change) -> Change:
    """Something that changes the size, then back to the size that came in."""

    def changed(picture: Frame, rng: np.random.Generator) -> Changed:
        height, width = picture.shape[:2]
        small, where = change(picture, rng)
        back, enlarged = brought_to(small, width, height)
        return back, placement.after(where, enlarged)

    return changed


def cropped(picture: Frame, rng: np.random.Generator, *, share: float) -> Changed:
    """A share of the width and of the height cut away, somewhere: so much on the left, the rest on the right."""
    height, width = picture.shape[:2]
    wide, tall = max(1, round(width * (1 - share))), max(1, round(height * (1 - share)))
    left, top = int(rng.integers(width - wide + 1)), int(rng.integers(height - tall + 1))
    return picture[top : top + tall, left : left + wide].copy(), placement.shifted(-left, -top)


def moved(picture: Frame, rng: np.random.Generator) -> Changed:
    """The content moved by whole pixels in a picture of the same size; black where it came from."""
    height, width = picture.shape[:2]
    most = max(1, round(_MOST_SHIFT * min(height, width)))
    across, down = (int(value) for value in rng.integers(-most, most + 1, 2))
    out = np.zeros_like(picture)
    kept = picture[max(0, -down) : height - max(0, down), max(0, -across) : width - max(0, across)]
    out[max(0, down) :, max(0, across) :][: kept.shape[0], : kept.shape[1]] = kept
    return out, placement.shifted(across, down)


def rotated(picture: Frame, rng: np.random.Generator, *, degrees: float, trimmed: bool) -> Changed:
    """Turned one way or the other in a picture of the same size, bicubic.

    Args:
        picture: `uint8 (H, W, 3)`.
        rng: which way.
        degrees: by how much.
        trimmed: whether the black corners are cut away, by the largest upright picture of the same shape without any.
    """
    height, width = picture.shape[:2]
    signed = degrees * (1 if rng.random() < 0.5 else -1)
    turned = np.asarray(Image.fromarray(picture).rotate(signed, Image.Resampling.BICUBIC))
    where = placement.turned(signed, width, height)
    if not trimmed:
        return turned, where
    angle = np.deg2rad(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    share = min(width / (width * cosine + height * sine), height / (height * cosine + width * sine))
    wide, tall = max(1, int(width * share)), max(1, int(height * share))
    left, top = (width - wide) // 2, (height - tall) // 2
    return turned[top : top + tall, left : left + wide].copy(), placement.after(where, placement.shifted(-left, -top))


def mirrored(picture: Frame, rng: np.random.Generator) -> Changed:
    """Left and right exchanged."""
    return picture[:, ::-1].copy(), placement.mirrored(picture.shape[1])


def noisy(picture: Frame, rng: np.random.Generator, *, levels: float) -> Changed:
    """Gaussian noise of its own in every value."""
    return Noise(levels / 255, int(rng.integers(2**31))).real(picture), placement.unmoved()


def enhanced(kind: Callable[[Image.Image], ImageEnhance._Enhance], factor: float) -> Change:
    """One of Pillow's brightness, contrast and colour: 1 changes nothing, 0 takes all of it away."""
    return in_place(lambda picture: np.asarray(kind(Image.fromarray(picture)).enhance(factor)))


def _screenshot() -> Change:
    """Shown at nine tenths, in another colour profile, cut by hand, sent on by a messenger."""
    return one_after_another(
        partial(resized, factor=0.9), in_place(Gamma(1.05).real), partial(cropped, share=0.02), in_place(Jpeg(85).real)
    )


_RESIZE_HALF, _RESIZE_QUARTER = partial(resized, factor=0.5), partial(resized, factor=0.25)

_ALL = (
    PictureWay("clean", "saved", "as a PNG", in_place(named("png").real)),
    *(
        PictureWay(f"jpeg {quality}", "saved", f"as a JPEG of quality {quality}, 4:2:0", in_place(Jpeg(quality).real))
        for quality in (95, 75, 50, 30)
    ),
    PictureWay("half", "size", "half as wide and high, bicubic, and left so", _RESIZE_HALF),
    PictureWay("half, back", "size", "the same, and enlarged again", at_its_size(_RESIZE_HALF)),
    PictureWay(
        "half, jpeg 50", "size", "half as wide and high, then JPEG 50",
        one_after_another(_RESIZE_HALF, in_place(Jpeg(50).real)),
    ),
    PictureWay("quarter", "size", "a quarter as wide and high, bicubic, and left so", _RESIZE_QUARTER),
    PictureWay("quarter, back", "size", "the same, and enlarged again", at_its_size(_RESIZE_QUARTER)),
    *(
        PictureWay(
            f"crop {percent} %", "crop", f"{percent} % of width and height cut away at a random place, not enlarged",
            partial(cropped, share=percent / 100),
        )
        for percent in (5, 10, 20)
    ),
    PictureWay(
        "crop 10 %, back", "crop", "10 % of width and height cut away, enlarged to the old size",
        at_its_size(partial(cropped, share=0.1)),
    ),
    PictureWay(
        "crop 10 %, jpeg 75", "crop", "10 % of width and height cut away, then JPEG 75",
        one_after_another(partial(cropped, share=0.1), in_place(Jpeg(75).real)),
    ),
    PictureWay("shift", "moved", f"moved by up to {_MOST_SHIFT:.0%} of a side, black where it came from", moved),
    *(
        PictureWay(
            f"rotate {degrees}{', trimmed' if trimmed else ''}", "moved",
            f"turned by {degrees} degrees, {'black corners cut away' if trimmed else 'with black corners'}",
            partial(rotated, degrees=degrees, trimmed=trimmed),
        )
        for degrees in (1, 3, 5)
        for trimmed in (False, True)
    ),
    PictureWay("mirror", "moved", "left and right exchanged", mirrored),
    PictureWay("brightness 0.8", "colour", "every value times 0.8", enhanced(ImageEnhance.Brightness, 0.8)),
    PictureWay("brightness 1.2", "colour", "every value times 1.2, clipped", enhanced(ImageEnhance.Brightness, 1.2)),
    PictureWay("contrast 0.8", "colour", "towards the mean grey by a fifth", enhanced(ImageEnhance.Contrast, 0.8)),
    PictureWay("contrast 1.2", "colour", "away from it by a fifth, clipped", enhanced(ImageEnhance.Contrast, 1.2)),
    PictureWay("gamma 0.8", "colour", "values to the power of 0.8, which brightens", in_place(Gamma(0.8).real)),
    PictureWay("gamma 1.25", "colour", "values to the power of 1.25, which darkens", in_place(Gamma(1.25).real)),
    PictureWay("grey", "colour", "without its colours", enhanced(ImageEnhance.Color, 0.0)),
    PictureWay("blur", "blur and noise", "Gaussian blur, sigma 1.5 pixels", in_place(Blur(1.5).real)),
    PictureWay("noise 4", "blur and noise", "Gaussian noise, sigma 4 levels", partial(noisy, levels=4)),
    PictureWay("noise 10", "blur and noise", "Gaussian noise, sigma 10 levels", partial(noisy, levels=10)),
    PictureWay("screenshot", "chain", "shown at 0.9, gamma 1.05, cut by 2 % at a random place, JPEG 85", _screenshot()),
    PictureWay(
        "screenshot, back", "chain", "the same, enlarged to the old size", at_its_size(_screenshot())
    ),
)  # fmt: skip
PICTURE_WAYS: Mapping[str, PictureWay] = MappingProxyType({way.name: way for way in _ALL})
"""By name, in the order of tables."""
QUICK = ("clean", "jpeg 50", "half", "crop 10 %", "rotate 3", "brightness 1.2", "screenshot")
"""Those that a quick look takes."""
