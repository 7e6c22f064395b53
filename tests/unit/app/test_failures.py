from __future__ import annotations

import errno

import pytest

from prosopon.app.failures import explain
from prosopon.core.errors import ExitCode, MissingError


def test_our_errors_keep_their_words_and_code() -> None:
    failure = explain(MissingError("no face", "crop it"))
    assert failure is not None
    assert (failure.what, failure.hint, failure.exit_code) == ("no face", "crop it", ExitCode.MISSING)


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "disk is full"), (errno.EACCES, "not allowed"), (errno.ENOENT, "no such file")],
)
def test_errors_of_the_system_name_the_file(number: int, said: str) -> None:
    failure = explain(OSError(number, "whatever", "clip.mp4"))
    assert failure is not None
    assert said in failure.what
    assert "clip.mp4" in failure.what
    assert failure.exit_code is ExitCode.FAILED


def test_stopping_and_leaving() -> None:
    stopped, gone = explain(KeyboardInterrupt()), explain(BrokenPipeError())
    assert stopped is not None
    assert gone is not None
    assert stopped.exit_code is ExitCode.STOPPED
    assert gone.is_silent
    assert explain(SystemExit(0)) is None


def test_anything_else_is_one_line() -> None:
    failure = explain(ZeroDivisionError("a\nb"))
    assert failure is not None
    assert failure.what == "unexpected ZeroDivisionError: a b"
