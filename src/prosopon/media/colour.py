"""Between decoded YUV and the `uint8` RGB of a `Clip`, with the colours staying what they were.

A stream says by tags which matrix and range its YUV is in. Untagged streams follow the players' custom: BT.601 for
standard definition, BT.709 from 720 lines or 1280 columns on. Everything that is written is BT.709, limited range,
and tagged so. Transfer curves are left alone: HDR footage is not tone-mapped.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from av import VideoFrame
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from prosopon.core.clip import Frame

BACKGROUND = 255
"""Transparent pixels are shown on white."""

BT709 = 1
"""The value of BT.709 as matrix, primaries and transfer characteristic alike (ISO/IEC 23091-2)."""

LIMITED = int(ColorRange.MPEG)
"""Tag of the range 16 to 235."""

# AVColorSpace (ISO/IEC 23091-2 matrix coefficients) -> swscale's coefficient tables.
_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}

# swscale's default is faster but rounds down: every write and read would darken the picture by 1.3 levels. With exact
# rounding and chroma at full resolution the mean error is below 0.1 level, for 6 ms more a frame of 1080p.
_EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


class ToRgb:
    """Converts the frames of one pass; keeps swscale's tables between frames.

    Args:
        width, height: size of the result in pixels, before turning; non-square pixels and streams that change
            their size midway are scaled to it.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> Frame:
        """A decoded frame -> `uint8 (H, W, 3)` RGB."""
        has_alpha = any(component.is_alpha for component in frame.format.components) or frame.format.has_palette
        converted = self._reformatter.reformat(
            frame,
            width=self.width,
            height=self.height,
            format="rgba" if has_alpha else "rgb24",
            src_colorspace=_matrix_of(frame),
            src_color_range=_range_of(frame),
            dst_color_range=ColorRange.JPEG,
            interpolation=_EXACT,
            threads=0,
        )
        pixels = converted.to_ndarray().astype(np.uint8, copy=False)
        return over_background(pixels) if has_alpha else pixels


def _matrix_of(frame: VideoFrame) -> Colorspace | None:
    if frame.format.is_rgb or frame.format.has_palette:
        return None
    custom = Colorspace.ITU709 if frame.height >= 720 or frame.width >= 1280 else Colorspace.ITU601
    return _MATRICES.get(int(frame.colorspace), custom)


def _range_of(frame: VideoFrame) -> ColorRange:
    if frame.format.is_rgb or frame.format.has_palette or frame.format.name.startswith("yuvj"):
        return ColorRange.JPEG
    return ColorRange.JPEG if int(frame.color_range) == ColorRange.JPEG else ColorRange.MPEG


def over_background(rgba: NDArray[np.uint8]) -> Frame:
    """Composite `uint8 (H, W, 4)`, alpha not premultiplied, over white: `uint8 (H, W, 3)`."""
    alpha = rgba[..., 3:].astype(np.uint16)
    mixed = rgba[..., :3] * alpha + BACKGROUND * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)


class ToYuv:
    """Converts the RGB frames of one pass to 8-bit 4:2:0 in BT.709, limited range, chroma sited on the left.

    H.264 in 4:2:0 has no odd sizes: with `even`, the last column or row is repeated once where the size is odd. Left
    is where decoders of H.264 take the chroma samples to be; swscale by itself would put them in the middle, and each
    generation would move the colours by a quarter of a pixel.

    Args:
        width, height: size of the frames that come in, in pixels.
        even: whether odd sides are to be padded.
    """

    def __init__(self, width: int, height: int, *, even: bool) -> None:
        self._padding = (height % 2, width % 2) if even else (0, 0)
        self.width = width + self._padding[1]
        self.height = height + self._padding[0]
        self._graph = Graph()
        chain = (
            self._graph.add_buffer(
                width=self.width, height=self.height, format=VideoFormat("rgb24"), time_base=Fraction(1)
            ),
            self._graph.add(
                "scale",
                "out_color_matrix=bt709:out_range=limited:out_chroma_loc=left"
                ":flags=bilinear+accurate_rnd+full_chroma_int",
            ),
            self._graph.add("format", "pix_fmts=yuv420p"),
            self._graph.add("buffersink"),
        )
        for before, after in pairwise(chain):
            before.link_to(after)
        self._graph.configure()

    def __call__(self, picture: Frame) -> VideoFrame:
        """`uint8 (H, W, 3)` RGB -> a frame in yuv420p, without a time."""
        if any(self._padding):
            down, right = self._padding
            picture = np.pad(picture, ((0, down), (0, right), (0, 0)), mode="edge")
        self._graph.vpush(VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24"))
        return self._graph.vpull()
