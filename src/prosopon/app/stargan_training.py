"""What `prosopon train stargan` learns from, starts from and is attacked by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prosopon.core.content_id import sha256_of
from prosopon.core.errors import UsageError
from prosopon.core.progress import Progress
from prosopon.create.stargan.against_attacks import Adversary
from prosopon.create.stargan.config import AgainstAttacks, StarganConfig
from prosopon.create.stargan.measures import Group
from prosopon.create.stargan.model import StarganModel
from prosopon.create.stargan.recipe import StarganRecipe
from prosopon.datasets.attribute_pictures import AttributePictures
from prosopon.datasets.attributes import AttributeSet
from prosopon.datasets.rendered_attributes import PICTURE_PX, RenderedAttributes, rendered_attributes
from prosopon.train.store import ArrayStore
from prosopon.train.trained import find_trained


@dataclass(frozen=True)
class Material:
    """What a run learns from.

    Attributes:
        dataset: pictures with labels.
        facts: how they were made, TOML-able, for the record of the run.
        inputs: content ids (sha256) by name.
        held_out: people to measure on.
    """

    dataset: AttributePictures
    facts: Mapping[str, Any]
    inputs: Mapping[str, str]
    held_out: Sequence[Group]


def material_of(
    people: int,
    held_out: int,
    seed: int,
    config: StarganConfig,
    *,
    processes: int | None,
    progress: Progress,
) -> Material:
    """Rendered people to learn from and others to measure on.

    Raises:
        UsageError: a number makes no sense, or the nets are for pictures of another size.
    """
    if people < 1 or held_out < 0:
        raise UsageError(f"{people} people, {held_out} held out", "give 1 or more to learn from, 0 or more to hold out")
    if config.model.size_px != PICTURE_PX:
        raise UsageError(
            f"rendered people have pictures of {PICTURE_PX} pixels, the nets are for {config.model.size_px}",
            f"use a configuration for {PICTURE_PX} pixels",
        )
    attributes = AttributeSet(config.model.names, config.model.exclusive)

    def rendered(count: int, *, others: bool) -> list[ArrayStore]:
        wanted = RenderedAttributes(count, seed, held_out=others)
        return rendered_attributes(wanted, processes=processes, progress=progress)

    learnt, measured_on = rendered(people, others=False), rendered(held_out, others=True)
    inputs = {
        f"{role} {number}": store.sha256()
        for role, stores in (("learnt", learnt), ("held out", measured_on))
        for number, store in enumerate(stores)
    }
    return Material(
        AttributePictures(learnt, attributes, paired=True),
        {"people": people, "held_out": held_out, "people_seed": seed},
        inputs,
        AttributePictures(measured_on, attributes, paired=True).groups(),
    )


def adversary_of(against: AgainstAttacks) -> Adversary | None:
    """Who attacks the pictures that are learnt from: PGD with its published defaults (Ruiz et al. 2020).

    10 steps of 0.01 within 0.05, in [-1, 1], away from mid-grey, from a random start.
    """
    if against == "none":
        return None
    import torch

    from prosopon.disrupt.pgd.named import pgd

    def adversary(victim: Any, pictures: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        grey = torch.zeros_like(pictures)
        return pgd(pictures, lambda images: victim(images, labels), grey, torch.default_generator).adversarial

    return adversary


def start_nets(recipe: StarganRecipe, where: str) -> dict[str, str]:
    """Put weights that were trained before into a recipe's nets; those of the discriminator are not kept with them.

    Args:
        recipe: of the same configuration.
        where: name, path or run folder.

    Returns:
        Content id of the file by name, for the record of the run.

    Raises:
        MissingError: there are none.
        CheckpointError: they are of other nets.
    """
    entry = find_trained(where, "train stargan")
    model = StarganModel.from_weights(where)
    if model.config != recipe.settings.model:
        raise UsageError(f"the weights {entry.name} are of other nets", "start from weights of the same configuration")
    for name, net in model.modules.items():
        recipe.modules[name].load_state_dict(net.state_dict())
    return {f"start {Path(entry.path).name}": sha256_of(entry.path)}
