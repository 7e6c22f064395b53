"""What was found so far, kept on disk while a long clip is looked through, so that nothing is looked for twice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

from prosopon.core.faces import Face
from prosopon.faces.alignment import face_as_json, face_from_json


class Memory(Protocol):
    """Remembers the faces of frames."""

    def recall(self, index: int) -> list[Face] | None:
        """The faces of a frame that was looked at before, None for another."""
        ...

    def keep(self, index: int, faces: Sequence[Face]) -> None:
        """Remember a frame's faces."""
        ...


class Journal:
    """A memory in a file: one line a frame, written at once, so that it survives whatever ends the process.

    Faces come back exactly, but for their dense points, which are not kept.

    Args:
        path: the file; begun anew where it is not there or is about something else.
        about: what the results depend on: the clip's sha256, the finder. Entries of another journal are not used.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        self.path = path
        self._known = _read(path, about)
        self.n_recalled = len(self._known)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written again from what could be read: a last line that was cut off must not spoil the next one.
        self._file: IO[str] = path.open("w", encoding="utf-8")
        self._line(about)
        for index, faces in self._known.items():
            self._line(_entry(index, faces))
        self._file.flush()

    def recall(self, index: int) -> list[Face] | None:
        """The faces of a frame that was looked at before, None for another."""
        return self._known.get(index)

    def keep(self, index: int, faces: Sequence[Face]) -> None:
        """Remember a frame's faces, on disk at once."""
        self._known[index] = list(faces)
        self._line(_entry(index, faces))
        self._file.flush()

    def __len__(self) -> int:
        """Number of frames that are known."""
        return len(self._known)

    def forget(self) -> None:
        """All is done: remove the file."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        """Itself, open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file; it stays unless `forget` was called, and goes where there is nothing in it."""
        self._file.close()
        if not self._known:
            self.path.unlink(missing_ok=True)

    def _line(self, data: dict[str, Any]) -> None:
        self._file.write(json.dumps(data) + "\n")


class Journals:
    """The journals of several clips, one file each in a folder, until all of them are done.

    Args:
        folder: made when there is something to keep.
        about: what the results depend on besides the clip.
    """

    def __init__(self, folder: Path, about: dict[str, Any]) -> None:
        self._folder, self._about = folder, about
        self.n_recalled = 0

    def of(self, sha256: str | None) -> Journal:
        """The journal of a clip, open; to be closed before that of the next one is asked for."""
        about = {**self._about, "sha256": sha256}
        journal = Journal(self._folder / f"{(sha256 or 'unknown')[:32]}.jsonl", about)
        self.n_recalled += journal.n_recalled
        return journal

    def forget(self) -> None:
        """All is done: remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def tidy(self) -> None:
        """Remove the folder where nothing is kept in it."""
        with suppress(OSError):
            self._folder.rmdir()


def _entry(index: int, faces: Sequence[Face]) -> dict[str, Any]:
    return {"frame": index, "faces": [face_as_json(face, digits=None) for face in faces]}


def _read(path: Path, about: dict[str, Any]) -> dict[int, list[Face]]:
    """What a journal holds as far as it can be read; nothing where it is about something else."""
    known: dict[int, list[Face]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        if not lines or json.loads(lines[0]) != json.loads(json.dumps(about)):
            return {}
        for line in lines[1:]:
            data = json.loads(line)
            known[int(data["frame"])] = [face_from_json(one) for one in data["faces"]]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError):
        pass  # cut off in the middle of a line: what came before it is good
    return known
