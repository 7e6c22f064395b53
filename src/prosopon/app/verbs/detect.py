"""`prosopon detect`: is it synthetic? What a file says of itself first, then every detector, and what is not known."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from prosopon.app.args import Flag, Force, Inputs
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from prosopon.app.detecting.examine import Examined, Examiner
    from prosopon.app.detecting.page import Page


_OF_PERSON = "biometric"
"""The technique that compares with one person."""


@dataclass(frozen=True)
class Detect:
    """Say whether pictures, videos and sounds are synthetic: declared so, or with evidence for a fake, or not known.

    What a file says of itself comes first: credentials, watermark, log. Then detectors look at each person and listen
    to the sound. The answer is a word: strong, moderate, weak or no evidence, or inconclusive with the reasons why,
    among them that it changes when the frames are only compressed, resized, cropped or blurred. No answer proves
    anything: not that a file is a fake, and not that it is genuine. Exit code 3 with --fail-above, else 0.
    """

    files: Annotated[Inputs, tyro.conf.arg(metavar="FILE...")]
    """Pictures, videos, sounds, folders of them, or patterns."""
    asked: Annotated[str, tyro.conf.arg(name="with", metavar="all|NAME,...")] = "all"
    """Which detectors: all that have weights, or names of prosopon list detect; NAME=WEIGHTS for other weights."""
    person: Annotated[Path | None, tyro.conf.arg(metavar="RUN")] = None
    """What prosopon train biometric learnt of somebody: does whoever is seen move like them?"""
    report: Annotated[Path | None, tyro.conf.arg(metavar="PAGE.html")] = None
    """Write everything as one page, with the faces that were judged."""
    signed: Annotated[Path | None, tyro.conf.arg(metavar="OUT.json")] = None
    """Write a report that is signed by this installation; prosopon replay does it again and compares."""
    fail_above: Annotated[float | None, tyro.conf.arg(metavar="P")] = None
    """Exit code 3 if a file is declared synthetic, or would be a fake with more than this probability, 0 to 1, where
    half of all files are."""
    stop_at_declared: Flag = False
    """Do not ask the detectors about what is declared synthetic."""
    people: int = 3
    """At most so many people of a file are judged, the most prominent first."""
    no_panel: Flag = False
    """Do not judge changed frames: quicker, and answers that would turn round are not found out."""
    faces: Literal["auto", "mediapipe", "builtin"] = "auto"
    """Who looks for faces."""
    trust_anchors: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE.pem")] = ()
    """Root certificates to trust; see prosopon verify."""
    force: Force = False
    """Overwrite the page and the signed report."""

    @property
    def words(self) -> str:
        """Which detectors are asked, as --with takes them, the person's model among them."""
        if self.person is None:
            return self.asked
        others = [word for word in self.asked.split(",") if word.strip() != _OF_PERSON]
        return ",".join((*others, f"{_OF_PERSON}={self.person.absolute()}"))


def run(args: Detect, console: Console) -> int:
    """Examine all files, tell, write what was asked for."""
    from prosopon.app.detecting.sources import files_of

    if args.fail_above is not None and not 0 <= args.fail_above <= 1:
        raise UsageError(f"{args.fail_above} is no probability", "give a number from 0 to 1 to --fail-above")
    if args.people < 1:
        raise UsageError("nobody is to be judged", "give 1 or more to --people")
    if not args.files:
        raise UsageError("there is no file to examine", "name files or folders")
    files = files_of(args.files)
    _check_outputs(args, files)
    examiner = _examiner(args)
    for name, why in examiner.judge.roster.left_out.items():
        if why.code != "no-weights":
            console.note(f"not asked: {name}: {why.because}")
    answer = _Answer(args, examiner, console, several=len(files) > 1)
    is_stopped = _examine(answer, files, console)
    return answer.close(is_stopped=is_stopped)


def _check_outputs(args: Detect, files: tuple[Path, ...]) -> None:
    from prosopon.media.outputs import check_output

    if args.report is not None:
        check_output(args.report, force=args.force, inputs=files, suffixes=(".html", ".htm"))
    if args.signed is not None:
        check_output(args.signed, force=args.force, inputs=(*files, args.report), suffixes=(".json",))


def _examiner(args: Detect) -> Examiner:
    from prosopon.app.detecting.examine import Examiner
    from prosopon.detect.judging.judge import Judge
    from prosopon.detect.judging.manner import Manner
    from prosopon.detect.judging.roster import Asked, Roster
    from prosopon.vouch.manifest.trust import Trust
    from prosopon.vouch.manifest.verify import Manner as Checking

    manner = Manner(people=args.people, panel=not args.no_panel, finder=args.faces)
    checking = Checking(Trust.read(args.trust_anchors))
    judge = Judge(Roster.open(Asked.parse(args.words)), manner)
    return Examiner(judge, checking, stop_at_declared=args.stop_at_declared)


def _examine(answer: _Answer, files: tuple[Path, ...], console: Console) -> bool:
    """Examine every file; whether the user stopped before the last."""
    if len(files) == 1:
        answer.add(answer.examiner.examine(files[0], console))
        return False
    console.start("examining files", len(files))
    quiet = OnlyNotes(console)
    try:
        for file in files:
            answer.add(answer.examiner.examine_any(file, quiet))
            console.advance()
    except KeyboardInterrupt:
        if not answer.entries:
            raise
        return True
    return False


@dataclass(frozen=True)
class OnlyNotes:
    """Passes on what the user should know, and nothing of how far a single file is."""

    console: Console

    def start(self, stage: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, n: int = 1) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """To the user."""
        self.console.note(text)

    def finish(self) -> None:
        """Nothing."""


@dataclass
class _Answer:
    """What has been found so far, in all the forms that were asked for; pixels are not kept."""

    args: Detect
    examiner: Examiner
    console: Console
    several: bool
    entries: list[dict[str, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    page: Page | None = None

    def __post_init__(self) -> None:
        if self.args.report is not None:
            from prosopon.app.detecting.page import Page

            self.page = Page(self.examiner, self.args.report, several=self.several)

    def add(self, examined: Examined) -> None:
        """One more file."""
        from prosopon.app.detecting.as_json import file_as_json
        from prosopon.app.detecting.text import line, lines

        self.entries.append(file_as_json(examined))
        self.said += [line(examined)] if self.several else lines(examined, self.examiner)
        if self.args.fail_above is not None and examined.exceeds(self.args.fail_above):
            self.above.append(str(examined.path))
        if self.page is not None:
            self.page.add(examined)

    def close(self, *, is_stopped: bool) -> int:
        """Tell and write everything, in this order: what was found is not lost where a disk is full; the exit code."""
        from prosopon.app.detecting.as_json import setting_as_json
        from prosopon.app.detecting.text import summary

        if self.several:
            self.said += ["", summary(Counter(entry["verdict"] for entry in self.entries))]
        self.console.say("\n".join(self.said))
        stopped = "Stopped before all files were examined." if is_stopped else ""
        setting = setting_as_json(self.examiner)
        if self.page is not None:
            self.page.write(stopped)
        if self.args.signed is not None:
            from prosopon.app.detecting.signed import new_report, write_signed

            write_signed(new_report(setting, {"with": self.args.words}, self.entries), self.args.signed)
        alone = {} if self.several else {name: self.entries[0][name] for name in _ALONE}
        self.console.answer(
            {
                **alone,
                "files": self.entries,
                **setting,
                "above_the_limit": self.above,
                "stopped": is_stopped,
                "page": self.args.report,
                "signed": self.args.signed,
            }
        )
        if is_stopped:
            self.console.note(stopped)
            return ExitCode.STOPPED
        if self.above:
            self.console.note(f"above the limit of --fail-above: {', '.join(self.above)}")
            return ExitCode.BAD_ANSWER
        return ExitCode.FINE


_ALONE = ("file", "sha256", "verdict", "reasons", "declared_by", "posteriors")
"""What of a single file also stands at the top of the JSON object."""
