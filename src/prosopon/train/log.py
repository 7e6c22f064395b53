"""`log.jsonl`: one JSON object a step. A resumed run cuts it back to its step, so it reads as if nothing happened."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from prosopon.models.files import write_atomically


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
    """The log of a run, appended to step by step and held in memory for its curves.

    Args:
        path: the file, made if it is not there.
        last_step: the step that the run goes on from; later records are cut off, torn lines too.
    """

    def __init__(self, path: Path, last_step: int) -> None:
        self.records = [record for record in read_log(path) if record.step <= last_step]
        if path.exists():
            lines = "".join(_line(record) for record in self.records)
            write_atomically(path, lambda file: _fill(file, lines))
        self._file = path.open("a", encoding="utf-8")

    def append(self, record: Record) -> None:
        """Write down one step."""
        self.records.append(record)
        self._file.write(_line(record))
        self._file.flush()

    def sync(self) -> None:
        """Have everything on the disk, even if the power fails next."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """End writing."""
        self._file.close()


def read_log(path: Path) -> list[Record]:
    """The records of a log; a last line that a kill tore is left out. Empty where there is none."""
    if not path.exists():
        return []
    records = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            records.append(Record(**json.loads(line)))
        except (ValueError, TypeError):
            break
    return records


def _line(record: Record) -> str:
    return json.dumps(asdict(record)) + "\n"


def _fill(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
