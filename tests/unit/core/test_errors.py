from __future__ import annotations

import pytest

from prosopon.core import errors
from prosopon.core.errors import ExitCode, ProsoponError


def test_an_error_is_one_line() -> None:
    error = ProsoponError("two\n  lines", "do\tthis")
    assert (error.what, error.hint, str(error)) == ("two lines", "do this", "two lines; do this")
    assert str(ProsoponError("only this")) == "only this"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("UsageError", ExitCode.USAGE),
        ("FileExistsAlready", ExitCode.USAGE),
        ("MediaError", ExitCode.FAILED),
        ("LimitError", ExitCode.FAILED),
        ("CheckpointError", ExitCode.FAILED),
        ("MissingError", ExitCode.MISSING),
        ("Stopped", ExitCode.STOPPED),
    ],
)
def test_exit_codes(name: str, code: ExitCode) -> None:
    assert getattr(errors, name)("what").exit_code is code
