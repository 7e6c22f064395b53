"""StarGAN's nets: shapes, labels, activations, published states, and gradients in every layout."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from prosopon.core.errors import CheckpointError
from prosopon.models.checkpoint import load_strict
from prosopon.models.stargan import Discriminator, Generator
from prosopon.models.stargan.generator import from_published
from prosopon.models.stargan.trunk import with_labels


def small(n_labels: int = 3) -> Generator:
    torch.manual_seed(0)
    return Generator(n_labels, width=4, n_blocks=2)


def pictures(batch: int, side: int = 16) -> Tensor:
    torch.manual_seed(1)
    return torch.rand(batch, 3, side, side) * 2 - 1


@torch.no_grad()
def test_edits_each_picture_by_its_own_labels() -> None:
    net, images, labels = small(), pictures(2), torch.tensor([[1.0, 0, 0], [0, 1.0, 1.0]])
    edited = net(images, labels)
    assert edited.shape == images.shape and bool((edited.abs() <= 1).all())
    torch.testing.assert_close(net(images[1:], labels[1:]), edited[1:], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(net(images, labels[:1])[0], edited[0], rtol=1e-4, atol=1e-5)
    assert not torch.allclose(net(images, labels[:1])[1], edited[1], atol=1e-3)


def test_labels_are_even_planes_behind_the_colours() -> None:
    images = pictures(2, 4)
    joined = with_labels(images, torch.tensor([[0.0, 1.0], [0.5, -2.0]]))
    assert torch.equal(joined[:, :3], images)
    assert bool((joined[0, 3] == 0).all() and (joined[0, 4] == 1).all())
    assert bool((joined[1, 3] == 0.5).all() and (joined[1, 4] == -2).all())


@torch.no_grad()
def test_activations_are_the_layers_in_order() -> None:
    net, images, labels = small(), pictures(1), torch.ones(1, 3)
    activations = net.activations(images, labels)
    assert len(activations) == len(net.main) == 19 and len(Generator().main) == 23
    assert torch.equal(activations[-1], net(images, labels))
    assert torch.equal(activations[2], activations[1].relu()) and bool((activations[1] < 0).any())
    assert [tuple(activations[at].shape[1:]) for at in (2, 5, 8, 10, 13, 16)] == [
        (4, 16, 16), (8, 8, 8), (16, 4, 4), (16, 4, 4), (8, 8, 8), (4, 16, 16)
    ]  # fmt: skip


@torch.no_grad()
def test_eval_mode_is_another_function_and_train_mode_moves_its_statistics() -> None:
    net, images, labels = small(), pictures(1), torch.ones(1, 3)
    net.eval()
    first = net(images, labels)
    assert torch.equal(first, net(images, labels))
    net.train()
    assert not torch.allclose(net(images, labels), first, atol=1e-3)
    net.eval()
    assert not torch.equal(net(images, labels), first)


def test_gradient_of_one_picture_is_the_same_in_every_layout() -> None:
    def gradient(layout: torch.memory_format) -> Tensor:
        net = small().to(memory_format=layout)  # type: ignore[call-overload]
        images = pictures(1).to(memory_format=layout).requires_grad_()
        (found,) = torch.autograd.grad(net(images, torch.ones(1, 3)).square().mean(), images)
        return found

    exact = small().double()
    images = pictures(1).double().requires_grad_()
    (truth,) = torch.autograd.grad(exact(images, torch.ones(1, 3)).square().mean(), images)
    for layout in (torch.contiguous_format, torch.channels_last):
        assert (gradient(layout) - truth).norm() <= 1e-3 * truth.norm()


def test_loads_old_and_blurred_published_states() -> None:
    theirs, ours = small(), Generator(3, width=4, n_blocks=2)
    state = {key: value for key, value in theirs.state_dict().items() if not key.endswith("num_batches_tracked")}
    state["preprocessing.weight"] = torch.ones(1, 1, 21, 21)
    ours.load_state_dict(state)
    assert torch.equal(ours(pictures(1), torch.ones(1, 3)), theirs(pictures(1), torch.ones(1, 3)))
    load_strict(ours, from_published(state, ours), "a state")


def test_refuses_states_of_other_nets() -> None:
    net, state = small(), dict(small().state_dict())
    with pytest.raises(RuntimeError, match="Unexpected key"):
        net.load_state_dict({**state, "main.99.weight": torch.ones(1)})
    del state["main.0.weight"]
    with pytest.raises(RuntimeError, match="Missing key"):
        net.load_state_dict(state)
    with pytest.raises(CheckpointError, match=r"main\.0\.weight \(4, 5, 7, 7\) instead of \(4, 6, 7, 7\)"):
        load_strict(small(3), from_published(small(2).state_dict(), small(3)), "a state")


def test_discriminator_scores_patches_and_labels() -> None:
    torch.manual_seed(0)
    judge = Discriminator(size_px=32, n_labels=3, width=2, n_layers=3)
    scores, logits = judge(pictures(2, 32))
    assert scores.shape == (2, 1, 4, 4) and logits.shape == (2, 3)
    scores, logits = judge(pictures(1, 32))
    assert scores.shape == (1, 1, 4, 4) and logits.shape == (1, 3)
