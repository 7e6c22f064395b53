"""Who is who: one embedding a track, and keeping people by portraits."""

import numpy as np
import pytest
from PIL import Image

from prosopon.core.errors import MissingError
from prosopon.core.faces import Box, Face, Track, Tracks
from prosopon.faces.identity import LOOKS, embedded, likeness, only, portrait, unit_mean
from prosopon.media.read import read

POINTS = np.zeros((68, 2), np.float32)


class _ByColour:
    """Embeds by the mean colour of the frame, and counts how often it is asked."""

    same_person = 0.9

    def __init__(self):
        self.asked = 0

    def embed(self, frame, face):
        self.asked += 1
        x = int(face.box.left)
        colour = frame[:, x : x + 4].mean((0, 1)).astype(np.float32)
        return unit_mean([colour - 100])


def _tracks(count):
    left = {i: Face(Box(0, 0, 4, 8), POINTS) for i in range(count)}
    right = {i: Face(Box(4, 0, 8, 8), POINTS) for i in range(count // 2)}
    blind = {0: Face(Box(4, 0, 8, 8))}
    return Tracks((Track(left), Track(right), Track(blind)), count, "test")


@pytest.fixture
def clip(tmp_path):
    """Twenty frames, red on the left, blue on the right."""
    folder = tmp_path / "clip"
    folder.mkdir()
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:, :4] = (250, 20, 20)
    picture[:, 4:] = (20, 20, 250)
    for index in range(20):
        Image.fromarray(picture).save(folder / f"{index:06d}.png")
    return read(folder)


def test_a_track_has_one_embedding_of_a_few_looks(clip):
    embedder = _ByColour()
    tracks = embedded(_tracks(20), clip, embedder)
    assert embedder.asked == 2 * LOOKS
    first, second, blind = tracks.tracks
    embeddings = {id(face.embedding) for face in first.faces.values()}
    assert len(embeddings) == 1
    assert len(first.faces) == 20
    assert np.linalg.norm(first.faces[3].embedding) == pytest.approx(1)
    assert first.faces[0].embedding @ second.faces[0].embedding < 0
    assert blind.faces[0].embedding is None


def test_keeping_by_portraits(clip):
    tracks = embedded(_tracks(20), clip, _ByColour())
    red, blue = (tracks.tracks[i].faces[0].embedding for i in (0, 1))
    assert likeness(tracks.tracks[0], [blue, red]) == pytest.approx(1, abs=1e-5)
    assert likeness(tracks.tracks[2], [blue, red]) == -1
    kept = only(tracks, like=[red], same_person=0.9).tracks
    assert kept == (tracks.tracks[0],)
    kept = only(tracks, unlike=[red], same_person=0.9).tracks
    assert kept == tracks.tracks[1:]
    assert only(tracks, like=[red], unlike=[red], same_person=0.9).tracks == ()
    assert only(tracks, same_person=0.9).tracks == tracks.tracks


def test_a_portrait_needs_a_face(tmp_path):
    class _Nobody:
        name = "nobody"

        def find(self, frame):
            return []

    Image.new("RGB", (8, 8)).save(tmp_path / "empty.png")
    with pytest.raises(MissingError, match="no face was found"):
        portrait(tmp_path / "empty.png", _Nobody(), _ByColour())
