"""How the net learns what nets leave in what they paint: pairs of an original and a fake, blurred or grained alike.

Published: real faces of CelebA-HQ and faces by PG-GAN at 128 pixels, blur with kernels of 1, 3, 5 or 7 pixels, or noise
of a deviation of up to 5 levels, on every picture of a training batch (arXiv 1902.11153). Here the faces are those
that Prosopon's own nets paint, beside what they were painted from, degraded as on their way through the world; the
configuration `unhardened` leaves the published preprocessing out, so that its gain can be measured.
"""

from __future__ import annotations

from functools import partial

from prosopon.datasets.degradations import draw
from prosopon.detect.forensics.hardening import Hardened, Hardening
from prosopon.detect.forensics.net import CONFIGS, VIEW, build
from prosopon.detect.learning.frame_detector import NET
from prosopon.detect.learning.pairs import ArenaPairs
from prosopon.detect.learning.recipe import ClassifierRecipe, HeldOut
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.learning.weights import start_net
from prosopon.train.recipe import Dataset
from prosopon.train.schedule import Schedule
from prosopon.train.toml import plain

PAINTED = ("animate", "partswap", "edit")
"""Generators whose faces a net has painted as a whole. Where an arena has none of them, all there are do."""
_SCHEDULE = Schedule(peak=3e-3, warm_up=50, horizon=900, weight_decay=1e-3)
_DRAW = partial(draw, h264=0.2)


def forensics_recipe(material: Material, options: LearningOptions) -> ClassifierRecipe:
    """The recipe for the training loop; seed before calling.

    Raises:
        UsageError: there is no such configuration, or nothing to learn from.
    """
    config = options.chosen("forensics", CONFIGS)
    known = material.generators
    learnt = tuple(name for name in known if name in PAINTED) or known
    left_out = tuple(name for name in material.fakes.generators if name not in learnt)
    pairs: Dataset = ArenaPairs(material.fakes, VIEW, held_out_generators=left_out, degrade=_DRAW)
    hardening = Hardening() if CONFIGS[config].hardened else None
    if hardening is not None:
        pairs = Hardened(pairs, hardening)
    net, inputs = build({"config": config}), material.inputs()
    if options.start_from is not None:
        inputs |= start_net(net, NET, "forensics", options.start_from)
    return ClassifierRecipe(
        options.name,
        net,
        pairs,
        options.schedule(_SCHEDULE),
        card=options.card("forensics", config, trained_on={"generators": list(learnt), "held_out": list(left_out)}),
        data={
            "config": config,
            "generators": list(learnt),
            "hardening": plain(hardening or {}),
        },
        inputs=inputs,
        held_out=HeldOut(material.fakes, VIEW, left_out),
    )
