"""`log.jsonl`: one JSON object a step. A resumed run cuts it back to its step, so it reads as if nothing happened."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Record:
    """What is known of one step.

    Attributes:
        step: its number, from 1.
        epoch: how many times the data were gone through, fractional.
        time_s: training time so far, pauses left out.
        images_per_s: items of this step over its duration.
        waited_s: of which so long for data.
        losses: by name, averaged over the batch.
        lr: learning rate by phase, as used in this step.
        metrics: scores on held-out data, in the steps that measure.
    """

    step: int
    epoch: float
    time_s: float
    images_per_s: float
    waited_s: float
    losses: Mapping[str, float]
    lr: Mapping[str, float]
    metrics: Mapping[str, float] = field(default_factory=dict)


class Log:
    """The log of a run, appended to step by step.

    Args:
        path: the file, made if it is not there.
        last_step: the step that the run goes on from; later records are cut off, a torn line too.
    """

    def __init__(self, path: Path, last_step: int) -> None:
        if path.exists():
            os.truncate(path, _end_of(path, last_step))
        self._file = path.open("a", encoding="utf-8")

    def append(self, record: Record) -> None:
        """Write down one step."""
        self._file.write(json.dumps(asdict(record)) + "\n")
        self._file.flush()

    def sync(self) -> None:
        """Have everything on the disk, even if the power fails next."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """End writing."""
        self._file.close()


def read_log(path: Path) -> Iterator[Record]:
    """The records of a log, one after the other, up to a last line that a kill tore. None where there is no log."""
    for record, _end in _records(path):
        yield record


def _end_of(path: Path, last_step: int) -> int:
    """Where in the file, in bytes, the record of `last_step` ends."""
    end = 0
    for record, line_end in _records(path):
        if record.step > last_step:
            break
        end = line_end
    return end


def _records(path: Path) -> Iterator[tuple[Record, int]]:
    """Records, each with the place in bytes where its line ends."""
    if not path.exists():
        return
    end = 0
    with path.open("rb") as file:
        for line in file:
            end += len(line)
            try:
                record = Record(**json.loads(line))
            except (ValueError, TypeError):
                return
            if not line.endswith(b"\n"):
                return
            yield record, end
