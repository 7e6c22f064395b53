"""What this package itself makes of a marked picture: is the mark still read in what comes out?

Whoever animates a marked photo gets a picture of which most was drawn by a net. Where the mark goes with that, nothing
is lost: what is made here is marked anew when it is published.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray

from prosopon.arena.landmark_warp import Portrait, fitted, laid_over
from prosopon.arena.victims.driver import driver
from prosopon.arena.victims.named import open_victim
from prosopon.arena.watermarking.clip_ways import PUBLISHED_CRF, written
from prosopon.arena.watermarking.method import Method
from prosopon.arena.watermarking.outcome import Outcome, Row, row_of
from prosopon.arena.watermarking.pictures import chance
from prosopon.arena.watermarking.subjects import Picture
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError, ProsoponError, UsageError
from prosopon.core.faces import Face
from prosopon.core.progress import SILENT, Progress
from prosopon.create.fomm.framing import look
from prosopon.create.fomm.options import WEIGHTS, AnimateOptions
from prosopon.create.fomm.technique import FirstOrderMotion
from prosopon.create.partswap.options import ALIGNMENT, SwapOptions
from prosopon.create.partswap.options import WEIGHTS as PART_WEIGHTS
from prosopon.create.partswap.technique import PartSwap
from prosopon.disrupt.ensemble.attacking import disrupted
from prosopon.disrupt.ensemble.options import EnsembleOptions
from prosopon.disrupt.heads.head import Head, head_of
from prosopon.disrupt.learnt.changes import PhotoOptions
from prosopon.disrupt.protector.technique import Protector
from prosopon.faces.finder import FaceFinder
from prosopon.faces.track import track
from prosopon.studio.takes import NO_VOICE, Script
from prosopon.vouch.watermark.reading import Reading

Make = Callable[[Frame, FaceFinder], Frame | Clip]
"""A marked picture `uint8 (H, W, 3)`, and who finds faces -> what is made of it.

Raises:
    ProsoponError: nobody is in it, or weights are not there.
"""
_ATTACKED = "stargan.studio"
_STEPS = 10
_DRIVEN_S = 1.0


def animated(picture: Frame, finder: FaceFinder) -> Clip:
    """The face moves by a rendered performance; the rest of the picture stays (`prosopon animate`)."""
    source, driving, options = Clip.still(picture, name="marked"), _performance(), AnimateOptions()
    model = _animation()
    return model.create(look(source, driving, options, finder, SILENT), source=source, driving=driving, options=options)


def part_swapped(picture: Frame, finder: FaceFinder) -> Clip:
    """Somebody else's face on the person (`prosopon partswap --parts face`)."""
    source, target = Clip.still(driver().rest, name="face"), Clip.still(picture, name="marked")
    tracks = {"source": track(source, finder), "target": track(target, finder)}
    return _parts().create(tracks, source=source, target=target, options=SwapOptions(parts="face"))


def face_swapped(picture: Frame, finder: FaceFinder) -> Frame:
    """Somebody else's face bent onto the landmarks, in the colours of the picture: a face swap without learning."""
    theirs = _face_in(driver().rest, finder)
    mine = _face_in(picture, finder)
    portrait = fitted(Portrait(driver().rest, theirs.astype(np.float64)), {0: mine})
    return laid_over(picture, portrait, mine)


def protected_at_once(picture: Frame, finder: FaceFinder) -> Frame:
    """The head changed by up to 6 levels, in one pass (`prosopon protect --method protector`)."""
    return _protector().photo(picture, _heads(picture, finder))


def protected_in_steps(picture: Frame, finder: FaceFinder) -> Frame:
    """The head changed by up to 6 levels against one net, in steps (`prosopon protect --method pgd`)."""
    options = EnsembleOptions(levels=6, steps=_STEPS)
    return disrupted(picture, _heads(picture, finder), [open_victim(_ATTACKED)], options).picture


PRODUCTS: Mapping[str, tuple[tuple[str, str, Make], ...]] = MappingProxyType(
    {
        "animate": (("animate", "the face moved by a rendered performance, as a video at crf 18", animated),),
        "swap": (
            ("swap, by landmarks", "another face bent onto it and recoloured", face_swapped),
            ("partswap, face", "another face put in by part swap", part_swapped),
        ),
        "protect": (
            ("protect, at once", "6 levels on the head, by a protector", protected_at_once),
            (f"protect, {_STEPS} steps", f"6 levels on the head against {_ATTACKED}", protected_in_steps),
        ),
    }
)
"""By the word they are asked for: name, what is done, and how."""


def measure_products(
    method: Method, pictures: Sequence[Picture], words: Sequence[str], finder: FaceFinder, *, seed: int = 0,
    progress: Progress = SILENT,
) -> tuple[list[Row], list[Outcome]]:  # fmt: skip
    """Mark pictures, let this package make something of them, and read what comes out.

    Args:
        method: how they are marked and read.
        pictures: of people; where nobody is found, nothing is made, and it is said.
        words: of `PRODUCTS`.
        finder: who finds faces.
        seed: see `measure_pictures`.
        progress: hears of every product, and of what could not be made.

    Raises:
        UsageError: there is no such word.
    """
    for word in words:
        if word not in PRODUCTS:
            raise UsageError(f"there is nothing called {word!r} to make of pictures", f"use {', '.join(PRODUCTS)}")
    asked = [one for word in words for one in PRODUCTS[word]]
    outcomes: list[Outcome] = []
    progress.start("made of marked pictures", len(pictures) * len(asked))
    with tempfile.TemporaryDirectory() as folder:
        for picture in pictures:
            mark = method.random_mark(chance(seed, picture.name))
            for name, _, make in asked:
                try:
                    made = _written(make(method.embed(picture.frame, mark), finder), Path(folder) / "made.mp4")
                except ProsoponError as error:
                    progress.note(f"{name} of {picture.name}: {error.what}")
                    progress.advance()
                    continue
                began = time.perf_counter()
                reading = _read(method, made)
                outcomes.append(Outcome.of(picture.name, name, mark, reading, seconds=time.perf_counter() - began))
                progress.advance()
    progress.finish()
    known = {one.way for one in outcomes}
    return [row_of(name, "made of it", about, outcomes) for name, about, _ in asked if name in known], outcomes


def _written(made: Frame | Clip, file: Path) -> Frame | Clip:
    """A video as it is read from its file; a picture as it is."""
    if isinstance(made, Clip):
        return written(made, file, PUBLISHED_CRF) if len(made) > 1 else made.first()
    return made


def _read(method: Method, made: Frame | Clip) -> Reading:
    if not isinstance(made, Clip):
        return method.read(made)
    return method.read(made.first()) if method.read_clip is None else method.read_clip(made)


@cache
def _animation() -> FirstOrderMotion:
    return FirstOrderMotion.from_weights(WEIGHTS)


@cache
def _parts() -> PartSwap:
    return PartSwap.from_weights(PART_WEIGHTS, alignment=ALIGNMENT)


@cache
def _protector() -> Protector:
    return Protector.from_weights("protector.studio", PhotoOptions(levels=6), torch.device("cpu"))


@cache
def _performance() -> Clip:
    """Somebody rendered who moves, held in memory."""
    clip = Script(seed=1, seconds=_DRIVEN_S, size_px=192, voice=NO_VOICE).take(0).clip()
    return Clip.of_frames(list(clip.frames()), clip.fps or 25, name="performance", step=clip.history[-1])


def _heads(picture: Frame, finder: FaceFinder) -> list[Head]:
    heads = [head for face in finder.find(picture) if (head := head_of(face)) is not None]
    if not heads:
        raise MissingError("no face was found in it", "give a picture that shows one clearly")
    return heads[:1]


def _face_in(picture: Frame, finder: FaceFinder) -> NDArray[np.float32]:
    face: Face | None = next((face for face in finder.find(picture) if face.landmarks is not None), None)
    if face is None or face.landmarks is None:
        raise MissingError("no face was found in it", "give a picture that shows one clearly")
    return face.landmarks
