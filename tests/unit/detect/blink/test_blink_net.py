"""The eye net: its published structure, its windows, what it learns from, and what is said in the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from moving_face import blinking, drawn, landmarks

from prosopon.core.errors import CheckpointError
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.protocols import Detector
from prosopon.core.score import Reason
from prosopon.datasets.followed import followed
from prosopon.detect.blink.dataset import Blinking as Runs
from prosopon.detect.blink.dataset import augmented, closedness
from prosopon.detect.blink.eyes import EYE_PX, cut_eyes, eye_matrices
from prosopon.detect.blink.net import STUDIO, VGG16, Lrcn, config_of
from prosopon.detect.blink.recipe import BlinkRecipe, HeldOutEyes, to_tensor_runs
from prosopon.detect.blink.sequences import FRAMES, STORED_PX, Sequences, _blink, render_person
from prosopon.detect.blink.technique import WHY_NO_VERDICT, Blinking
from prosopon.models.tensors import to_tensor
from prosopon.train.schedule import Schedule
from prosopon.train.store import Shot, write_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Sequences:
    """Drawn eyes of two people that close at some time."""
    folder = tmp_path_factory.mktemp("eyes")

    def people() -> Iterator[tuple[Shot, dict[str, np.ndarray]]]:
        for number, person in enumerate(("anna", "bert")):
            runs, openings = [], []
            for run in range(4):
                share = 1 - _blink(np.random.default_rng([number, run]))
                eyes = [
                    cut_eyes(drawn(landmarks(0, s), s), landmarks(0, s), STORED_PX, 0.45)[run % 2]
                    for s in share.tolist()
                ]
                runs.append(np.stack(eyes))
                openings.append(share.astype(np.float32))
            yield Shot(person, person, "footage"), {"eyes": np.stack(runs), "openings": np.stack(openings)}

    write_store(folder, Sequences.columns, people())
    return Sequences.open(folder)


class TestNet:
    def test_the_published_structure(self) -> None:
        with torch.device("meta"):
            net = Lrcn(VGG16)
        shapes = {name: tuple(p.shape) for name, p in net.named_parameters()}
        convs = {name: shape for name, shape in shapes.items() if name.startswith("conv") and name.endswith("weight")}
        assert [*convs] == [
            f"conv{block}_{place}.weight"
            for block, places in enumerate((2, 2, 3, 3, 3), start=1)
            for place in range(1, places + 1)
        ]
        assert convs["conv1_1.weight"] == (64, 3, 3, 3)
        assert convs["conv5_3.weight"] == (512, 512, 3, 3)
        assert shapes["fc6.weight"] == (4096, 25088)
        assert shapes["lstm.weight_ih_l0"] == (4 * 256, 4096)
        assert shapes["fc7.weight"] == (2, 256)
        assert "conv1_1.bias" in shapes
        convolutions = sum(np.prod(shape) for name, shape in shapes.items() if name.startswith("conv"))
        assert convolutions == 14_714_688  # VGG16 without its dense layers

    def test_the_published_structure_runs_when_it_is_smaller(self) -> None:
        small = replace(VGG16, eye_px=32, blocks=((4, 4), (8, 8)), features=16, hidden=8)
        remembered, alone = Lrcn(small)(torch.rand(2, 10, 3, 32, 32))
        assert remembered.shape == alone.shape == (2, 10)

    def test_ours_is_small(self) -> None:
        assert sum(p.numel() for p in Lrcn(STUDIO).parameters()) < 120_000

    def test_every_weight_takes_a_gradient(self) -> None:
        net = Lrcn()
        remembered, alone = net(torch.rand(2, 4, 3, 32, 32))
        (remembered.square().sum() + alone.square().sum()).backward()
        assert [name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []

    def test_memory_reaches_other_frames(self) -> None:
        torch.manual_seed(0)
        net = Lrcn().eval()
        eyes = torch.rand(1, 8, 3, 32, 32)
        other = eyes.clone()
        other[0, 3] = 0
        with torch.no_grad():
            (one, one_alone), (two, two_alone) = net(eyes), net(other)
        assert (one - two)[0, 5].abs() > 1e-6
        assert (one_alone - two_alone)[0, 5].abs() < 1e-6

    @pytest.mark.parametrize("count", [1, 5, 16, 23, 90])
    def test_films_of_any_length(self, count: int) -> None:
        torch.manual_seed(0)
        said = Lrcn().eval().closed(torch.rand(count, 3, 32, 32))
        assert said.shape == (count,)
        assert ((said > 0) & (said < 1)).all()

    def test_frames_in_the_middle_are_seen_by_two_windows(self) -> None:
        torch.manual_seed(0)
        net, eyes = Lrcn().eval(), torch.rand(24, 3, 32, 32)
        with torch.no_grad():
            first, second = (net(eyes[None, start : start + 16])[0].sigmoid()[0] for start in (0, 8))
        said = net.closed(eyes)
        assert said[:8].numpy() == pytest.approx(first[:8].numpy(), abs=1e-6)
        assert said[8:16].numpy() == pytest.approx(((first[8:] + second[:8]) / 2).numpy(), abs=1e-6)

    def test_unknown_configurations(self) -> None:
        with pytest.raises(CheckpointError, match="studio, vgg16"):
            config_of("vgg19")


class TestEyes:
    def test_both_eyes_look_alike(self) -> None:
        marks = landmarks()
        right, left = cut_eyes(drawn(marks, 1.0), marks)
        assert np.abs(right.astype(int) - left).mean() < 3
        assert right[EYE_PX // 2, EYE_PX // 2].max() < 90

    def test_tilted_heads_are_turned_back(self) -> None:
        marks = landmarks().astype(np.float64)
        turn = np.array(((0.9, -0.4359), (0.4359, 0.9)))
        middle = marks.mean(0)
        tilted = (marks - middle) @ turn.T + middle
        for points in (marks, tilted):
            matrix = eye_matrices(points)[0]
            corners = points[[36, 39]] @ matrix[:, :2].T + matrix[:, 2]
            assert corners[0, 1] == pytest.approx(corners[1, 1], abs=2.5)

    def test_landmarks_in_one_place(self) -> None:
        with pytest.raises(ValueError, match="one place"):
            eye_matrices(np.ones((68, 2)))


class TestLearning:
    def test_lids_of_rendered_people_are_known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("prosopon.detect.blink.sequences._RENDER_PX", 96)
        monkeypatch.setattr("prosopon.detect.blink.sequences._PASSAGES", 1)
        shot, rows = render_person(0, 3)
        assert shot.kind == "rendered"
        assert rows["eyes"].shape[1:] == (FRAMES, STORED_PX, STORED_PX, 3)
        assert rows["openings"].min() < 0.4
        assert rows["openings"].max() > 0.8

    def test_items_are_cut_and_say_how_far_eyes_are_closed(self, store: Sequences) -> None:
        item = Runs((store,), (None,)).item(0, np.random.default_rng(0))
        assert item["eyes"].shape == (FRAMES, EYE_PX, EYE_PX, 3)
        assert item["eyes"].dtype == np.uint8
        assert item["closed"].shape == (FRAMES,)

    def test_people_are_kept_apart(self, store: Sequences) -> None:
        assert [len(rows) for rows in Runs((store, store), ({"anna"}, {"bert", "carla"})).rows] == [4, 4]
        assert len(Runs((store, store), ({"anna"}, {"nobody"}))) == 4

    def test_openings_become_what_is_learnt(self) -> None:
        assert closedness(np.array([0.0, 0.25, 0.6, 1.1])) == pytest.approx([1, 1, 0, 0])
        assert 0 < closedness(np.array([0.4]))[0] < 1

    def test_augmentation_follows_from_its_generator(self, store: Sequences) -> None:
        eyes = np.asarray(store.eyes[0])
        first, again, other = (augmented(eyes, np.random.default_rng(seed)) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)

    def test_the_recipe_learns(self, store: Sequences) -> None:
        torch.manual_seed(0)
        held_out = (HeldOutEyes("drawn", store, {"bert"}),)
        recipe = BlinkRecipe(
            "blink.test", Lrcn(), Runs((store,), ({"anna"},)), Schedule(), card={}, data={}, held_out=held_out
        )
        rng = np.random.default_rng(0)
        items = [recipe.dataset.item(index, rng) for index in range(4)]
        batch = {
            "eyes": to_tensor_runs(np.stack([item["eyes"] for item in items])),
            "closed": torch.from_numpy(np.stack([item["closed"] for item in items])),
        }
        optimiser = torch.optim.Adam(recipe.net.parameters(), lr=4e-3)
        losses = []
        for _ in range(25):
            optimiser.zero_grad()
            loss, _ = recipe.phases[0].loss(batch)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses.append(loss.item())
        assert losses[-1] < 0.6 * losses[0]
        recipe.net.eval()
        with torch.no_grad():
            assert recipe.measure(torch.device("cpu"))["auc_drawn"] > 0.8
            assert recipe.preview(batch, torch.device("cpu")).ndim == 3


@pytest.fixture(scope="module")
def detector() -> Blinking:
    torch.manual_seed(0)
    return Blinking(Lrcn())


class TestDetector:
    def test_it_measures_and_never_judges(self, detector: Blinking) -> None:
        clip, tracks = blinking(np.ones(60))
        score = detector.score(clip, tracks)
        assert isinstance(detector, Detector)
        assert not detector.judges
        assert score.value is None
        assert score.abstained is None
        assert score.evidence[1] == WHY_NO_VERDICT
        assert "17 at rest" in score.evidence[0]
        assert score.measures["seen_s"] == pytest.approx(2.4)
        assert score.measures["blinks_per_minute_low"] <= score.measures["blinks_per_minute"]
        assert {one.times.shape for one in score.series} == {(60,)}

    def test_landmarks_are_counted_beside_the_net(self, detector: Blinking) -> None:
        lids = np.ones(75)
        for start in (20, 50):
            lids[start : start + 4] = (0.5, 0.0, 0.1, 0.6)
        score = detector.score(*blinking(lids))
        assert score.measures["blinks_by_landmarks"] == 2

    def test_gaps_in_a_track(self, detector: Blinking) -> None:
        clip, tracks = blinking(np.ones(60))
        faces = {i: face for i, face in tracks.tracks[0].faces.items() if not 20 <= i < 30}
        score = detector.score(clip, Tracks((Track(faces),), 60, "drawn"))
        assert np.isnan(score.series[1].values[20:30]).all()
        assert np.isfinite(score.series[1].values[[0, 19, 30, 59]]).all()

    def test_what_it_does_not_measure(self, detector: Blinking) -> None:
        clip, tracks = blinking(np.ones(60))
        assert detector.score(clip, Tracks((), 60, "drawn")).abstained is Reason.NO_FACE
        still, one = blinking(np.ones(1))
        assert detector.score(still, one).abstained is Reason.TOO_SHORT
        slow, many = blinking(np.ones(40), fps=8)
        assert detector.score(slow, many).abstained is Reason.TOO_SHORT
        few = Tracks((Track({i: tracks.tracks[0].faces[i] for i in range(10)}),), 60, "drawn")
        assert detector.score(clip, few).abstained is Reason.TOO_SHORT

    def test_a_face_in_one_place_is_passed_over(self, detector: Blinking) -> None:
        clip, tracks = blinking(np.ones(60))
        faces = {**tracks.tracks[0].faces, 5: Face.around(np.full((68, 2), 3.0, np.float32))}
        score = detector.score(clip, Tracks((Track(faces),), 60, "drawn"))
        assert np.isnan(score.series[1].values[5])


def test_what_ships_tells_open_eyes_from_closed_ones(shared: Path) -> None:
    net = Blinking.from_weights().net
    one = next(iter(followed([shared / "media/video/grid_s31/bbac3s.mp4"])))
    assert one.tracks.main is not None
    marks = {index: face.landmarks for index, face in one.tracks.main.faces.items()}
    pairs = [cut_eyes(frame, marks[index]) for index, frame in enumerate(one.clip.frames()) if marks[index] is not None]  # type: ignore[arg-type]
    closed = np.mean([net.closed(to_tensor(eye)).numpy() for eye in np.stack(pairs, axis=1)], axis=0)
    shut, wide = [15, 16, 17, *range(26, 34), *range(49, 55)], [*range(12), *range(37, 48), *range(58, 75)]
    assert closed[shut].mean() > 0.7
    assert closed[wide].mean() < 0.3
