"""Work in several processes: the results of one, in order."""

import math

from prosopon.train.processes import mapped


def test_processes_change_nothing():
    things = range(7)
    assert list(mapped(math.factorial, things, processes=2)) == [1, 1, 2, 6, 24, 120, 720]
    assert list(mapped(math.factorial, things, processes=1)) == [1, 1, 2, 6, 24, 120, 720]


def test_nothing_to_do():
    assert list(mapped(math.factorial, [])) == []
