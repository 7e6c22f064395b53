"""Where live pictures come from: a camera, or a file that is played at its own speed as if it were one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import UsageError
from prosopon.core.history import Parent, Relationship
from prosopon.media.device import Device, is_device, open_device
from prosopon.media.read import read


@dataclass(frozen=True)
class Shot:
    """One frame of a camera.

    Attributes:
        frame: `uint8 (H, W, 3)`.
        at_s: when it was taken, on the camera's own clock, in seconds.
        grabbed_s: when it came in, on the program's clock.
    """

    frame: Frame
    at_s: float
    grabbed_s: float


@dataclass(frozen=True)
class Clock:
    """The program's clock.

    Attributes:
        now: seconds from some moment on, never going back.
        sleep: waits for so many seconds.
    """

    now: Callable[[], float]
    sleep: Callable[[float], object]


class Camera(Protocol):
    """Gives shots, in the order of their times."""

    @property
    def name(self) -> str:
        """For people."""
        ...

    def shots(self, clock: Clock) -> Iterator[Shot]:
        """Shots as they come, with the waiting in between."""
        ...

    def as_parent(self) -> Parent:
        """What it is to the result: it steers and is not shown."""
        ...

    def close(self) -> None:
        """Give it back."""
        ...


class FileCamera:
    """A video that is played by its own times; whoever is slower than it misses frames, as with a camera."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self.name = clip.name

    def shots(self, clock: Clock) -> Iterator[Shot]:
        """One pass through the video, each frame at its time after the first."""
        began_s: float | None = None
        for frame, at_s in zip(self._clip.frames(), self._clip.times, strict=False):
            if began_s is None:
                began_s = clock.now() - at_s
            early_s = began_s + at_s - clock.now()
            if early_s > 0:
                clock.sleep(early_s)
            yield Shot(frame, at_s, clock.now())

    def as_parent(self) -> Parent:
        """The file."""
        return self._clip.as_parent(Relationship.INPUT)

    def close(self) -> None:
        """Nothing: each pass closes the file."""


class DeviceCamera:
    """A camera of this machine; its clock is the program's."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.name = device.name

    def shots(self, clock: Clock) -> Iterator[Shot]:
        """Shots without end; the camera itself does the waiting."""
        for frame in self._device.frames():
            now_s = clock.now()
            yield Shot(frame, now_s, now_s)

    def as_parent(self) -> Parent:
        """A camera, which never was a file."""
        return Parent("camera", None, Relationship.INPUT)

    def close(self) -> None:
        """Give the camera back."""
        self._device.close()


def open_camera(text: str) -> Camera:
    """Open a camera, or a file as one.

    Args:
        text: a number, `/dev/video0`, the system's name of a camera (Windows), or a file.

    Raises:
        MissingError: there is no such camera.
        MediaError: the file cannot be read, or the camera not opened.
        UsageError: the file has no moving pictures.
    """
    if is_device(text):
        return DeviceCamera(open_device(text))
    clip = read(Path(text))
    if len(clip) < 2:
        what = "is a single picture" if len(clip) else "has no pictures, only sound"
        raise UsageError(f"{text} {what}", "give a camera or a video")
    return FileCamera(clip)
