"""`prosopon studio render`: film rendered people, with exact ground truth."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from prosopon.app.args import Flag, Output
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from prosopon.studio.takes import Script, Take


@dataclass(frozen=True)
class StudioRender:
    """Film people who do not exist. Everything that is known about every frame is written beside each video.

    The same command goes on where it stopped: people who are complete are kept. The same seed gives the same people,
    movements, truth and pixels; the videos are signed, and only their signatures differ.
    """

    output: Output
    """Folder that is made, with a folder for each person."""
    people: int = 4
    """How many. More can be added later with a larger number."""
    seconds: float = 4.0
    """Length of each video."""
    seed: int = 0
    """Who is drawn, how they move, how they are lit."""
    same_motion: Flag = False
    """Everybody gives the same performance in the same light: the exact answer to what an animation of one person
    with another's movement should look like."""
    performance: Literal["random", "talking", "turning", "expressions", "demo"] = "random"
    """random: head, talk, blinks and looks; talking: head nearly still; turning: poses; expressions: one after the
    other; demo: lively talk."""
    facekit: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Faces of the ICT Face Model Light in one npz, instead of the built-in head; docs/studio.md says how to get it."""
    blinks_per_minute: float = 17.0
    """How often they blink on average, 0 to 80."""
    voice: Literal["auto", "espeak", "own", "none"] = "auto"
    """Who speaks: espeak (needs espeak-ng), own (a small robot), auto (espeak where it is installed), none."""
    text: str | None = None
    """What they say, in English; sentences of ours when not given."""
    av_offset_ms: float = 0.0
    """By how much the sound comes after the picture, in milliseconds; below 0 before it."""
    fps: int = 25
    """Frames per second."""
    size: int = 256
    """Side of the pictures in pixels."""
    format: Literal["mp4", "webm", "png"] = "mp4"
    """png: folders of lossless pictures instead of videos."""

    def __post_init__(self) -> None:
        if not 1 <= self.people <= 100_000:
            raise UsageError(f"people is {self.people}", "give 1 to 100000")
        if not 0 < self.seconds <= 3600:
            raise UsageError(f"seconds is {self.seconds:g}", "give up to 3600")
        if not 1 <= self.fps <= 240:
            raise UsageError(f"fps is {self.fps}", "give 1 to 240")
        if not 32 <= self.size <= 2048 or self.size % 2:
            raise UsageError(f"size is {self.size}", "give an even number from 32 to 2048 pixels")
        if abs(self.av_offset_ms) > 5000:
            raise UsageError(f"av-offset-ms is {self.av_offset_ms:g}", "give -5000 to 5000")
        if self.seed < 0:
            raise UsageError(f"seed is {self.seed}", "give 0 or more")


def run(args: StudioRender, console: Console) -> int:
    """Render whoever is not there yet."""
    from prosopon.studio.facekit import open_kit
    from prosopon.studio.speech import pick_voice
    from prosopon.studio.takes import NO_VOICE, Script, person_name

    script = Script(
        args.seed,
        args.seconds,
        Fraction(args.fps),
        args.size,
        args.performance,
        args.blinks_per_minute,
        args.same_motion,
        args.voice if args.voice == NO_VOICE else pick_voice(args.voice),
        args.text,
        args.av_offset_ms,
        None if args.facekit is None else open_kit(args.facekit).sha256,
    )
    n_frames = len(script.take(0).clip())
    _open_folder(args, script)
    missing = [number for number in range(args.people) if not _is_complete(args.output / person_name(number))]
    if len(missing) < args.people:
        console.note(f"{args.people - len(missing)} of {args.people} people are there already and are kept")
    began = time.perf_counter()
    console.start("rendering", n_frames * len(missing))
    for number in missing:
        _render(script.take(number), args, console)
    console.finish()
    seconds = time.perf_counter() - began
    rate = n_frames * len(missing) / seconds
    console.answer(
        {
            "output": args.output,
            "people": args.people,
            "rendered": len(missing),
            "frames_each": n_frames,
            "seconds": seconds,
            "frames_per_second": rate if missing else None,
            "same_motion": args.same_motion,
        }
    )
    speed = f", {rate:.1f} frames a second" if missing else ""
    console.say(f"{args.output}: {args.people} people, {n_frames} frames each{speed}")
    return ExitCode.FINE


def _open_folder(args: StudioRender, script: Script) -> None:
    """Make the folder, or make sure that the one that is there belongs to the same command.

    Raises:
        UsageError: it does not.
    """
    from prosopon.studio.truth import FORMAT, RUN, VERSION, read_run
    from prosopon.train.runfile import Command, RunFile, versions
    from prosopon.train.toml import plain

    same = plain({**asdict(script), "fps": str(script.fps), "format": args.format})
    path = args.output / RUN
    if path.exists():
        before = read_run(args.output)["script"]
        differing = [name for name in same if before.get(name) != same[name]]
        if differing:
            raise UsageError(
                f"{args.output} holds people rendered with other {', '.join(differing)}",
                "choose another folder, or give the options that its run.toml records",
            )
    elif args.output.exists() and (not args.output.is_dir() or any(args.output.iterdir())):
        raise UsageError(f"{args.output} holds other things", "choose a new folder")
    args.output.mkdir(parents=True, exist_ok=True)
    about = {"format": FORMAT, "version": VERSION, "people": args.people, "script": same}
    _write(path, json.dumps(about, indent=1) + "\n")
    RunFile(
        name="studio render",
        settings={},
        config=same,
        command=Command.of("studio render", args, "output"),
        inputs={} if script.facekit is None else {"face kit": script.facekit},
        versions=versions(),
    ).write(args.output)


def _write(path: Path, text: str) -> None:
    from prosopon.models.files import write_atomically

    write_atomically(path, lambda file: _fill(file, text))


def _fill(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def _is_complete(folder: Path) -> bool:
    """Whether a person was rendered before: folders appear only when they are whole."""
    from prosopon.studio.truth import TRUTH

    return (folder / TRUTH).is_file()


def _render(take: Take, args: StudioRender, console: Console) -> dict[str, Any]:
    """One person: the signed video and its truth appear together or not at all."""
    from prosopon.media.outputs import replacing
    from prosopon.studio.takes import TruthWriter
    from prosopon.studio.truth import FrameTruth
    from prosopon.vouch.publish import publish

    with replacing(args.output / take.name) as folder:
        folder.mkdir()
        writer = TruthWriter(take, folder)

        def watch(frame: FrameTruth) -> None:
            writer.watch(frame)
            console.advance()

        suffix = "" if args.format == "png" else f".{args.format}"
        name = f"{take.name}{suffix}"
        published = publish(take.clip(watch), folder / name)
        writer.finish(name)
    return {"clip": name, "sha256": published.sha256}
