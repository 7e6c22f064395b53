"""How the net learns seams: from originals alone, each beside itself with itself or another face blended in.

Published: EfficientNet-B4 that knows ImageNet, pictures of 380 pixels, 16 pairs in a step, SGD with sharpness-aware
steps over 100 epochs (arXiv 2204.08376). Ours is a net of a million parameters at 160 pixels with AdamW, from random
weights: what a CPU teaches in a quarter of an hour.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.datasets.degradations import draw
from prosopon.detect.blending.net import CONFIGS, VIEW, BlendingNet, build
from prosopon.detect.blending.others import Others
from prosopon.detect.blending.pairs import SelfBlends
from prosopon.detect.learning.frame_detector import NET
from prosopon.detect.learning.pairs import ArenaPairs, Wobble
from prosopon.detect.learning.recipe import ClassifierRecipe, HeldOut
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.learning.weights import start_net
from prosopon.train.recipe import Batch, Losses
from prosopon.train.schedule import Schedule
from prosopon.train.toml import plain

_SCHEDULE = Schedule(peak=2e-3, warm_up=60, horizon=1400, weight_decay=1e-2)
_WOBBLE = Wobble(shift=0.05, scale=0.11, turn_deg=4.0, light=0.0)
"""Published: margins of 5 to 20 % of the face on each side. Colours are changed by `SelfBlends`."""
_DRAW = partial(draw, h264=0.2)

_PLACES = 1.0
"""What telling the places counts beside telling the pictures. Not published for self-blended images: Face X-ray (Li et
al., arXiv 1912.13458) learns from masks alone. A hundred answers a picture teach a net sooner than one."""


def blending_loss(net: nn.Module, batch: Batch) -> tuple[Tensor, Losses]:
    """Cross-entropy of pictures, and of places by the masks that the fakes were blended with.

    Args:
        net: a `BlendingNet`.
        batch: `real` and `fake` `(B, 3, S, S)` in [0, 1], `mask` `uint8 (B, S, S)`.
    """
    assert isinstance(net, BlendingNet)  # noqa: S101 - the recipe makes it
    logits, places = net.with_places(torch.cat((batch["real"], batch["fake"])))
    real, fake = logits.float().chunk(2)
    side = batch["mask"].shape[-1] // places.shape[-1]
    share = F.avg_pool2d(batch["mask"][:, None].float() / 255, side)[:, 0]
    blended = torch.cat((torch.zeros_like(share), share))
    terms = {
        "real": F.softplus(real).mean(),
        "fake": F.softplus(-fake).mean(),
        "places": F.binary_cross_entropy_with_logits(places.float(), blended),
    }
    right = torch.cat((real < 0, fake > 0)).float().mean()
    total = (terms["real"] + terms["fake"]) / 2 + _PLACES * terms["places"]
    return total, {**terms, "accuracy": right}


def blending_recipe(material: Material, options: LearningOptions) -> ClassifierRecipe:
    """The recipe for the training loop; seed before calling.

    Raises:
        UsageError: there is no such configuration, or nothing to learn from.
    """
    config = options.chosen("blending", CONFIGS)
    others = CONFIGS[config].others
    blends = SelfBlends(Others(material.fakes) if others else None, others)
    pairs = ArenaPairs(
        material.fakes, VIEW, extra={"self-blended": blends}, only_extra=True, wobble=_WOBBLE, degrade=_DRAW
    )
    net, inputs = build({"config": config}), material.inputs()
    if options.start_from is not None:
        inputs |= start_net(net, NET, "blending", options.start_from)
    return ClassifierRecipe(
        options.name,
        net,
        pairs,
        options.schedule(_SCHEDULE),
        card=options.card(
            "blending",
            config,
            trained_on={
                "generators": ["self-blended", *(["blended"] if others else [])],
                "held_out": list(material.held_out),
            },
        ),
        data={"config": config, "blending": plain(replace(blends, others=None)), "wobble": asdict(_WOBBLE)},
        inputs=inputs,
        held_out=HeldOut(material.fakes, VIEW, material.held_out),
        loss=blending_loss,
    )
