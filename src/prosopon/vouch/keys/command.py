"""Signing by another program: the bytes go to its stdin, the signature comes from its stdout.

So keys can stay where they are: on a smart card or in a security module (PKCS#11), with a server, with an agent.
"""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import PurePath

from prosopon.core.errors import MissingError, ProsoponError, UsageError

PATIENCE_S = 120.0
"""Long enough for somebody to type a PIN or to touch a token."""

_LARGEST_SIGNATURE = 1 << 16
_LONGEST_REMARK = 200
_SHORTEST_SECRET = 3


@dataclass(frozen=True)
class Command:
    """A program and its arguments; run without a shell.

    Its arguments may hold a PIN: they are never shown, nor is what the program says about them.

    Attributes:
        words: the program and its arguments.
        patience_s: how long it may take.
    """

    words: tuple[str, ...]
    patience_s: float = PATIENCE_S

    @classmethod
    def parse(cls, line: str, patience_s: float = PATIENCE_S) -> Command:
        """A command line, split as a shell would, of which nothing is expanded.

        Raises:
            UsageError: a quote in it is not closed, or it is empty.
        """
        try:
            words = shlex.split(line)
        except ValueError:
            raise UsageError("the signer command cannot be understood", "close every quote in it") from None
        if not words:
            raise UsageError("the signer command is empty", "give the program that signs, with its arguments")
        return cls(tuple(words), patience_s)

    def __repr__(self) -> str:
        """Nothing secret."""
        return f"Command({self._name})"

    @property
    def _name(self) -> str:
        return PurePath(self.words[0]).name

    def __call__(self, message: bytes) -> bytes:
        """What the program answers to a message.

        Raises:
            MissingError: there is no such program.
            ProsoponError: it fails, takes too long, or answers nothing or too much.
        """
        try:
            done = subprocess.run(  # noqa: S603 - the user's own command, without a shell
                self.words, input=message, capture_output=True, timeout=self.patience_s, check=False
            )
        except FileNotFoundError:
            raise MissingError(f"the signer command {self._name} is not there", "check its path") from None
        except subprocess.TimeoutExpired:
            raise ProsoponError(
                f"the signer command {self._name} took longer than {self.patience_s:g} s", "nothing was signed"
            ) from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "its arguments cannot be passed on"
            raise ProsoponError(f"the signer command {self._name} cannot be run: {reason}") from None
        if done.returncode != 0:
            raise ProsoponError(
                f"the signer command {self._name} failed with exit code {done.returncode}{self._remark(done.stderr)}",
                "it gets the bytes to be signed on stdin and must write nothing but the signature to stdout",
            )
        if not 0 < len(done.stdout) <= _LARGEST_SIGNATURE:
            raise ProsoponError(
                f"the signer command {self._name} answered {'nothing' if not done.stdout else 'far too much'}",
                "it must write nothing but the signature to stdout",
            )
        return done.stdout

    def _remark(self, stderr: bytes) -> str:
        """The last two lines that it complained with (the last one may be no more than "Aborting"), no arguments."""
        lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        if not lines:
            return ""
        text = ", ".join(lines[-2:])
        for word in sorted(self.words[1:], key=len, reverse=True):
            for part in (word, word.partition("=")[2], word.partition(":")[2]):
                if len(part) >= _SHORTEST_SECRET and not part.startswith("--"):
                    text = text.replace(part, "\N{HORIZONTAL ELLIPSIS}")
        return f": {''.join(one for one in text if one.isprintable())[:_LONGEST_REMARK]}"
