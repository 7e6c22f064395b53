"""Writer and reader: shapes, limits, gradients, and that one pass of the reader sees what many would."""

from __future__ import annotations

import pytest
import torch

from prosopon.core.errors import UsageError
from prosopon.vouch.watermark.hidden.lattice import BITS
from prosopon.vouch.watermark.hidden.net import Marker, NetConfig

TINY = NetConfig(width=4, reader_width=4)


@pytest.fixture
def marker() -> Marker:
    torch.manual_seed(0)
    made = Marker(TINY)
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
    return made.eval()


def canvas(height: int = 48, width: int = 64) -> torch.Tensor:
    return torch.rand((2, 3, height, width), generator=torch.Generator().manual_seed(0))


def bits(rows: int = 3, columns: int = 4) -> torch.Tensor:
    return torch.randint(2, (2, BITS, rows, columns), generator=torch.Generator().manual_seed(1)).float()


def test_changes_are_as_large_as_the_canvas_and_within_reach(marker: Marker) -> None:
    made = marker.writer(canvas(), bits())
    assert made.shape == (2, 3, 48, 64)
    assert 0 < made.abs().max() <= TINY.reach


def test_a_canvas_need_not_end_with_a_cell(marker: Marker) -> None:
    made = marker.writer(canvas(46, 50), bits())
    assert made.shape == (2, 3, 46, 50)


def test_a_bit_changes_its_cell_and_hardly_more(marker: Marker) -> None:
    one, other = bits(), bits()
    other[0, 0, 1, 1] = 1 - other[0, 0, 1, 1]
    moved = (marker.writer(canvas(), one) - marker.writer(canvas(), other)).abs().amax(1)
    assert moved[0, 16:32, 16:32].max() > 0
    # Four convolutions of 3 x 3, of pixels that enter two by two.
    assert not moved[0, :, 48:].any()
    assert not moved[1].any()


def test_the_reader_answers_for_each_cell(marker: Marker) -> None:
    assert marker.reader(canvas()).shape == (2, BITS, 3, 4)


def test_one_pass_everywhere_equals_many_passes(marker: Marker) -> None:
    image = canvas()
    dense = marker.reader.everywhere(image)
    assert dense.shape == (2, BITS, 24, 32)
    torch.testing.assert_close(dense[..., ::8, ::8], marker.reader(image), rtol=0, atol=1e-5)
    # Away from borders, cells that begin elsewhere are read as if the canvas began there.
    large = canvas(192, 192)
    moved = marker.reader(large[..., 6:182, 10:186])
    torch.testing.assert_close(
        marker.reader.everywhere(large)[..., 3::8, 5::8][..., 4:7, 4:7], moved[..., 4:7, 4:7], rtol=0, atol=1e-5
    )


def test_everything_learns() -> None:
    made = Marker(TINY)
    image, wanted = canvas(), bits()
    logits = made.reader(image + made.writer(image, wanted))
    torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted).backward()
    assert [name for name, value in made.named_parameters() if value.grad is None or not value.grad.any()] == []


def test_the_usual_one_is_small_enough_to_ship() -> None:
    with torch.device("meta"):
        usual = Marker()
    assert 2 * sum(value.numel() for value in usual.parameters()) < 2_000_000


@pytest.mark.parametrize("odd", [{"width": 0}, {"reader_width": 0}, {"reach": 0.0}, {"reach": 1.5}])
def test_what_makes_no_sense_is_refused(odd: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        NetConfig(**odd)  # type: ignore[arg-type]
