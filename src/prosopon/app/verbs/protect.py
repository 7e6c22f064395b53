"""`prosopon protect`: a photo is changed a little, so that face programs that are at hand fail on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from prosopon.app.args import Flag, Force, Input, Output
from prosopon.app.console import Console
from prosopon.app.inputs import check_frames
from prosopon.app.report import check_report
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import ExitCode, MissingError, ProsoponError, UsageError
from prosopon.media.outputs import check_output
from prosopon.media.read import read

if TYPE_CHECKING:
    import torch

    from prosopon.app.protect_page import Case
    from prosopon.app.protecting import Changed
    from prosopon.arena.survival import Measured
    from prosopon.arena.victims.victim import Victim
    from prosopon.disrupt.ensemble.options import EnsembleOptions, Method
    from prosopon.disrupt.heads.head import Head
    from prosopon.faces.finder import FaceFinder
    from prosopon.models.laundering.laundering import Laundering

_SUFFIXES = (".png", ".jpg", ".jpeg")
_LEVELS = {"light": 3, "medium": 6, "strong": 12}
"""Grey levels of 255; the published attacks use 6.4."""
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600}
_SAVED_JPEG = 95
"""The quality at which JPEG files are written here, with colour at full resolution."""


@dataclass(frozen=True)
class Protect:
    """Change a photo a little, so that face programs that are at hand fail on it.

    Only those networks are disturbed that it is made against. JPEG weakens it, another network can remove it
    altogether, and what will be built tomorrow is not known today: it makes misuse more laborious, and prevents none.
    The photo keeps its size; nothing outside of the head changes. What is measured is the file that was written.
    """

    picture: Annotated[Input, tyro.conf.arg(metavar="PICTURE")]
    """Photo that shows somebody."""
    output: Output
    """Result: .png, which keeps all of it, or .jpg."""
    against: str = ""
    """Networks by name, with commas between; by default all of a usual set whose weights are there."""
    strength: Literal["light", "medium", "strong"] = "medium"
    """Largest change of a value: 3, 6 or 12 of 255 grey levels. Light is hardly seen and spoils little, medium shows
    as faint blotches, strong is seen at first sight and spoils most."""
    levels: int | None = None
    """The same as a number."""
    method: Literal["pgd", "ifgsm", "fgsm", "protector", "universal"] = "pgd"
    """Many steps from noise, many from nearly the photo itself, or a single one. Or in milliseconds, and much weaker,
    with what was learnt before: protector, a net that looks at the photo, or universal, one change for all photos."""
    weights: str | None = None
    """With protector or universal: other weights, by name, path or run folder."""
    budget: str = "60s"
    """How long an attack in steps may take: 90s, 5m, 1h. The best so far is kept."""
    steps: int = 300
    """Most steps for each face."""
    mask: Literal["all", "face", "texture"] = "all"
    """Where: the whole head with its surroundings, the face only, or twice as much where noise hides, and less where
    it shows."""
    space: Literal["levels", "colour"] = "levels"
    """What strength counts: changes of every value; or mostly of colour, of which fine noise is seen less, and which
    JPEG takes away sooner."""
    least_ssim: float | None = None
    """Make the change smaller where that is needed for the head to keep this likeness (SSIM), such as 0.98."""
    everybody: Flag = False
    """All faces instead of the most prominent one."""
    report: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Write a page into this folder: before and after, what each network makes of both, what is left after JPEG,
    shrinking, blur and screens. With --json, or this, all of that is measured; else only the file itself."""
    seed: int = 0
    """Of the noise that it starts from."""
    faces: Literal["auto", "mediapipe", "builtin"] = "auto"
    """Who finds faces."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic of the networks while they are attacked: auto takes bf16 where the machine has units for it."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1 ..."""
    force: Force = False
    """Overwrite what is there."""

    def __post_init__(self) -> None:
        if self.levels is not None and not 1 <= self.levels <= 64:
            raise UsageError(f"levels is {self.levels}", "give 1 to 64 grey levels, such as 6")
        if self.steps < 1:
            raise UsageError(f"steps is {self.steps}", "give at least 1")
        seconds_of(self.budget)


def run(args: Protect, console: Console) -> int:
    """Protect, publish, measure."""
    check_output(args.output, force=args.force, inputs=[args.picture], suffixes=_SUFFIXES)
    check_report(args.report, force=args.force)
    clip = read(args.picture)
    check_frames(clip, args.picture)
    if len(clip) > 1:
        raise UsageError(
            f"{args.picture} has {len(clip)} frames, and a photo has one",
            "protect the pictures that matter one by one; a video's compression takes most of such changes away",
        )
    untouched = clip.first()

    from prosopon.app.protect_page import LIMITS, Case
    from prosopon.faces.finder import open_finder
    from prosopon.models.device import pick_device
    from prosopon.vouch.publish import publish

    device = pick_device(args.device)
    finder = open_finder(args.faces)
    heads = _heads(args, untouched, finder, console)
    made = _changed(args, clip, heads, device, console)
    published = publish(
        clip.derive(made.step, lambda: iter((made.picture,))), args.output, force=args.force, progress=console
    )  # fmt: skip
    about = {
        **published.as_json(),
        "size_px": [clip.width, clip.height],
        "heads": len(heads),
        **made.facts,
        "device": str(device),
        "faces": finder.name,
    }
    console.say(f"{published.path}: {made.told}; {published.told}")
    try:
        case = Case(clip, untouched, read(args.output).first(), heads, made.nets)
        measured = _measure(args, case, about, device, console)
    except KeyboardInterrupt:
        console.note(f"{published.path} is there; only its measuring was stopped")
        raise
    console.answer({**about, **measured, "limits": LIMITS})
    console.say(LIMITS)
    return ExitCode.FINE


def seconds_of(text: str) -> float:
    """A time such as 90, 90s, 5m or 1h, in seconds.

    Raises:
        UsageError: it is no time above 0.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|m|min|h)?\s*", text)
    seconds = float(found[1]) * _UNITS[found[2] or "s"] if found else 0.0
    if seconds <= 0:
        raise UsageError(f"{text!r} is no time", "give one such as 90s, 5m or 1h")
    return seconds


def _heads(args: Protect, picture: Frame, finder: FaceFinder, console: Console) -> list[Head]:
    """The heads that are changed, the most prominent first."""
    from prosopon.disrupt.heads.head import head_of

    heads = [head for face in finder.find(picture) if (head := head_of(face)) is not None]
    if not heads:
        raise MissingError(f"no face was found in {args.picture}", "give a photo that shows one clearly")
    if len(heads) > 1 and not args.everybody:
        console.note(f"{args.picture} shows {len(heads)} faces; the most prominent is protected, --everybody takes all")
        return heads[:1]
    return heads


def _changed(args: Protect, clip: Clip, heads: list[Head], device: torch.device, console: Console) -> Changed:
    from prosopon.app.protecting import attacked, changed_at_once
    from prosopon.models.device import pick_precision

    if args.method == "protector" or args.method == "universal":  # noqa: PLR1714 - mypy narrows by this alone
        if args.against.strip():
            raise UsageError(
                f"--against has no meaning with --method {args.method}, which works against what it was learnt with",
                "leave it out, use --method pgd, or train another one with prosopon train " + args.method,
            )
        if args.space != "levels" or args.least_ssim is not None:
            raise UsageError(
                f"--space and --least-ssim have no meaning with --method {args.method}, which was learnt without them",
                "leave them out, or use --method pgd",
            )
        return changed_at_once(
            clip, heads, args.method, args.weights, levels=_levels(args), mask=args.mask, device=device, console=console
        )  # fmt: skip
    if args.weights is not None:
        raise UsageError(f"--weights has no meaning with --method {args.method}", "use it with protector or universal")
    precision = pick_precision(args.precision, device)
    nets = _attacked(args, device, precision)
    options, saved_as = _options(args, args.method)
    made = attacked(
        clip, heads, nets, options, saved_as=saved_as, device=device, seconds=seconds_of(args.budget), console=console
    )  # fmt: skip
    return replace(made, facts={**made.facts, "precision": str(precision).removeprefix("torch.")})


def _attacked(args: Protect, device: torch.device, precision: torch.dtype) -> list[Victim]:
    from prosopon.arena.victims.named import default_names, open_victim

    names = list(dict.fromkeys(name.strip() for name in args.against.split(",") if name.strip()))
    if args.against.strip() and not names:
        raise UsageError(f"--against {args.against!r} names nobody", "give names with commas between")
    names = names or default_names()
    if not names:
        raise MissingError("no network is at hand that a photo could be protected against", "see prosopon weights list")
    return [open_victim(name, device, precision=precision) for name in names]


def _levels(args: Protect) -> int:
    return args.levels or _LEVELS[args.strength]


def _options(args: Protect, method: Method) -> tuple[EnsembleOptions, Laundering]:
    """How it is gone about, and how the result will be saved."""
    from prosopon.disrupt.ensemble.options import EnsembleOptions
    from prosopon.models.laundering.jpeg import Jpeg
    from prosopon.models.laundering.rounding import Rounding

    levels = _levels(args)
    options = EnsembleOptions(
        levels=levels, method=method, mask=args.mask, space=args.space, least_ssim=args.least_ssim,
        steps=args.steps, seed=args.seed, step_levels=max(0.5, levels / 4),
    )  # fmt: skip
    is_png = args.output.suffix.lower() == ".png"
    return options, Rounding() if is_png else Jpeg(_SAVED_JPEG, "4:4:4")


def _measure(
    args: Protect, case: Case, about: Mapping[str, object], device: torch.device, console: Console
) -> dict[str, Any]:
    """Look at the file that was written; the page, and all of the ways, only where somebody will look at them."""
    from prosopon.app.protect_page import summary, told_visibility, write_page
    from prosopon.arena.survival import WAYS, survivals, visibility
    from prosopon.arena.victims.named import weights_of
    from prosopon.faces.reader.reader import FaceReader

    thoroughly = args.report is not None or console.as_json
    attacked = {weights_of(net.name) for net in case.nets}
    # All answers of the same weights have the same effects.
    nets = [*{weights_of(net.name): net for net in reversed(case.nets)}.values()][::-1]
    if thoroughly:
        nets += _others(attacked, device, console)
    case = replace(case, nets=nets)
    survived = survivals(
        case.untouched, case.protected, case.heads, nets, lambda name: weights_of(name) in attacked,
        ways=WAYS if thoroughly else WAYS[:1], progress=console,
    )  # fmt: skip
    seen = visibility(case.untouched, case.protected, case.heads, FaceReader.open())
    console.say(told_visibility(seen))
    console.table(*summary(survived))
    console.say("(in brackets: the untouched photo after the same; * where an effect stands out of that, and of the")
    console.say("same change upside down, which need not spoil what the network makes: --report DIR shows it)")
    page = None
    if args.report is not None:
        args.report.mkdir(parents=True, exist_ok=True)
        page = write_page(args.report, case, survived, seen, about, progress=console)
        console.say(f"report: {page}")
    return {"survival": {one.name: one.as_json() for one in survived}, "visibility": asdict(seen), "report": page}


def _others(attacked: set[str], device: torch.device, console: Console) -> list[Measured]:
    """Those at hand that were not attacked; what cannot be opened is left out, and said."""
    from prosopon.arena.victims.named import open_victim, victim_names, weights_of

    found: list[Measured] = []
    for name in sorted({weights_of(name) for name in victim_names()} - attacked):
        try:
            found.append(open_victim(name, device))
        except ProsoponError as error:
            console.note(f"{name} is not measured: {error.what}")
    return found
