"""`prosopon demo`: the whole loop on people who do not exist: make, seal, verify, tamper, look."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from prosopon.app.args import Force, Output
from prosopon.app.console import Console
from prosopon.core.clip import Clip
from prosopon.core.errors import ExitCode, UsageError
from prosopon.create.fomm.options import WEIGHTS
from prosopon.media.read import read

if TYPE_CHECKING:
    from prosopon.app.demo_copy import Copy
    from prosopon.vouch.manifest.report import Report as Verdict


@dataclass(frozen=True)
class Demo:
    """Draw two people, let one move like the other, seal the result, and show that tampering is found out.

    Needs no files and no network. Nobody who lives is shown, unless you bring your own picture and video.
    """

    output: Output = Path("demo")
    """Folder for everything that is made; open its index.html."""
    portrait: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Animate this picture instead of the rendered person: yours, or of somebody who agreed to it."""
    driving: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Follow this video instead of the rendered performance."""
    seconds: float = 3.0
    """Length of the rendered performance."""
    size: int = 256
    """Side of the rendered pictures in pixels."""
    seed: int = 96
    """Who is drawn and how they move."""
    weights: str = WEIGHTS
    """Name in `prosopon weights list`."""
    force: Force = False
    """Overwrite an earlier demo."""

    def __post_init__(self) -> None:
        if not 0.2 <= self.seconds <= 60:
            raise UsageError(f"seconds is {self.seconds}", "give 0.2 to 60")
        if not 64 <= self.size <= 1024:
            raise UsageError(f"size is {self.size}", "give 64 to 1024 pixels")


class Stopwatch:
    """Seconds by stage, in the order in which they ran."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began


def run(args: Demo, console: Console) -> int:
    """Make everything and write the page."""
    from prosopon.app.compare import side_by_side
    from prosopon.app.demo_copy import recognised_copy
    from prosopon.app.demo_page import write_page
    from prosopon.app.demo_parts import make_parts
    from prosopon.app.demo_scene import Scene, own_scene, rendered_scene
    from prosopon.create.fomm.framing import look
    from prosopon.create.fomm.technique import FirstOrderMotion
    from prosopon.faces.finder import open_finder
    from prosopon.models.device import pick_precision
    from prosopon.vouch.manifest.verify import verify
    from prosopon.vouch.publish import publish

    folder = args.output
    page = folder / "index.html"
    if page.exists() and not args.force:
        raise UsageError(f"{page} is there already", "add --force to make the demo again, or choose another -o")
    folder.mkdir(parents=True, exist_ok=True)
    watch = Stopwatch()

    with watch.stage("draw two people and film them"):
        scene: Scene = (
            rendered_scene(folder, args.seconds, args.size, args.seed, console)
            if args.portrait is None and args.driving is None
            else own_scene(folder, args.portrait, args.driving, (args.seconds, args.size, args.seed), console)
        )
    with watch.stage("load the weights"):
        model = FirstOrderMotion.from_weights(args.weights)
    result_path, compare = folder / "result.mp4", folder / "compare.mp4"
    with watch.stage("animate, write, sign and verify"):
        finder = open_finder("auto") if scene.needs_finder else None
        clip = model.create(
            look(scene.source, scene.driving, scene.options, finder, console),
            source=scene.source,
            driving=scene.driving,
            options=scene.options,
            precision=pick_precision(),
            progress=console,
        )
        published = publish(clip, result_path, force=True, progress=console)
    with watch.stage("write the side-by-side video"):
        result = replace(read(result_path), history=clip.history)
        exact = () if scene.exact is None else (scene.exact,)
        publish(side_by_side((scene.source, scene.driving), result, exact), compare, force=True, progress=console)
    with watch.stage("verify, change one byte, verify again"):
        good = verify(result_path)
        tampered_path = tamper(result_path, folder / "tampered.mp4")
        bad = verify(tampered_path)
    with watch.stage("recognise a copy that lost its credential"):
        copy = recognised_copy(read(result_path))
    with watch.stage("find the face on a photograph"):
        photograph = found_on_a_photograph(folder / "found.png")
    with watch.stage("find parts, swap them, write, sign"):
        parts = make_parts(folder, scene, console)
    with watch.stage("measure"):
        figures = {} if scene.exact is None else measure(scene.source, result, scene.exact)
    write_page(
        page,
        scene,
        result_path,
        compare,
        verdicts=(good, bad),
        copy=copy,
        photograph=photograph,
        parts=parts,
        figures=figures,
        seconds=watch.seconds,
        frames=len(clip),
    )
    _tell(console, page, good, bad, copy, figures=figures, watch=watch)
    console.answer(
        {
            "page": page,
            "result": published.path,
            "parts": parts.drawn,
            "swapped": [path for path, _ in parts.files()],
            "verified": good.as_json(),
            "tampered": bad.as_json(),
            "copy": copy.as_json(),
            "figures": figures,
            "seconds": watch.seconds,
        }
    )
    held = good.integrity == "ok" and good.signature == "valid" and bad.is_bad and copy.is_recognised
    return ExitCode.FINE if held else ExitCode.BAD_ANSWER


def found_on_a_photograph(path: Path) -> Path:
    """The built-in finder at work on a real picture: faces are found on it, nothing is made of it.

    The picture is NASA's portrait of the astronaut Eileen Collins, in the public domain, which scikit-image carries.
    """
    from skimage.data import astronaut

    from prosopon.faces.builtin.finder import BuiltinFinder
    from prosopon.faces.crops import plain_png
    from prosopon.faces.draw import draw_faces

    picture = astronaut()  # type: ignore[no-untyped-call]
    plain_png(draw_faces(picture, BuiltinFinder.open().find(picture)), path)
    return path


def tamper(path: Path, copy: Path) -> Path:
    """A copy of a video with one bit of its pictures changed, as somebody might who wants another picture."""
    data = bytearray(path.read_bytes())
    pictures = data.find(b"mdat")
    if pictures < 0:
        raise UsageError(f"{path} has no media data to tamper with")
    place = pictures + (len(data) - pictures) // 2
    data[place] ^= 1
    copy.write_bytes(data)
    return copy


def measure(source: Clip, result: Clip, exact: Clip) -> dict[str, dict[str, float]]:
    """How far the result, and for comparison the unmoved source, are from the exact answer; means over frames."""
    import numpy as np

    from prosopon.arena.metrics import l1, ssim

    still = source.first()
    rows: dict[str, list[tuple[float, float]]] = {"result": [], "source": []}
    for made, wanted in zip(result.frames(), exact.frames(), strict=False):
        rows["result"].append((l1(made, wanted), ssim(made, wanted)))
        rows["source"].append((l1(still, wanted), ssim(still, wanted)))
    return {
        name: {"l1": float(np.mean([row[0] for row in values])), "ssim": float(np.mean([row[1] for row in values]))}
        for name, values in rows.items()
    }


def _tell(
    console: Console,
    page: Path,
    good: Verdict,
    bad: Verdict,
    copy: Copy,
    *,
    figures: dict[str, dict[str, float]],
    watch: Stopwatch,
) -> None:
    console.say(f"sealed file    integrity {good.integrity}, signature {good.signature}, trust {good.trust}")
    console.say(f"tampered copy  integrity {bad.integrity}, signature {bad.signature}, trust {bad.trust}")
    console.say(f"stripped copy  {copy.text}")
    if figures:
        made, copied = figures["result"], figures["source"]
        console.say(
            f"against the exact answer: L1 {made['l1']:.4f} (unmoved source {copied['l1']:.4f}), "
            f"SSIM {made['ssim']:.3f} ({copied['ssim']:.3f})"
        )
    console.table(("stage", "seconds"), [(name, f"{seconds:.1f}") for name, seconds in watch.seconds.items()])
    console.say(f"open {page}")
