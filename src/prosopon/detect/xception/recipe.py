"""How Xception learns here, as the other nets that judge faces do.

Published: ImageNet's weights first, three epochs of the new head alone, then fifteen of all with Adam at 2e-4 and
batches of 32 (Rössler et al. 2019). Here all learn from the start, at that rate: bring ImageNet's weights in with
`--config imagenet` and give them with `--start-from`.
"""

from __future__ import annotations

from prosopon.core.errors import MissingError
from prosopon.detect.learning.frame_detector import NET
from prosopon.detect.learning.pairs import ArenaPairs
from prosopon.detect.learning.recipe import ClassifierRecipe, HeldOut
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.learning.weights import open_weights
from prosopon.detect.xception.net import FAKE, XceptionNet
from prosopon.detect.xception.published import HEAD
from prosopon.detect.xception.technique import TECHNIQUE, VIEW
from prosopon.models.checkpoint import load_strict, part
from prosopon.train.schedule import Schedule

_SCHEDULE = Schedule(peak=2e-4, warm_up=100, horizon=10_000, weight_decay=0.0)


def xception_recipe(material: Material, options: LearningOptions) -> ClassifierRecipe:
    """The recipe for the training loop; seed before calling.

    Raises:
        MissingError, CheckpointError: the weights to start from are not there, or do not fit.
        UsageError: there is nothing to learn from.
    """
    net = XceptionNet()
    inputs = material.inputs()
    if options.start_from is not None:
        inputs |= _start(net, options.start_from)
    generators = list(material.generators)  # before the pairs: it says why where none are left
    pairs = ArenaPairs(material.fakes, VIEW, held_out_generators=material.held_out)
    return ClassifierRecipe(
        options.name,
        net,
        pairs,
        options.schedule(_SCHEDULE),
        card=options.card(
            TECHNIQUE,
            "trained",
            fake_class=FAKE,
            trained_on={"generators": generators, "held_out": list(material.held_out)},
        ),
        data={"held_out": list(material.held_out), "generators": generators},
        inputs=inputs,
        held_out=HeldOut(material.fakes, VIEW, material.held_out),
    )


def _start(net: XceptionNet, where: str) -> dict[str, str]:
    """Put weights into the net; where they have no head that tells fakes, it stays random."""
    opened = open_weights(TECHNIQUE, where)
    state = part(opened.state, NET)
    if not state:
        raise MissingError(f"{opened.name} holds no net", "give other weights with --start-from")
    own = {key: value for key, value in net.state_dict().items() if key.startswith(f"{HEAD}.")}
    load_strict(net, {**own, **state}, opened.name)
    return {f"start {opened.name}": opened.sha256}
