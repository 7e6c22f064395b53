"""Runs of frames: how they are found and cut, what the net makes of them, and what is said where there are none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_arena import drawn_person, small_arena

from prosopon.core.clip import Clip
from prosopon.core.errors import CheckpointError, MissingError, UsageError
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.score import Reason
from prosopon.datasets.arena.arena import Arena
from prosopon.detect.learning.meso_trunk import SIZE_PX
from prosopon.detect.learning.recipe import pair_loss
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.mesonet.technique import MesoNet
from prosopon.detect.recurrent.net import VIEW, FrameNet, build
from prosopon.detect.recurrent.recipe import RecurrentRecipe, recurrent_recipe, taken_over
from prosopon.detect.recurrent.runs import RUN, as_tensor, cut_run, windows_of
from prosopon.detect.recurrent.technique import Recurrent
from prosopon.models.checkpoint import save
from prosopon.models.tensors import pictures_to_float


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Arena:
    people = (("ann", "train"), ("cid", "calibrate"))
    return small_arena(tmp_path_factory.mktemp("recurrent"), people=people, frames=16, generators=("animate",))


def _clip(times: list[float]) -> Clip:
    frames = np.zeros((len(times), 8, 8, 3), np.uint8)
    return replace(Clip.of_frames(frames, 25), times=tuple(times))


def test_windows_end_at_gaps_and_where_the_face_is_lost() -> None:
    clip = _clip([0.04 * i for i in range(10)] + [2 + 0.04 * i for i in range(5)])
    assert windows_of(clip) == (slice(0, 8), slice(10, 15))  # two frames are left of the first run: too few
    seen = np.ones(15, bool)
    seen[4] = False
    assert windows_of(clip, seen) == (slice(0, 4), slice(5, 9 + 1), slice(10, 15))
    seen[:] = False
    assert windows_of(clip, seen) == ()
    assert windows_of(_clip([0.0])) == ()


def test_a_run_is_cut_by_one_square() -> None:
    frames = np.random.default_rng(0).integers(0, 255, (1, 320, 320, 3)).astype(np.uint8).repeat(4, 0)
    landmarks = drawn_person(np.random.default_rng(0), 4)[1]
    landmarks += np.random.default_rng(1).normal(0, 3, (4, 1, 2)).astype(np.float32)  # a finder that trembles
    cut = cut_run(VIEW, frames, landmarks)
    assert cut.shape == (4, SIZE_PX, SIZE_PX, 3)
    assert (cut == cut[0]).all()


def test_what_is_said_of_a_frame_does_not_depend_on_later_ones() -> None:
    torch.manual_seed(0)
    net = build({"config": "tiny"}).eval()
    runs = torch.rand(1, RUN, 3, SIZE_PX, SIZE_PX)
    changed = runs.clone()
    changed[:, 5:] = 0
    with torch.no_grad():
        first, second = net.by_frame(runs), net.by_frame(changed)
        assert torch.allclose(first[:, :5], second[:, :5], atol=1e-5)
        assert not torch.allclose(first[:, 5:], second[:, 5:], atol=1e-5)
        assert torch.allclose(net(runs), first.mean(1))
        # The order of the frames matters.
        assert not torch.equal(net(runs), net(runs.flip(1)))


def _batch(recipe: RecurrentRecipe, size: int) -> dict[str, torch.Tensor]:
    items = [recipe.dataset.item(number, np.random.default_rng(number)) for number in range(size)]
    return {
        name: pictures_to_float(torch.from_numpy(np.stack([np.asarray(item[name]) for item in items])))
        for name in ("real", "fake")
    }


def test_from_random_weights_gradients_reach_every_parameter_and_it_learns(arena: Arena) -> None:
    torch.manual_seed(0)
    recipe = recurrent_recipe(Material(arena), LearningOptions("recurrent.test", "tiny"))
    assert recipe.runs.clips
    assert "frames_from" not in recipe.card["trained_on"]
    optimiser = torch.optim.Adam(recipe.net.parameters(), 5e-3)
    recipe.net.train()
    recipe.net.dropout.p = 0.0  # so few steps
    losses = []
    batch = _batch(recipe, 1)
    assert batch["real"].shape == (1, RUN, 3, SIZE_PX, SIZE_PX)
    for step in range(9):
        loss, _ = pair_loss(recipe.net, batch)
        optimiser.zero_grad()
        loss.backward()
        if not step:
            silent = [name for name, p in recipe.net.named_parameters() if p.grad is None or not p.grad.any()]
            assert not silent
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]
    recipe.net.eval()
    with torch.no_grad():
        figures = recipe.measure(torch.device("cpu"))
        assert recipe.preview(batch, torch.device("cpu")).shape[-1] == 3
    assert 0 <= figures["auc"] <= 1


def test_what_looks_at_frames_is_mesonet_and_stays_so(arena: Arena) -> None:
    recipe = recurrent_recipe(Material(arena), LearningOptions("recurrent.test", "studio"))
    assert recipe.card["trained_on"]["frames_from"] == "mesonet.studio"
    assert set(recipe.inputs) == {"arena", "frames mesonet.studio"}
    theirs = MesoNet.from_weights().net
    before = {key: value.clone() for key, value in recipe.net.frames.state_dict().items()}
    batch = _batch(recipe, 1)
    pictures = batch["real"][0, :2]
    with torch.no_grad():
        _, looked = recipe.net.frames(pictures)
        assert torch.allclose(-theirs.last(looked)[:, 0], theirs(pictures), atol=1e-4)
    phase = recipe.phases[0]
    optimiser = phase.optimiser([p for p in recipe.net.parameters() if p.requires_grad])
    loss, _ = phase.loss(batch)
    loss.backward()
    optimiser.step()
    assert all(torch.equal(value, before[key]) for key, value in recipe.net.frames.state_dict().items())
    learning = {name.partition(".")[0] for name, p in recipe.net.named_parameters() if p.grad is not None}
    assert learning == {"changes", "lstm", "head"}


def test_only_weights_of_meso4_look_at_frames(tmp_path: Path) -> None:
    torch.manual_seed(0)
    other = MesoNet(MesoNet.build({"config": "mesoinception4"}))
    state = {f"net.{key}": value for key, value in other.net.state_dict().items()}
    card = {"technique": "mesonet", "config": "mesoinception4", "licence": "x", "origin": "a test"}
    path = save(state, tmp_path / "mesonet.other", card)
    with pytest.raises(CheckpointError, match="mesoinception4, not of meso4"):
        taken_over(FrameNet(), str(path))
    with pytest.raises(MissingError):
        taken_over(FrameNet(), "mesonet.nowhere")


def test_stills_are_left_out_of_what_is_learnt(tmp_path_factory: pytest.TempPathFactory) -> None:
    stills = small_arena(tmp_path_factory.mktemp("stills"), people=(("ann", "train"), ("bob", "test")), frames=4)
    with pytest.raises(UsageError, match=r"no pairs|no fakes"):
        recurrent_recipe(Material(stills), LearningOptions("x", "tiny"))


def test_clips_are_judged_run_by_run(arena: Arena) -> None:
    torch.manual_seed(0)
    detector = Recurrent(build({"config": "tiny"}))
    clip, tracks = arena.faces(arena.clips[0])
    score = detector.score(clip, tracks)
    assert score.value is not None
    assert 0 < score.value < 1
    assert score.measures["runs"] == 2
    assert score.per_frame is not None
    assert np.isfinite(score.per_frame).all()
    assert {heat.frame for heat in score.heat_maps} == {4, 12}
    run = cut_run(VIEW, [*clip.frames()][:8], arena.landmarks(arena.clips[0])[:8])
    with torch.no_grad():
        expected = detector.net.by_frame(as_tensor(run[None]))[0].sigmoid().numpy()
    assert score.per_frame[:8] == pytest.approx(expected, abs=1e-5)


def test_it_says_nothing_about_what_it_cannot_see(arena: Arena) -> None:
    detector = Recurrent(build({"config": "tiny"}))
    clip, tracks = arena.faces(arena.clips[0])
    still = Clip.still(clip.first())
    face = tracks.tracks[0].faces[0]
    assert detector.score(still, Tracks((Track({0: face}),), 1, "x")).abstained is Reason.TOO_SHORT
    assert detector.score(clip, Tracks((), len(clip), "x")).abstained is Reason.NO_FACE
    small = Face.around((np.asarray(face.landmarks) / 8).astype(np.float32))
    assert detector.score(clip, Tracks((Track({0: small}),), 1, "x")).abstained is Reason.FACE_TOO_SMALL
    point = Face.around(np.full((68, 2), 9, np.float32))
    assert detector.score(clip, Tracks((Track(dict.fromkeys(range(8), point)),), 8, "x")).value is None


def test_unknown_configurations_are_refused(arena: Arena) -> None:
    with pytest.raises(UsageError, match="no configuration"):
        recurrent_recipe(Material(arena), LearningOptions("x", "huge"))
    with pytest.raises(CheckpointError, match="no recurrent net"):
        build({"config": "huge"})


def test_the_weights_that_ship_say_where_they_come_from_and_are_calibrated() -> None:
    detector = Recurrent.from_weights()
    assert detector.weights_name == "recurrent.studio"
    assert detector.card["trained_on"]["held_out"] == ["swap"]
    assert detector.card["trained_on"]["frames_from"] == "mesonet.studio"
    assert "frames mesonet.studio" in detector.card["training"]["inputs"]
    assert detector.calibration is not None
    assert 0 < detector.calibration.log10_lr(0.98) < 2, "one small net is never strong evidence"
    assert detector.card["figures"]["none"]["auc"] > 0.8 > detector.card["figures"]["crf28+half"]["auc"]
