"""Stills: any kind of pixel that Pillow knows becomes upright 8-bit RGB, or one clear line says why not."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.Image import DecompressionBombError

from prosopon.core.clip import Frame
from prosopon.core.errors import LimitError, MediaError
from prosopon.media.colour import over_background
from prosopon.media.failures import explained_reading
from prosopon.media.limits import Limits
from prosopon.media.orientation import EXIF, UPRIGHT, Orientation

_EXIF_ORIENTATION = 0x0112

# Pillow logs some of what it then raises; without a handler Python would print that beside our one line.
logging.getLogger("PIL").addHandler(logging.NullHandler())


@contextmanager
def opened_image(path: Path, decoder: str, limits: Limits) -> Iterator[Image.Image]:
    """Open a picture with exactly one of Pillow's decoders, its size checked before any pixel is decoded.

    Raises:
        LimitError: it has too many pixels.
        MediaError: it cannot be read.
    """
    with explained_reading(path):
        try:
            with _quiet():
                image = Image.open(path, formats=[decoder])
        except DecompressionBombError as error:
            raise LimitError(f"{path} has far too many pixels", "shrink it with a tool that you trust") from error
        with image:
            limits.check_pixels(image.width, image.height, path)
            yield image


def read_still(path: Path, decoder: str, limits: Limits) -> Frame:
    """The picture in a file, upright: `uint8 (H, W, 3)` RGB.

    Sixteen bits are scaled to eight, CMYK and palettes converted, transparency shown on white; a colour profile
    (ICC) is ignored.

    Raises:
        MediaError: it is truncated, damaged, or has pixels without a defined white (32 bits).
        LimitError: it has too many pixels.
    """
    with opened_image(path, decoder, limits) as image:
        orientation = exif_orientation(image)
        image.load()
        return orientation.apply(to_rgb(image, path))


def exif_orientation(image: Image.Image) -> Orientation:
    """How the EXIF data says that the picture must be turned; upright where they say nothing that can be read."""
    try:
        with _quiet():
            return EXIF.get(image.getexif().get(_EXIF_ORIENTATION, 1), UPRIGHT)
    except (SyntaxError, ValueError, TypeError, KeyError, OSError):  # damaged EXIF does not spoil the picture
        return UPRIGHT


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Pillow's warnings (odd metadata, many pixels): what matters of them becomes an error here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield


def to_rgb(image: Image.Image, path: Path) -> Frame:
    """A loaded picture in any mode -> `uint8 (H, W, 3)` RGB."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        grey = _eight_bits(np.asarray(image), path)
        return np.repeat(grey[..., None], 3, axis=2)
    if image.has_transparency_data:
        return over_background(np.asarray(image.convert("RGBA")))
    return np.array(image.convert("RGB"))


def _eight_bits(grey: NDArray[np.generic], path: Path) -> NDArray[np.uint8]:
    """Sixteen-bit grey `(H, W)` scaled, not clipped: 65535 becomes 255."""
    wide = grey.astype(np.int64) if np.issubdtype(grey.dtype, np.integer) else None
    if wide is None or wide.min() < 0 or wide.max() > 65535:
        raise MediaError(f"{path} has 32 bits per pixel without a defined white", "convert it to 8 or 16 bits first")
    return ((wide + 128) // 257).astype(np.uint8)
