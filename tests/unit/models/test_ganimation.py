"""GANimation's nets: what stays of the input, and what published states hold twice."""

from __future__ import annotations

import torch
from torch import Tensor

from prosopon.models.checkpoint import load_strict
from prosopon.models.ganimation import Discriminator, Edit, Generator, from_published


def small() -> Generator:
    torch.manual_seed(0)
    return Generator(n_units=2, width=4, n_blocks=2)


def pictures(batch: int, side: int = 16) -> Tensor:
    torch.manual_seed(1)
    return torch.rand(batch, 3, side, side) * 2 - 1


@torch.no_grad()
def test_attention_is_the_share_of_the_input_that_stays() -> None:
    images, colours = pictures(1, 2), torch.zeros(1, 3, 2, 2)
    attention = torch.tensor([[[[0.0, 1.0], [0.25, 0.5]]]])
    edited = Edit(attention, colours).onto(images)
    assert torch.equal(edited[..., 0, 0], colours[..., 0, 0]) and torch.equal(edited[..., 0, 1], images[..., 0, 1])
    torch.testing.assert_close(edited[..., 1, 0], images[..., 1, 0] / 4)


@torch.no_grad()
def test_edits() -> None:
    net, images, units = small(), pictures(2), torch.tensor([[0.0, 1.0]])
    edit = net.edit(images, units)
    assert edit.attention.shape == (2, 1, 16, 16) and edit.colours.shape == (2, 3, 16, 16)
    assert bool((edit.attention >= 0).all() and (edit.attention <= 1).all() and (edit.colours.abs() <= 1).all())
    edited = net(images, units)
    assert torch.equal(edited, edit.onto(images)) and bool((edited.abs() <= 1).all())
    assert not torch.allclose(net(images, 1 - units), edited, atol=1e-3)


def test_loads_published_states_without_their_aliases() -> None:
    theirs, ours = small(), Generator(n_units=2, width=4, n_blocks=2)
    state = {key: value for key, value in theirs.state_dict().items() if not key.endswith("num_batches_tracked")}
    for name, first in (("debug1", 3), ("debug2", 9)):
        for index, layer in enumerate(list(theirs.main)[:first]):
            state.update(
                {f"{name}.{index}.{key}": torch.zeros_like(value) for key, value in layer.state_dict().items()}
            )
    ours.load_state_dict(state)
    assert torch.equal(ours(pictures(1), torch.ones(1, 2)), theirs(pictures(1), torch.ones(1, 2)))
    load_strict(ours, from_published(state, ours), "a state")


def test_discriminator() -> None:
    scores, logits = Discriminator(size_px=16, n_units=5, width=2, n_layers=3)(pictures(1))
    assert scores.shape == (1, 1, 2, 2) and logits.shape == (1, 5)
