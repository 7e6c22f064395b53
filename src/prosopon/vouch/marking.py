"""Writing with a watermark: put in, encoded, and read back before it is said to be there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError
from prosopon.core.history import SourceType, Step
from prosopon.core.progress import Progress
from prosopon.media.read import read
from prosopon.media.write import encode
from prosopon.vouch.manifest.definition import WATERMARK_STEP, jsonable
from prosopon.vouch.manifest.source_types import SYNTHETIC
from prosopon.vouch.watermark.luma import LEAST_SIDE_PX
from prosopon.vouch.watermark.mark import PAYLOAD_BYTES, Mark, kind_of
from prosopon.vouch.watermark.methods import METHOD_PARAMETER, Method, read_by
from prosopon.vouch.watermark.video import marked, read_clip

_READ_BACK_S = 3.0
"""Of a video: all of it carries the same mark, and was encoded alike."""


@dataclass(frozen=True)
class Written:
    """A file that was written.

    Attributes:
        clip: what is in it, with the step of the watermark where there is one.
        payload: what the watermark carries, 16 hexadecimal digits; None without one.
        problems: why something that ought to carry a watermark has none.
    """

    clip: Clip
    payload: str | None = None
    problems: tuple[str, ...] = ()


def written_marked(clip: Clip, path: Path, source_type: SourceType, progress: Progress) -> Written:
    """Encode a clip to `path`, with a watermark of its own if it is synthetic and carries none yet.

    The watermark is read back from the file. Where it cannot be (a picture that is too small or too uniform, a palette
    of few colours), nothing is said to be there.

    Raises:
        MediaError: it cannot be encoded.
    """
    own = next((step for step in reversed(clip.history) if step.op == WATERMARK_STEP), None)
    if own is not None or source_type.value not in SYNTHETIC or not clip.times:
        encode(clip, path, progress=progress)
        if own is None:
            return Written(clip)
        payload = str(own.params["payload"])
        _demand(payload, own.params.get(METHOD_PARAMETER, "stdm"), path)
        return Written(clip, payload)
    carrying = _Carrying(clip, source_type)
    try:
        encode(carrying.clip, path, progress=progress)
        mark, step = carrying.mark, carrying.step
    except _NotToBeMarkedError as error:
        _clear(path)
        encode(clip, path, progress=progress)
        return Written(clip, problems=(f"it carries no watermark: {error}",))
    if read_clip(_opening(read(path)), "quick").mark != mark:
        return Written(clip, problems=("its watermark cannot be read back: do not rely on it",))
    return Written(replace(clip, history=(*clip.history, step)), mark.hex)


def _clear(path: Path) -> None:
    """Remove what a broken attempt may have left."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _demand(payload: str, method: Method, path: Path) -> None:
    """Refuse to let out what somebody asked to be marked, and what does not carry the mark."""
    mark = read_by(method, _opening(read(path)), "quick").mark
    if mark is None or mark.hex != payload:
        raise MediaError(
            "the watermark cannot be read back: the pictures are too small, too dark, too bright or too uniform",
            "choose another picture, a larger size, or another format",
        )


class _NotToBeMarkedError(Exception):
    """A frame is too small or too uniform for a watermark."""


class _Carrying:
    """A clip with a watermark whose payload comes from what is in it: the same again gets the same again.

    What it is drawn from is the history without its times, and the first frame, which is only known once the frames
    are made. Two different things with one payload would be taken for copies of each other.
    """

    def __init__(self, clip: Clip, source_type: SourceType) -> None:
        self._original, self._source_type = clip, source_type
        self._found: tuple[Mark, Step] | None = None
        self.clip = replace(clip, open_frames=self._frames)

    @property
    def mark(self) -> Mark:
        """What was put in, once frames were asked for."""
        return self._known[0]

    @property
    def step(self) -> Step:
        """The step that says so."""
        return self._known[1]

    @property
    def _known(self) -> tuple[Mark, Step]:
        if self._found is None:
            raise RuntimeError("no frame was asked for yet")
        return self._found

    def _frames(self) -> Iterator[Frame]:
        frames = self._original.frames()
        first = next(frames, None)
        if first is None:
            return
        mark = Mark(_payload(self._original, first), kind_of(self._source_type.value))
        try:
            carrying = marked(replace(self._original, open_frames=lambda: chain((first,), frames)), mark)
            self._found = mark, carrying.history[-1]
            yield from carrying.frames()
        except MediaError as error:
            if not self._original.is_still and min(first.shape[:2]) >= LEAST_SIDE_PX:
                raise  # of a video the frames themselves: they could not be made
            raise _NotToBeMarkedError(str(error)) from error


def _payload(clip: Clip, first: Frame) -> bytes:
    told = {
        "size": [clip.width, clip.height, len(clip)],
        "steps": [
            [step.op, jsonable(step.params), step.seed, step.weights_sha256, [one.sha256 for one in step.parents]]
            for step in clip.history
        ],
        "first": sha256(first.tobytes()).hexdigest(),
    }
    return sha256(json.dumps(told, sort_keys=True).encode()).digest()[:PAYLOAD_BYTES]


def _opening(clip: Clip) -> Clip:
    """The first seconds of a clip."""
    if clip.is_still or not clip.times:
        return clip
    count = sum(time_s < clip.times[0] + _READ_BACK_S for time_s in clip.times)

    def frames() -> Iterator[Frame]:
        yield from islice(clip.frames(), count)

    return replace(clip, open_frames=frames, times=clip.times[:count])
