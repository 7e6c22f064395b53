"""Work in several processes: the results of one, in order."""

from prosopon.train.processes import mapped


def _square(value: int) -> int:
    return value * value


def test_processes_change_nothing():
    things = range(7)
    assert list(mapped(_square, things, processes=2)) == list(mapped(_square, things, processes=1))
    assert list(mapped(_square, things, processes=1)) == [0, 1, 4, 9, 16, 25, 36]


def test_nothing_to_do():
    assert list(mapped(_square, [])) == []
