"""Weights of one or more swap trainings at different times, and which of them make one line of a learning curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prosopon.core.errors import MissingError, UsageError
from prosopon.create.swap.model import TECHNIQUE
from prosopon.models.catalogue import Entry, find
from prosopon.models.pair import SUFFIX
from prosopon.train.backups import kept_backups
from prosopon.train.run import WEIGHTS


@dataclass(frozen=True)
class Snapshot:
    """Weights as they were after some training.

    Attributes:
        name: told apart from all others.
        run: what they are a snapshot of: run, or folder and plan.
        entry: weights and card.
    """

    name: str
    run: str
    entry: Entry

    @property
    def minutes(self) -> float | None:
        """How long was trained, None where the card does not say."""
        seconds = _training(self.entry).get("time_s")
        return seconds / 60 if isinstance(seconds, (int, float)) else None

    @property
    def perceptual(self) -> bool:
        """Whether it has learnt from features of faces, by which likeness is told as well."""
        swap = _training(self.entry).get("config", {}).get("swap", {})
        return bool(swap.get("perceptual")) and swap.get("features", "face") == "face"

    def facts(self) -> dict[str, Any]:
        """For the record."""
        return {
            "weights": self.entry.name,
            "weights_sha256": self.entry.sha256,
            "plan": self.entry.config,
            "run": self.run,
            "steps": _training(self.entry).get("steps"),
            "minutes": self.minutes,
        }


def snapshots(models: Sequence[str], *, backups: bool = False) -> list[Snapshot]:
    """The weights that are meant.

    Args:
        models: run folders, names in the catalogue, or paths of a `.safetensors`.
        backups: of run folders, the backups that were kept as well, the oldest first.

    Raises:
        MissingError: there are none, or they are of another technique.
        UsageError: they know nobody in particular.
        CheckpointError: a card is damaged.
    """
    entries: list[tuple[tuple[str, str], Entry]] = []
    for model in models:
        folder = Path(model)
        if folder.is_dir():
            entries += [((str(folder.resolve()), ""), one) for one in _of_run(folder, backups=backups)]
        else:
            entry = find(model)
            entries.append(((str(entry.path.parent.resolve()), entry.config), entry))
    for _, entry in entries:
        _check(entry)
    runs = _told_apart({key: Path(key[0]).name if not key[1] else key[1] for key, _ in entries})
    names: dict[int, str] = {}
    for place, (key, entry) in enumerate(entries):
        seconds = _training(entry).get("time_s")
        alone = sum(other == key for other, _ in entries) == 1
        after = "" if alone or not isinstance(seconds, (int, float)) else f", {seconds / 60:.3g} min"
        names[place] = f"{runs[key]}{after}"
    unique = _told_apart({(str(place), ""): name for place, name in names.items()})
    return [Snapshot(unique[str(place), ""], runs[key], entry) for place, (key, entry) in enumerate(entries)]


def lines(taken: Sequence[Snapshot], values: Mapping[str, float]) -> dict[str, list[tuple[float, float]]]:
    """Values over minutes, by run.

    Args:
        taken: the snapshots.
        values: by the snapshots' names; those that are absent are left out.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for one in taken:
        if one.minutes is not None and one.name in values:
            found.setdefault(one.run, []).append((one.minutes, values[one.name]))
    return {run: sorted(points) for run, points in found.items()}


def _of_run(folder: Path, *, backups: bool) -> list[Entry]:
    places = [*(kept_backups(folder) if backups else ()), folder / WEIGHTS]
    files = [path for place in places for path in sorted(place.glob(f"*{SUFFIX}"))]
    if not files:
        raise MissingError(f"{folder} holds no weights yet", f"train some with: prosopon train swap -o {folder}")
    found: dict[str, Entry] = {}
    for entry in map(find, files):
        found.pop(entry.sha256, None)  # the newest backup is often the same as the weights, which stay
        found[entry.sha256] = entry
    return list(found.values())


def _check(entry: Entry) -> None:
    """Refuse what cannot swap, before anything is measured."""
    if entry.technique != TECHNIQUE:
        raise MissingError(
            f"the weights {entry.name} are of {entry.technique}, not of {TECHNIQUE}",
            "train some with: prosopon train swap",
        )
    if entry.card.get("pretrained"):
        raise UsageError(
            f"the weights {entry.name} know faces as such and nobody's in particular",
            "train a pair of people from them: prosopon train swap",
        )


def _told_apart(names: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """The same names, numbered where two are alike."""
    counted: dict[str, int] = {}
    out = {}
    for key, name in names.items():
        counted[name] = counted.get(name, 0) + 1
        out[key] = name if counted[name] == 1 else f"{name} ({counted[name]})"
    return out


def _training(entry: Entry) -> Mapping[str, Any]:
    told = entry.card.get("training")
    return told if isinstance(told, dict) else {}
