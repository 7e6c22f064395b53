"""How StarGAN learns: phases and losses for the training loop.

Published: five steps of the discriminator, each on pictures of its own, then one of the generator on the last of them
(arXiv 1711.09020; the reference implementation). One training step here is all of that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from prosopon.core.errors import UsageError
from prosopon.create.stargan import losses
from prosopon.create.stargan.against_attacks import Adversary, Attacked
from prosopon.create.stargan.config import StarganConfig
from prosopon.create.stargan.exposure import Exposure
from prosopon.create.stargan.measures import Group, measured
from prosopon.create.stargan.model import build_critic, build_generator, build_reader, edit, model_card
from prosopon.create.stargan.preview import edits_of
from prosopon.datasets.attribute_pictures import AttributePictures
from prosopon.datasets.attributes import AttributeSet
from prosopon.models.instance_norm import own_statistics
from prosopon.models.stargan import Generator
from prosopon.models.stargan.trunk import ResidualBlock
from prosopon.train.recipe import Batch, Losses, Phase, Recipe

_BETAS = (0.5, 0.999)
_FIRST_SHARE = 0.1
"""Of a residual block's own part in what it hands on, before training; 1 in the reference implementation."""


class StarganRecipe(Recipe):
    """Trains generator and discriminator, and beside them a net that reads attributes out of real pictures alone.

    The reader is never shown to the generator, so that it can say whether edits succeed; it goes into the weights.
    """

    def __init__(
        self,
        name: str,
        config: StarganConfig,
        dataset: AttributePictures,
        *,
        card: Mapping[str, Any],
        data: Mapping[str, Any],
        inputs: Mapping[str, str] | None = None,
        held_out: Sequence[Group] = (),
        adversary: Adversary | None = None,
    ) -> None:
        """Build the nets with random weights: seed before calling.

        Args:
            name: what the weights are called.
            config: nets, losses and schedule.
            dataset: pictures with labels.
            card: what goes beside the weights.
            data: how the dataset was made, for the record of the run.
            inputs: sha256 by name of the files that it learns from.
            held_out: people to measure on.
            adversary: attacks pictures where `config.against_attacks` asks for it.

        Raises:
            UsageError: the data do not fit the nets or the losses, or there is no adversary where one is needed.
        """
        self._check(config, dataset, adversary)
        self.name = name
        self.settings = config
        self.dataset = dataset
        self.held_out = tuple(held_out)
        self.attributes = AttributeSet(config.model.names, config.model.exclusive)
        self.generator = build_generator(config.model)
        _let_pictures_through(self.generator)
        self.critic = build_critic(config.model)
        self.reader = build_reader(config.model)
        self.modules: dict[str, nn.Module] = {
            "generator": self.generator,
            "critic": self.critic,
            "reader": self.reader,
        }
        self._attacked = Attacked(adversary, self.generator) if adversary is not None else None
        self._optimiser_of_critic: Optimizer | None = None
        self.phases = self._phases()
        self.config = {"stargan": asdict(config), "data": dict(data)}
        self.card = dict(card)
        self.inputs = dict(inputs or {})
        self.exported = ("generator", "reader")

    @staticmethod
    def _check(config: StarganConfig, dataset: AttributePictures, adversary: Adversary | None) -> None:
        if dataset.attributes.names != config.model.names:
            raise UsageError(
                f"the pictures are labelled with {', '.join(dataset.attributes.names)}, and the nets are for "
                f"{', '.join(config.model.names)}",
                "give pictures with the labels of the configuration",
            )
        if dataset.size_px != config.model.size_px:
            raise UsageError(
                f"the pictures have {dataset.size_px} pixels a side and the nets {config.model.size_px}",
                "prepare the pictures for this configuration",
            )
        if config.loss.pair and not dataset.paired:
            raise UsageError("these pictures bring no exact answers to learn from", "set the weight of pairs to 0")
        if config.against_attacks != "none" and adversary is None:
            raise UsageError("training against attacks needs an adversary", "give one, or train without")

    def _phases(self) -> tuple[Phase, ...]:
        schedule, count = self.settings.schedule, self.settings.loss.critic_steps
        generator = Phase(
            "generator",
            ("generator",),
            lambda parameters: Adam(parameters, lr=schedule.lr_generator, betas=_BETAS),
            self._generator_loss,
            self._decay,
        )
        critics = [
            Phase(
                "critic" if number == count - 1 else f"critic_{number + 1}",
                ("critic",),
                self._critic_optimiser,
                partial(self._critic_loss, number=number),
                self._decay,
            )
            for number in range(count)
        ]
        reader = Phase(
            "reader",
            ("reader",),
            lambda parameters: Adam(parameters, lr=schedule.lr_reader),
            self._reader_loss,
            self._decay,
        )
        return (*critics, generator, reader)

    def _critic_optimiser(self, parameters: list[nn.Parameter]) -> Optimizer:
        """One for all steps of the discriminator: its averages go over all of them."""
        if self._optimiser_of_critic is None:
            self._optimiser_of_critic = Adam(parameters, lr=self.settings.schedule.lr_critic, betas=_BETAS)
        return self._optimiser_of_critic

    def _decay(self, optimiser: Optimizer) -> LambdaLR:
        begin, end = self.settings.schedule.decay_from, self.settings.schedule.steps

        def factor(step: int) -> float:
            if begin is None or end is None:
                return 1.0
            return float(np.clip((end - step) / max(end - begin, 1), 0, 1))

        return LambdaLR(optimiser, factor)

    def _part(self, batch: Batch, number: int) -> Batch:
        """What one step of the discriminator learns from, in [-1, 1] and evened where the nets want it, and the target.


        Published: the labels of the batch's pictures in another order, so that attributes which exclude each other
        stay exclusive. Where exact answers are known they are those of the answer.
        """
        count = self.settings.loss.critic_steps
        size, rest = divmod(len(batch["picture"]), count)
        if rest or not size:
            raise UsageError(
                f"{len(batch['picture'])} pictures cannot be shared among {count} steps of the discriminator",
                f"give a batch size that is a multiple of {count}",
            )
        own = slice(number * size, (number + 1) * size)
        picture = batch["picture"][own] * 2 - 1
        exposure = Exposure.of(picture, evened=self.settings.model.evened)
        part = {"picture": exposure.even(picture), "labels": batch["labels"][own]}
        if self.settings.loss.pair:
            # The exact answer as it is beside the picture: its own exposure is what an edit may change.
            other = exposure.even(batch["other"][own] * 2 - 1)
            return {**part, "other": other, "target": batch["other_labels"][own]}
        key = f"target_{number}"
        if key not in batch:
            batch[key] = part["labels"][torch.randperm(size, device=part["labels"].device)]
        return {**part, "target": batch[key]}

    def _critic_loss(self, batch: Batch, *, number: int) -> tuple[Tensor, Losses]:
        loss, part = self.settings.loss, self._part(batch, number)
        real, target = part["picture"], part["target"]
        both = self.settings.against_attacks == "gd"
        if both:
            real = self._attack(real, target)
        with torch.no_grad(), own_statistics(self.generator):
            fake = self.generator(real, target).float()
        if both:
            fake = self._attack(fake, part["labels"])
        logistic = loss.objective == "logistic-r1"
        real = real.detach().requires_grad_(logistic)
        scores, logits = self.critic(real)
        penalty = losses.r1(scores, real) if logistic else losses.gradient_penalty(self.critic, real, fake)
        terms = {
            "real_or_not": losses.discrimination(scores, self.critic(fake)[0], loss.objective),
            "classes": loss.classes * losses.classification(logits, part["labels"]),
            "penalty": loss.penalty * penalty,
        }
        return torch.stack([*terms.values()]).sum(), terms

    def _generator_loss(self, batch: Batch) -> tuple[Tensor, Losses]:
        loss = self.settings.loss
        part = self._part(batch, loss.critic_steps - 1)
        real, target = part["picture"], part["target"]
        attacked = self.settings.against_attacks != "none"
        fake = self.generator(self._attack(real, target) if attacked else real, target)
        scores, logits = self.critic(fake)
        back = self.generator(self._attack(fake.float(), part["labels"]) if attacked else fake, part["labels"])
        terms = {
            "real_or_not": losses.realness(scores, loss.objective),
            "classes": loss.classes * losses.classification(logits, target),
            "reconstruction": loss.reconstruction * (back.float() - real).abs().mean(),
        }
        if loss.pair:
            terms["pair"] = loss.pair * (fake.float() - part["other"]).abs().mean()
        return torch.stack([*terms.values()]).sum(), terms

    def _reader_loss(self, batch: Batch) -> tuple[Tensor, Losses]:
        logits = self.reader(batch["picture"] * 2 - 1)[1]
        value = losses.classification(logits, batch["labels"])
        return value, {"classes": value}

    def _attack(self, pictures: Tensor, labels: Tensor) -> Tensor:
        assert self._attacked is not None  # noqa: S101 - checked when the recipe is made
        return self._attacked(pictures, labels)

    def _edit(self, pictures: Tensor, labels: Tensor) -> Tensor:
        return edit(self.generator, pictures, labels, evened=self.settings.model.evened)

    def preview(self, batch: Batch, device: torch.device) -> NDArray[np.uint8]:
        """Rows of people: as they are, rebuilt, and with each attribute changed; held-out people where there are."""
        if self.held_out:
            chosen = self.held_out[:6]
            pictures = np.stack([group["picture"][0] for group in chosen])
            labels = np.stack([group["labels"][0] for group in chosen])
        else:
            kept = batch["picture"][:6].movedim(1, -1).cpu().numpy()
            pictures, labels = (kept * 255 + 0.5).astype(np.uint8), batch["labels"][:6].cpu().numpy()
        return edits_of(self._edit, pictures, labels, self.attributes, device)

    def measure(self, device: torch.device) -> Mapping[str, float]:
        """Of held-out people; see `measures.measured`."""
        return measured(self._edit, self.reader, self.held_out, device) if self.held_out else {}


@torch.no_grad()
def _let_pictures_through(generator: Generator) -> None:
    """Let what residual blocks add be small at first, so that a picture can pass before they have learnt anything."""
    for block in generator.main:
        if isinstance(block, ResidualBlock):
            weight = block.main[-1].weight
            assert isinstance(weight, Tensor)  # noqa: S101 - its norms are affine
            weight.fill_(_FIRST_SHARE)


def card_of(config: StarganConfig, *, licence: str, origin: str) -> dict[str, Any]:
    """What goes beside weights of this configuration: enough to build their nets again."""
    return {**model_card(config.model), "config": config.name, "licence": licence, "origin": origin}
