"""The command `prosopon`: finds the verb, runs it, and turns whatever goes wrong into one line and an exit code.

Nothing heavy is imported before a verb is known: `prosopon --help` reads this file and little else.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import NoReturn

from prosopon.app.console import Console
from prosopon.app.failures import Failure, explain
from prosopon.core.errors import ExitCode, MissingError, UsageError


@dataclass(frozen=True)
class Verb:
    """One row of the table: `prosopon <words>` runs `run(args, console)` of a module in `app/verbs/`."""

    words: str
    help: str
    group: str

    @property
    def module(self) -> str:
        """Name of the module in `app/verbs/`."""
        return self.words.replace(" ", "_")

    @property
    def is_there(self) -> bool:
        """Whether the module exists, without importing it."""
        return os.path.isfile(os.path.join(_VERBS, f"{self.module}.py"))  # noqa: PTH113, PTH118 - pathlib starts slowly


_VERBS = os.path.join(os.path.dirname(__file__), "verbs")  # noqa: PTH118, PTH120

VERBS = (
    Verb("demo", "make a rendered person move like another, seal it, check it: no files needed", "Start"),
    Verb("doctor", "what works on this machine, and the line that repairs the rest", "Start"),
    Verb("list", "the techniques that are here", "Start"),
    Verb("animate", "let a picture move like a video", "Make"),
    Verb("live", "let a picture move like whoever is before the camera", "Make"),
    Verb("studio render", "film rendered people, with exact ground truth", "Make"),
    Verb("swap", "one person's face on another, after train swap", "Make"),
    Verb("partswap", "parts of a person in a picture on the person in a video", "Make"),
    Verb("edit", "other hair, glasses, a beard, more years or a smile", "Make"),
    Verb("protect", "change a photo a little, so that face programs that are at hand fail on it", "Disrupt"),
    Verb("detect", "is it synthetic? provenance first, then every detector, with what is not known", "Detect"),
    Verb("faces", "find and follow the faces of a picture or video", "Look"),
    Verb("coverage", "do two people's faces share poses and expressions?", "Look"),
    Verb("import faces", "take over the faces that DeepFaceLab or faceswap has found", "Look"),
    Verb("parts", "which number is which part, drawn over a picture or video", "Look"),
    Verb("verify", "who sealed a file, what was done to it, and whether it was changed since", "Vouch"),
    Verb("lookup", "is this picture or video one of mine, and where does it differ?", "Vouch"),
    Verb("lookup add", "remember own originals by their fingerprints", "Vouch"),
    Verb("lookup forget", "remove what is remembered of originals and of what was published", "Vouch"),
    Verb("sign", "sign a picture or video of your own with Content Credentials", "Vouch"),
    Verb("keys", "the keys of this installation: show, export, renew, revoke", "Vouch"),
    Verb("watermark embed", "put 64 bits into a picture or video, unseen", "Vouch"),
    Verb("watermark read", "read the 64 bits of a marked picture or video", "Vouch"),
    Verb("log add", "add files to the append-only log", "Vouch"),
    Verb("log prove", "write a proof that a file is in the log", "Vouch"),
    Verb("log check", "check a proof, or a whole log and that its history was not rewritten", "Vouch"),
    Verb("log serve", "offer the log over HTTP", "Vouch"),
    Verb("log witness", "sign for what a log was when it was seen, unless it was rewritten", "Vouch"),
    Verb("train swap", "learn to put one person's face on another, or go on learning it", "Train"),
    Verb("train stargan", "train a net that edits attributes of faces, or go on training it", "Train"),
    Verb("train protector", "learn to protect photos in one pass, in milliseconds, or go on learning it", "Train"),
    Verb("train universal", "learn one change that protects any photo, or go on learning it", "Train"),
    Verb("train fomm", "train the First Order Motion Model, or go on training it", "Train"),
    Verb("train partswap", "train co-part segmentation and part swap, or go on training it", "Train"),
    Verb("train faces", "train the built-in face finder, or go on training it", "Train"),
    Verb("train reader", "train the face reader: parts, identity, expression, features for losses", "Train"),
    Verb("train watermark", "train the learned watermark, or go on training it", "Train"),
    Verb("train detector", "train a detector on fakes of our own, or go on training it", "Train"),
    Verb("train biometric", "learn how one person moves, to tell whether it is them in a video", "Train"),
    Verb("arena make", "make originals and fakes of them for detectors to learn from and be measured on", "Train"),
    Verb("evaluate faces", "measure one face finder against another", "Train"),
    Verb("evaluate reader", "measure the face reader on people it has not learnt from", "Train"),
    Verb("evaluate fomm", "measure a trained First Order Motion Model", "Train"),
    Verb("evaluate partswap", "measure parts that were found without labels", "Train"),
    Verb("evaluate swap", "measure a trained face swap", "Train"),
    Verb("evaluate disrupt", "measure protection: what it does, how long it lasts, whom it reaches", "Train"),
    Verb("evaluate watermark", "measure what a watermark survives, and how seldom it is seen where none is", "Train"),
    Verb("evaluate detect", "measure detectors on a data set, with intervals and what they leave open", "Train"),
    Verb("bench animate", "how fast animation runs on this machine", "Train"),
    Verb("bench swap", "how fast face swapping learns and runs on this machine", "Train"),
    Verb("bench partswap", "how fast part swap runs on this machine", "Train"),
    Verb("bench disrupt", "how fast photos are protected on this machine", "Train"),
    Verb("bench vouch", "how fast files are signed, checked, marked and read on this machine", "Train"),
    Verb("bench detect", "how fast each detector runs on this machine", "Train"),
    Verb("replay", "do again what a run file recorded", "Train"),
    Verb("weights", "list, import and check trained weights", "Train"),
)
"""Every verb of the command line. A row whose module is not there is not shown and disturbs no other."""


def entry() -> NoReturn:
    """What the installed command calls."""
    # Ending a process politely must not leave half a file behind: SIGTERM unwinds like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line.

    Args:
        argv: the words after the command's name; those of this process where None.

    Returns:
        The exit code, see `core.errors.ExitCode`.
    """
    words = [*(sys.argv[1:] if argv is None else argv)]
    as_json, words = _take_json(words)
    console = Console(as_json=as_json)
    try:
        code = _dispatch(words, console)
        console.close()
    except BaseException as error:
        failure = explain(error)
        if failure is None:
            raise
        return _report(failure, console)
    return code


def _dispatch(words: list[str], console: Console) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        console.say(overview())
        return ExitCode.FINE
    if words[0] in ("-V", "--version"):
        console.say(f"prosopon {version()}")
        console.answer({"version": version()})
        return ExitCode.FINE
    verb, rest = find(words)
    module = load(verb)
    from prosopon.app.args import parse

    args = parse(module.run, f"prosopon {verb.words}", rest)
    return int(module.run(args, console))


def find(words: Sequence[str]) -> tuple[Verb, list[str]]:
    """The verb that a command line begins with, and the words after it.

    Raises:
        UsageError: there is none; the hint names the nearest one.
    """
    there = [verb for verb in VERBS if verb.is_there]
    for n in (2, 1):
        for verb in there:
            if verb.words.split(" ") == list(words[:n]):
                return verb, list(words[n:])
    longer = [verb.words for verb in there if verb.words.split(" ")[0] == words[0]]
    if longer:
        raise UsageError(f"'{words[0]}' needs a second word", f"one of: {', '.join(longer)}")
    from difflib import get_close_matches

    asked = " ".join(word for word in words[:2] if not word.startswith("-")) or words[0]
    known = [verb.words for verb in there]
    near = get_close_matches(asked, known, 1, 0.5) or get_close_matches(words[0], known, 1, 0.5)
    meant = f"did you mean '{near[0]}'? " if near else ""
    raise UsageError(f"there is no verb '{words[0]}'", f"{meant}`prosopon --help` lists them all")


def load(verb: Verb) -> ModuleType:
    """Import a verb's module.

    Raises:
        MissingError: a package that it needs is not installed.
    """
    try:
        return import_module(f"prosopon.app.verbs.{verb.module}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "prosopon":
            raise
        raise MissingError(
            f"'prosopon {verb.words}' needs the package {error.name}, which is not installed",
            "pip install --upgrade prosopon-lab",
        ) from error


def overview() -> str:
    """The text of `prosopon --help`."""
    there = [verb for verb in VERBS if verb.is_there]
    width = max((len(verb.words) for verb in there), default=0)
    lines = ["usage: prosopon VERB ...", "", "Make, disrupt, detect and vouch for synthetic faces."]
    for group in dict.fromkeys(verb.group for verb in there):
        lines += ["", f"{group}:", *(f"  {v.words:<{width}}  {v.help}" for v in there if v.group == group)]
    lines += [
        "",
        "`prosopon VERB --help` shows the options of a verb; --json makes any verb print one JSON object.",
        "Exit codes: 0 fine, 1 failed, 2 usage, 3 the answer is bad, 4 something is missing, 130 stopped.",
    ]
    return "\n".join(lines)


def version() -> str:
    """The installed version."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("prosopon-lab")
    except PackageNotFoundError:
        return "(not installed)"


def _take_json(words: list[str]) -> tuple[bool, list[str]]:
    """Whether `--json` is among the words, and the words without it; after `--` nothing is an option."""
    end = words.index("--") if "--" in words else len(words)
    rest = [word for word in words[:end] if word != "--json"]
    return len(rest) < end, rest + words[end:]


def _report(failure: Failure, console: Console) -> int:
    """Say what went wrong, unless nobody listens any more (`| head`)."""
    if os.environ.get("PROSOPON_DEBUG"):
        import traceback

        traceback.print_exc()
    try:
        if not failure.is_silent:
            console.fail(failure.what, failure.hint, failure.exit_code)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more at the end and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(failure.exit_code)
