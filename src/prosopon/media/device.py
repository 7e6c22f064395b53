"""Cameras of this machine, through FFmpeg's devices: v4l2 on Linux, avfoundation on macOS, dshow on Windows."""

from __future__ import annotations

import errno
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
from av.container import InputContainer

from prosopon.core.clip import Frame
from prosopon.core.errors import MediaError, MissingError
from prosopon.media.colour import ToRgb
from prosopon.media.streams import video_stream

_FORMATS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
# Asked for first, because many cameras offer more pixels only at few frames a second; nets need few.
_WISHES = {"video_size": "640x480", "framerate": "30"}
_RETRY_S = 0.005


class Device:
    """An open camera; frames that nobody fetches are lost.

    Args:
        container: the open device.
        name: for people.
    """

    def __init__(self, container: InputContainer, name: str) -> None:
        self._container = container
        self.name = name

    def frames(self) -> Iterator[Frame]:
        """Frames as they come, `uint8 (H, W, 3)` RGB, without end.

        Raises:
            MediaError: the camera gives no pictures, or stopped giving them.
        """
        stream = video_stream(self._container)
        if stream is None:
            raise MediaError(f"{self.name} gives sound but no pictures", "choose another camera")
        to_rgb: ToRgb | None = None
        while True:
            try:
                for frame in self._container.decode(stream):
                    to_rgb = to_rgb or ToRgb(frame.width, frame.height)
                    yield to_rgb(frame)
            except av.BlockingIOError:  # no frame yet
                time.sleep(_RETRY_S)
                continue
            except (OSError, av.FFmpegError) as error:
                raise MediaError(
                    f"{self.name} stopped giving pictures: {error.strerror}", "plug it in again"
                ) from error
            return

    def close(self) -> None:
        """Give the camera back."""
        self._container.close()


def is_device(text: str) -> bool:
    """Whether a text names a camera rather than a file: a number, or something in /dev."""
    return text.isdecimal() or text.startswith("/dev/")


def open_device(text: str, system: str = sys.platform) -> Device:
    """Open a camera.

    Args:
        text: a number (0 is the first camera), `/dev/video0`, or the name that the system gives it.
        system: as `sys.platform`.

    Raises:
        MissingError: there is no such camera, or this system's cameras cannot be reached.
        MediaError: it is there but cannot be opened.
    """
    form = _FORMATS.get(system)
    if form is None:
        raise MissingError(f"cameras cannot be reached on {system}", "give a video file as --camera")
    url = _address(text, system)
    try:
        try:
            container = av.open(url, format=form, options=_WISHES)
        except (OSError, av.FFmpegError, ValueError) as error:
            if isinstance(error, OSError | av.FFmpegError) and error.errno in (errno.ENOENT, errno.EBUSY, errno.EACCES):
                raise
            container = av.open(url, format=form)  # it cannot do what was wished for
    except (OSError, av.FFmpegError, ValueError) as error:
        raise _explained(error, text, url) from error
    return Device(container, f"camera {text}")


def _address(text: str, system: str) -> str:
    """What FFmpeg calls the camera."""
    if system == "linux":
        return f"/dev/video{text}" if text.isdecimal() else text
    if system == "darwin":
        return f"{text}:none"
    if not text.isdecimal():
        return f"video={text}"
    cameras = [device for device in av.enumerate_input_devices("dshow") if "video" in device.media_types]
    if int(text) >= len(cameras):
        raise _none_there(text)
    return f"video={cameras[int(text)].name}"


def _explained(error: Exception, text: str, url: str) -> MissingError | MediaError:
    code = error.errno if isinstance(error, OSError | av.FFmpegError) else None
    if code == errno.EACCES:
        return MediaError(f"the camera {url} may not be used", "allow it: on Linux, become a member of the group video")
    if code == errno.EBUSY:
        return MediaError(f"the camera {url} is in use", "close the other program")
    if code in (errno.ENOENT, errno.ENODEV, errno.ENXIO) or not Path(url).exists():
        return _none_there(text)
    return MediaError(f"{url} is no camera that gives pictures", "choose another one, or give a video file")


def _none_there(text: str) -> MissingError:
    return MissingError(f"there is no camera {text}", "connect one, name another as --camera, or give a video file")
