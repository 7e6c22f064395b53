"""Takes and their ground truth: reproducible, complete, and the same after reading."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from prosopon.core.errors import MediaError, MissingError, UsageError
from prosopon.core.parts import Part
from prosopon.studio.anatomy import anatomy_of
from prosopon.studio.person import Expression, Identity
from prosopon.studio.render import PIVOT, Camera, render, rotation
from prosopon.studio.takes import Script, Take, TruthWriter, same_motion
from prosopon.studio.truth import FRAMES, RUN, TRUTH, PersonTruth, read_person, read_truth

SCRIPT = Script(seed=3, seconds=0.2, fps=Fraction(20), size_px=48)


def _write(take: Take, folder: Path) -> list[np.ndarray]:
    writer = TruthWriter(take, folder)
    frames = list(take.clip(writer.watch).frames())
    writer.finish("clip.mp4")
    return frames


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Take, Path, list[np.ndarray]]:
    folder = tmp_path_factory.mktemp("truth") / "person-0001"
    take = SCRIPT.take(1)
    return take, folder, _write(take, folder)


@pytest.fixture(scope="module")
def person(written: tuple[Take, Path, list[np.ndarray]]) -> PersonTruth:
    return read_person(written[1])


def test_a_person_depends_on_seed_and_number_alone() -> None:
    assert SCRIPT.take(5).identity == replace(SCRIPT, seconds=9.0, size_px=64).take(5).identity
    assert SCRIPT.take(5).identity != SCRIPT.take(6).identity
    assert SCRIPT.take(5).identity != replace(SCRIPT, seed=4).take(5).identity


def test_the_same_seed_gives_the_same_bytes(written, tmp_path: Path) -> None:
    _, folder, _ = written
    _write(SCRIPT.take(1), tmp_path / "again")
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert len(files) == 2 + 4
    for path in files:
        assert (tmp_path / "again" / path).read_bytes() == (folder / path).read_bytes(), path


def test_the_digest_is_that_of_the_pixels(written, person: PersonTruth) -> None:
    _, _, frames = written
    assert person.about["frames_sha256"] == hashlib.sha256(b"".join(f.tobytes() for f in frames)).hexdigest()


def test_a_second_pass_over_the_clip_changes_nothing(written, tmp_path: Path) -> None:
    take, folder, _ = written
    writer = TruthWriter(take, tmp_path)
    clip = take.clip(writer.watch)
    for _ in range(2):
        assert len(list(clip.frames())) == 4
    writer.finish("clip.mp4")
    assert (tmp_path / FRAMES).read_bytes() == (folder / FRAMES).read_bytes()


def test_what_is_read_is_what_was_rendered(written, person: PersonTruth) -> None:
    take, folder, _ = written
    assert person.identity == take.identity
    assert person.light == take.light
    assert (len(person), person.fps, person.size_px, person.number) == (4, Fraction(20), 48, 1)
    assert person.clip == folder / "clip.mp4"
    for truth in take.frames():
        k = truth.index
        pose = truth.placement.pose
        assert np.allclose(person.poses[k], (pose.yaw, pose.pitch, pose.roll), atol=1e-4)
        assert np.allclose(person.landmarks[k], truth.rendering.landmarks, atol=1e-3)
        assert np.array_equal(person.visible[k], truth.rendering.visible)
        assert np.allclose(person.eyelids[k], truth.rendering.eyelids, atol=1e-4)
        assert np.array_equal(person.mask(k), truth.rendering.parts)
    assert sum(1 for _ in person.masks()) == 4


def test_a_frame_can_be_rendered_again_from_its_truth(written, person: PersonTruth) -> None:
    _, _, frames = written
    again = render(person.identity, *person.state(2), person.light, person.size_px)
    assert np.abs(again.image.astype(int) - frames[2]).mean() < 0.5
    assert np.allclose(again.landmarks, person.landmarks[2], atol=0.01)


def test_the_recorded_performance_can_be_given_by_others(person: PersonTruth) -> None:
    placement, expression = person.performance().at(float(person.times[3]))
    assert np.allclose((placement.pose.yaw, placement.x), (person.poses[3, 0], person.placements[3, 0]))
    assert np.allclose(expression.jaw_open, person.expressions[3, 0])


def test_the_camera_is_the_one_that_was_used() -> None:
    placement, expression = SCRIPT.take(1).performance.at(0.1)
    rendering = render(Identity(), placement, expression, size_px=128)
    camera = Camera.of(placement, 128)
    # A point of the nose's bridge, which no expression moves, turned by hand and projected by what the truth says.
    anatomy = anatomy_of(Identity())
    point = anatomy.skin(Identity(), expression)[anatomy.landmarks(Identity())[27]]
    world = (point - PIVOT) @ rotation(placement.pose).T + PIVOT
    where, _ = camera.project(world[None])
    assert np.allclose(where[0], rendering.landmarks[27], atol=1e-3)


def test_eyelids_follow_the_blink() -> None:
    openings = [
        render(Identity(), expression=Expression(blink_left=b), size_px=32).eyelids for b in (0.0, 0.3, 0.6, 1.0)
    ]
    left, right = np.array(openings).T
    assert left[0] == 1
    assert (np.diff(left) < -0.15).all()
    assert left[-1] < 0.1
    assert np.allclose(right, 1)


def test_with_the_same_motion_only_the_people_differ() -> None:
    script = replace(SCRIPT, same_motion=True)
    one, other = script.take(0), script.take(1)
    assert one.identity != other.identity
    assert one.light == other.light
    assert one.performance_id == other.performance_id
    for time_s in (0.0, 0.13):
        assert one.performance.at(time_s) == other.performance.at(time_s)
    apart = SCRIPT.take(0), SCRIPT.take(1)
    assert apart[0].performance_id != apart[1].performance_id
    assert apart[0].performance.at(0.1) != apart[1].performance.at(0.1)


def test_same_motion_pairs_two_people_frame_by_frame() -> None:
    take = SCRIPT.take(0)
    pairs = list(same_motion(take, SCRIPT.take(1).identity))
    assert len(pairs) == 4
    for mine, theirs in pairs:
        assert (mine.time_s, mine.placement, mine.expression) == (theirs.time_s, theirs.placement, theirs.expression)
        assert np.abs(mine.rendering.image.astype(int) - theirs.rendering.image).mean() > 3


def test_people_of_one_performance_are_found_together(tmp_path: Path) -> None:
    script = replace(SCRIPT, same_motion=True, seconds=0.05)
    for number in (0, 1):
        _write(script.take(number), tmp_path / f"person-{number:04d}")
    about = {"format": "prosopon studio truth", "version": 1, "people": 2, "script": {}}
    (tmp_path / RUN).write_text(json.dumps(about))
    (group,) = read_truth(tmp_path).performing_alike().values()
    assert [person.number for person in group] == [0, 1]
    assert np.array_equal(group[0].poses, group[1].poses)


def test_masks_name_every_part(person: PersonTruth) -> None:
    assert person.about["parts"] == {str(int(part)): part.name.lower() for part in Part}


def test_an_unknown_performance_is_refused() -> None:
    with pytest.raises(UsageError, match="random, talking"):
        replace(SCRIPT, performance="dancing").take(0)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: (f / TRUTH).unlink(), "is not there"),
        (lambda f: (f / TRUTH).write_text("{"), "cannot be read"),
        (lambda f: (f / TRUTH).write_text('{"format": "other"}'), "is no ground truth"),
        (
            lambda f: (f / TRUTH).write_text((f / TRUTH).read_text().replace('"version": 1', '"version": 9')),
            "version 9",
        ),
        (lambda f: (f / FRAMES).write_text((f / FRAMES).read_text().split("\n")[0] + "\n"), "1 lines for 4 frames"),
        (lambda f: (f / FRAMES).write_text((f / FRAMES).read_text().replace("yaw", "jaw")), "is damaged"),
    ],
)
def test_damaged_truth_is_named(written, tmp_path: Path, spoil, said: str) -> None:
    folder = tmp_path / "person-0001"
    shutil.copytree(written[1], folder)
    spoil(folder)
    with pytest.raises((MediaError, MissingError), match=said):
        read_person(folder)
