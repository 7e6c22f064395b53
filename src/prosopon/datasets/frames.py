"""Single frames out of the forms that published data sets of videos have.

A video is a folder of pictures, one picture with all frames side by side (a strip), or a file such as `.mp4` or
`.gif`. Pairs need two frames at random places, so the videos of small sets are kept decoded.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError
from prosopon.media.read import read

PICTURES = (".png", ".jpg", ".jpeg")
VIDEOS = (".mp4", ".mov", ".gif")
_KEPT_BYTES = 256 * 2**20
"""Decoded videos that one process keeps. Sets that do not fit are decoded anew for every pair: with pairs drawn at
random, keeping a part of them would hardly ever help."""


def is_video(path: Path) -> bool:
    """Whether a data set's entry looks like a video: a folder, or a file with a known suffix."""
    hidden = path.name.startswith(".")
    return not hidden and (path.is_dir() or path.suffix.lower() in (*PICTURES, *VIDEOS))


class FrameReader:
    """Reads frames by index.

    Args:
        frame_px: side of the square frames of strips.
        n_videos: how many videos are going to be read again and again; decides whether they are kept.
    """

    def __init__(self, frame_px: int, n_videos: int = 1) -> None:
        self._frame_px = frame_px
        self._n_videos = n_videos
        self._decoded: OrderedDict[Path, NDArray[np.uint8]] = OrderedDict()
        self._clips: dict[Path, Clip] = {}

    def pick(self, path: Path, choose: Callable[[int], Sequence[int]]) -> list[Frame]:
        """Frames of a video, `uint8 (H, W, 3)` each.

        Args:
            path: the video.
            choose: number of frames -> ascending indices.

        Raises:
            MediaError: it cannot be read, or has no frames.
        """
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix.lower() in PICTURES)
            if not files:
                raise MediaError(f"the folder {path} holds no pictures", "a video is a folder of PNG or JPEG frames")
            return [read(files[index]).first() for index in choose(len(files))]
        decoded = self._decoded.get(path)
        if decoded is None:
            clip = self._open(path)
            if not clip.is_still and 3 * clip.width * clip.height * len(clip) * self._n_videos > _KEPT_BYTES:
                return _on_the_way(clip, list(choose(len(clip))))
            decoded = self._strip(clip, path) if clip.is_still else np.stack(list(clip.frames()))
            self._keep(path, decoded)
        self._decoded.move_to_end(path)
        return [decoded[index] for index in choose(len(decoded))]

    def _open(self, path: Path) -> Clip:
        """The clip, looked through only once."""
        clip = self._clips.get(path)
        if clip is None:
            clip = read(path)
            if not len(clip):
                raise MediaError(f"{path} has no pictures", "remove it from the data")
            self._clips[path] = clip
        return clip

    def _strip(self, clip: Clip, path: Path) -> NDArray[np.uint8]:
        """A picture of frames side by side as `(T, S, S, 3)`."""
        size = self._frame_px
        if clip.height != size or clip.width % size:
            raise MediaError(
                f"{path} has {clip.width} x {clip.height} pixels and is no strip of frames of {size} x {size}",
                "a picture must hold a video's frames side by side",
            )
        columns = clip.first().reshape(size, clip.width // size, size, 3)
        return np.ascontiguousarray(columns.transpose(1, 0, 2, 3))

    def _keep(self, path: Path, frames: NDArray[np.uint8]) -> None:
        self._decoded[path] = frames
        while len(self._decoded) > 1 and sum(held.nbytes for held in self._decoded.values()) > _KEPT_BYTES:
            self._decoded.popitem(last=False)

    def __reduce__(self) -> tuple[type[FrameReader], tuple[int, int]]:
        """Worker processes start with nothing kept."""
        return FrameReader, (self._frame_px, self._n_videos)


def _on_the_way(clip: Clip, indices: Sequence[int]) -> list[Frame]:
    """Frames at ascending indices, decoding no further than needed."""
    found: dict[int, Frame] = {}
    for index, frame in enumerate(clip.frames()):
        if index in indices:
            found[index] = frame
        if index >= indices[-1]:
            break
    return [found[index] for index in indices]
