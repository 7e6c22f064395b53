"""Merged frames kept on disk while a long video is swapped, so that a run that was killed does none of them twice.

What is kept are the bare pixels that changed, in one file of JSON lines beside the result that is gone when the result
is there: nothing leaves that way.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.faces.colour.steady import ColourMap

Colours = Mapping[int, ColourMap | None]
"""What merging the next frame needs of this one, by the number of the person."""


@dataclass(frozen=True)
class KeptFrame:
    """What merging changed in one frame.

    Attributes:
        top, left: where the changed pixels begin.
        pixels: `uint8 (h, w, 3)`, what they became; without any where nothing changed.
        colours: how the faces' colours were changed.
    """

    top: int
    left: int
    pixels: NDArray[np.uint8]
    colours: Colours

    @classmethod
    def of(cls, before: Frame, after: Frame, colours: Colours) -> KeptFrame:
        """The difference of two frames, as a rectangle."""
        rows, columns = np.nonzero((before != after).any(-1))
        if not len(rows):
            return cls(0, 0, np.zeros((0, 0, 3), np.uint8), dict(colours))
        top, left = int(rows.min()), int(columns.min())
        return cls(top, left, after[top : int(rows.max()) + 1, left : int(columns.max()) + 1], dict(colours))

    def on(self, before: Frame) -> Frame:
        """The merged frame again."""
        after = before.copy()
        height, width = self.pixels.shape[:2]
        after[self.top : self.top + height, self.left : self.left + width] = self.pixels
        return after


class KeptFrames:
    """The merged frames of one clip, the first ones without a gap.

    Args:
        path: the file; begun anew where it is not there or is about something else.
        about: all that the frames depend on, JSON-able.
    """

    def __init__(self, path: Path, about: Mapping[str, Any]) -> None:
        self.path = path
        self._about = json.loads(json.dumps(about))
        good = 0
        count = 0
        for _, end in self._read():
            good, count = end, count + 1
        self.n_recalled = count
        path.parent.mkdir(parents=True, exist_ok=True)
        if count:
            with path.open("r+b") as file:
                file.truncate(good)  # a last line that was cut off must not spoil the next one
        else:
            path.write_text(json.dumps(self._about) + "\n", encoding="utf-8")
        self._file: IO[bytes] = path.open("ab")
        self._count = count

    def __len__(self) -> int:
        """Frames that are kept."""
        return self._count

    def recall(self) -> Iterator[KeptFrame]:
        """The frames that are kept, from the first on."""
        for number, (line, _) in enumerate(self._read()):
            if number >= self._count:
                return
            yield _frame(line)

    def keep(self, index: int, frame: KeptFrame) -> None:
        """Keep the next frame, on disk at once; one that is kept already is passed over."""
        if index != self._count:
            return
        colours = {
            str(number): None if one is None else [one.matrix.tolist(), one.shift.tolist()]
            for number, one in frame.colours.items()
        }
        packed = base64.b64encode(zlib.compress(frame.pixels.tobytes(), 1)).decode("ascii")
        place = [frame.top, frame.left, *frame.pixels.shape[:2]]
        line = json.dumps({"frame": index, "at": place, "pixels": packed, "colours": colours})
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        self._count += 1

    def close(self) -> None:
        """The file stays; it goes where there is nothing in it."""
        self._file.close()
        if not self._count:
            self.path.unlink(missing_ok=True)

    def forget(self) -> None:
        """All is done: remove the file."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _read(self) -> Iterator[tuple[dict[str, Any], int]]:
        """The lines after the first, as far as they are whole and in order, each with where it ends in bytes."""
        try:
            file = self.path.open("rb")
        except OSError:
            return
        with file:
            head = file.readline()
            try:
                if json.loads(head) != self._about:
                    return
            except ValueError:
                return
            end = len(head)
            for number, raw in enumerate(file):
                end += len(raw)
                try:
                    line = json.loads(raw) if raw.endswith(b"\n") else {}
                    if line.get("frame") != number:
                        return
                except ValueError:
                    return
                yield line, end


def _frame(line: Mapping[str, Any]) -> KeptFrame:
    top, left, height, width = line["at"]
    pixels = np.frombuffer(zlib.decompress(base64.b64decode(line["pixels"])), np.uint8).reshape(height, width, 3)
    colours = {
        int(number): None if one is None else ColourMap(np.array(one[0]), np.array(one[1]))
        for number, one in line["colours"].items()
    }
    return KeptFrame(top, left, pixels, colours)
