"""Data sets of the published form, and augmentation."""

from __future__ import annotations

import pickle
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Clip
from prosopon.core.errors import MediaError, MissingError, ProsoponError, UsageError
from prosopon.create.fomm.config import get_config
from prosopon.datasets import frames as frames_module
from prosopon.datasets.augment import AugmentConfig, augmented
from prosopon.datasets.frames import FrameReader
from prosopon.datasets.material import video_material
from prosopon.datasets.videos import (
    FramePairs,
    HeldOutVideos,
    Pair,
    find_test_videos,
    find_videos,
    identity,
    listed_pairs,
    random_pairs,
)
from prosopon.media.write import encode

SIZE = 16
NONE = AugmentConfig(time_flip=False, horizontal_flip=False, brightness=0, contrast=0, saturation=0, hue=0)


def numbered(n: int, size: int = SIZE) -> NDArray[np.uint8]:
    """Frames that tell their number by their brightness: 20, 40, 60, ..."""
    levels = (20 * (np.arange(n) + 1)).astype(np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (n, size, size, 3)).copy()


def levels(frames: list[NDArray[np.uint8]]) -> list[int]:
    return [round(float(frame.mean()) / 20) for frame in frames]


def strip(path: Path, n: int = 5) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(list(numbered(n)), axis=1)).save(path)
    return path


def folder(path: Path, n: int = 5) -> Path:
    path.mkdir(parents=True)
    for index, frame in enumerate(numbered(n)):
        Image.fromarray(frame).save(path / f"{index:07d}.png")
    return path


def video(path: Path, n: int = 5) -> Path:
    encode(Clip.of_frames(numbered(n, 32), Fraction(25)), path)
    return path


MAKERS = {"folder.mp4": folder, "strip.png": strip, "clip.mp4": video, "clip.gif": video, "clip.mov": video}


@pytest.mark.parametrize("name", MAKERS)
def test_every_form_gives_the_frames_asked_for(tmp_path: Path, name: str) -> None:
    path = MAKERS[name](tmp_path / name)
    asked: list[int] = []

    def choose(n: int) -> list[int]:
        asked.append(n)
        return [1, 1, 4]

    reader = FrameReader(SIZE)
    for _ in range(2):  # the second time out of what was kept
        assert levels(reader.pick(path, choose)) == [2, 2, 5]
    assert asked == [5, 5]


def test_sets_that_do_not_fit_are_not_held_in_memory(tmp_path: Path) -> None:
    reader = FrameReader(SIZE, n_videos=20_000)
    path = video(tmp_path / "one.mp4")
    for _ in range(2):
        assert levels(reader.pick(path, lambda n: [0, 3])) == [1, 4]
    assert not reader._decoded
    small = FrameReader(SIZE, n_videos=10)
    small.pick(path, lambda n: [0])
    path.unlink()
    assert levels(small.pick(path, lambda n: [4])) == [5]


def test_what_is_kept_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames_module, "_KEPT_BYTES", 2 * 5 * SIZE * SIZE * 3)
    reader = FrameReader(SIZE)
    for index in range(4):
        reader.pick(strip(tmp_path / f"{index}.png"), lambda n: [0])
    assert [path.stem for path in reader._decoded] == ["2", "3"]


def test_grey_pictures_become_rgb_and_alpha_is_dropped(tmp_path: Path) -> None:
    for mode in ("L", "RGBA"):
        path = tmp_path / f"{mode}.png"
        Image.fromarray(np.concatenate(list(numbered(3)), axis=1)).convert(mode).save(path)
        frames = FrameReader(SIZE).pick(path, lambda n: [0, 2])
        assert [frame.shape for frame in frames] == [(SIZE, SIZE, 3)] * 2
        assert levels(frames) == [1, 3]


def test_pictures_that_are_no_strips_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    Image.fromarray(np.zeros((20, 33, 3), np.uint8)).save(path)
    with pytest.raises(MediaError, match="no strip"):
        FrameReader(SIZE).pick(path, lambda n: [0])


def test_empty_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no pictures"):
        FrameReader(SIZE).pick(tmp_path, lambda n: [0])


def test_train_and_test_folders_are_taken_as_they_are(tmp_path: Path) -> None:
    for part, names in (("train", ("b.png", "a.png")), ("test", ("c.png",))):
        for name in names:
            strip(tmp_path / part / name)
    (tmp_path / "train" / "notes.txt").write_text("no video")
    (tmp_path / "train" / ".hidden.png").write_text("no video")
    found = find_videos(tmp_path)
    assert [path.name for path in found.train] == ["a.png", "b.png"]
    assert [path.name for path in found.test] == ["c.png"]
    assert find_test_videos(tmp_path) == found.test


def test_a_flat_folder_is_split_four_to_one_and_always_alike(tmp_path: Path) -> None:
    for index in range(10):
        (tmp_path / f"{index}.mp4").touch()
    found = find_videos(tmp_path)
    assert (len(found.train), len(found.test)) == (8, 2)
    assert not set(found.train) & set(found.test)
    assert find_videos(tmp_path) == found
    assert find_videos(tmp_path, seed=1) != found
    assert len(find_test_videos(tmp_path)) == 10


def test_folders_without_videos_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProsoponError, match="no videos"):
        find_videos(tmp_path)
    with pytest.raises(MissingError, match="no folder"):
        find_videos(tmp_path / "nowhere")
    with pytest.raises(MissingError, match="no videos"):
        find_test_videos(tmp_path)


def test_the_digest_follows_names_and_sizes(tmp_path: Path) -> None:
    for index in range(3):
        (tmp_path / f"{index}.mp4").write_bytes(b"x" * index)
    before = find_videos(tmp_path).digest()
    assert find_videos(tmp_path).digest() == before
    (tmp_path / "2.mp4").write_bytes(b"longer")
    assert find_videos(tmp_path).digest() != before


def test_an_identity_ends_at_the_hash_and_never_within_another(tmp_path: Path) -> None:
    """`id1` is no part of `id10`, as it is where files are looked for by the beginning of their names."""
    paths = [strip(tmp_path / name) for name in ("id1#a.png", "id1#b.png", "id10#a.png", "lonely.png")]
    assert [identity(path) for path in paths] == ["id1", "id1", "id10", "lonely.png"]
    pairs = FramePairs(paths, SIZE, NONE, id_sampling=True)
    assert len(pairs) == 3
    assert len(FramePairs(paths, SIZE, NONE, id_sampling=False)) == 4
    assert len(FramePairs(paths, SIZE, NONE, id_sampling=True, repeats=75)) == 225


def test_identities_draw_all_of_their_videos(tmp_path: Path) -> None:
    paths = [strip(tmp_path / "id1#a.png", 1), strip(tmp_path / "id1#b.png", 3), strip(tmp_path / "id2#a.png", 1)]
    pairs = FramePairs(paths, SIZE, NONE, id_sampling=True, repeats=2)
    seen = {levels([pairs.item(0, np.random.default_rng(seed))["driving"]])[0] for seed in range(30)}
    assert seen == {1, 2, 3}
    assert {levels([pairs.item(k, np.random.default_rng(k))["driving"]])[0] for k in (1, 3)} == {1}  # repeats wrap


def test_source_comes_before_driving_and_both_may_be_the_same(tmp_path: Path) -> None:
    pairs = FramePairs([strip(tmp_path / "v.png")], SIZE, NONE, id_sampling=False)
    drawn = set()
    for seed in range(200):
        item = pairs.item(0, np.random.default_rng(seed))
        drawn.add(tuple(levels([item["source"], item["driving"]])))
    assert drawn == {(a, b) for a in range(1, 6) for b in range(a, 6)}


def test_items_follow_from_the_generator_and_survive_pickling(tmp_path: Path) -> None:
    pairs = FramePairs([strip(tmp_path / "v.png")], SIZE, AugmentConfig(), id_sampling=False)
    one = pairs.item(0, np.random.default_rng(3))
    again = pickle.loads(pickle.dumps(pairs)).item(0, np.random.default_rng(3))  # noqa: S301 - made above
    assert all(np.array_equal(one[key], again[key]) for key in ("source", "driving"))


def test_frames_of_other_sizes_are_fitted(tmp_path: Path) -> None:
    pairs = FramePairs([video(tmp_path / "v.mp4")], SIZE, NONE, id_sampling=False)
    assert pairs.item(0, np.random.default_rng(0))["source"].shape == (SIZE, SIZE, 3)


def test_measured_passages_are_spread_over_the_video(tmp_path: Path) -> None:
    held = HeldOutVideos([strip(tmp_path / "v.png", 12), strip(tmp_path / "still.png", 1)])
    (passage,) = held.passages(SIZE)
    assert levels(list(passage.frames)) == [1, 2, 3, 5, 6, 7, 9, 10, 12]
    assert passage.landmarks is None


def test_material_of_a_published_configuration(tmp_path: Path) -> None:
    config = get_config("vox-256")
    wanted = {"size_px": SIZE, "augment": config.augment, "id_sampling": True, "repeats": config.schedule.num_repeats}
    for index in range(5):
        strip(tmp_path / f"id{index}#x.png")
    material = video_material([tmp_path], [], **wanted)
    assert len(material.dataset) == 4 * 75
    assert len(material.held_out) == 1
    assert set(material.inputs) == {"train", "test"}
    with pytest.raises(UsageError, match="nothing to learn from"):
        video_material([], [], **wanted)


# Test pairs.


def test_random_pairs_are_different_and_always_alike() -> None:
    videos = [Path(f"{index}.mp4") for index in range(10)]
    pairs = random_pairs(videos, 6)
    assert len(set(pairs)) == 6
    assert pairs == random_pairs(videos, 6)
    assert {path for pair in pairs for path in (pair.source, pair.driving)} <= set(videos[:6])
    assert len(random_pairs(videos[:2], 50)) == 4


def test_pairs_of_a_table_whose_videos_are_there(tmp_path: Path) -> None:
    videos = [Path("a.mp4"), Path("b.mp4")]
    table = tmp_path / "pairs.csv"
    table.write_text("distance,source,driving,frame\n1.5,a.mp4,b.mp4,0\n1.6,a.mp4,gone.mp4,3\n1.7,b.mp4,a.mp4,0\n")
    both = [Pair(videos[0], videos[1]), Pair(videos[1], videos[0])]
    assert listed_pairs(videos, table, 50) == both
    assert listed_pairs(videos, table, 1) == both[:1]
    table.write_text("one,other\n")
    with pytest.raises(UsageError, match="source and driving"):
        listed_pairs(videos, table, 1)
    with pytest.raises(MissingError):
        listed_pairs(videos, tmp_path / "none.csv", 1)


# Augmentation.


def two(size: int = SIZE) -> list[NDArray[np.uint8]]:
    """Two different frames, neither symmetric."""
    rng = np.random.default_rng(0)
    return list(rng.integers(0, 256, (2, size, size + 4, 3), dtype=np.uint8))


def test_nothing_is_changed_where_nothing_is_wanted() -> None:
    out = augmented(two(), NONE, np.random.default_rng(0))
    assert all(np.array_equal(a, b) for a, b in zip(out, two(), strict=True))


def test_time_runs_backwards_or_the_picture_is_mirrored_but_never_both() -> None:
    config = replace(NONE, time_flip=True, horizontal_flip=True)
    first, second = two()
    outcomes = {"as it was": (first, second), "back": (second, first), "mirrored": (first[:, ::-1], second[:, ::-1])}
    counts = dict.fromkeys(outcomes, 0)
    for seed in range(400):
        out = augmented([first, second], config, np.random.default_rng(seed))
        (name,) = (n for n, (a, b) in outcomes.items() if np.array_equal(out[0], a) and np.array_equal(out[1], b))
        counts[name] += 1
    assert abs(counts["back"] - 200) < 40
    assert abs(counts["mirrored"] - 100) < 40
    assert abs(counts["as it was"] - 100) < 40


def test_resizing_is_common_to_both_and_within_its_range() -> None:
    config = replace(NONE, resize=(0.5, 2.0))
    shapes = set()
    for seed in range(20):
        first, second = augmented(two(), config, np.random.default_rng(seed))
        assert first.shape == second.shape
        assert SIZE * 0.5 - 1 <= first.shape[0] <= SIZE * 2
        assert set(np.unique(first)) <= set(np.unique(two()[0]))  # nearest neighbour mixes no colours
        shapes.add(first.shape)
    assert len(shapes) > 5


@pytest.mark.parametrize("crop", [7, 16, 19, 30, 31])
def test_crops_have_the_size_and_repeat_edges(crop: int) -> None:
    frames = two()
    first, second = augmented(frames, replace(NONE, crop_px=crop), np.random.default_rng(1))
    assert first.shape == second.shape == (crop, crop, 3)
    if crop == 7:
        windows = [
            (top, left)
            for top in range(10)
            for left in range(14)
            if np.array_equal(frames[0][top : top + 7, left : left + 7], first)
        ]
        ((top, left),) = windows
        assert np.array_equal(frames[1][top : top + 7, left : left + 7], second)
    if crop == 30:
        assert np.array_equal(first[0], first[1])  # the padding above


def test_rotation_turns_both_alike() -> None:
    spot = np.zeros((33, 33, 3), np.uint8)
    spot[14:19, 26:31] = 255
    config = replace(NONE, rotation_deg=40)
    first, second = augmented([spot, spot], config, np.random.default_rng(2))
    assert np.array_equal(first, second)
    ys, xs = np.nonzero(first[..., 0] > 128)
    assert np.hypot(xs.mean() - 16, ys.mean() - 16) == pytest.approx(12, abs=0.7)
    assert 1 < abs(np.degrees(np.arctan2(ys.mean() - 16, xs.mean() - 16))) < 40


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation", "hue"])
def test_colours_change_alike_in_both_frames(name: str) -> None:
    frame = np.full((4, 4, 3), (180, 90, 60), np.uint8)
    frame[0] = (20, 40, 160)
    config = replace(NONE, **{name: 0.4})
    results = set()
    for seed in range(5):
        first, second = augmented([frame, frame], config, np.random.default_rng(seed))
        assert np.array_equal(first, second)
        results.add(first.tobytes())
    assert len(results) == 5


def test_brightness_is_a_factor_within_its_range() -> None:
    frame = np.full((2, 2, 3), 100, np.uint8)
    seen = [
        int(augmented([frame], replace(NONE, brightness=0.3), np.random.default_rng(seed))[0][0, 0, 0])
        for seed in range(60)
    ]
    assert 70 <= min(seen) < 80 and 120 < max(seen) <= 130


def test_a_half_turn_of_the_hue_is_the_complement() -> None:
    frame = np.full((2, 2, 3), (200, 0, 0), np.uint8)
    seen = []
    for seed in range(60):
        out = augmented([frame], replace(NONE, hue=0.5), np.random.default_rng(seed))[0][0, 0]
        assert out.max() == 200 and out.min() <= 3  # value and saturation stay
        seen.append(int(out.argmax()))
    assert set(seen) == {0, 1, 2}


def test_the_order_of_the_operations_is_drawn() -> None:
    frame = np.full((2, 2, 3), (200, 90, 20), np.uint8)
    frame[0] = (10, 250, 90)

    class Fixed(np.random.Generator):
        """Draws the same factors, but the order that it is told."""

        def uniform(self, *_: object, **__: object) -> float:  # type: ignore[override]
            return 0.9

    outcomes = {
        augmented([frame], replace(NONE, brightness=0.5, contrast=0.5, hue=0.2), Fixed(np.random.PCG64(seed)))[
            0
        ].tobytes()
        for seed in range(20)
    }
    assert len(outcomes) > 1
