"""What a run writes for people and for later: order, log, run file, page."""

from __future__ import annotations

import enum
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prosopon.core.errors import ProsoponError
from prosopon.train.curves import curve
from prosopon.train.history import History
from prosopon.train.log import Log, Record, read_log
from prosopon.train.page import PageFacts, duration, render_page
from prosopon.train.rebuild import rebuild
from prosopon.train.runfile import Command, RunFile, read_run_file
from prosopon.train.sampler import Order
from prosopon.train.toml import dumps, plain

_SCALARS = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text()
_TABLES = st.dictionaries(
    st.text(),
    st.recursive(_SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8),
)


@settings(max_examples=50)
@given(_TABLES)
def test_toml_reads_back_as_it_was_written(table: dict[str, object]) -> None:
    assert tomllib.loads(dumps(table)) == table


def test_what_toml_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot hold"):
        dumps({"a": object()})


class Mode(enum.StrEnum):
    RELATIVE = "relative"


@dataclass(frozen=True)
class Inner:
    rate: float = 0.5
    milestones: tuple[int, ...] = (1, 2)
    pair: tuple[str, int] = ("a", 1)


@dataclass(frozen=True)
class Arguments:
    inner: Inner
    folder: Path
    mode: Mode = Mode.RELATIVE
    limit: int | None = 3
    either: float | str = "auto"
    choice: Literal["x", "y"] = "x"
    extra: dict[str, int] | None = None


def test_arguments_come_back_from_a_run_file() -> None:
    for arguments in (
        Arguments(Inner(2.0, (), ("b", 2)), Path("/a/b")),
        Arguments(Inner(), Path("c"), limit=None, either=2.5, choice="y", extra={"a": 1}),
    ):
        assert rebuild(Arguments, tomllib.loads(dumps(plain(arguments)))) == arguments


@pytest.mark.parametrize(
    ("change", "named"),
    [({"choice": "z"}, "choice"), ({"limit": "many"}, "limit"), ({"unknown": 1}, "unknown"), ({"inner": 3}, "inner")],
)
def test_arguments_of_another_form_are_refused_by_name(change: dict[str, object], named: str) -> None:
    table = {**plain(Arguments(Inner(), Path("c"))), **change}
    with pytest.raises(TypeError, match=named):
        rebuild(Arguments, table)


def test_every_item_is_used_once_an_epoch_in_another_order_each_time() -> None:
    order = Order(7, seed=3)
    epochs = [[order.place(7 * epoch + k).item for k in range(7)] for epoch in range(3)]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert epochs[0] != epochs[1]
    assert epochs == [[Order(7, seed=3).place(7 * epoch + k).item for k in range(7)] for epoch in range(3)]
    assert order.place(16)[:2] == (2, 2)


def test_items_draw_their_own_random_numbers() -> None:
    order = Order(7, seed=3)
    draws = [float(order.rng(order.place(k)).random()) for k in range(21)]
    assert len(set(draws)) == 21
    assert draws[9] == float(Order(7, seed=3).rng(order.place(9)).random())


def record(step: int) -> Record:
    return Record(step, step / 4, float(step), 10.0, 0.0, {"a<b": 1 / step}, {"generator": 0.1}, {"akd": 2.0})


def history(steps: Iterable[int]) -> History:
    held = History()
    for step in steps:
        held.append(record(step))
    return held


def test_the_time_to_go_follows_from_the_pace() -> None:
    held = history(range(1, 11))
    assert held.remaining_s(steps=30, minutes=None) == pytest.approx(20)
    assert held.remaining_s(steps=30, minutes=0.25) == pytest.approx(5)
    assert held.remaining_s(steps=5, minutes=None) == 0
    assert held.remaining_s(steps=None, minutes=None) is None
    assert History().remaining_s(steps=30, minutes=1) is None


def test_a_log_is_cut_back_to_the_step_that_a_run_goes_on_from(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = Log(path, 0)
    for step in range(1, 6):
        log.append(record(step))
    log.close()
    with path.open("a") as torn:
        torn.write('{"step": 6, "epo')
    assert [held.step for held in read_log(path)] == [1, 2, 3, 4, 5]
    log = Log(path, 3)
    log.append(record(4))
    log.close()
    assert list(read_log(path)) == [record(step) for step in range(1, 5)]
    assert path.read_bytes().count(b"\n") == 4


def test_a_run_file_reads_back(tmp_path: Path) -> None:
    command = Command.of("train tiny", Arguments(Inner(), Path("runs/a")), "folder")
    assert command.arguments["folder"] == str(Path("runs/a").absolute())
    run = RunFile("tiny.test", {"steps": 3}, {"net": {"width": 4}}, command, {"a.mp4": "00"}, {"torch": "2"}, {}, 3)
    run.write(tmp_path)
    assert asdict(read_run_file(tmp_path / "run.toml")) == asdict(run)


@pytest.mark.parametrize("text", ["no toml", "name = 'a'", "name='a'\nsettings={}\nconfig={}\ncommand={verb='x'}"])
def test_what_is_no_run_file_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.toml").write_text(text)
    with pytest.raises(ProsoponError) as refused:
        read_run_file(tmp_path / "run.toml")
    assert "run.toml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_page_escapes_and_needs_no_network() -> None:
    facts = PageFacts("<tiny>", "running", history(range(1, 1000)), 3720.0, Path("preview.png"), "a = '<b>'", 10)
    page = render_page(facts)
    assert "<tiny>" not in page
    assert "a&lt;b" in page
    assert "1 h 02 min" in page
    assert 'src="preview.png?step=999"' in page
    assert "http://" not in page
    assert "https://" not in page
    assert len(page) < 60_000


def test_an_empty_page_can_be_shown() -> None:
    assert "step" in render_page(PageFacts("tiny", "running", History(), None, None, "", None))


def test_curves_of_few_and_of_equal_values_can_be_drawn() -> None:
    for values in ([1.0], [0.0, 0.0], list(np.linspace(0, 1, 999))):
        drawn = curve("loss", list(range(1, len(values) + 1)), values)
        assert "nan" not in drawn
        assert drawn.count("<svg") == 1


@pytest.mark.parametrize(("seconds", "text"), [(12.2, "12 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")])
def test_durations_read_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text
