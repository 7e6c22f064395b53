"""A photograph, and what happens to files: for the tests of the watermark."""

from __future__ import annotations

import io

import av
import numpy as np
from PIL import Image
from skimage.data import astronaut

from prosopon.core.clip import Frame
from prosopon.vouch.watermark.mark import Mark

MARK = Mark(bytes.fromhex("0123456789abcdef"), 2)


def photo(height: int = 400, width: int = 448) -> Frame:
    """A part of a photograph, `uint8 (H, W, 3)`."""
    return np.ascontiguousarray(astronaut()[:height, :width])


def as_jpeg(frame: Frame, quality: int) -> Frame:
    """After saving at this quality, with colour at half resolution."""
    held = io.BytesIO()
    Image.fromarray(frame).save(held, "JPEG", quality=quality, subsampling=2)
    return np.array(Image.open(held))


def resized(frame: Frame, width: int, height: int) -> Frame:
    return np.array(Image.fromarray(frame).resize((width, height), Image.Resampling.BICUBIC))


def turned(frame: Frame, clockwise_deg: float) -> Frame:
    """About its centre; what comes in from outside is black."""
    return np.array(Image.fromarray(frame).rotate(-clockwise_deg, Image.Resampling.BICUBIC))


def cropped(frame: Frame, share: float, left: float, top: float) -> Frame:
    """Without `share` of each side, of which `left` and `top` (0 to 1) lie there."""
    height, width = frame.shape[:2]
    high, wide = round(height * (1 - share)), round(width * (1 - share))
    row, column = round((height - high) * top), round((width - wide) * left)
    return np.ascontiguousarray(frame[row : row + high, column : column + wide])


def as_h264(frames: list[Frame], crf: int) -> list[Frame]:
    """After encoding with x264 at this constant rate factor; sides must be even."""
    held = io.BytesIO()
    height, width = frames[0].shape[:2]
    with av.open(held, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(crf), "preset": "veryfast"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    held.seek(0)
    with av.open(held) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def psnr_db(one: Frame, other: Frame) -> float:
    return float(10 * np.log10(255.0**2 / np.mean((one.astype(np.float64) - other) ** 2)))
