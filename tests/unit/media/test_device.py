"""Cameras: how they are called on each system, what is said where there is none; FFmpeg's test picture as a camera."""

from __future__ import annotations

import errno
from itertools import islice

import av
import numpy as np
import pytest

from prosopon.core.errors import ExitCode, MediaError, MissingError, ProsoponError
from prosopon.media import device
from prosopon.media.device import Device, is_device, open_device


@pytest.mark.parametrize(
    ("system", "text", "form", "url"),
    [
        ("linux", "0", "v4l2", "/dev/video0"),
        ("linux", "/dev/video2", "v4l2", "/dev/video2"),
        ("darwin", "1", "avfoundation", "1:none"),
        ("win32", "USB Camera", "dshow", "video=USB Camera"),
    ],
)
def test_each_system_has_its_own_names(
    system: str, text: str, form: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def opened(name: str, format: str, options: object = None) -> object:  # noqa: A002 - as PyAV calls it
        asked.append((name, format))
        if options:
            raise OSError(errno.EINVAL, "no such size")  # then it is opened as it is
        return object()

    monkeypatch.setattr(av, "open", opened)
    assert open_device(text, system).name == f"camera {text}"
    assert asked == [(url, form)] * 2


@pytest.mark.parametrize(
    ("code", "kind", "word"),
    [
        (errno.ENOENT, MissingError, "no camera 3"),
        (errno.EBUSY, MediaError, "in use"),
        (errno.EACCES, MediaError, "may not be used"),
    ],
)
def test_what_is_wrong_is_said(
    code: int, kind: type[ProsoponError], word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise OSError(code, "no")

    monkeypatch.setattr(av, "open", refuse)
    with pytest.raises(kind, match=word) as caught:
        open_device("3", "linux")
    assert caught.value.hint


def test_unknown_systems_and_numbers_beyond_the_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingError, match="plan9") as caught:
        open_device("0", "plan9")
    assert caught.value.exit_code == ExitCode.MISSING
    monkeypatch.setattr(av, "enumerate_input_devices", lambda _: [])
    with pytest.raises(MissingError, match="no camera 0"):
        open_device("0", "win32")


def test_no_camera_here() -> None:
    with pytest.raises(MissingError):
        open_device("/dev/video97")


def test_numbers_and_device_files_are_cameras_and_other_names_are_not() -> None:
    assert is_device("0")
    assert is_device("/dev/video0")
    assert not is_device("film.mp4")
    assert not is_device("1.mp4")


def test_pictures_of_a_device_come_as_rgb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(device._FORMATS, "linux", "lavfi")
    monkeypatch.setattr(device, "_address", lambda *_: "color=c=0x3060C0:size=64x48")
    camera = open_device("0", "linux")
    try:
        frames = list(islice(camera.frames(), 3))
    finally:
        camera.close()
    assert [frame.shape for frame in frames] == [(48, 64, 3)] * 3
    np.testing.assert_allclose(frames[0].mean((0, 1)), (0x30, 0x60, 0xC0), atol=3)


def test_a_camera_that_is_pulled_out_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pulled:
        def decode(self, _: object) -> object:
            raise OSError(errno.ENODEV, "No such device")

    monkeypatch.setattr(device, "video_stream", lambda _: object())
    with pytest.raises(MediaError, match="stopped giving pictures"):
        next(Device(Pulled(), "camera 0").frames())  # type: ignore[arg-type]
