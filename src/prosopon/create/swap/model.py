"""A trained swap as one object: its net, whose faces it knows, and how a face must be cut out for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Self, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.core.errors import CheckpointError, MissingError
from prosopon.create.swap.config import SwapConfig
from prosopon.create.swap.plans.build import build
from prosopon.create.swap.plans.net import SwapNet, Swapped
from prosopon.create.swap.plans.plan import Plan, Route, get_plan, plan_from_table, table_of
from prosopon.create.swap.pretrained import with_twin
from prosopon.faces.aligned.face_types import FaceType
from prosopon.models.checkpoint import load
from prosopon.models.device import computing_in
from prosopon.models.named_nets import NamedNets
from prosopon.models.tensors import to_tensor
from prosopon.train.trained import find_trained

TECHNIQUE = "swap"


class SwapModel(NamedNets):
    """A face-swapping autoencoder, ready to be used.

    Args:
        plan: what its net is built from.
        face_type: how much of a head its crops show.
        rank: of its dense layers, None where they are whole.

    Attributes:
        weights_name: what the loaded weights are called.
        weights_sha256: content id of their file; None for nets that were not loaded.
        pretrained: it knows many people's faces and nobody's in particular; to start from, not to swap with.
    """

    weights_name: str = "untrained"
    weights_sha256: str | None = None
    pretrained: bool = False

    def __init__(self, plan: Plan, face_type: FaceType = "full", *, rank: int | None = None) -> None:
        self.plan, self.face_type = plan, face_type
        self.net: SwapNet = build(plan, rank=rank)
        super().__init__({"net": self.net})

    @classmethod
    def tiny(cls) -> Self:
        """A model of a few random weights, always the same ones: for tests, never for results."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return cls(get_plan("df-ud_small"))

    @classmethod
    def from_weights(cls, where: str | Path) -> Self:
        """Weights by name, a `.safetensors` with its card beside it, or the run folder of a training.

        Raises:
            MissingError: there are none, or they are of another technique.
            CheckpointError: they are damaged.
        """
        entry = find_trained(where, "train swap")
        if entry.technique != TECHNIQUE:
            raise MissingError(
                f"the weights {entry.name} are of {entry.technique}, not of {TECHNIQUE}",
                "train some with: prosopon train swap",
            )
        try:
            plan, face_type = plan_from_table(entry.card["plan"]), entry.card["face_type"]
        except KeyError as error:
            raise CheckpointError(f"the card of {entry.name} does not say {error}", "train them again") from None
        if face_type not in get_args(FaceType):
            raise CheckpointError(f"the card of {entry.name} names no face type", "train them again")
        model = cls(plan, face_type, rank=entry.card.get("rank"))
        model.pretrained = bool(entry.card.get("pretrained", False))
        state, _ = load(entry.path)
        model.load_state(with_twin(model.state(), state) if model.pretrained else state, entry.name)
        model.weights_name, model.weights_sha256 = entry.name, entry.sha256
        return model

    @torch.inference_mode()
    def swap(self, faces: NDArray[np.uint8], route: Route = "a", *, precision: torch.dtype = torch.float32) -> Swapped:
        """Aligned faces `uint8 (B, S, S, 3)` with the face of a or b.

        Returns:
            `face float32 (B, 3, O, O)` in [0, 1] and `mask (B, 1, O, O)` or None, on the CPU.
        """
        pictures = to_tensor(faces, self.device)
        with computing_in(precision, self.device):
            out = self.net.swap(pictures, route)
        return Swapped(_cpu(out.face), None if out.mask is None else _cpu(out.mask))

    def as_differentiable(
        self, answer: Literal["code", "face"] = "face", route: Route = "a"
    ) -> Callable[[Tensor], Tensor]:
        """The model as an attacker sees it. Gradients reach the pictures and no weights.

        Args:
            answer: what is looked at: the code that decoders take, `(B, c, t, t)`, which both people's decoders have to
                live on, or the face `(B, 3, O, O)` in [0, 1].
            route: whose.

        Returns:
            From aligned faces `(B, 3, S, S)` in [0, 1] to that.
        """
        net = self.frozen().net
        if answer == "code":
            return lambda frames: net.code(net.encode(frames), route)
        return lambda frames: net.swap(frames, route).face


def model_card(config: SwapConfig, *, pretrained: bool) -> dict[str, Any]:
    """What a card says so that the net can be built again and faces be cut out for it."""
    return {
        "technique": TECHNIQUE,
        "config": config.plan.name,
        "plan": table_of(config.plan),
        "face_type": config.training.face_type,
        "rank": config.training.rank,
        "pretrained": pretrained,
    }


def _cpu(tensor: Tensor) -> Tensor:
    return tensor.float().cpu()
