"""`probe`: what a media file is; `survey`: the same with all that is needed to read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Literal

from prosopon.core.clip import Audio, Frame
from prosopon.core.errors import MediaError
from prosopon.media.animation import ANIMATED, index_animation
from prosopon.media.audio import index_sound, lazy_audio
from prosopon.media.folder import index_folder
from prosopon.media.image import exif_orientation, opened_image, read_still
from prosopon.media.limits import Limits
from prosopon.media.sniff import Family, sniff
from prosopon.media.timeline import Timeline
from prosopon.media.video import index_video

Kind = Literal["image", "video", "audio"]


@dataclass(frozen=True)
class MediaInfo:
    """What a file is.

    Attributes:
        kind: `image`, `video` (also animations and folders of pictures) or `audio`.
        container: name of the format, from the content: `mov`, `matroska`, `png`, `folder`, ...
        width, height: of the upright picture in (square) pixels; 0 for a sound.
        fps: nominal rate; None for an image or a sound.
        n_frames: number of frames that can be read; None for a sound.
        duration_s: length in seconds, 0 for an image, None where the container does not say.
        rotation_deg: clockwise turn that made the picture upright: 0, 90, 180 or 270.
        variable_rate: whether frames are shown for unequal times.
        video_codec: FFmpeg's name of the codec (for images that of the format), None for a sound.
        audio_codec: FFmpeg's name of the codec, None without sound.
        audio_rate: samples per second, None without sound.
        audio_channels: number of channels, None without sound.
        size_bytes: of the file, or of all pictures of a folder.
        frames_lost: frames that the container announces but that cannot be decoded.
    """

    kind: Kind
    container: str
    width: int
    height: int
    fps: Fraction | None
    n_frames: int | None
    duration_s: float | None
    rotation_deg: int
    variable_rate: bool
    video_codec: str | None
    audio_codec: str | None
    audio_rate: int | None
    audio_channels: int | None
    size_bytes: int
    frames_lost: int = 0


@dataclass(frozen=True)
class Survey:
    """Everything about a file but its pixels and samples.

    Attributes:
        info: for people.
        open_frames: starts a pass over the upright frames.
        times: time of every frame in seconds from the first one.
        audio: the sound, not yet read, or None.
    """

    info: MediaInfo
    open_frames: Callable[[], Iterator[Frame]]
    times: tuple[float, ...]
    audio: Audio | None = None


def probe(path: Path, limits: Limits = Limits()) -> MediaInfo:  # noqa: B008 - Limits is frozen
    """What the file at `path` is, told by its content.

    Videos are gone through once without decoding (with decoding where they are damaged or lack time stamps), so that
    the number of frames and the rate are facts and not what the head claims.

    Raises:
        MediaError: it is missing, unreadable, empty, damaged or no medium.
        LimitError: it is larger than `limits` allow.
    """
    return survey(path, limits).info


def survey(path: Path, limits: Limits) -> Survey:
    """Look through the file at `path`; raises like `probe`."""
    sniffed = sniff(path)
    if sniffed.family is Family.FOLDER:
        return _survey_folder(path, limits)
    size_bytes = path.stat().st_size
    limits.check_bytes(size_bytes, path)
    if sniffed.family is Family.PICTURE:
        return _survey_picture(path, sniffed.decoder, size_bytes, limits)
    return _survey_streams(path, sniffed.decoder, size_bytes, limits)


def _survey_folder(path: Path, limits: Limits) -> Survey:
    index = index_folder(path, limits)
    info = _pictures_info("folder", "png", (index.width, index.height), index.timeline, size_bytes=index.size_bytes)
    return Survey(info, index.frames, index.timeline.times)


def _survey_picture(path: Path, decoder: str, size_bytes: int, limits: Limits) -> Survey:
    with opened_image(path, decoder, limits) as image:
        animated = decoder in ANIMATED and getattr(image, "n_frames", 1) > 1
        orientation = exif_orientation(image)
        width, height = orientation.size(image.width, image.height)
    name = decoder.lower()
    if animated:
        index = index_animation(path, decoder, limits)
        info = _pictures_info(
            name, name, (index.width, index.height), index.timeline, size_bytes=size_bytes, lost=index.lost
        )
        return Survey(info, index.frames, index.timeline.times)
    info = MediaInfo(
        kind="image", container=name, width=width, height=height, fps=None, n_frames=1, duration_s=0.0,
        rotation_deg=orientation.rotation_deg, variable_rate=False, video_codec=name, audio_codec=None,
        audio_rate=None, audio_channels=None, size_bytes=size_bytes,
    )  # fmt: skip
    return Survey(info, partial(_one_still, path, decoder, limits), (0.0,))


def _one_still(path: Path, decoder: str, limits: Limits) -> Iterator[Frame]:
    yield read_still(path, decoder, limits)


def _pictures_info(
    container: str, codec: str, size: tuple[int, int], line: Timeline, *, size_bytes: int, lost: int = 0
) -> MediaInfo:
    """A silent sequence of pictures."""
    return MediaInfo(
        kind="video", container=container, width=size[0], height=size[1], fps=line.fps, n_frames=len(line.times),
        duration_s=line.duration_s, rotation_deg=0, variable_rate=line.variable, video_codec=codec, audio_codec=None,
        audio_rate=None, audio_channels=None, size_bytes=size_bytes, frames_lost=lost,
    )  # fmt: skip


def _survey_streams(path: Path, decoder: str, size_bytes: int, limits: Limits) -> Survey:
    index = index_video(path, decoder, limits)
    sound = index_sound(path, decoder)
    if sound is not None and sound.duration_s is not None:
        limits.check_duration(sound.duration_s, path)
    if index is None and sound is None:
        raise MediaError(
            f"{path} holds neither pictures nor sound that can be decoded", "it may be damaged: get a complete copy"
        )
    zero_s = index.start_s if index is not None else (sound.start_s if sound is not None else 0.0)
    width, height = index.size if index is not None else (0, 0)
    line = None if index is None else index.timeline
    info = MediaInfo(
        kind="audio" if index is None else "video",
        container=decoder,
        width=width,
        height=height,
        fps=None if line is None else line.fps,
        n_frames=None if line is None else len(line.times),
        duration_s=line.duration_s if line is not None else (None if sound is None else sound.duration_s),
        rotation_deg=0 if index is None else index.orientation.rotation_deg,
        variable_rate=line is not None and line.variable,
        video_codec=None if index is None else index.codec,
        audio_codec=None if sound is None else sound.codec,
        audio_rate=None if sound is None else sound.rate,
        audio_channels=None if sound is None else sound.channels,
        size_bytes=size_bytes,
        frames_lost=0 if index is None else index.lost,
    )
    audio = None if sound is None else lazy_audio(path, sound, zero_s, limits)
    if index is None:
        return Survey(info, _no_frames, (), audio)
    return Survey(info, index.frames, index.timeline.times, audio)


def _no_frames() -> Iterator[Frame]:
    return iter(())
