"""`prosopon swap`: one person's face on another, with what `prosopon train swap` has learnt."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from prosopon.app.args import Flag, Force, Label, Output
from prosopon.app.console import Console
from prosopon.app.inputs import check_frames, compare_path
from prosopon.core.clip import Clip
from prosopon.core.errors import ExitCode, UsageError
from prosopon.create.swap.merge.settings import MergeSettings
from prosopon.create.swap.options import SwapOptions
from prosopon.faces.parsing.parser import Name
from prosopon.media.outputs import check_output
from prosopon.media.read import read

if TYPE_CHECKING:
    from torch import dtype

    from prosopon.create.swap.kept import KeptFrames
    from prosopon.create.swap.swapping import Cast
    from prosopon.create.swap.technique import FaceSwap
    from prosopon.faces.finder import FaceFinder
    from prosopon.faces.parsing.parser import FaceParser


@dataclass(frozen=True)
class Swap:
    """Put the face that `prosopon train swap` has learnt as the source on the person in a video or picture.

    The person is followed and the sound is kept. The result is signed and labelled as synthetic, and target and result
    side by side are written next to it. --preview writes a contact sheet of some frames under several settings first.
    """

    model: Annotated[tuple[str, ...], tyro.conf.arg(aliases=["-m"], metavar="RUN")]
    """Run folder of the training, or weights by name or path; several where several people get faces, see --onto."""
    target: Annotated[Path, tyro.conf.arg(aliases=["-t"], metavar="FILE")]
    """Video or picture that is edited."""
    output: Output
    """Result: .mp4, .mov, .webm, .gif, .png, .jpg, or a folder of PNGs (no suffix). With --preview a .png."""
    merge: tyro.conf.OmitArgPrefixes[MergeSettings] = field(default_factory=MergeSettings)
    """How faces are put in."""
    settings: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """A TOML file with settings of that kind, such as --preview writes; flags go before it."""
    preview: int = 0
    """Write a contact sheet of so many frames under several settings instead, and a settings file for each."""
    onto: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILES")] = ()
    """Portraits of those who get the faces, one for each model in the same order; the most prominent person if not
    given."""
    everybody: Flag = False
    """Everybody in the footage gets the face."""
    route: Literal["a", "b"] = "a"
    """b puts the target's own face in, as the net makes it: what is lost by the net alone."""
    batch: int = 8
    """Frames that go through the net at once."""
    parser: Name = "auto"
    """Who says what is before a face, for masks that are parsed: a net of ours, one that you have imported, or
    landmarks."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic of the nets: auto takes bf16 where the machine has units for it."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1 ..."""
    faces: Literal["auto", "mediapipe", "builtin"] = "auto"
    """Who finds faces."""
    compare: bool = True
    """Write the side-by-side video or picture too."""
    label: Label = False
    """Mark it visibly, too: SYNTHETIC in the corner, and before a video a card that says so."""
    force: Force = False
    """Overwrite what is there."""

    def __post_init__(self) -> None:
        if not self.model:
            raise UsageError("no model is named", "give -m RUN")
        if self.onto and len(self.onto) != len(self.model):
            raise UsageError(
                f"{len(self.model)} models and {len(self.onto)} portraits", "give a portrait for each model, in order"
            )
        if len(self.model) > 1 and not self.onto:
            raise UsageError("several models, and nobody says who gets which face", "give --onto PORTRAIT for each")
        if self.onto and self.everybody:
            raise UsageError("--onto and --everybody contradict each other", "give one of them")
        if not 0 <= self.preview <= 24:
            raise UsageError(f"preview is {self.preview}", "give 1 to 24 frames")


def run(args: Swap, console: Console) -> int:
    """Swap, publish, compare."""
    compare = args.compare and not args.preview
    outputs = [args.output, *([compare_path(args.output)] if compare else [])]
    for output in outputs:
        check_output(output, force=args.force, inputs=[args.target])
    options = SwapOptions(settings_of(args.merge, args.settings), args.route, args.batch)
    target = read(args.target)
    check_frames(target, args.target)

    from prosopon.create.swap.merge.masks import needs
    from prosopon.create.swap.technique import FaceSwap
    from prosopon.faces.finder import open_finder
    from prosopon.faces.parsing.parser import open_parser
    from prosopon.models.device import pick_device, pick_precision

    device = pick_device(args.device)
    precision = pick_precision(args.precision, device)
    models = [FaceSwap.from_weights(where).to(device) for where in args.model]
    asks_parser = args.preview or {"parsed", "parsed_predicted"} & set(needs(options.merge.mask))
    parser = open_parser(args.parser) if asks_parser else None
    finder = open_finder(args.faces)
    began = time.perf_counter()
    cast = _cast(args, target, models, finder, console)
    if args.preview:
        assert parser is not None  # noqa: S101 - opened above
        return _preview(args, target, cast, options, parser=parser, precision=precision, console=console)

    from prosopon.app.compare import publish_row
    from prosopon.create.swap.technique import swap_cast
    from prosopon.vouch.publish import publish

    kept = _kept(args, target, cast, options=options, precision=precision, console=console)
    try:
        clip = swap_cast(target, cast, options, precision=precision, parser=parser, kept=kept, progress=console)
        published = publish(clip, args.output, label=args.label, force=args.force, progress=console)
    except KeyboardInterrupt:
        if kept is not None and len(kept):
            console.note(f"{len(kept)} frames are kept; the same command goes on from there")
        raise
    finally:
        if kept is not None:
            kept.close()
    if kept is not None:
        kept.forget()
    _beside(args, "faces-found").unlink(missing_ok=True)
    seconds = time.perf_counter() - began
    if compare:
        publish_row((target,), clip, published, compare_path(args.output), force=args.force, progress=console)
    shown = len(set().union(*(one.track.faces for one in cast)))
    console.answer(
        {
            **published.as_json(),
            "compare": compare_path(args.output) if compare else None,
            "models": [model.weights_name for model in models],
            "plan": models[0].plan.name,
            "frames": len(clip),
            "frames_with_face": shown,
            "size_px": [clip.width, clip.height],
            "duration_s": clip.duration_s,
            "precision": str(precision).removeprefix("torch."),
            "device": str(device),
            "faces": finder.name,
            "seconds": seconds,
            "ms_per_frame": 1000 * seconds / max(1, len(clip)),
        }
    )
    console.say(
        f"{published.path}: {len(clip)} frames, {shown} with a face, {clip.width}x{clip.height}, "
        f"{1000 * seconds / max(1, len(clip)):.0f} ms a frame; {published.told}"
    )
    if compare:
        console.say(f"{compare_path(args.output)}: target and result side by side")
    return ExitCode.FINE


def _preview(
    args: Swap, target: Clip, cast: list[Cast], options: SwapOptions, *, parser: FaceParser, precision: dtype,
    console: Console,
) -> int:  # fmt: skip
    """Write the contact sheet, and a settings file for each of its rows."""
    from prosopon.core.history import Relationship, SourceType, Step
    from prosopon.create.swap.preview import preview_sheet, variants
    from prosopon.vouch.publish import publish_picture

    model = cast[0].model
    ways = variants(options.merge, learns_mask=model.plan.learns_mask, parser=parser.name != "landmarks")
    sheet = preview_sheet(target, cast, ways, args.preview, options, parser=parser, precision=precision)
    step = Step(
        "create.swap.preview",
        {"weights": model.weights_name, "ways": [way.caption for way in ways]},
        parents=(target.as_parent(Relationship.PARENT),),
        weights_sha256=model.weights_sha256,
        source_type=SourceType.COMPOSITE,
    )
    published = publish_picture(sheet, args.output, step, progress=console)
    _beside(args, "faces-found").unlink(missing_ok=True)
    files = {}
    for number, way in enumerate(ways, start=1):
        path = args.output.with_name(f"{args.output.stem}-{number}.toml")
        path.write_text(f"# {way.caption}\n{way.settings.as_toml()}", encoding="utf-8")
        files[str(path)] = way.caption
    console.answer({"output": published.path, "settings": files})
    console.table(("settings", "what is different"), [*files.items()])
    console.say(f"{published.path}: choose a row, then run again with --settings FILE")
    return ExitCode.FINE


def _kept(
    args: Swap, target: Clip, cast: list[Cast], *, options: SwapOptions, precision: dtype, console: Console
) -> KeptFrames | None:
    """What an earlier run that was stopped has merged already; None for a picture, which is soon made again."""
    from prosopon.create.swap.kept import KeptFrames

    if len(target) == 1:
        return None
    places = [sorted((index, face.box) for index, face in one.track.faces.items()) for one in cast]
    about = {
        "kept": 1,
        "target": target.sha256,
        "weights": [one.model.weights_sha256 for one in cast],
        "options": asdict(options),
        "precision": str(precision),
        "parser": args.parser,
        "places": sha256(json.dumps(places).encode()).hexdigest(),
    }
    kept = KeptFrames(_beside(args, "swapped"), about)
    if kept.n_recalled:
        console.note(f"{kept.n_recalled} frames were merged before; going on from there")
    return kept


def _beside(args: Swap, what: str) -> Path:
    """Where something is kept until the result is there."""
    return args.output.absolute().with_name(f".{args.output.name}.{what}.jsonl")


def settings_of(flags: MergeSettings, path: Path | None) -> MergeSettings:
    """Settings out of a file, with the flags that say otherwise before them.

    Raises:
        MissingError, UsageError: the file is not there or makes no sense.
    """
    if path is None:
        return flags
    plain = MergeSettings()
    said = {one.name: getattr(flags, one.name) for one in fields(flags)}
    changed = {name: value for name, value in said.items() if value != getattr(plain, name)}
    return replace(MergeSettings.from_toml(path), **changed)


def _cast(args: Swap, target: Clip, models: list[FaceSwap], finder: FaceFinder, console: Console) -> list[Cast]:
    """Who of the target gets whose face."""
    from prosopon.core.errors import MissingError
    from prosopon.create.swap.swapping import Cast
    from prosopon.faces.identity import embedded, portrait, told_apart
    from prosopon.faces.journal import Journal
    from prosopon.faces.likeness import joined_across_cuts
    from prosopon.faces.reader.reader import FaceReader
    from prosopon.faces.track import track

    with Journal(
        _beside(args, "faces-found"), {"journal": 1, "sha256": target.sha256, "finder": finder.name}
    ) as memory:
        tracks = joined_across_cuts(track(target, finder, memory=memory, progress=console))
    if tracks.main is None:
        raise MissingError(f"no face was found in {args.target}", "give footage that shows one clearly")
    if not args.onto:
        return [Cast(one, models[0]) for one in (tracks.tracks if args.everybody else tracks.tracks[:1])]
    reader = FaceReader.open()
    told = told_apart(
        embedded(tracks, target, reader, progress=console),
        [portrait(path, finder, reader) for path in args.onto],
        same_person=reader.same_person,
    )
    for path, found in zip(args.onto, told, strict=True):
        if not found:
            raise MissingError(f"nobody in {args.target} looks like {path}", "give another portrait")
    return [Cast(one, model) for found, model in zip(told, models, strict=True) for one in found]
