"""What training a swap is made ready with: faces of both people, nets to start from, and who measures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from prosopon.core.content_id import sha256_of
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.progress import Progress
from prosopon.create.swap.learnt import LearntWell
from prosopon.create.swap.model import TECHNIQUE, SwapModel
from prosopon.create.swap.one_person import strangers
from prosopon.create.swap.plans.net import SwapNet
from prosopon.create.swap.plans.plan import Plan
from prosopon.create.swap.pretrained import start_state
from prosopon.datasets.face_set import check_one_person, face_store
from prosopon.datasets.swap_pairs import Side
from prosopon.faces.aligned.face_types import FaceType
from prosopon.faces.builtin.finder import BuiltinFinder
from prosopon.faces.identity import Embedder
from prosopon.faces.inner_face import InnerFace
from prosopon.faces.reader.reader import FaceReader
from prosopon.models.catalogue import find, of_technique
from prosopon.models.feature_choice import Features, load_features
from prosopon.models.perceptual import PerceptualPyramid

_RELATIVE_WEIGHTS = (1.0, 1.0, 1.0, 1.0, 1.0)
"""Of the feature maps of a perceptual loss; those that an extractor has not are passed over."""


def sides_of(
    source: Path, target: Path, face_type: FaceType, mask: str | None, progress: Progress, *, many: bool
) -> tuple[Side, Side]:
    """Both people's faces.

    Args:
        source, target: folders that `prosopon faces` made.
        face_type: what the net's crop shows.
        mask: kind of the folders' masks; None: the landmarks' outline.
        progress: hears of every picture.
        many: whether the folders may show several people.

    Raises:
        MissingError, MediaError, ProsoponError: a folder is not there, damaged, or has too few faces.
        UsageError: a folder shows two people, or both are the same folder.
    """
    if source.resolve() == target.resolve() and not many:
        raise UsageError(f"{source} is given as source and target", "give a folder for each person")
    stores = []
    for folder in (source, target):
        stores.append(face_store(folder, mask=mask, progress=progress))
        if not many:
            check_one_person(folder)
    return Side.of(stores[0], face_type, hold=not many), Side.of(stores[1], face_type, hold=not many)


def open_embedder() -> Embedder | None:
    """Who tells people by their faces; None where the weights for that are not there."""
    try:
        return InnerFace(FaceReader.open())
    except MissingError:
        return None


def tell_strangers(folders: Mapping[Path, Side], embedder: Embedder, progress: Progress) -> None:
    """Say it where a folder seems to show several people."""
    for folder, side in folders.items():
        found = strangers(side.store, embedder)
        if found is not None:
            progress.note(
                f"{folder} seems to show several people: {found.one} and {found.other} are hardly alike "
                f"({found.cosine:.2f} of 1); a swap learns one person: prosopon faces --like PORTRAIT picks one"
            )


def start_net(net: SwapNet, plan: Plan, start: str, *, keep_code: bool) -> dict[str, str]:
    """Load what training starts with into a net, and say what it was.

    Args:
        net: with random weights.
        plan: its plan.
        start: weights by name or path; `auto`: pretrained ones of the catalogue for this plan; `none`.
        keep_code: see `pretrained.start_state`.

    Returns:
        sha256 by name, for the record of the run; empty where nothing was loaded.

    Raises:
        MissingError: there are no such weights.
        CheckpointError: they are of another plan.
    """
    if start == "auto":
        fitting = [e for e in of_technique(TECHNIQUE).values() if e.card.get("pretrained") and e.config == plan.name]
        if not fitting:
            return {}
        start = str(fitting[0].path)
    if start == "none":
        return {}
    model = SwapModel.from_weights(start)
    if not model.plan.same_net(plan):
        raise UsageError(
            f"{start} is of the plan {model.plan.name}, not of {plan.name}", "give weights of the same plan"
        )
    given: dict[str, Tensor] = model.net.state_dict()
    net.load_state_dict(start_state(net.state_dict(), given, keep_code=keep_code))
    path = find(start).path if not Path(start).is_dir() else Path(start)
    return {f"start {model.weights_name}": sha256_of(path)} if path.is_file() else {}


def measured_by(source: Side, target: Side, plan: Plan, embedder: Embedder) -> LearntWell | None:
    """Who measures held-back faces; None where the weights for that are not there."""
    try:
        return LearntWell(source, target, plan, embedder, BuiltinFinder.open())
    except MissingError:
        return None


def features_of(weight: float, kind: Features, weights: Path | None) -> PerceptualPyramid | None:
    """The perceptual loss; None where it has no weight.

    Raises:
        UsageError, MissingError, CheckpointError: the extractor's weights are not there or not right.
    """
    if not weight:
        return None
    return PerceptualPyramid(load_features(kind, weights), _RELATIVE_WEIGHTS, (1.0, 0.5), relative=True)
