"""Soft masks, what counts more in a face, and SAEHD's sum."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from prosopon.core.errors import UsageError
from prosopon.models.image_losses.emphasis import area_weight, soft_mask
from prosopon.models.image_losses.pixelwise import mae, mse
from prosopon.models.image_losses.saehd import SaehdWeights, saehd_terms, style_distance
from prosopon.models.image_losses.structural import dssim

Pictures = Callable[..., tuple[Tensor, Tensor]]


def box(side: int, rows: slice, columns: slice) -> Tensor:
    mask = torch.zeros(1, 1, side, side)
    mask[..., rows, columns] = 1
    return mask


def test_a_soft_mask_is_whole_inside_and_fades_outside() -> None:
    mask = box(64, slice(16, 48), slice(0, 40))
    soft = soft_mask(mask)
    row = soft[0, 0, 32]
    assert bool((row[:40] == 1).all())
    assert bool((row[40:44].diff() < 0).all())
    assert bool((row[44:] == 0).all())
    assert float(row[41]) > 0
    assert bool((soft_mask(mask, 32)[0, 0, 32, 42:] == 0).all())


def test_a_mask_of_the_whole_picture_stays_whole_and_an_empty_one_empty() -> None:
    torch.testing.assert_close(soft_mask(torch.ones(2, 1, 32, 32)), torch.ones(2, 1, 32, 32))
    assert float(soft_mask(torch.zeros(2, 1, 32, 32)).abs().max()) == 0


def test_areas_multiply_as_they_are_added_one_after_the_other(pictures: Pictures) -> None:
    predicted, target = pictures(32, 32, 1)
    face, eyes = box(32, slice(4, 28), slice(4, 28)), box(32, slice(8, 12), slice(0, 32))
    mouth = box(32, slice(10, 24), slice(8, 24))
    loss = (predicted - target).abs() * face
    loss = loss + loss * eyes * 3
    loss = loss + loss * mouth * 2
    torch.testing.assert_close(mae(predicted, target, area_weight(face, eyes, mouth)), loss.mean((1, 2, 3)))
    assert area_weight(None) is None
    assert area_weight(None, eyes, mouth, eyes_multiplier=1, mouth_multiplier=0) is None
    only = area_weight(None, None, mouth, mouth_multiplier=5)
    assert only is not None
    assert only.unique().tolist() == [1, 6]


def test_the_terms_are_what_they_say(pictures: Pictures) -> None:
    predicted, target = pictures(64, 64, 2)
    face, eyes = box(64, slice(8, 56), slice(12, 52)), box(64, slice(20, 26), slice(16, 48))
    guess = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(3))
    faces = face.repeat(2, 1, 1, 1)
    terms = saehd_terms(predicted, target, guess, faces, eyes_mouth=eyes)
    soft = soft_mask(face)
    torch.testing.assert_close(terms["structure"], 10 * dssim(predicted * soft, target * soft, window=5))
    torch.testing.assert_close(terms["pixels"], 10 * mse(predicted * soft, target * soft))
    torch.testing.assert_close(terms["eyes_mouth"], 300 * mae(predicted * eyes, target * eyes))
    torch.testing.assert_close(terms["mask"], 10 * mse(guess, faces))
    everywhere = saehd_terms(predicted, target, None, faces, masked=False, weights=SaehdWeights(structure=1, pixels=0))
    assert set(everywhere) == {"structure", "pixels"}
    torch.testing.assert_close(everywhere["structure"], dssim(predicted, target, window=5))
    assert float(everywhere["pixels"].abs().max()) == 0


def test_large_pictures_are_seen_through_two_windows(pictures: Pictures) -> None:
    predicted, target = pictures(256, 256, 1)
    terms = saehd_terms(predicted, target, None, torch.ones(1, 1, 256, 256), masked=False)
    halves = [5 * dssim(predicted, target, window=window) for window in (22, 11)]
    torch.testing.assert_close(terms["structure"], halves[0] + halves[1])


def test_tiny_pictures_are_refused_in_words(pictures: Pictures) -> None:
    with pytest.raises(UsageError, match="24 x 24"):
        saehd_terms(*pictures(23, 23, 1), None, torch.ones(1, 1, 23, 23))


def test_the_masks_and_the_target_take_no_gradient(pictures: Pictures) -> None:
    predicted, target = pictures(32, 32, 1)
    guess, face = torch.rand(1, 1, 32, 32), torch.rand(1, 1, 32, 32)
    for tensor in (predicted, target, guess, face):
        tensor.requires_grad_()
    sum(saehd_terms(predicted, target, guess, face, eyes_mouth=face).values(), torch.zeros(1)).sum().backward()
    assert predicted.grad is not None
    assert guess.grad is not None
    assert target.grad is None
    assert face.grad is None


def test_style_is_colour_and_not_features(pictures: Pictures) -> None:
    predicted, _ = pictures(64, 64, 2)
    assert float(style_distance(predicted.flip(3), predicted, 8.0).max()) < 1e-6
    brighter = style_distance(predicted + 0.1, predicted, 8.0)
    assert bool((brighter > 3e-3).all())
    flat = torch.zeros(1, 3, 16, 16, requires_grad=True)
    style_distance(flat, torch.zeros(1, 3, 16, 16), 2.0).sum().backward()
    assert flat.grad is not None
    assert bool(flat.grad.isfinite().all())
