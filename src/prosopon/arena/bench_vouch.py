"""How fast files are marked, read, signed, checked, logged and looked up here, beside plain work in the same run.

Every part is timed by itself: where one cannot be done on this machine, it is told as missing and the others go on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from prosopon.arena.log_bench import build_log, measure_log
from prosopon.arena.timing import alternating, cpu_name
from prosopon.core.clip import Clip, Frame
from prosopon.core.content_id import sha256_of
from prosopon.core.errors import ProsoponError
from prosopon.core.history import SourceType, Step
from prosopon.core.progress import SILENT, Progress
from prosopon.media.read import read
from prosopon.media.write import encode
from prosopon.studio.film import still
from prosopon.studio.person import Identity
from prosopon.vouch.keys.certificate import signing_identity
from prosopon.vouch.lookup.index import Index
from prosopon.vouch.lookup.key_frames import KeyFrame
from prosopon.vouch.lookup.pdq import Fingerprint, pdq
from prosopon.vouch.manifest.definition import Manifest
from prosopon.vouch.manifest.seal import seal
from prosopon.vouch.manifest.verify import verify
from prosopon.vouch.store.fingerprint_rows import fingerprint_file, rows_of
from prosopon.vouch.watermark import still as pictures
from prosopon.vouch.watermark import video
from prosopon.vouch.watermark.mark import Mark

PICTURE_PX = 512
_SEED = 2_000_003
_KEY_FRAMES = 60
_AIM_S = 0.05
"""How long a look-up may take."""


@dataclass(frozen=True)
class Rate:
    """One figure.

    Attributes:
        name: what was timed.
        per_second: how many of them a second, from the median over rounds.
        unit: of what: frames, files, entries, look-ups.
        beside: what it is to be seen against, in the same run; None where nothing is.
        ratio: of its time to that one's.
        aim: how many a second are wanted; None where nothing is.
        about: what exactly was done.
    """

    name: str
    per_second: float
    unit: str
    beside: str | None = None
    ratio: float | None = None
    aim: float | None = None
    about: str = ""

    @property
    def ms(self) -> float:
        """Milliseconds for one."""
        return 1000 / self.per_second


@dataclass(frozen=True)
class VouchSpeed:
    """What was measured.

    Attributes:
        rates: by part.
        missing: parts that are not there, and why.
    """

    rates: Mapping[str, tuple[Rate, ...]]
    missing: Mapping[str, str]
    rounds: int
    cpu: str
    threads: int

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "rates": {part: [{**asdict(one), "ms": one.ms} for one in rates] for part, rates in self.rates.items()},
            "missing": dict(self.missing),
            "rounds": self.rounds,
            "cpu": self.cpu,
            "threads": self.threads,
        }


@dataclass(frozen=True, eq=False)
class Bench:
    """What every part is given.

    Attributes:
        folder: to write into.
        rounds: timed rounds; medians count.
        frames: how long clips are.
        entries: of the index that is looked up in.
        progress: hears of every round.
    """

    folder: Path
    rounds: int
    frames: int
    entries: int
    progress: Progress

    def times(self, works: Mapping[str, Callable[[], object]]) -> dict[str, float]:
        """Median seconds of each of several works that take turns."""
        nothing = torch.empty(0)

        def done(work: Callable[[], object]) -> torch.Tensor:
            work()
            return nothing

        by_name = {name: partial(done, work) for name, work in works.items()}
        return alternating(by_name, torch.device("cpu"), rounds=self.rounds, progress=self.progress)


Part = Callable[[Bench], list[Rate]]


def time_vouching(
    parts: Mapping[str, Part] | None = None,
    *,
    rounds: int = 5,
    frames: int = 50,
    entries: int = 100_000,
    progress: Progress = SILENT,
) -> VouchSpeed:
    """Time all that vouching does, or some of it.

    Args:
        parts: those of `PARTS` that are wanted; all where None.
        rounds: timed rounds.
        frames: length of the clips.
        entries: size of the index that is looked up in.
        progress: hears of every round, and of parts that are missing.
    """
    rates: dict[str, tuple[Rate, ...]] = {}
    missing: dict[str, str] = {}
    for name, part in (PARTS if parts is None else parts).items():
        with tempfile.TemporaryDirectory() as folder:
            try:
                rates[name] = tuple(part(Bench(Path(folder), rounds, frames, entries, progress)))
            except ProsoponError as error:
                missing[name] = error.what
    return VouchSpeed(rates, missing, rounds, cpu_name(), torch.get_num_threads())


def marking(bench: Bench) -> list[Rate]:
    """A picture of 512 pixels is marked; a clip likewise, as it is and from file to file."""
    mark, clip = Mark(bytes(range(8))), moving(PICTURE_PX, bench.frames)
    picture, count = clip.first(), len(clip)
    file = bench.folder / "plain.mp4"
    encode(clip, file)
    recoded, remarked = bench.folder / "recoded.mp4", bench.folder / "remarked.mp4"
    taken = bench.times(
        {
            "picture": lambda: pictures.embed(picture, mark),
            "frames": lambda: _drain(clip),
            "clip": lambda: _drain(video.marked(clip, mark)),
            "recoded": lambda: encode(read(file), recoded),
            "remarked": lambda: encode(video.marked(read(file), mark), remarked),
        }
    )
    only = max(taken["clip"] - taken["frames"], 1e-9)
    side = f"{PICTURE_PX} x {PICTURE_PX}"
    return [
        Rate("mark a picture", 1 / taken["picture"], "pictures", about=side),
        Rate("mark a clip", count / only, "frames", aim=100, about=f"{side}, decoding and encoding not counted"),
        Rate(
            "decode, mark and encode", count / taken["remarked"], "frames", "decode and encode",
            taken["remarked"] / taken["recoded"], about=f"{side}, H.264 as it is published",
        ),
    ]  # fmt: skip


def reading(bench: Bench) -> list[Rate]:
    """Marks are looked for: where they lie as they were put, where the picture was cut, and where there is none."""
    mark, clip = Mark(bytes(range(8))), moving(PICTURE_PX, bench.frames)
    picture = clip.first()
    with_mark = pictures.embed(picture, mark)
    cut = np.ascontiguousarray(with_mark[20:-31, 23:-28])
    held_clip = Clip.of_frames(list(video.marked(clip, mark).frames()), 25)
    taken = bench.times(
        {
            "marked": lambda: pictures.read(with_mark),
            "cut": lambda: pictures.read(cut),
            "unmarked": lambda: pictures.read(picture),
            "clip": lambda: video.read_clip(held_clip),
            "unmarked clip": lambda: video.read_clip(clip),
        }
    )
    count, side = len(clip), f"{PICTURE_PX} x {PICTURE_PX}"
    return [
        Rate("read a marked picture", 1 / taken["marked"], "pictures", about=side),
        Rate("read a marked picture that was cut by a tenth", 1 / taken["cut"], "pictures", about=side),
        Rate("look for a mark where there is none", 1 / taken["unmarked"], "pictures", about="the whole search"),
        Rate("read a marked clip", count / taken["clip"], "frames", about=f"{side}, decoding not counted"),
        Rate("look for a mark in a clip without", count / taken["unmarked clip"], "frames", about="the whole search"),
    ]


def signing(bench: Bench) -> list[Rate]:
    """Files are sealed and checked, each beside the hashing of its bytes, which both must do."""
    clip = moving(PICTURE_PX, bench.frames)
    identity = signing_identity()
    works: dict[str, Callable[[], object]] = {}
    for kind in ("jpg", "png", "mp4"):
        plain, sealed = (bench.folder / f"{name}.{kind}" for name in ("plain", "sealed"))
        shown = clip if kind == "mp4" else Clip.still(clip.first(), step=clip.history[-1])
        encode(shown, plain)
        manifest = Manifest.of(shown.history, plain.name)
        works[f"sign a {kind}"] = partial(seal, plain, sealed, manifest, identity)
        works[f"verify a {kind}"] = partial(verify, sealed)
        works[kind] = partial(sha256_of, plain)
    taken = bench.times(works)
    about = f"{PICTURE_PX} x {PICTURE_PX}, a video of {bench.frames} frames"
    return [
        Rate(name, 1 / seconds, "files", "hashing", seconds / taken[name.rpartition(" ")[2]], about=about)
        for name, seconds in taken.items()
        if " " in name
    ]


def logging(bench: Bench) -> list[Rate]:
    """Entries are appended one by one and many at once, proven and found, in a log of many."""
    folder = bench.folder / "log"
    build_log(folder, bench.entries, progress=bench.progress)
    costs = measure_log(folder, repeats=2 * bench.rounds, progress=bench.progress)
    about = f"in a log of {bench.entries:,}"
    rates = [
        Rate("log an entry", 1000 / costs.append_ms, "entries", about=f"{about}, on the disk and signed for"),
        Rate(
            "log an entry of a batch", 1000 * costs.batch / costs.batch_ms, "entries", about=f"{about}, {costs.batch}"
        ),
        Rate("prove an entry", 1000 / costs.prove_ms, "proofs", about=f"{about}, up to {costs.proof_hashes} hashes"),
        Rate("check a proof", 1e6 / costs.check_us, "proofs", about=about),
    ]
    if costs.find_ms is not None:
        rates.append(Rate("find a file's entry", 1000 / costs.find_ms, "look-ups", about=about))
    return rates


def looking_up(bench: Bench) -> list[Rate]:
    """A picture is fingerprinted, and its fingerprint looked up among very many; so are those of a minute of video."""
    picture, rng = moving(PICTURE_PX, 1).first(), np.random.default_rng(_SEED)
    folder = bench.folder / "originals"
    folder.mkdir()
    rows = fingerprint_file(folder / "fingerprints.rows")
    rows.append(rows_of("00" * 16, [KeyFrame(0.0, drawn) for drawn in _drawn(rng, bench.entries)]))
    index, asked = Index.open(folder), list(_drawn(rng, _KEY_FRAMES))
    taken = bench.times(
        {
            "pdq": lambda: pdq(picture),
            "one": lambda: index.search(asked[:1]),
            "minute": lambda: index.search(asked),
        }
    )
    about = f"among {bench.entries:,}, read from the disk's cache"
    return [
        Rate("fingerprint a picture (PDQ)", 1 / taken["pdq"], "pictures", about=f"{PICTURE_PX} x {PICTURE_PX}"),
        Rate("look a fingerprint up", 1 / taken["one"], "look-ups", aim=1 / _AIM_S, about=about),
        Rate(
            "look a minute of video up", 1 / taken["minute"], "look-ups", about=f"{_KEY_FRAMES} fingerprints {about}"
        ),
    ]  # fmt: skip


def _drawn(rng: np.random.Generator, count: int) -> Iterator[Fingerprint]:
    for bits in rng.integers(0, 256, (count, 32), dtype=np.uint8):
        yield Fingerprint(bits, 100)


PARTS: Mapping[str, Part] = MappingProxyType(
    {
        "marking": marking,
        "reading": reading,
        "credentials": signing,
        "log": logging,
        "look-up": looking_up,
    }
)


def moving(side_px: int, count: int) -> Clip:
    """A rendered face before a backdrop, drifting by a pixel a frame, in memory: cheap, and no still to an encoder."""
    rng = np.random.default_rng(_SEED)
    wide = still(Identity.random(rng), side_px + 16).first()
    grain = rng.normal(0, 2, (side_px, side_px, 1))
    frames: list[Frame] = []
    for number in range(count):
        left = number % 16
        piece = wide[left : left + side_px, 15 - left : 15 - left + side_px]
        frames.append(np.clip(piece + np.roll(grain, number, 0), 0, 255).astype(np.uint8))
    step = Step("studio.render", {"seed": _SEED}, seed=_SEED, source_type=SourceType.ALGORITHMIC)
    return Clip.of_frames(frames, Fraction(25), name="bench", step=step)


def _drain(clip: Clip) -> None:
    for _ in clip.frames():
        pass
