"""How the net learns seams: from originals alone, each beside itself blended into itself.

Published: EfficientNet-B4 that knows ImageNet, pictures of 380 pixels, 16 pairs in a step, SGD with sharpness-aware
steps over 100 epochs (arXiv 2204.08376). Ours is a net of a million parameters at 160 pixels with AdamW, from random
weights: what a CPU teaches in a quarter of an hour.
"""

from __future__ import annotations

from dataclasses import asdict

from prosopon.core.errors import UsageError
from prosopon.detect.blending.net import CONFIGS, VIEW, build
from prosopon.detect.blending.pairs import SelfBlends
from prosopon.detect.learning.frame_detector import NET
from prosopon.detect.learning.pairs import ArenaPairs, Wobble
from prosopon.detect.learning.recipe import ClassifierRecipe, HeldOut
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.learning.weights import start_net
from prosopon.train.schedule import Schedule
from prosopon.train.toml import plain

_RATE, _WARM_UP, _HORIZON, _WEIGHT_DECAY = 1.5e-3, 100, 3000, 1e-2
_WOBBLE = Wobble(shift=0.05, scale=0.11, turn_deg=4.0, light=0.0)
"""Published: margins of 5 to 20 % of the face on each side. Colours are changed by `SelfBlends`."""


def blending_recipe(material: Material, options: LearningOptions) -> ClassifierRecipe:
    """The recipe for the training loop; seed before calling.

    Raises:
        UsageError: there is no such configuration, or nothing to learn from.
    """
    config = options.config or next(iter(CONFIGS))
    if config not in CONFIGS:
        raise UsageError(f"blending has no configuration {config!r}", f"use one of {', '.join(CONFIGS)}")
    blends = SelfBlends()
    pairs = ArenaPairs(material.fakes, VIEW, extra={"self-blended": blends}, only_extra=True, wobble=_WOBBLE)
    net, inputs = build({"config": config}), material.inputs()
    if options.start_from is not None:
        inputs |= start_net(net, NET, "blending", options.start_from)
    return ClassifierRecipe(
        options.name,
        net,
        pairs,
        Schedule(options.learning_rate or _RATE, _WARM_UP, options.horizon or _HORIZON, _WEIGHT_DECAY),
        card={
            "technique": "blending",
            "config": config,
            "licence": options.licence,
            "origin": "trained with prosopon train detector",
            "trained_on": {"generators": ["self-blended"], "held_out": list(material.held_out)},
        },
        data={"config": config, "blending": plain(blends), "wobble": asdict(_WOBBLE)},
        inputs=inputs,
        held_out=HeldOut(material.fakes, VIEW, material.held_out),
    )
