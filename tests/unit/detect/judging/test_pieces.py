"""People cut out of a clip, as detectors of excerpts get them."""

from __future__ import annotations

import numpy as np
from stand_in_detectors import RedDots, dot, dotted

from prosopon.core.clip import Clip
from prosopon.core.faces import Face, Track
from prosopon.datasets.arena.canvas import Canvas
from prosopon.detect.judging.looking import bridged, look
from prosopon.detect.judging.pieces import fewer, pieces_of, shown
from prosopon.faces.head_box import face_size


def test_a_canvas_is_what_an_arena_would_keep() -> None:
    clip = dotted(40, size=90)
    person = look(clip, RedDots(), all_frames=True).tracks.tracks[0]
    (pieces,) = pieces_of(clip, [person], 2, 4)
    assert [len(piece) for piece in pieces] == [4, 4]
    excerpt, tracks = shown(pieces, clip.fps, "x")
    frames = [*clip.frames()]
    first = [clip.times.index(time) for time in pieces[0].times]
    canvas = Canvas.around([person.faces[index].landmarks for index in first])
    np.testing.assert_array_equal(next(excerpt.frames()), canvas.cut(frames[first[0]]))
    np.testing.assert_allclose(tracks.tracks[0].faces[0].landmarks, canvas.points(person.faces[first[0]].landmarks))
    assert excerpt.times == pieces[0].times + pieces[1].times
    assert len(tracks.tracks[0]) == 8


def test_large_faces_are_made_smaller() -> None:
    clip = dotted(10, size=200, width=640, height=640)
    person = look(clip, RedDots(), all_frames=True).tracks.tracks[0]
    (pieces,) = pieces_of(clip, [person], 1, 4)
    assert pieces[0].frames.shape[1] > 420
    _, tracks = shown(pieces, clip.fps, "x")
    assert 148 < face_size(tracks.tracks[0].faces[0].landmarks) < 152


def test_several_people_take_one_pass() -> None:
    clip = dotted(20, size=90, second=60)
    n_passes = []
    counted = Clip(clip.width, clip.height, lambda: n_passes.append(1) or clip.frames(), clip.times, clip.fps)
    people = look(clip, RedDots(), all_frames=True).tracks.tracks
    assert len(people) == 2
    red, blue = pieces_of(counted, people, 4, 2)
    assert len(n_passes) == 1
    for pieces, colour in ((red, RedDots.DOTS[0]), (blue, RedDots.DOTS[1])):
        frame, points = pieces[0].frames[0], pieces[0].landmarks[0]
        x, y = points.mean(0).round().astype(int)
        np.testing.assert_array_equal(frame[y, x], colour)
    assert [len(piece) for piece in fewer(red, 2)] == [2, 2]
    assert fewer(red, 9) == red


def test_a_still_and_somebody_at_the_border() -> None:
    frame = dot(np.full((100, 120, 3), 120, np.uint8), 110, 50, 60)
    clip = Clip.still(frame)
    person = look(clip, RedDots(), all_frames=True).tracks.tracks[0]
    (pieces,) = pieces_of(clip, [person], 4, 8)
    excerpt, tracks = shown(pieces, None, "x")
    assert len(excerpt) == len(tracks.tracks[0]) == 1
    assert next(excerpt.frames()).shape == (320, 320, 3)


def test_people_without_landmarks_have_no_pieces() -> None:
    clip = dotted(3)
    person = look(clip, RedDots(), all_frames=True).tracks.tracks[0]
    bare = Track({index: Face(face.box) for index, face in person.faces.items()})
    assert pieces_of(clip, [bare, person], 4, 8)[0] == ()


def test_about_ten_frames_a_second_are_enough_and_the_others_lie_between() -> None:
    clip, finder = dotted(60, fps=50), RedDots()
    looked = look(clip, finder, all_frames=False)
    assert (finder.n_asked, looked.every, looked.n_looked, looked.n_frames) == (12, 5, 12, 60)
    found = looked.tracks.tracks[0]
    whole = bridged(found, looked.every)
    assert sorted(whole.faces) == list(range(56))
    middle = (found.faces[5].landmarks + found.faces[10].landmarks) / 2
    np.testing.assert_allclose((whole.faces[7].landmarks + whole.faces[8].landmarks) / 2, middle, atol=1e-3)
    gone = Track({index: face for index, face in found.faces.items() if index != 10})
    assert 8 not in bridged(gone, 5).faces
    assert bridged(found, 1) is found
