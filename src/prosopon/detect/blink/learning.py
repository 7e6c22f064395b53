"""What the eye net learns from and is measured on: rendered people, and people in footage where there is some."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import torch

from prosopon.core.progress import SILENT, Progress
from prosopon.datasets.arena.arena import Arena
from prosopon.datasets.people import Split, split_people
from prosopon.detect.blink.dataset import CLOSED, OPEN, Blinking, frames_in
from prosopon.detect.blink.net import Lrcn, LrcnConfig, config_of
from prosopon.detect.blink.recipe import BlinkRecipe, HeldOutEyes
from prosopon.detect.blink.sequences import RenderedEyes, Sequences, real_eyes, rendered_eyes
from prosopon.detect.learning.proving import Proof
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.faces.finder import chosen, open_finder
from prosopon.models.checkpoint import load, load_strict, part
from prosopon.train.schedule import Schedule
from prosopon.train.trained import find_trained

PEOPLE, HELD_OUT_PEOPLE = 160, 40
_SCHEDULE = Schedule(peak=2e-3, warm_up=100, horizon=1500)
_TEACHES = "mediapipe"
"""The face finder whose lids are believed: those of the built-in one hardly follow blinks."""


def training(material: Material, options: LearningOptions) -> BlinkRecipe:
    """The recipe of an eye net.

    Raises:
        MissingError: footage, or weights to start from, are not there.
        CheckpointError: these are damaged, or there is no such configuration.
    """
    name = options.config or "studio"
    config: LrcnConfig = config_of(name)
    stores, splits = _stores(material, SILENT)
    net = Lrcn(config)
    if options.start_from is not None:
        entry = find_trained(options.start_from, "train detector blink")
        load_strict(net, part(load(entry.path)[0], "net"), entry.name)
    learnt = tuple(_of(splits, "train") if kind == "footage" else None for kind in stores)
    return BlinkRecipe(
        options.name,
        net,
        Blinking(tuple(stores.values()), learnt),
        options.schedule(_SCHEDULE),
        card=options.card(
            "blink",
            name,
            model=asdict(config),
            learnt_from={
                "rendered_people": PEOPLE,
                "people_in_footage": sorted(_of(splits, "train")),
                "frames_of_eyes": frames_in(tuple(stores.values())),
            },
        ),
        data={"rendered_people": PEOPLE, "footage": sorted(splits), "config": name},
        inputs={kind: store.sha256() for kind, store in stores.items()},
        held_out=_held_out(material, stores, splits, ("calibrate",)),
    )


def proof(net: Lrcn, material: Material, progress: Progress) -> Proof:
    """AUC of closed against open eyes, of rendered people and of real ones whom the net has not learnt from.

    There is no calibration: blinking is no evidence.
    """
    stores, splits = _stores(material, progress)
    held_out = _held_out(material, stores, splits, ("test",))
    recipe = BlinkRecipe(
        "proof", net.eval(), Blinking(tuple(stores.values()), (None,) * len(stores)), _SCHEDULE,
        card={}, data={}, held_out=held_out,
    )  # fmt: skip
    with torch.no_grad():
        measured = recipe.measure(torch.device("cpu"))
    figures = {}
    for kind in held_out:
        openings = kind.runs()[1]
        figures[f"eyes, {kind.name}"] = {
            "auc": round(measured.get(f"auc_{kind.name}", float("nan")), 4),
            "auc_without_memory": round(measured.get(f"auc_{kind.name}_alone", float("nan")), 4),
            "closed": int(np.sum(openings <= CLOSED)),
            "open": int(np.sum(openings >= OPEN)),
            "people": len(kind.people) if kind.people is not None else HELD_OUT_PEOPLE,
        }
    return Proof(None, figures)


def _stores(material: Material, progress: Progress) -> tuple[dict[str, Sequences], dict[str, Split]]:
    """Runs of eyes by kind, and the split of the people in footage."""
    stores = {"rendered": rendered_eyes(RenderedEyes(PEOPLE, material.seed), progress=progress)}
    if not material.footage:
        return stores, {}
    finder = open_finder(chosen())
    teach = finder.name == _TEACHES
    stores["footage"] = real_eyes(material.footage, finder, material.seed, teach=teach, progress=progress)
    people = {shot.person for shot in stores["footage"].shots}
    return stores, split_people(people, settled_by(material.arena))


def settled_by(arena: Arena | None) -> dict[str, Split]:
    """Who has a split already, in the arena that other detectors learn from."""
    if arena is None:
        return {}
    return {who: clip.split for clip in arena.clips for who in clip.people}


def _held_out(
    material: Material, stores: dict[str, Sequences], splits: dict[str, Split], which: tuple[str, ...]
) -> tuple[HeldOutEyes, ...]:
    rendered = rendered_eyes(RenderedEyes(HELD_OUT_PEOPLE, material.seed, held_out=True))
    found = [HeldOutEyes("rendered", rendered)]
    people = {person for split in which for person in _of(splits, split)}
    if people and "footage" in stores:
        found.append(HeldOutEyes("real", stores["footage"], people))
    return tuple(found)


def _of(splits: dict[str, Split], wanted: str) -> set[str]:
    return {person for person, split in splits.items() if split == wanted}
