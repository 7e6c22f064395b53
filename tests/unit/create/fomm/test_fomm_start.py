"""What training starts from, published checkpoints, and carrying motion over in awkward cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_fomm import TINY, Pictures
from torch import nn

from prosopon.core.errors import CheckpointError, MissingError, UsageError
from prosopon.create.fomm.discriminator import build_discriminator
from prosopon.create.fomm.model import FommModel
from prosopon.create.fomm.net import build_nets
from prosopon.create.fomm.recipe import FommRecipe, card_of
from prosopon.create.fomm.start import start_from
from prosopon.create.fomm.transfer import movement_scale, transfer
from prosopon.models import checkpoint
from prosopon.models.feature_choice import load_features
from prosopon.models.motion.keypoints import Keypoints
from prosopon.models.motion.published import published_states
from prosopon.models.perceptual import RandomFeatures, Vgg19Features


def nets(seed: int) -> dict[str, nn.Module]:
    torch.manual_seed(seed)
    detector, generator = build_nets(TINY.model, align_corners=True)
    return {"kp_detector": detector, "generator": generator, "discriminator": build_discriminator(TINY.model)}


def published(path: Path, *, without: tuple[str, ...] = (), extra: dict[str, Any] | None = None) -> Path:
    """A file of the published form, with the blur kernels that it holds as buffers."""
    table: dict[str, Any] = {name: dict(module.state_dict()) for name, module in nets(1).items()}
    table["kp_detector"]["down.weight"] = torch.rand(3, 1, 5, 5)
    table["generator"]["dense_motion_network.down.weight"] = torch.rand(3, 1, 5, 5)
    table |= {"optimizer_generator": {"state": {}, "param_groups": []}, "epoch": 99, **(extra or {})}
    torch.save({key: value for key, value in table.items() if key not in without}, path)
    return path


def equal(one: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_a_published_checkpoint_is_taken_whole_but_for_its_kernels(tmp_path: Path) -> None:
    states = published_states(published(tmp_path / "vox-cpk.pth.tar"))
    assert set(states) == {"kp_detector", "generator", "discriminator"}
    assert not [key for state in states.values() for key in state if key.endswith("down.weight")]
    fresh = nets(2)
    start_from(fresh, tmp_path / "vox-cpk.pth.tar")
    assert all(equal(fresh[name], module) for name, module in nets(1).items())


def test_a_missing_discriminator_is_no_fault(tmp_path: Path) -> None:
    path = published(tmp_path / "cpk.pth.tar", without=("discriminator",))
    assert "discriminator" not in published_states(path)
    fresh = nets(2)
    start_from(fresh, path)
    assert equal(fresh["generator"], nets(1)["generator"])
    assert equal(fresh["discriminator"], nets(2)["discriminator"])


def test_a_missing_generator_is(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="lacks generator"):
        published_states(published(tmp_path / "cpk.pth.tar", without=("generator",)))


def test_another_configuration_is_refused_by_the_names_that_do_not_fit(tmp_path: Path) -> None:
    path = published(tmp_path / "cpk.pth.tar")
    other = FommModel(replace(TINY.model, num_kp=5), align_corners=True)
    with pytest.raises(CheckpointError, match=r"kp_detector.*kp\.weight"):
        other.load(published_states(path), path.name)


class Harmful:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("this must never be printed",)


def test_a_checkpoint_with_code_is_refused_and_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = published(tmp_path / "cpk.pth.tar", extra={"epoch": Harmful()})
    with pytest.raises(CheckpointError, match="print"):
        published_states(path)
    assert capsys.readouterr().out == ""


def test_our_own_weights_start_training_too(tmp_path: Path) -> None:
    trained = nets(1)
    state = {
        f"{name}.{key}": value
        for name in ("kp_detector", "generator")
        for key, value in trained[name].state_dict().items()
    }
    path = checkpoint.save(state, tmp_path / "fomm.tiny", card_of(TINY, licence="MIT", origin="a test"))
    fresh = nets(2)
    start_from(fresh, path)
    assert equal(fresh["generator"], trained["generator"])
    assert equal(fresh["kp_detector"], trained["kp_detector"])


def test_weights_that_are_not_there_are_missing(tmp_path: Path) -> None:
    for name in ("none.safetensors", "none.pth.tar"):
        with pytest.raises(MissingError):
            start_from(nets(0), tmp_path / name)


def test_random_features_are_the_same_for_ever() -> None:
    picture = torch.linspace(0, 1, 3 * 8 * 8).view(1, 3, 8, 8)
    one, again = (load_features("random", None)(picture) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))


def test_vgg_needs_its_weights(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--feature-weights"):
        load_features("vgg19", None)
    torch.save({"features.0.weight": torch.zeros(1)}, tmp_path / "vgg.pth")
    with pytest.raises(CheckpointError, match="VGG19"):
        load_features("vgg19", tmp_path / "vgg.pth")


def test_vgg_weights_are_read_from_torchvisions_names(tmp_path: Path) -> None:
    widths = {0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128), 10: (128, 256), 12: (256, 256), 14: (256, 256)}
    widths |= {16: (256, 256), 19: (256, 512), 21: (512, 512), 23: (512, 512), 25: (512, 512), 28: (512, 512)}
    state = {"classifier.0.bias": torch.zeros(2)}
    for index, (inputs, outputs) in widths.items():
        state[f"features.{index}.weight"] = torch.full((outputs, inputs, 3, 3), 1e-3)
        state[f"features.{index}.bias"] = torch.zeros(outputs)
    torch.save(state, tmp_path / "vgg.pth")
    features = load_features("vgg19", tmp_path / "vgg.pth")
    assert isinstance(features, Vgg19Features)
    maps = features(torch.rand(1, 3, 32, 32))
    assert [tuple(m.shape[1:]) for m in maps] == [
        (64, 32, 32),
        (128, 16, 16),
        (256, 8, 8),
        (512, 4, 4),
        (512, 2, 2),
    ]


def test_cards_hold_what_builds_the_nets_again() -> None:
    recipe = FommRecipe(
        "fomm.tiny",
        TINY,
        Pictures(TINY),
        RandomFeatures(4),
        card=card_of(TINY, licence="MIT", origin="a test"),
        data={},
    )
    assert recipe.card["technique"] == "fomm"
    assert recipe.card["config"] == "tiny"
    assert recipe.card["model"]["num_kp"] == TINY.model.num_kp
    assert recipe.exported == ("kp_detector", "generator")


# Transfer.


def points(values: torch.Tensor, scale: float = 1.0) -> Keypoints:
    return Keypoints(values, scale * torch.eye(2).expand(*values.shape[:2], 2, 2))


SQUARE = torch.tensor([[[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]])
LINE = torch.tensor([[[-0.5, 0.0], [-0.1, 0.0], [0.2, 0.0], [0.6, 0.0]]])


def test_absolute_motion_is_the_driving_motion() -> None:
    driving = points(SQUARE + 0.2, 3)
    out = transfer(points(LINE), driving, points(SQUARE), relative=False, adapt_scale=True)
    assert torch.equal(out.value, driving.value)
    assert out.jacobian is not None and driving.jacobian is not None
    assert torch.equal(out.jacobian, driving.jacobian)


def test_the_initial_frame_leaves_the_source_as_it_is() -> None:
    source, initial = points(LINE, 2), points(SQUARE, 0.5)
    out = transfer(source, initial, initial, adapt_scale=True)
    assert torch.allclose(out.value, source.value)
    assert out.jacobian is not None and source.jacobian is not None
    assert torch.allclose(out.jacobian, source.jacobian)


def test_movement_is_scaled_by_the_size_of_the_face() -> None:
    source, initial = points(SQUARE * 0.5), points(SQUARE)
    assert movement_scale(source, initial) == pytest.approx(0.5)
    out = transfer(source, points(SQUARE + 0.2), initial, adapt_scale=True)
    assert torch.allclose(out.value, source.value + 0.1)
    assert torch.allclose(transfer(source, points(SQUARE + 0.2), initial).value, source.value + 0.2)


@pytest.mark.parametrize("degenerate", [LINE, torch.zeros(1, 4, 2), torch.zeros(1, 2, 2)])
def test_points_on_a_line_have_no_size_and_change_no_scale(degenerate: torch.Tensor) -> None:
    assert movement_scale(points(SQUARE), points(degenerate)) == 1
    assert movement_scale(points(degenerate), points(SQUARE)) == 1


def test_a_singular_first_frame_gives_finite_points() -> None:
    flat = Keypoints(SQUARE, torch.zeros(1, 4, 2, 2))
    out = transfer(points(SQUARE), points(SQUARE + 0.1), flat)
    assert out.jacobian is not None
    assert torch.isfinite(out.value).all()
    assert torch.isfinite(out.jacobian).all()


def test_a_batch_of_driving_frames_shares_source_and_initial() -> None:
    driving = points(torch.cat((SQUARE, SQUARE + 0.3)))
    out = transfer(points(LINE), driving, points(SQUARE))
    assert torch.allclose(out.value, torch.cat((LINE, LINE + 0.3)))
