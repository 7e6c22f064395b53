"""From any exception to what the user reads: one line, and the exit code."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from prosopon.core.errors import ExitCode, ProsoponError


@dataclass(frozen=True)
class Failure:
    """What is said about something that went wrong."""

    what: str
    hint: str = ""
    exit_code: ExitCode = ExitCode.FAILED
    is_silent: bool = False
    """Whether there is nobody left to say it to."""


def explain(error: BaseException) -> Failure | None:
    """What to say about an exception; None where it must go on its way (`SystemExit` and its like)."""
    failure: Failure | None = None
    match error:
        case ProsoponError():
            failure = Failure(error.what, error.hint, error.exit_code)
        case KeyboardInterrupt():
            failure = Failure("stopped", "", ExitCode.STOPPED)
        case BrokenPipeError():
            failure = Failure("nobody reads the output any more", is_silent=True)
        case MemoryError():
            failure = Failure("the memory does not suffice", "use a smaller size or a shorter clip")
        case OSError():
            failure = _of_system(error)
        case Exception():
            failure = Failure(
                f"unexpected {type(error).__name__}: {_one_line(error)}",
                "this is a fault of prosopon; PROSOPON_DEBUG=1 shows where it happened",
            )
    return failure


def _of_system(error: OSError) -> Failure:
    where = f": {error.filename}" if error.filename else ""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return Failure(f"the disk is full{where}", "free some space and run the same command")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return Failure(f"not allowed{where}", "check who may read and write there")
        case errno.ENOENT:
            return Failure(f"no such file{where}", "check the path")
    return Failure(f"{error.strerror or _one_line(error)}{where}")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or "no message"
