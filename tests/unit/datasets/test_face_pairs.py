"""Prepared faces and the pairs that are drawn from them: whatever happens to a picture happens to its landmarks."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.core.errors import MissingError, ProsoponError
from prosopon.datasets.face_pairs import FacePairs, PairConfig, _Colour
from prosopon.datasets.prepared import FRAME_PX, Cutting, Store, write_cuttings
from prosopon.datasets.rendered_clips import RenderedPeople, prepare_rendered
from prosopon.faces.head_box import face_size, still_box
from prosopon.faces.sixty_eight import MIRROR
from prosopon.train.store import Shot

# Dots far enough apart to be told from each other; the 68 landmarks sit on them in turn.
DOTS = np.array([(58, 60), (118, 62), (88, 92), (62, 120), (114, 118)], np.float32)
COLOURS = np.array([(250, 40, 40), (40, 250, 40), (60, 60, 250), (240, 240, 40), (240, 40, 240)], np.uint8)
SIZE = 128


def dotted() -> NDArray[np.uint8]:
    """A grey picture with a soft coloured dot at each place of `DOTS`; pixel (0, 0) has its centre at (0.5, 0.5)."""
    ys, xs = np.mgrid[:FRAME_PX, :FRAME_PX] + 0.5
    picture = np.full((FRAME_PX, FRAME_PX, 3), 30.0)
    for (x, y), colour in zip(DOTS, COLOURS, strict=True):
        cover = np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * 3.0**2))[..., None]
        picture = picture * (1 - cover) + colour * cover
    return picture.round().astype(np.uint8)


def dot_landmarks() -> NDArray[np.float32]:
    return DOTS[np.arange(68) % len(DOTS)]


def a_store(folder: Path, kind: str, n: int = 4) -> Store:
    cutting = Cutting([dotted()] * n, [dot_landmarks()] * n)
    return write_cuttings(folder, [(Shot("dots", "somebody", kind, sha256="abc"), cutting)])


def found_dots(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Centre of mass of each colour, on the lattice whose ends are pixel centres."""
    centred = picture.astype(np.float64) - np.median(picture, axis=(0, 1))
    places = []
    for colour in COLOURS:
        direction = colour.astype(np.float64) - 30
        other = centred - (centred @ direction / (direction @ direction))[..., None] * direction
        weight = np.clip(centred @ direction - 3 * np.linalg.norm(other, axis=-1) * np.linalg.norm(direction), 0, None)
        ys, xs = np.mgrid[: len(picture), : len(picture)]
        places.append([(weight * xs).sum() / weight.sum(), (weight * ys).sum() / weight.sum()])
    return np.array(places) * 2 / (len(picture) - 1) - 1


def unmirrored(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """The landmarks of a mirrored item in the order of the original face."""
    return points[MIRROR]


@pytest.mark.parametrize("kind", ["footage", "still", "rendered"])
@pytest.mark.parametrize("seed", range(4))
def test_landmarks_follow_the_picture(tmp_path: Path, kind: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # The dots are told by their colours, which therefore stay.
    monkeypatch.setattr(_Colour, "random", lambda rng: _Colour((1.0, 1.0, 1.0), (1.0, 1.0, 1.0), False))
    pairs = FacePairs([a_store(tmp_path, kind)], PairConfig(size_px=SIZE, zoom=(1.0, 1.2), blink_share=0))
    item = pairs.item(0, np.random.default_rng(seed))
    for role in ("source", "driving"):
        picture, points = item[role], item[f"landmarks_{role}"]
        assert picture.shape == (SIZE, SIZE, 3) and picture.dtype == np.uint8
        assert item[f"known_{role}"] == 1
        seen = found_dots(picture)
        candidates = [points[: len(DOTS)], unmirrored(points)[: len(DOTS)]]
        error = min(np.abs(seen - candidate).max() for candidate in candidates)
        # A bend is inverted approximately; a move exactly, but for where the centre of mass is found.
        assert error < (0.02 if kind == "still" else 0.004)


def test_the_mirror_map_undoes_itself_and_swaps_the_sides() -> None:
    order = MIRROR
    assert sorted(order.tolist()) == list(range(68))
    assert (order[order] == np.arange(68)).all()
    on_the_axis = [index for index in range(68) if order[index] == index]
    assert on_the_axis == [8, 27, 28, 29, 30, 33, 51, 57, 62, 66]
    assert (order[36], order[39], order[37], order[41]) == (45, 42, 44, 46)  # outer, inner corner, lids
    assert (order[48], order[60], order[0], order[17]) == (54, 64, 16, 26)  # mouth, jaw, brow


def test_a_mirrored_rendered_face_has_mirrored_landmarks() -> None:
    store = prepare_rendered(RenderedPeople(1, 1), processes=1)
    points = np.asarray(store.landmarks[0], dtype=np.float64)
    mirrored = points * (-1, 1) + (FRAME_PX, 0)
    mirrored = mirrored[MIRROR]
    # A face is nearly its own mirror image once it is put straight; in the wrong order it is not.
    one, other = points - points.mean(0), mirrored - mirrored.mean(0)
    left, _, right = np.linalg.svd(other.T @ one)
    assert np.abs(other @ left @ right - one).mean() < 0.06 * face_size(points.astype(np.float32))
    eyes = points[36:42, 0].mean() < points[42:48, 0].mean()
    assert eyes == (mirrored[36:42, 0].mean() < mirrored[42:48, 0].mean())


def test_items_follow_from_the_generator_alone(tmp_path: Path) -> None:
    pairs = FacePairs([a_store(tmp_path, "footage")], PairConfig())
    one, again = (pairs.item(3, np.random.default_rng(7)) for _ in range(2))
    other = pairs.item(3, np.random.default_rng(8))
    assert all(np.array_equal(one[key], again[key]) for key in one)
    assert not np.array_equal(one["source"], other["source"])


def test_frames_without_a_face_are_marked_as_unknown(tmp_path: Path) -> None:
    lost = np.full((68, 2), np.nan, np.float32)
    cutting = Cutting([dotted()] * 2, [lost, lost])
    store = write_cuttings(tmp_path, [(Shot("dots", "x", "footage"), cutting)])
    item = FacePairs([store], PairConfig()).item(0, np.random.default_rng(0))
    assert item["known_source"] == item["known_driving"] == 0
    assert np.isfinite(item["landmarks_source"]).all()


def test_pairs_never_mix_clips_of_the_same_name(tmp_path: Path) -> None:
    """Two people may speak the same sentence: each frame has its person's brightness."""
    people = []
    for level, person in ((40, "a"), (200, "b")):
        frames = [np.full((FRAME_PX, FRAME_PX, 3), level, np.uint8)] * 5
        people.append((Shot("same", person, "footage"), Cutting(frames, [dot_landmarks()] * 5)))
    pairs = FacePairs([write_cuttings(tmp_path, people)], PairConfig(blink_share=0.5, wide_mouth_share=0.5))
    for seed in range(12):
        item = pairs.item(0, np.random.default_rng(seed))
        assert abs(item["source"].mean() - item["driving"].mean()) < 5


def blinking_landmarks(n: int, closed: set[int]) -> list[NDArray[np.float32]]:
    """Eyes 20 wide and 6 high, or 1 high where they are closed."""
    series = []
    for frame in range(n):
        points = np.full((68, 2), 80, np.float32)
        half = 0.5 if frame in closed else 3
        for corner, x in ((36, 50), (42, 100)):
            points[corner : corner + 6] = [
                (x, 70), (x + 6, 70 - half), (x + 14, 70 - half), (x + 20, 70), (x + 14, 70 + half), (x + 6, 70 + half)
            ]  # fmt: skip
        points[48], points[54] = (70, 110), (90, 110)
        series.append(points)
    return series


def test_blinks_are_drawn_as_often_as_asked_for_and_with_open_eyes_beside_them(tmp_path: Path) -> None:
    n, closed = 60, {7, 8, 41}
    cutting = Cutting([dotted()] * n, blinking_landmarks(n, closed))
    store = write_cuttings(tmp_path / "s", [(Shot("c", "somebody", "footage", sha256="abc"), cutting)])
    pairs = FacePairs([store], PairConfig(blink_share=0.4))
    rng = np.random.default_rng(1)
    drawn = [pairs._two_frames([(0, store.shots[0])], rng).frames for _ in range(600)]
    blinks = [pair for pair in drawn if closed & {*pair}]
    # By chance alone it would be one in ten.
    assert 0.4 < len(blinks) / len(drawn) < 0.56
    assert all({0, 1} == {*(frame in closed for frame in pair)} for pair in blinks if len(closed & {*pair}) == 1)
    assert {frame for pair in blinks for frame in pair} >= closed


def test_a_store_reads_back_as_it_was_written(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    clips = []
    for number, n in enumerate((3, 1, 2)):
        frames = list(rng.integers(0, 256, (n, FRAME_PX, FRAME_PX, 3), dtype=np.uint8))
        landmarks = list(rng.normal(80, 20, (n, 68, 2)).astype(np.float32))
        clips.append((Shot(f"clip{number}", "p", "footage", sha256="f00"), Cutting(frames, landmarks)))
    store = write_cuttings(tmp_path / "new" / "store", clips)
    assert [(clip.name, clip.start, clip.stop) for clip in store.shots] == [
        ("clip0", 0, 3),
        ("clip1", 3, 4),
        ("clip2", 4, 6),
    ]
    assert np.array_equal(store.frames, np.concatenate([np.stack(cutting.frames) for _, cutting in clips]))
    assert np.array_equal(store.landmarks, np.concatenate([np.stack(cutting.landmarks) for _, cutting in clips]))


def test_a_pickled_store_is_its_folder(tmp_path: Path) -> None:
    store = a_store(tmp_path, "footage", 30)
    sent = pickle.dumps(store)
    assert len(sent) < 1000
    assert np.array_equal(pickle.loads(sent).frames, store.frames)  # noqa: S301 - made above


def test_the_content_id_changes_with_every_part(tmp_path: Path) -> None:
    store = a_store(tmp_path, "footage")
    before = store.sha256()
    table = json.loads((tmp_path / "index.json").read_text())
    table["shots"][0]["person"] = "somebody else"
    (tmp_path / "index.json").write_text(json.dumps(table))
    assert Store.open(tmp_path).sha256() != before


def test_folders_without_a_store_are_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no prepared data"):
        Store.open(tmp_path)
    (tmp_path / "index.json").write_text("{}")
    with pytest.raises(MissingError, match="no prepared data"):
        Store.open(tmp_path)


def test_nothing_to_store_is_an_error_and_no_store(tmp_path: Path) -> None:
    with pytest.raises(ProsoponError, match="no faces"):
        write_cuttings(tmp_path / "s", [])
    with pytest.raises(MissingError):
        Store.open(tmp_path / "s")


def test_a_still_box_holds_the_face_in_every_frame() -> None:
    face = dot_landmarks()
    box = still_box([face, face + np.float32((60, 0))], 2.2)
    assert box.width == pytest.approx(box.height)
    assert box.left < DOTS[:, 0].min() and box.right > DOTS[:, 0].max() + 60
    assert still_box([face], 2.2).width == pytest.approx(2.2 * face_size(face))


def test_measured_passages_show_the_landmarks_where_they_are(tmp_path: Path) -> None:
    passages = list(a_store(tmp_path, "footage", 12).passages(64))
    assert len(passages) == 1
    assert passages[0].frames.shape == (9, 64, 64, 3)
    assert passages[0].landmarks is not None
    assert np.abs(found_dots(passages[0].frames[0]) - passages[0].landmarks[0][: len(DOTS)]).max() < 0.02


def test_stills_are_not_measured_on(tmp_path: Path) -> None:
    assert list(a_store(tmp_path, "still", 1).passages(64)) == []


def test_rendered_people_are_the_same_from_any_number_of_processes(own_home: Path) -> None:
    wanted = RenderedPeople(2, 2, seed=5)
    one = prepare_rendered(wanted, processes=1)
    frames, landmarks = np.array(one.frames), np.array(one.landmarks)
    for file in one.folder.iterdir():
        file.unlink()
    one.folder.rmdir()
    two = prepare_rendered(wanted, processes=2)
    assert np.array_equal(two.frames, frames)
    assert np.array_equal(two.landmarks, landmarks)
    assert [clip.kind for clip in two.shots] == ["rendered"] * 2
    inside = np.asarray(two.landmarks)
    assert (inside > 0).all() and (inside < FRAME_PX).all()


def test_rendered_people_are_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = prepare_rendered(RenderedPeople(1, 1), processes=1)

    def refuse(*_: object) -> None:
        raise AssertionError("rendered again")

    monkeypatch.setattr("prosopon.datasets.rendered_clips._rendered", refuse)
    assert prepare_rendered(RenderedPeople(1, 1)).folder == first.folder
    with pytest.raises(AssertionError, match="again"):
        prepare_rendered(RenderedPeople(1, 2))
    assert not [path for path in first.folder.parent.iterdir() if path.is_dir() and path.name.startswith(".")]


def test_a_share_of_a_kind_that_is_not_there_goes_to_the_others(tmp_path: Path) -> None:
    footage = a_store(tmp_path / "f", "footage")
    config = replace(PairConfig(), still_share=0.5, rendered_share=0.5)
    assert FacePairs([footage], replace(config, rendered_share=0.4)).item(0, np.random.default_rng(0))
    both = FacePairs([footage, a_store(tmp_path / "s", "still")], replace(config, rendered_share=0.0))
    kinds = [both._kind(np.random.default_rng(seed)) for seed in range(60)]
    assert 15 < kinds.count("still") < 45
