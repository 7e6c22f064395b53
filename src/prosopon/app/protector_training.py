"""What `prosopon train protector` and `prosopon train universal` share: people, nets to learn against, settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from prosopon.arena.victims.named import open_victim, victim_names, weights_of
from prosopon.arena.victims.victim import Victim
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.progress import Progress
from prosopon.datasets.head_crops import HeadCrops
from prosopon.datasets.rendered_heads import RenderedHeads, rendered_heads
from prosopon.models.catalogue import find
from prosopon.models.device import pick_device, pick_precision
from prosopon.train.settings import Options

AGAINST = (
    "fomm.face/keypoints",
    "partswap.face/segments",
    "swap.mini",
    "stargan.studio",
    "faces.reader",
)
"""What changes are learnt against where nobody says otherwise, as far as the weights are there: of each net what is
quick to ask, since each step asks."""
MEASURE_EVERY = 250
"""Steps between measurements where nothing else is said."""


@dataclass(frozen=True)
class Material:
    """What a run learns from.

    Attributes:
        dataset: photos of heads.
        held_out: others to measure on, or None.
        facts: how they were made, TOML-able, for the record of the run.
        inputs: content ids (sha256) by name.
    """

    dataset: HeadCrops
    held_out: HeadCrops | None
    facts: Mapping[str, Any]
    inputs: Mapping[str, str]


def material_of(
    people: int, held_out: int, seed: int, *, processes: int | None, progress: Progress
) -> Material:  # fmt: skip
    """Rendered people to learn from and others to measure on.

    Raises:
        UsageError: a number makes no sense.
    """
    if people < 1 or held_out < 0:
        raise UsageError(f"{people} people, {held_out} held out", "give 1 or more to learn from, 0 or more to hold out")

    def rendered(count: int, *, others: bool) -> HeadCrops:
        wanted = RenderedHeads(count, seed, held_out=others)
        return HeadCrops(rendered_heads(wanted, processes=processes, progress=progress))

    learnt = rendered(people, others=False)
    measured_on = rendered(held_out, others=True) if held_out else None
    inputs = {
        f"{role} {number}": store.sha256()
        for role, crops in (("learnt", learnt), ("held out", measured_on))
        for number, store in enumerate(crops.stores if crops else ())
    }
    facts = {"people": people, "held_out": held_out, "people_seed": seed}
    return Material(learnt, measured_on, facts, inputs)


def nets_of(against: str, options: Options) -> tuple[dict[str, Victim], dict[str, str]]:
    """The nets that are learnt against, by name, and the content ids (sha256) of their weights.

    Those that were asked for by path are called by the name of their weights.

    Args:
        against: names or paths, with commas between; none are those of `AGAINST` that are there.
        options: where and how precisely to compute.

    Raises:
        MissingError: one is not there, or none is at all.
        UsageError: names are asked for, and there is none among them.
    """
    names = list(dict.fromkeys(name.strip() for name in against.split(",") if name.strip()))
    if against.strip() and not names:
        raise UsageError(f"--against {against!r} names nobody", "give names with commas between")
    known = victim_names()
    names = names or [name for name in AGAINST if name in known]
    if not names:
        raise MissingError("no network is at hand that could be learnt against", "see prosopon weights list")
    device = pick_device(options.device)
    precision = torch.float32 if options.precision == "fp16" else pick_precision(options.precision, device)
    nets: dict[str, Victim] = {}
    inputs: dict[str, str] = {}
    for name in names:
        entry = find(weights_of(name))
        nets[entry.name + name.removeprefix(weights_of(name))] = open_victim(name, device, precision=precision)
        inputs[f"against {entry.name}"] = entry.sha256
    return nets, inputs


def loop_options(options: Options, *, measuring: bool) -> Options:
    """Those of the training loop, with measurements every now and then where nothing else was said."""
    return replace(options, measure_every=MEASURE_EVERY) if options.measure_every is None and measuring else options


def epsilon_of(levels: int) -> float:
    """The largest change for values in [-1, 1], of one in grey levels of 255.

    Raises:
        UsageError: no such number of levels.
    """
    if not 1 <= levels <= 64:
        raise UsageError(f"levels is {levels}", "give 1 to 64 grey levels, such as 6")
    return levels * 2 / 255
