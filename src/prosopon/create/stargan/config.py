"""Configurations of StarGAN: the published one and ours. No torch here.

Published: Choi et al., StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image Translation,
CVPR 2018 (arXiv 1711.09020); the numbers are those of the reference implementation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from prosopon.core.errors import MissingError, UsageError
from prosopon.datasets.attributes import HAIR, NAMES

Objective = Literal["wgan-gp", "logistic-r1"]
AgainstAttacks = Literal["none", "g", "gd"]


@dataclass(frozen=True)
class ModelConfig:
    """The nets."""

    size_px: int = 128
    """Side of the pictures that the nets see."""
    names: tuple[str, ...] = NAMES
    """Attributes in the order of the labels."""
    exclusive: tuple[tuple[str, ...], ...] = (HAIR,)
    """Groups of attributes of which somebody has at most one."""
    width: int = 64
    """Channels of the generator at full size."""
    n_blocks: int = 6
    """Its residual blocks."""
    evened: bool = False
    """Ours: carry colour and contrast of the whole picture around the generator, see `exposure`."""
    critic_width: int = 64
    """Channels of the discriminator's first layer; each further one has twice as many."""
    critic_layers: int = 6
    """Its layers, each of which halves the size."""
    reader_width: int = 16
    """Channels of the first layer of the net that reads attributes out of pictures; 0: there is no such net."""
    reader_layers: int = 5
    """Its layers."""

    def __post_init__(self) -> None:
        """Refuse nets that cannot be built."""
        deepest = max(self.critic_layers, self.reader_layers, 2)
        if self.size_px % (1 << deepest) or self.size_px < 1 << deepest:
            raise UsageError(
                f"pictures of {self.size_px} pixels cannot be halved {deepest} times", "use 128 or 256 pixels"
            )


@dataclass(frozen=True)
class LossConfig:
    """The losses and their weights (paper, section 3.1 and 3.2)."""

    objective: Objective = "wgan-gp"
    """wgan-gp, as published: Wasserstein with gradient penalty. logistic-r1: the non-saturating logistic loss with a
    penalty of the gradient at real pictures (Mescheder et al. 2018), which needs one step of the discriminator for
    each of the generator instead of five."""
    critic_steps: int = 5
    """Steps of the discriminator for each of the generator; each takes its share of the batch."""
    classes: float = 1
    """Of the attributes' binary cross-entropy, summed over the attributes."""
    reconstruction: float = 10
    """Of the mean absolute difference, in [-1, 1], after there and back."""
    penalty: float = 10
    """Of the gradient penalty; of R1 it is gamma."""
    pair: float = 0
    """Ours: of the mean absolute difference from the exact answer, which rendered people have; published: none."""


@dataclass(frozen=True)
class ScheduleConfig:
    """How fast to learn, and until when."""

    batch_size: int = 16
    """Pictures in one step of discriminator or generator."""
    lr_generator: float = 1e-4
    lr_critic: float = 1e-4
    lr_reader: float = 1e-3
    steps: int | None = None
    """Steps of the generator after which training ends where nothing else is said."""
    decay_from: int | None = None
    """From this step on the learning rates fall evenly, to 0 at `steps`; None: they do not."""


@dataclass(frozen=True)
class StarganConfig:
    """All that decides what a StarGAN learns, beside its data.

    Attributes:
        name: what it is called.
        model, loss, schedule: see there.
        against_attacks: adversarial training (Ruiz et al. 2020, section 3.4): `g`: the generator learns from attacked
            pictures; `gd`: the discriminator too; `none`.
    """

    name: str
    model: ModelConfig = field(default_factory=ModelConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    against_attacks: AgainstAttacks = "none"


CONFIGS: dict[str, StarganConfig] = {
    config.name: config
    for config in (
        StarganConfig("published", schedule=ScheduleConfig(steps=40_000, decay_from=20_000)),
        StarganConfig(
            "studio",
            ModelConfig(width=32, n_blocks=6, evened=True, critic_width=32, critic_layers=5),
            LossConfig(objective="logistic-r1", critic_steps=1, penalty=1, pair=10),
            ScheduleConfig(batch_size=8, lr_generator=2e-4, lr_critic=2e-4, steps=7000, decay_from=4500),
        ),
    )
}
"""`published`: the reference implementation's, at 128 pixels and for the attributes here. `studio`: a net for laptops
that learns from rendered people."""


_CELEBA = ("black hair", "blond hair", "brown hair", "male", "young")

PUBLISHED: dict[str, ModelConfig] = {
    "celeba-128": ModelConfig(names=_CELEBA, reader_width=0),
    "celeba-256": ModelConfig(size_px=256, names=_CELEBA, reader_width=0),
}
"""Nets of published checkpoints, by what `prosopon weights import --config` calls them. The generator of both is the
same; it works at the size at which it learnt. Their discriminator, which could read attributes, is another file."""


def get_config(name: str) -> StarganConfig:
    """A configuration by name.

    Raises:
        MissingError: there is none.
    """
    if name not in CONFIGS:
        raise MissingError(f"there is no configuration {name!r} of StarGAN", f"use one of {', '.join(CONFIGS)}")
    return CONFIGS[name]
