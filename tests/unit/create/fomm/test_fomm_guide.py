"""What a guided decoder is shown of the driving keypoints."""

from __future__ import annotations

import pytest
import torch
from tiny_fomm import TINY, TINY_FACE

from prosopon.create.fomm.net import build_nets, gap_maps
from prosopon.models.motion.keypoints import Keypoints


def test_a_gap_is_drawn_between_its_points_as_high_as_they_are_far_apart() -> None:
    points = torch.tensor([[[0.5, -0.25], [0.5, 0.25], [-0.5, 0.1], [-0.5, 0.1]]])
    maps = gap_maps(points, ((0, 1), (2, 3)), 33, 33, 0.01)
    assert maps.shape == (1, 2, 33, 33)
    # Pixel centres of the lattice from -1 to 1: column 24 is x = 0.5, row 16 is y = 0.
    assert maps[0, 0].argmax() == 16 * 33 + 24
    assert maps[0, 0, 16, 24].item() == pytest.approx(5)
    assert maps[0, 1].abs().max() == 0


def test_the_decoder_sees_lids_close_and_a_model_without_a_guide_does_not() -> None:
    """The same motion, painted with other keypoints: only a guided decoder may change."""
    for config, guided in ((TINY_FACE, True), (TINY, False)):
        torch.manual_seed(0)
        detector, generator = build_nets(config.model, align_corners=True)
        for guide in generator.guides:
            torch.nn.init.normal_(guide.weight)
        detector.eval()
        generator.eval()
        picture = torch.rand(1, 3, 32, 32)
        with torch.no_grad():
            found = detector(picture)
            motion = generator.dense_motion_network(generator.dense_motion_network.down(picture), found, found)
            features = generator.encode(picture)
            shut = found.value.clone()
            shut[:, 1] = shut[:, 0]
            pictures = [
                generator.decode(features, motion, picture, Keypoints(value)).prediction
                for value in (found.value, shut)
            ]
        assert (not torch.equal(*pictures)) == guided
