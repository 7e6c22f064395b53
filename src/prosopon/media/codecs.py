"""Pictures through a real codec and back, in memory: what JPEG and H.264 leave of them.

For learning and measuring on what codecs really do, with their dead zones, filters and rate control; no file is
written.
"""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Frames = NDArray[np.uint8]


def through_jpeg(frame: Frames, quality: int) -> Frames:
    """One picture `uint8 (H, W, 3)` through Pillow's JPEG at a quality from 1 to 100, colour at half the resolution."""
    file = io.BytesIO()
    Image.fromarray(frame).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def through_x264(frames: Frames, crf: int) -> Frames:
    """Consecutive frames `uint8 (T, H, W, 3)` through x264 at a constant rate factor, 0 (nothing is lost) to 51.

    Colour at half the resolution; odd sides are made even on the way by repeating the edge.
    """
    height, width = frames.shape[1:3]
    even = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), "edge")
    encoder = av.CodecContext.create("libx264", "w")
    encoder.height, encoder.width = even.shape[1:3]
    encoder.pix_fmt = "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
    # One thread: what comes out must not depend on the machine, and the pictures are small.
    encoder.thread_count = 1
    # Without its tree of macroblocks: with it, the same frames come out otherwise from time to time (memory that x264's
    # assembler reads and nobody has written).
    encoder.options = {"crf": str(crf), "preset": "veryfast", "x264-params": "mbtree=0"}
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    packets = []
    for number, frame in enumerate(even):
        shown = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        shown.pts = number
        packets += encoder.encode(shown)
    packets += encoder.encode(None)
    decoded = [frame for packet in packets for frame in decoder.decode(packet)] + decoder.decode(None)
    back = np.stack([np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in decoded])
    return np.ascontiguousarray(back[:, :height, :width])
