from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.core.errors import MissingError, ProsoponError, UsageError
from prosopon.core.faces import Box, Face
from prosopon.faces.builtin import degrade
from prosopon.faces.builtin.crops import bent, draw_crop, draw_nobody
from prosopon.faces.builtin.dataset import FaceItems, Mixture
from prosopon.faces.builtin.landmarks import CROP_SIDE
from prosopon.faces.builtin.nobody import pictures_without_faces
from prosopon.faces.builtin.prepared import (
    PICTURE_PX,
    FaceStore,
    cut_face,
    cut_nobody,
    kept_cuttings,
    prepare,
    teachable,
    write_cuttings,
)
from prosopon.faces.builtin.scenes import Row, draw_scene
from prosopon.faces.stance import Stance
from prosopon.studio.person import Identity, Placement
from prosopon.studio.render import Rendering, render
from prosopon.train.store import Shot


@pytest.fixture(scope="module")
def shown() -> Rendering:
    return render(Identity(), Placement(scale=0.9), size_px=256)


@pytest.fixture
def store(tmp_path: Path, shown: Rendering) -> FaceStore:
    face, grey = cut_face(shown.image, shown.landmarks), cut_nobody(np.full((40, 60, 3), 90, np.uint8))
    shots = [(Shot("a", "a", "still"), [face, face]), (Shot("b", "b", "nobody"), [grey])]
    return write_cuttings(tmp_path / "store", shots)


def dots(points: NDArray[np.float32]) -> Frame:
    """A black picture with a white dot at each landmark."""
    picture = np.zeros((PICTURE_PX, PICTURE_PX, 3), np.uint8)
    for x, y in points.astype(int):
        picture[y - 1 : y + 2, x - 1 : x + 2] = 255
    return picture


def test_a_store_gives_back_what_was_put_in(store: FaceStore, shown: Rendering) -> None:
    assert store.pictures.shape == (3, PICTURE_PX, PICTURE_PX, 3)
    assert [(shot.start, shot.stop) for shot in store.shots] == [(0, 2), (2, 3)]
    stance = Stance.of(store.landmarks[0])
    assert (stance.x, stance.y) == pytest.approx((PICTURE_PX / 2, PICTURE_PX / 2), abs=0.01)
    assert np.isnan(store.landmarks[2]).all()
    assert (store.pictures[2] == 90).all()
    assert pickle.loads(pickle.dumps(store)).landmarks.shape == store.landmarks.shape  # noqa: S301


def test_what_the_picture_covers_is_known(shown: Rendering) -> None:
    cutting = cut_face(shown.image, shown.landmarks + np.array((60, 0), np.float32))
    left, _, right, _ = cutting.inside
    assert left == 0
    assert right < PICTURE_PX - 10
    edge = int(right)
    assert np.ptp(cutting.picture[:, edge + 3 :].astype(int), axis=1).max() <= 2, "beyond it the edge repeats"


def test_an_empty_store_is_refused_and_a_missing_one_told(tmp_path: Path) -> None:
    with pytest.raises(ProsoponError, match="no faces"):
        write_cuttings(tmp_path, [])
    with pytest.raises(MissingError, match="prepared"):
        FaceStore.open(tmp_path / "nowhere")


def test_what_was_prepared_is_kept(own_home: Path) -> None:
    calls = []

    def shots() -> list[tuple[Shot, list]]:
        calls.append(1)
        return [(Shot("b", "b", "nobody"), [cut_nobody(np.zeros((8, 8, 3), np.uint8))])]

    first, second = kept_cuttings(["x"], shots), kept_cuttings(["x"], shots)
    assert first.folder == second.folder
    assert len(calls) == 1


def test_faces_are_learnt_from_a_finder(tmp_path: Path, shown: Rendering) -> None:
    class Teacher:
        name = "exact"

        def find(self, frame: Frame) -> list[Face]:
            low, high = shown.landmarks.min(0), shown.landmarks.max(0)
            return [Face(Box(*low.tolist(), *high.tolist()), shown.landmarks)]

    (tmp_path / "p").mkdir()
    Image.fromarray(shown.image).save(tmp_path / "p" / "one.png")
    Image.fromarray(shown.image).save(tmp_path / "two.png")
    (tmp_path / "p" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    store = prepare([tmp_path], Teacher, every=1)
    assert [(shot.person, shot.kind) for shot in store.shots] == [("p", "still"), ("two.png", "still")]
    with pytest.raises(MissingError, match="nowhere"):
        prepare([tmp_path / "nowhere"], Teacher, every=1)


def test_crowds_and_tiny_faces_are_not_learnt(shown: Rendering) -> None:
    low, high = shown.landmarks.min(0), shown.landmarks.max(0)
    face = Face(Box(*low.tolist(), *high.tolist()), shown.landmarks)
    near = Face(Box(0, 0, 20, 20), shown.landmarks / 10)
    assert len([*teachable(shown.image, [face])]) == 1
    assert [*teachable(shown.image, [face, near])] == []


def test_a_crop_has_its_landmarks_where_the_face_is(shown: Rendering) -> None:
    cutting = cut_face(shown.image, shown.landmarks)
    picture = dots(cutting.landmarks)
    rng = np.random.default_rng(3)
    for _ in range(6):
        state = rng.bit_generator.state
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("prosopon.faces.builtin.crops.spoilt", lambda frame, rng, face_px: frame)
            patch.setattr("prosopon.faces.builtin.crops.occluded", lambda frame, *rest: frame)
            crop, points = draw_crop(picture, cutting.landmarks, rng, bends=True)
        rng.bit_generator.state = state
        rng.random(100)
        inside = ((points > 0.03) & (points < 0.97)).all(1)
        at = (points[inside] * 128).astype(int)
        near = [crop[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].max() for x, y in at]
        assert np.mean(np.array(near) > 80) > 0.95
        assert inside.mean() > 0.7
        assert Stance.of(points).size * CROP_SIDE == pytest.approx(1, abs=0.5)


def test_mirrored_faces_keep_their_order(shown: Rendering) -> None:
    """The eye on the picture's left is points 36 to 41, whether mirrored or not."""
    cutting = cut_face(shown.image, shown.landmarks)
    rng = np.random.default_rng(0)
    for _ in range(10):
        _, points = draw_crop(cutting.picture, cutting.landmarks, rng, bends=False)
        upright = points @ np.array(Stance.of(points).matrix(1, 1))[:, :2]
        assert upright[36:42, 0].mean() < upright[42:48, 0].mean()


def test_bending_moves_picture_and_points_alike(shown: Rendering) -> None:
    points = np.array([[0.5, 0.5], [0.3, 0.6], [0.7, 0.4]])
    picture = np.zeros((128, 128, 3), np.uint8)
    for x, y in (points * 128).astype(int):
        picture[y - 2 : y + 3, x - 2 : x + 3] = 255
    out, moved = bent(picture, points, np.random.default_rng(1))
    for x, y in (moved * 128).astype(int):
        assert out[y - 2 : y + 3, x - 2 : x + 3].max() > 200


def test_crops_of_nobody_stay_clear_of_the_face(shown: Rendering) -> None:
    cutting = cut_face(shown.image, shown.landmarks)
    rng = np.random.default_rng(0)
    drawn = [draw_nobody(cutting.picture, np.array(cutting.inside), cutting.landmarks, rng) for _ in range(20)]
    assert sum(crop is not None for crop in drawn) > 10


def test_scenes_know_their_faces(shown: Rendering) -> None:
    """A face whose stored picture is white inside: where the scene says there is one, it is white."""
    cutting = cut_face(shown.image, shown.landmarks)
    white, inside = np.full_like(cutting.picture, 255), np.array((0, 0, PICTURE_PX, PICTURE_PX), np.float32)
    black = Row(np.zeros_like(white), None, inside)
    rng = np.random.default_rng(5)
    n = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("prosopon.faces.builtin.scenes.spoilt", lambda frame, rng, face_px: frame)
        patch.setattr("prosopon.faces.builtin.scenes.occluded", lambda frame, *rest: frame)
        patch.setattr("prosopon.faces.builtin.scenes._background", lambda *rest: np.zeros((256, 256, 3), np.uint8))
        for _ in range(20):
            picture, stances, known = draw_scene(
                lambda rng: Row(white, cutting.landmarks, inside), lambda rng: black, rng
            )
            for x, y, size, _ in stances[known > 0]:
                n += 1
                assert picture[int(np.clip(y, 0, 255)), int(np.clip(x, 0, 255))].min() > 200
                assert 9 < size < 300
            assert known.sum() or picture.max() < 256
    assert n > 10


def test_items_are_the_same_for_the_same_generator(store: FaceStore) -> None:
    items = FaceItems([store], Mixture(crops=3))
    first, second = (items.item(0, np.random.default_rng(4)) for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert first["scene"].shape == (256, 256, 3)
    assert first["crops"].shape == (3, 128, 128, 3)
    assert first["points"].dtype == np.float32


def test_items_need_faces_and_pictures_without(tmp_path: Path, store: FaceStore) -> None:
    nobody = FaceStore(store.folder, store.shots[1:], store.arrays)
    someone = FaceStore(store.folder, store.shots[:1], store.arrays)
    with pytest.raises(UsageError, match="--data"):
        FaceItems([nobody])
    with pytest.raises(UsageError, match="--without-faces"):
        FaceItems([someone])


def test_pictures_without_faces_are_at_hand() -> None:
    shots = [*pictures_without_faces()]
    assert len(shots) > 10
    assert all(cutting.picture.shape == (PICTURE_PX, PICTURE_PX, 3) for _, cuttings in shots for cutting in cuttings)


def test_faults_do_what_they_say(shown: Rendering) -> None:
    picture, rng = shown.image, np.random.default_rng(0)
    assert (
        np.abs(np.diff(degrade.blurred(picture, 4).astype(int), axis=0)).mean()
        < np.abs(np.diff(picture.astype(int), axis=0)).mean()
    )
    assert degrade.lit(picture, 0.25).mean() == pytest.approx(picture.mean() / 4, rel=0.05)
    assert np.ptp(degrade.tinted(picture, np.ones(3), 0.0).astype(int), axis=2).max() <= 1
    assert (degrade.noisy(picture, 20, rng).astype(int) - picture).std() == pytest.approx(20, rel=0.2)
    for spoilt in (
        degrade.compressed(picture, 5),
        degrade.coarsened(picture, 6),
        degrade.smeared(picture, 9, 30),
        degrade.occluded(picture, 128, 128, 100, rng),
        degrade.spoilt(picture, rng, 100),
    ):
        assert spoilt.shape == picture.shape
        assert spoilt.dtype == np.uint8
        assert (spoilt != picture).any()


def test_an_occlusion_hides_about_as_much_as_asked(shown: Rendering) -> None:
    rng = np.random.default_rng(0)
    grey = np.full((200, 200, 3), 77, np.uint8)
    grey[::7, ::5] = 20
    hidden = [(degrade.occluded(grey, 100, 100, 100, rng, share=0.5) != grey).any(-1).mean() for _ in range(30)]
    assert 0.005 < np.mean(hidden) < 0.0625
