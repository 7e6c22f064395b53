"""The face reader: shapes, labels, losses, and that it learns."""

import numpy as np
import pytest
import torch
from scipy.ndimage import binary_erosion

from prosopon.core.errors import UsageError
from prosopon.core.faces import Box, Face, Pose
from prosopon.core.parts import Part
from prosopon.faces.reader import losses
from prosopon.faces.reader.dataset import Readings, draw_crop, parts_of_landmarks, rendered_row
from prosopon.faces.reader.net import CROP_PX, N_PARTS, ReaderNet
from prosopon.faces.reader.reader import FaceReader
from prosopon.faces.reader.rows import COLUMNS, EXPRESSIONS, GAZE_X, MIRRORED_EXPRESSIONS, UNKNOWN, cut_row
from prosopon.faces.reader.settled import settled
from prosopon.faces.reader.surroundings import before, draw_surroundings
from prosopon.models.face_blocks import folded, fused
from prosopon.models.face_features import FaceFeatures
from prosopon.studio.person import Expression, Identity, Placement
from prosopon.studio.render import render
from prosopon.train.store import ArrayStore, Shot, write_store

NARROW = (8, 8, 16, 16, 24)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two rendered people, three pictures each."""
    shots = []
    for number in range(2):
        identity = Identity.random(np.random.default_rng(number))
        rows = {name: [] for name in COLUMNS}
        for yaw, jaw in ((-20, 0.0), (0, 0.8), (25, 0.3)):
            expression = Expression(jaw_open=jaw, gaze_x=0.5, blink_left=1.0 if yaw else 0.0)
            shown = render(identity, Placement(Pose(yaw, 5, 3)), expression, size_px=160)
            known = cut_row(shown.image, shown.parts, shown.landmarks)
            known["pose"] = np.array((yaw, 5))
            known["expression"] = np.array([getattr(expression, name) for name in EXPRESSIONS])
            for name, value in known.items():
                rows[name].append(value)
        stacked = {name: np.stack(value) for name, value in rows.items()}
        shots.append((Shot(str(number), str(number), "rendered"), stacked))
    folder = tmp_path_factory.mktemp("store")
    write_store(folder, COLUMNS, shots)
    return ArrayStore.open(folder)


def test_names_of_expressions_are_those_of_the_studio():
    assert all(hasattr(Expression(), name) for name in EXPRESSIONS)
    swapped = [EXPRESSIONS[i] for i in MIRRORED_EXPRESSIONS]
    assert swapped[EXPRESSIONS.index("blink_left")] == "blink_right"
    assert swapped[EXPRESSIONS.index("brow_raise_right")] == "brow_raise_left"
    assert sorted(swapped) == sorted(EXPRESSIONS)


def test_shapes_and_lengths():
    net = ReaderNet(NARROW).eval()
    out = net(torch.rand(2, 3, CROP_PX, CROP_PX))
    assert out.parts.shape == (2, N_PARTS, CROP_PX, CROP_PX)
    assert out.embedding.shape == (2, 128)
    torch.testing.assert_close(out.embedding.norm(dim=1), torch.ones(2))
    assert out.state.pose.shape == (2, 2)
    assert out.state.expression.shape == (2, 16)
    assert out.state.landmarks.shape == (2, 68, 2)


def test_features_have_gradients_for_pictures_of_any_size_and_none_for_weights():
    torch.manual_seed(0)
    net = FaceFeatures(NARROW)
    for _ in range(3):
        net(torch.rand(4, 3, 64, 64))  # statistics of the batch norms that are not those of a fresh net
    fixed = fused(net)
    picture = torch.rand(1, 3, 50, 62, requires_grad=True)
    maps = fixed(picture)
    assert [map_.shape[1:] for map_ in maps] == [(8, 50, 62), (8, 25, 31), (16, 13, 16), (16, 7, 8), (24, 4, 4)]
    sum(map_.mean() for map_ in maps).backward()
    assert picture.grad is not None
    assert float(picture.grad.abs().sum()) > 0
    assert not any(parameter.requires_grad for parameter in fixed.parameters())
    net.eval()
    with torch.no_grad():
        for wanted, plain, packed in zip(net(picture), maps, folded(net)(picture), strict=True):
            torch.testing.assert_close(plain, wanted, rtol=1e-3, atol=1e-4)
            torch.testing.assert_close(packed, wanted, rtol=1e-3, atol=1e-4)


def test_crop_landmarks_and_parts_agree(store):
    for at in range(6):
        row = rendered_row(store, at, 0)
        for rng in (None, np.random.default_rng(at)):
            crop, parts, points, _ = draw_crop(row, rng)
            assert crop.shape == (CROP_PX, CROP_PX, 3)
            assert parts.shape == (CROP_PX, CROP_PX)
            assert not (parts == Part.IRIS).any()
            x, y = (points * CROP_PX).astype(int).T
            lips = parts[y[48:60].clip(0, CROP_PX - 1), x[48:60].clip(0, CROP_PX - 1)]
            assert np.isin(lips, (Part.LIP, Part.SKIN, Part.MOUTH, Part.BEARD)).mean() > 0.9
            nose = parts[y[30], x[30]]
            assert nose in (Part.NOSE, Part.SKIN)


def test_mirror_swaps_left_and_right(store):
    dataset = Readings([store], [])
    row = rendered_row(store, 0, 0)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        _, parts, points, mirrored = draw_crop(row, rng)
        assert points[36, 0] < points[45, 0]  # the eye on the picture's left stays the one with the lower numbers
        if mirrored:
            break
    assert mirrored
    assert (parts != UNKNOWN).all()
    items = [dataset.item(i, np.random.default_rng(i)) for i in range(40)]
    gaze = {float(item["expression"][GAZE_X]) for item in items}
    assert gaze == {0.5, -0.5}
    yaws = {round(float(item["pose"][0]) * 45) for item in items}
    assert {-25, -20, 20, 25} <= yaws


def test_landmarks_of_real_faces_tell_only_what_they_know(store):
    row = rendered_row(store, 1, 0)
    _, truth, points, _ = draw_crop(row, None)
    told = parts_of_landmarks(points * CROP_PX)
    known = told != UNKNOWN
    assert 0.02 < known.mean() < 0.3
    assert (told[known] == truth[known]).mean() > 0.8
    assert {Part.SKIN, Part.EYE, Part.LIP, Part.MOUTH} <= {Part(value) for value in np.unique(told[known])}


def test_nobody_is_an_error():
    with pytest.raises(UsageError, match="no faces to learn from"):
        Readings([], [])


def test_unknown_pixels_and_states_teach_nothing():
    logits = torch.randn(2, N_PARTS, 8, 8, requires_grad=True)
    parts = torch.full((2, 8, 8), UNKNOWN)
    parts[0, :4] = 3
    losses.parts_loss(logits, parts).backward()
    assert float(logits.grad[1].abs().max()) == 0
    assert float(logits.grad[0, :, 4:].abs().max()) == 0
    assert float(logits.grad[0, :, :4].abs().max()) > 0


def test_margin_makes_the_right_answer_harder():
    people = losses.PeopleHead(5)
    embedding = torch.nn.functional.normalize(people.directions.detach()[:3], dim=1)
    person = torch.arange(3)
    turned = torch.nn.functional.normalize(embedding + 0.3 * torch.randn_like(embedding), dim=1)
    cosines = people(turned)
    with_margin = losses.identity_loss(cosines, person)
    without = torch.nn.functional.cross_entropy(20.0 * cosines, person)
    assert with_margin > without
    assert losses.identity_loss(people(-turned), person) > with_margin


def test_it_learns_parts_and_people(store):
    torch.manual_seed(0)
    dataset = Readings([store], [])
    net, people = ReaderNet(NARROW), losses.PeopleHead(dataset.people)
    optimiser = torch.optim.AdamW([*net.parameters(), *people.parameters()], 3e-3)
    rng = np.random.default_rng(0)
    first = last = None
    for _ in range(50):
        items = [dataset.item(0, rng) for _ in range(4)]
        batch = {key: torch.from_numpy(np.stack([item[key] for item in items])) for key in items[0]}
        reading = net(batch["crop"].permute(0, 3, 1, 2) / 255)
        parts = losses.parts_loss(reading.parts, batch["parts"])
        identity = losses.identity_loss(people(reading.embedding), batch["person"])
        state = losses.state_losses(
            reading.state, batch["pose"], batch["expression"], batch["points"], batch["state_known"]
        )
        optimiser.zero_grad()
        (parts + identity + sum(state.values())).backward()
        assert all(parameter.grad is not None for parameter in net.parameters())
        optimiser.step()
        values = (parts.item(), state["landmarks"].item())
        first, last = first or values, values
    assert last[0] < 0.85 * first[0]
    assert last[1] < first[1]


def test_reading_a_frame(store):
    reader = FaceReader(ReaderNet(NARROW))
    frame = np.random.default_rng(0).integers(0, 256, (120, 150, 3)).astype(np.uint8)
    landmarks = np.array(store.arrays["landmarks"][1]) * 0.4 + 20
    face = Face(Box(0, 0, 150, 120), landmarks.astype(np.float32))
    one = reader.read(frame, face)
    assert np.isfinite([one.yaw_deg, one.pitch_deg, *one.expression]).all()
    parts = reader.parse(frame, face)
    assert parts.parts.shape == (CROP_PX, CROP_PX)
    assert parts.parts.max() < N_PARTS
    assert parts.in_frame(120, 150).shape == (120, 150)
    embedding = reader.embed(frame, face)
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)
    with pytest.raises(ValueError, match="without landmarks"):
        reader.embed(frame, Face(Box(0, 0, 9, 9)))


def test_parts_settle_where_they_can_be():
    points = np.full((68, 2), 80.0)
    points[36:42] = [(50, 60), (55, 57), (60, 57), (65, 60), (60, 63), (55, 63)]
    points[42:48] = points[36:42] + np.array((40, 0))
    points[48:60] = [(80 + 15 * np.cos(a), 110 + 6 * np.sin(a)) for a in np.linspace(0, 6, 12)]
    logits = np.zeros((N_PARTS, CROP_PX, CROP_PX), np.float32)
    logits[Part.SKIN] = 1
    logits[Part.BACKGROUND, :, 130:] = 2
    logits[Part.EYE, 55:65, 50:65] = 3  # an eye where one is
    logits[Part.EYE, 100:110, 20:30] = 3  # and one on the cheek
    logits[Part.CLOTHES, 100:120, 150:] = 4  # somebody else
    logits[Part.HAIR, 5:10, :60] = 3  # joined to the face
    parts = settled(logits, points)
    assert parts[60, 57] == Part.EYE
    assert parts[105, 25] == Part.SKIN
    assert (parts[:, 130:] == Part.BACKGROUND).all()
    assert parts[7, 10] == Part.HAIR


def test_surroundings_replace_the_background_only(store):
    rng = np.random.default_rng(0)
    crop, parts, _, _ = draw_crop(rendered_row(store, 1, 0), None)
    for picture in (None, rng.integers(0, 256, (50, 70, 3)).astype(np.uint8)):
        for _ in range(6):
            behind = draw_surroundings(picture, CROP_PX, rng)
            assert behind.shape == crop.shape
            put = before(crop, parts, behind)
            inner = binary_erosion(parts != Part.BACKGROUND, iterations=4)
            outer = binary_erosion(parts == Part.BACKGROUND, iterations=4)
            np.testing.assert_allclose(put[inner], crop[inner], atol=1)
            np.testing.assert_allclose(put[outer], behind[outer], atol=1)
