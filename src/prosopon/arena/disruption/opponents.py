"""Nets that are attacked and measured, with names that tell them apart even where two files are called the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from prosopon.arena.victims import named
from prosopon.arena.victims.victim import Victim
from prosopon.models.catalogue import Entry, find
from prosopon.train.trained import find_trained


@dataclass(frozen=True, eq=False)
class Opponent:
    """A net that may be attacked.

    Attributes:
        label: what tables call it: weights and, after a slash, what of them is attacked.
        weights: what tables call the weights alone.
        sha256: content id of the weights.
        technique: whose they are.
        path: their file.
        victim: the net.
    """

    label: str
    weights: str
    sha256: str
    technique: str
    path: Path
    victim: Victim

    @property
    def answer(self) -> str:
        """What of the weights is attacked, where it is not the first that there is."""
        return self.label[len(self.weights) + 1 :]


Open = Callable[[str], Victim]


def open_opponents(
    names: Sequence[str], device: torch.device, *, precision: torch.dtype = torch.float32, opened: Open | None = None
) -> list[Opponent]:
    """Open nets by name, path or run folder.

    Two trainings of one plan (with and without adversarial training, say) write weights of the same name: such are
    told apart by the folders that they lie in. What is named twice is taken once.

    Args:
        names: as `arena.victims.named.open_victim` takes them; of a run folder its weights are taken.
        device, precision: as there.
        opened: opens a net instead of that.

    Raises:
        MissingError: weights are not there.
        CheckpointError: they are damaged.
        UsageError: such weights are no victims, or have no such answer.
    """

    def usual(name: str) -> Victim:
        return named.open_victim(name, device, precision=precision)

    entries: dict[tuple[str, str], tuple[str, Entry]] = {}
    for name in map(_in_run_folder, names):
        weights = named.weights_of(name)
        entry = find(weights)
        entries.setdefault((entry.sha256, name[len(weights) :]), (name, entry))
    labels = told_apart({entry.sha256: entry.path for _, entry in entries.values()})
    return [
        Opponent(
            labels[sha256] + answer, labels[sha256], sha256, entry.technique, entry.path,
            (usual if opened is None else opened)(name),
        )
        for (sha256, answer), (name, entry) in entries.items()
    ]  # fmt: skip


def told_apart(paths: Mapping[str, Path]) -> dict[str, str]:
    """Names of files without suffix; where two are the same, with the nearest folder in which they differ.

    Args:
        paths: files by whatever they are known by.
    """
    labels = {}
    for key, path in paths.items():
        rivals = [other for held, other in paths.items() if held != key and other.stem == path.stem]
        labels[key] = f"{path.stem} ({_own_folder(path, rivals)})" if rivals else path.stem
    return labels


def _own_folder(path: Path, rivals: Sequence[Path]) -> str:
    """The name of the nearest folder above that none of the rivals has at the same height; else the whole folder."""
    mine, theirs = path.absolute().parents, [other.absolute().parents for other in rivals]
    for height, folder in enumerate(mine):
        if folder.name and all(len(other) <= height or other[height].name != folder.name for other in theirs):
            return folder.name
    return str(path.absolute().parent)


def _in_run_folder(name: str) -> str:
    return str(find_trained(name, "train").path) if Path(name).is_dir() else name
