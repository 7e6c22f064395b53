from __future__ import annotations

import collections
import math
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from foreign_faces import Calling, touching

from prosopon.faces.imported.refusals import Refused
from prosopon.faces.imported.restricted_pickle import PickleLimits, read_pickle

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -1,
        255,
        256,
        65536,
        -(2**31),
        2**63 - 1,
        -(2**100),
        0.1,
        -0.0,
        math.inf,
        5e-324,
        1.7976931348623157e308,
        "",
        "Zoë\n\0\udcff 😀",
        "x" * 300,
        b"",
        b"\x00\xff" * 200,
        [],
        (),
        {},
        set(),
        frozenset(),
        [1, [2.5, [None]], "a"],
        (1,),
        (1, 2),
        (1, 2, 3),
        (1, 2, 3, 4, (5, ())),
        {"a": {1: b"b", None: 2.0, b"k": ()}},
        {1, "a", None},
        frozenset((2.5, b"c")),
        collections.OrderedDict((("b", 1), ("a", 2))),
        list(range(3000)),
        {str(n): n for n in range(3000)},
    ],
)
def test_plain_values_come_back_equal_and_of_their_type(value: object, protocol: int) -> None:
    found = read_pickle(pickle.dumps(value, protocol))
    assert found == value
    assert type(found) is (dict if isinstance(value, dict) else type(value))
    if isinstance(value, float):
        assert struct.pack("d", found) == struct.pack("d", value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("code", ["?", "i1", "u1", "<i2", ">i4", "<i8", ">u8", "<f2", ">f4", "<f4", "<f8", ">f8"])
def test_arrays_come_back_exactly(code: str, protocol: int) -> None:
    values = np.random.default_rng(3).integers(0, 2**62, 24).view(np.uint8)[: 24 * np.dtype(code).itemsize]
    array = (values > 99) if code == "?" else values.view(code)
    for one in (array, array.reshape(2, -1), np.asfortranarray(array.reshape(2, -1)), array[:0], array[::2]):
        found = read_pickle(pickle.dumps({"held": one, "again": one}, protocol))["held"]
        assert found.dtype == np.dtype(code).newbyteorder("=")
        assert found.shape == one.shape
        assert found.tobytes() == np.ascontiguousarray(one).astype(found.dtype).tobytes()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_scalars_become_pythons_numbers(protocol: int) -> None:
    given = [np.float32(0.1), np.float64(0.1), np.int64(-7), np.uint8(255), np.bool_(True), np.float16(0.5)]
    found = read_pickle(pickle.dumps(given, protocol))
    assert found == [float(np.float32(0.1)), 0.1, -7, 255, True, 0.5]
    assert [type(one) for one in found] == [float, float, int, int, bool, float]


def test_the_name_of_numpy_1_is_known() -> None:
    given = pickle.dumps(np.arange(3.0), 2)
    assert b"numpy._core" in given
    assert read_pickle(given.replace(b"numpy._core", b"numpy.core")).tolist() == [0.0, 1.0, 2.0]


def test_pickles_of_python_2() -> None:
    assert read_pickle(b"(dp0\nS'name'\np1\nS'a\\'b'\np2\nsS'n'\nI01\nsS'l'\nL7L\ns.") == {
        "name": "a'b",
        "n": True,
        "l": 7,
    }
    array = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\x01b\x87Rq\x01(K\x01K\x02\x85"
        b"cnumpy\ndtype\nU\x02u1K\0K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
        b"\x89U\x02\x05\xfftbh\x01\x86."
    )
    one, other = read_pickle(array)
    assert one.tolist() == other.tolist() == [5, 255]


def test_enumerations_that_are_named_are_numbers() -> None:
    given = b"\x80\x04\x8c\x10samplelib.Sample\x8c\nSampleType\x93K\x02\x85R."
    assert read_pickle(given, numbers=("samplelib.Sample.SampleType",)) == 2
    with pytest.raises(Refused, match=r"samplelib\.Sample\.SampleType"):
        read_pickle(given)


def test_whatever_could_run_code_is_refused_and_does_nothing(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    hostile = touching(canary)
    assert len(hostile) > 45
    for what, data in hostile.items():
        with pytest.raises(Refused) as caught:
            read_pickle(data)
        assert "\n" not in str(caught.value), what
        assert not canary.exists(), what
    # The same bytes, run by Python's own reader, do it: the test would notice.
    pickle.loads(hostile["os.system 4"])  # noqa: S301
    assert canary.exists()


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (pickle.dumps(Calling(print, "a")), "builtins.print"),
        (b"cos\nsystem\n.", "os.system"),
        (b"cprosopon.core.errors\nMediaError\n.", "prosopon.core.errors.MediaError"),
        (b"c" + b"a" * 300 + b"\nb\n.", "aaaa..."),
        (b"ca\x1b[31m\nb\n.", r"a\?\[31m"),
        (b"\x80\x02\x82\x05.", "object 5 of Python's extension registry"),
        (b"Pa\n.", "outside the file"),
        (b"\x80\x02}K\x01b.", "dict"),
        (b"\x80\x02K\x01K\x02\x85R.", "type int"),
        (b"\x80\x0220.", "DUP"),
    ],
)
def test_what_was_refused_is_named(data: bytes, named: str) -> None:
    with pytest.raises(Refused, match=named):
        read_pickle(data)


def raw_array(
    shape: bytes, content: bytes, state: bytes = b"K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t"
) -> bytes:
    """An array of f8 whose parts can be lies."""
    begin = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\x01b\x87R(K\x01"
    return begin + shape + b"cnumpy\ndtype\nU\x02f8K\0K\x01\x87R(" + state + b"b\x89" + content + b"tb."


def test_arrays_that_lie_are_refused() -> None:
    eight = b"U\x08" + bytes(8)
    assert read_pickle(raw_array(b"K\x01\x85", eight)).tolist() == [0.0]
    for shape in (
        b"K\x02\x85",
        b"\x8a\x05\0\0\0\0\x01\x85",
        b"J\xff\xff\xff\xff\x85",
        b"J\xff\xff\xff\xffJ\xff\xff\xff\xff\x86",
        b"\x89\x85",
        b"G?\xf0\0\0\0\0\0\0\x85",
        b"N",
        b"(" + b"K\x01" * 9 + b"t",
    ):
        with pytest.raises(Refused):
            read_pickle(raw_array(shape, eight))
    with pytest.raises(Refused, match="impossible shape"):
        read_pickle(raw_array(b"K\0\x8a\x08" + b"\xff" * 7 + b"\x7f\x8a\x08" + b"\xff" * 7 + b"\x7f\x87", b"U\0"))
    with pytest.raises(Refused, match="fields"):
        read_pickle(raw_array(b"K\x01\x85", eight, b"K\x03U\x01<U\x01aNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t"))
    with pytest.raises(Refused, match="objects"):
        read_pickle(raw_array(b"K\x01\x85", b"]K\x01a"))


@pytest.mark.parametrize(
    "array", [np.array([{}]), np.array(["a"]), np.array([1j]), np.zeros(1, "i4,f4"), np.zeros(1, "M8[s]")]
)
def test_arrays_of_anything_but_numbers_are_refused(array: np.ndarray) -> None:
    with pytest.raises(Refused):
        read_pickle(pickle.dumps(array))


def nested(levels: int) -> bytes:
    return b"\x80\x02" + b"]" * levels + b"a" * (levels - 1) + b"."


def shared_lists(levels: int, times: int) -> object:
    value: object = [0]
    for _ in range(levels):
        value = [value] * times
    return value


def test_what_grows_when_it_is_unfolded_is_refused() -> None:
    assert read_pickle(pickle.dumps(shared_lists(3, 10)))[9][9][9] == [0]
    for value in (
        shared_lists(9, 10),
        shared_lists(25, 2),
        (shared_lists(9, 10), {}),
        {"a": {"b": shared_lists(9, 10)}},
        [b"x" * 100_000] * 5000,
        [np.zeros(100_000)] * 500,
    ):
        with pytest.raises(Refused, match="fill the memory"):
            read_pickle(pickle.dumps(value))


def test_deep_nesting_is_refused_at_once() -> None:
    assert read_pickle(nested(32))
    for levels in (33, 1000, 200_000):
        with pytest.raises(Refused, match="deep"):
            read_pickle(nested(levels))
    with pytest.raises(Refused, match="begins"):
        read_pickle(b"(" * 100_000 + b".")
    tuples = b"\x80\x02)" + b"\x85" * 100_000 + b"."
    with pytest.raises(Refused, match="deep"):
        read_pickle(tuples)


def test_what_contains_itself_is_refused() -> None:
    ring: list[object] = []
    ring.append({"a": (ring,)})
    inner: dict[str, object] = {}
    inner["b"] = [inner]
    for value in (ring, inner, [1, [inner]]):
        with pytest.raises(Refused, match="itself"):
            read_pickle(pickle.dumps(value))


def test_more_containers_or_notes_than_bytes_can_need_are_refused() -> None:
    with pytest.raises(Refused, match="more lists"):
        read_pickle(b"\x80\x04(" + b"\x8f" * 1_500_000 + b"l.")
    with pytest.raises(Refused, match="notes more"):
        read_pickle(b"\x80\x04N" + b"\x94" * 1_800_000 + b".")


def test_copies_made_again_and_again_are_refused() -> None:
    limits = PickleLimits(n_bytes=2**16)
    text = b"X\x00\x10\x00\x00" + b"a" * 4096
    encode = b"\x80\x02" + text + b"q\0](" + b"c_codecs\nencode\nh\0X\x06\0\0\0latin1\x86R" * 20 + b"e."
    with pytest.raises(Refused, match="together"):
        read_pickle(encode, limits=limits)
    with pytest.raises(Refused, match="more than 65,536"):
        read_pickle(bytes(2**16 + 1), limits=limits)


def test_keys_that_are_slow_to_compare_are_refused() -> None:
    for key in ((1,), frozenset((1,)), 2**61 - 1, -(2**61)):
        with pytest.raises(Refused, match="key"):
            read_pickle(pickle.dumps({key: 1}))
    with pytest.raises(Refused, match="key"):
        read_pickle(pickle.dumps({(1, 2)}))
    with pytest.raises(Refused, match="bits"):
        read_pickle(pickle.dumps(2**5000))


def test_arrays_without_content_and_bare_names_are_refused() -> None:
    begin = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\x01b\x87R"
    for data in (
        begin + b".",
        b"cnumpy\ndtype\n.",
        b"]cnumpy\nndarray\na.",
        b"\x80\x02cnumpy\ndtype\nU\x02f8K\0K\x01\x87R.",
    ):
        with pytest.raises(Refused, match="without content"):
            read_pickle(data)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_cut_is_one_error(protocol: int) -> None:
    whole = pickle.dumps({"a": [1, 2.5, "b", b"c"], "n": np.arange(4.0)}, protocol)
    for length in range(len(whole)):
        with pytest.raises(ValueError, match="pickle"):
            read_pickle(whole[:length])


def test_damaged_bytes_give_a_value_or_a_short_error() -> None:
    rng = np.random.default_rng(5)
    whole = pickle.dumps({"a": [1, 2.5, ("b", b"c")], "n": np.arange(4.0), "s": {1}}, 4)
    for _ in range(2000):
        data = bytearray(whole)
        for place in rng.integers(0, len(data), 3):
            data[place] = rng.integers(0, 256)
        try:
            read_pickle(bytes(data))
        except ValueError as error:
            assert len(str(error)) < 250


@pytest.mark.parametrize(
    "data", [b"", b".", b"\x80\x04.", b"NN.", b"(N.", b"h\x05.", b"a.", b"\x86.", b"\x80\x09N.", b"\xff", b"}(Nu."]
)
def test_nonsense_is_damage(data: bytes) -> None:
    with pytest.raises(ValueError, match="pickle"):
        read_pickle(data)
