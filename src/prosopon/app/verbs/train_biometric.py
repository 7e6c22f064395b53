"""`prosopon train biometric`: learn how one person moves, and measure how well that tells them from others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from prosopon.app.args import Output
from prosopon.app.console import Console
from prosopon.arena.biometric_trial import Trial, trial
from prosopon.core.errors import ExitCode, UsageError
from prosopon.core.faces import Track
from prosopon.datasets.followed import tracks_of
from prosopon.datasets.people import Owned, owned_media
from prosopon.detect.biometric.correlations import WINDOW_S
from prosopon.detect.biometric.learn import Learnt, learn
from prosopon.detect.biometric.recording import Joins, Recording, recording_of
from prosopon.detect.biometric.signals import Kind, kind_of, signals_of
from prosopon.detect.biometric.technique import TECHNIQUE, About, Biometric
from prosopon.detect.learning.fitting import fit_at_once
from prosopon.detect.learning.trainable import Fitted
from prosopon.detect.learning.weights import CALIBRATION, FIGURES, add_to_card
from prosopon.faces.finder import FaceFinder, open_finder
from prosopon.faces.likeness import joined_across_cuts
from prosopon.media.read import read
from prosopon.models.catalogue import check_name
from prosopon.train.randomness import seed_all
from prosopon.train.runfile import Command

_ORIGIN = "trained with prosopon train biometric"
_WORDS: dict[Literal["centred", "as-they-are", "apart"], Joins] = {
    "centred": "centred",
    "as-they-are": "as they are",
    "apart": "apart",
}


@dataclass(frozen=True)
class TrainBiometric:
    """Learn how one person moves, from footage of them in one setting: then `prosopon detect --person RUN` says whether
    somebody in a video moves like that.

    Clips are taken as one recording, one after the other. With others the settings are searched and values calibrated;
    with test-same and test-others it is measured how well it does. Half a minute is the least, 90 s are better.
    """

    person: tuple[Path, ...]
    """Footage of the person: videos, or a folder."""
    output: Output
    """The run folder."""
    others: tuple[Path, ...] = ()
    """Other people, a folder each or files of one person each: they choose between settings, and calibrate."""
    test_same: tuple[Path, ...] = ()
    """More of the person to measure on, which must not be among what is learnt from."""
    test_others: tuple[Path, ...] = ()
    """People or fakes to measure against, a folder each; neither learnt from nor searched with."""
    called: str | None = None
    """What the person is called; as the folder is when not given."""
    name: str | None = None
    """What the weights are called; biometric.PERSON when not given."""
    signals: Literal["auto", "blendshapes", "landmarks"] = "auto"
    """What action units are read from: auto takes blendshapes where the face finder gives them for everybody."""
    joins: Literal["centred", "as-they-are", "apart"] = "centred"
    """Where two clips meet: the mean of each is taken off its signals; or not; or no window spans two clips."""
    faces: Literal["auto", "mediapipe", "builtin"] = "auto"
    """Who finds faces."""
    draws: int = 1000
    """How often clips are drawn anew for the intervals of the measurement."""
    seed: int = 0
    """Everything random follows from it."""
    licence: str = "that of the footage it was trained on"
    """Goes into the card beside the weights."""


@dataclass(frozen=True)
class _Seen:
    """A person who was followed through one clip."""

    owner: str
    track: Track
    times: tuple[float, ...]
    sha256: str | None
    label: str


def run(args: TrainBiometric, console: Console) -> int:
    """Follow faces, learn, measure, and say what came of it."""
    if bool(args.test_same) != bool(args.test_others):
        raise UsageError("a test needs both: more of the person, and others", "give --test-same and --test-others")
    if not args.person:
        raise UsageError("nobody is named", "give footage of somebody with --person")
    if args.draws < 1:
        raise UsageError(f"{args.draws} draws give no interval", "give --draws 100 or more")
    person = args.called or _called(args.person)
    name = check_name(args.name or f"{TECHNIQUE}.{_as_name(person)}")
    seed_all(args.seed)
    finder = open_finder(args.faces)
    groups = {
        role: _seen(paths, finder, console)
        for role, paths in (
            ("person", args.person),
            ("others", args.others),
            ("test same", args.test_same),
            ("test others", args.test_others),
        )
    }
    _refuse_shared(groups)
    about = About(person, _kind(args.signals, groups, finder), _WORDS[args.joins])
    mine = _recording(person, groups["person"], about.kind)
    result = fit_at_once(
        name,
        lambda: _learnt(mine, _recordings(groups["others"], about.kind), about, console),
        args.output,
        settings={"seed": args.seed},
        config={"technique": TECHNIQUE, "finder": finder.name, **about.as_card()},
        inputs=_inputs(groups),
        command=Command.of("train biometric", args, "output"),
        card={"licence": args.licence, "origin": _ORIGIN},
        progress=console,
    )
    detector = Biometric.from_weights(str(result.weights))
    tested = None
    if args.test_same:
        same = _recording(person, groups["test same"], about.kind)
        others = _recordings(groups["test others"], about.kind)
        tested = trial(detector.model, same, others, about.joins, draws=args.draws, seed=args.seed, progress=console)
        add_to_card(result.weights, {FIGURES: tested.as_json()})
    console.answer(
        {
            "run": args.output,
            "weights": result.weights,
            **about.as_card(),
            "learnt": detector.card["learnt"],
            "calibration": None if detector.calibration is None else detector.calibration.as_json(),
            "test": None if tested is None else tested.as_json(),
        }
    )
    _tell_learnt(detector, mine, result.weights, console)
    if tested is not None:
        _tell_tested(tested, console)
    return ExitCode.FINE


def _called(paths: tuple[Path, ...]) -> str:
    first = paths[0].resolve()
    return first.name if first.is_dir() else first.parent.name


def _as_name(person: str) -> str:
    plain = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in person.lower())
    return plain.strip("-") or "person"


def _seen(paths: tuple[Path, ...], finder: FaceFinder, console: Console) -> list[_Seen]:
    """Who is in some footage, the most prominent person of each clip."""
    found = []
    files = owned_media(paths) if paths else []
    console.start("following faces", len(files))
    for file in files:
        one = _follow(file, finder, console)
        if one is not None:
            found.append(one)
        console.advance()
    return found


def _follow(file: Owned, finder: FaceFinder, console: Console) -> _Seen | None:
    clip = read(file.path)
    if len(clip) < 2:
        return None
    main = joined_across_cuts(tracks_of(clip, finder)).main
    if main is None:
        console.note(f"{file.path.name} is left out: no face was found")
        return None
    return _Seen(file.person, main, clip.times, clip.sha256, file.label)


def _refuse_shared(groups: dict[str, list[_Seen]]) -> None:
    """The same clip must not be learnt from and tested with.

    Raises:
        UsageError: one is.
    """
    owners: dict[str, tuple[str, str]] = {}
    for role, clips in groups.items():
        for clip in clips:
            if clip.sha256 is None:
                continue
            before = owners.setdefault(clip.sha256, (role, clip.label))
            if before[0] != role:
                raise UsageError(
                    f"{clip.label} is given as {role} and as {before[0]} ({before[1]})", "give each clip once"
                )


def _kind(asked: str, groups: dict[str, list[_Seen]], finder: FaceFinder) -> Kind:
    """What all clips allow.

    Raises:
        UsageError: blendshapes are asked for, and not all have them.
    """
    if asked == "landmarks":
        return "landmarks"
    kinds = {kind_of(clip.track) for clips in groups.values() for clip in clips}
    if kinds == {"blendshapes"}:
        return "blendshapes"
    if asked == "blendshapes":
        raise UsageError(f"the face finder {finder.name} gives no blendshapes", "give --faces mediapipe")
    return "landmarks"


def _recording(name: str, clips: list[_Seen], kind: Kind) -> Recording:
    return recording_of(name, [signals_of(clip.track, clip.times, kind) for clip in clips])


def _recordings(clips: list[_Seen], kind: Kind) -> list[Recording]:
    """One for each person, in the order in which they come."""
    people = dict.fromkeys(clip.owner for clip in clips)
    return [_recording(person, [clip for clip in clips if clip.owner == person], kind) for person in people]


def _inputs(groups: dict[str, list[_Seen]]) -> dict[str, str]:
    """What is learnt from; tests decide nothing."""
    return {
        f"{role} {clip.label}": clip.sha256
        for role in ("person", "others")
        for clip in groups[role]
        if clip.sha256 is not None
    }


def _learnt(person: Recording, others: list[Recording], about: About, console: Console) -> Fitted:
    found: Learnt = learn(person, others, about.joins, console)
    card: dict[str, Any] = {
        "technique": TECHNIQUE,
        "config": "person",
        **about.as_card(),
        "learnt": {
            "clips": len(person.pieces),
            "seconds": round(person.seconds, 1),
            "others": {other.name: round(other.seconds, 1) for other in others},
            **found.as_json(),
        },
    }
    if found.calibration is not None:
        card[CALIBRATION] = found.calibration.as_json()
    return Fitted(found.model.state(), card)


def _tell_learnt(detector: Biometric, mine: Recording, weights: Path, console: Console) -> None:
    learnt = detector.card["learnt"]
    console.say(
        f"{weights}: {detector.about.person}, {mine.seconds:.0f} s in {len(mine.pieces)} clips, {learnt['windows']} "
        f"windows of {WINDOW_S:.0f} s ({learnt['windows_that_do_not_overlap']} that do not overlap); "
        f"signals from {detector.about.kind}, nu {learnt['nu']}, gamma {learnt['gamma']}"
    )
    if detector.calibration is None:
        console.say("without --others its values are not calibrated, and count for nothing as evidence")


def _tell_tested(tested: Trial, console: Console) -> None:
    same = tested.same
    console.say(
        f"tested with {same['seconds']:.0f} s more of {same['name']} ({same['windows']} windows, "
        f"{same['windows_apart']} apart) against:"
    )
    rows = [
        (
            one.name,
            f"{one.auc:.3f}",
            f"{one.low:.3f} to {one.high:.3f}",
            f"{one.auc_of_distance:.3f}",
            one.clips,
            f"{one.seconds:.0f}",
            f"{one.windows} ({one.windows_apart})",
        )
        for one in tested.against
    ]
    console.table(("who", "AUC", "95 %", "by distance alone", "clips", "seconds", "windows (apart)"), rows)
    for left_out in tested.left_out:
        console.note(f"{left_out} is left out: no window of {WINDOW_S:.0f} s")
