"""What can go wrong, and the exit code each of them ends the command with.

Every error carries three things a user needs: what happened, where, and what to do next.
The command line prints them on one line and never shows a traceback for them.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line, the same for every verb."""

    FINE = 0
    FAILED = 1
    USAGE = 2
    BAD_ANSWER = 3
    """The question was answered and the answer is bad: verification failed, score above the limit."""
    MISSING = 4
    """Something is not there: weights, a face, a codec, an optional package."""
    STOPPED = 130
    """Stopped by the user; running the same command again goes on where it stopped."""


class ProsoponError(Exception):
    """Base of every error that is meant for the user's eyes.

    Args:
        what: what happened and where, one sentence without a full stop.
        hint: what to do next, one sentence without a full stop; may be empty.
    """

    exit_code: ExitCode = ExitCode.FAILED

    def __init__(self, what: str, hint: str = "") -> None:
        self.what = " ".join(what.split())
        self.hint = " ".join(hint.split())
        super().__init__(f"{self.what}; {self.hint}" if self.hint else self.what)


class UsageError(ProsoponError):
    """The command was asked for something that makes no sense."""

    exit_code = ExitCode.USAGE


class MediaError(ProsoponError):
    """A picture, video or sound cannot be read or written."""


class LimitError(MediaError):
    """A file is larger, longer or has more pixels than the limits allow."""


class FileExistsAlready(MediaError):  # noqa: N818 - named for what is the case
    """The output is there already and overwriting was not asked for."""

    exit_code = ExitCode.USAGE


class CheckpointError(ProsoponError):
    """A checkpoint is refused: unsafe, damaged, or not of the expected form."""


class MissingError(ProsoponError):
    """Something that is needed is not there: weights, a face, a codec, an optional package."""

    exit_code = ExitCode.MISSING


class Stopped(ProsoponError):  # noqa: N818 - it is no fault
    """The user stopped the work (Ctrl-C); everything worth keeping has been saved."""

    exit_code = ExitCode.STOPPED
