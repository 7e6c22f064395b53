"""Weights that know many people's faces: what is kept of them, and how training a pair of people begins with them.

Pretraining takes everybody by the target's route, so that of two decoders the source's learns nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from prosopon.core.errors import CheckpointError

_DECODERS = "decoders."
_INTERS = "inters."


def without_twin(state: Mapping[str, Tensor], prefix: str = "") -> dict[str, Tensor]:
    """The weights of a net but for the decoder that has learnt nothing, where there are two.

    Args:
        state: by the names of a `SwapNet`.
        prefix: what stands before them.
    """
    twin, learnt = _decoders(state, prefix)
    return {key: value for key, value in state.items() if twin == learnt or not key.startswith(twin)}


def with_twin(own: Mapping[str, Tensor], given: Mapping[str, Tensor], prefix: str = "net.") -> dict[str, Tensor]:
    """The inverse of `without_twin`: the source's decoder is a copy of the target's.

    Args:
        own: the weights of a whole net, for their names.
        given: with or without the twin.
        prefix: what stands before the names of both.
    """
    twin, learnt = _decoders(own, prefix)
    copied = {twin + key.removeprefix(learnt): value for key, value in given.items() if key.startswith(learnt)}
    return {**given, **copied}


def start_state(own: Mapping[str, Tensor], given: Mapping[str, Tensor], *, keep_code: bool) -> dict[str, Tensor]:
    """What training begins with where weights are there already: theirs.

    Args:
        own: of the net with random weights.
        given: of weights of the same plan.
        keep_code: whether the inters are taken over as well. Those of many people's faces carry who somebody is; those
            that are learnt anew do not, as DeepFaceLab has it on leaving its pretraining.

    Raises:
        CheckpointError: the weights are of another plan.
    """
    if {key: value.shape for key, value in given.items()} != {key: value.shape for key, value in own.items()}:
        raise CheckpointError("the weights to start from are of another plan", "give weights of the same plan")
    begun = dict(given)
    return begun if keep_code else {**begun, **{key: own[key] for key in own if key.startswith(_INTERS)}}


def _decoders(state: Mapping[str, Tensor], prefix: str) -> tuple[str, str]:
    """What the names of the first and of the last decoder's weights begin with."""
    begin = prefix + _DECODERS
    names = list(dict.fromkeys(key.removeprefix(begin).split(".")[0] for key in state if key.startswith(begin)))
    return f"{begin}{names[0]}.", f"{begin}{names[-1]}."
