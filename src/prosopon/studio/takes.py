"""`Take`: one person, one performance, one light; drawn from a seed, filmed, and written with its ground truth."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from prosopon.core.clip import Clip
from prosopon.core.errors import UsageError
from prosopon.core.parts import Part
from prosopon.media.part_maps import write_part_map
from prosopon.studio.facekit import random_face
from prosopon.studio.film import film, frame_times
from prosopon.studio.performance import BLINKS_PER_MINUTE, NAMES, Performance
from prosopon.studio.person import Identity, Light
from prosopon.studio.render import PIVOT, Camera, render
from prosopon.studio.speech import Speech, pitch_of, speak
from prosopon.studio.truth import FORMAT, FRAMES, PARTS, TRUTH, VERSION, FrameTruth, mask_name
from prosopon.studio.visemes import speaking, symbol_at
from prosopon.train.toml import plain

PERFORMANCES = ("random", *NAMES)
SILENT_PERFORMANCES = ("turning", "expressions")
"""Those that nobody speaks in: their mouths do something else."""
NO_VOICE = "none"


def person_name(number: int) -> str:
    """What files and folders of a person are called."""
    return f"person-{number:04d}"


@dataclass(frozen=True)
class Take:
    """Who does what, in which light.

    Attributes:
        number: which person of the run, from 0.
        identity: who.
        performance: how they move.
        light: the light.
        performance_id: the same for takes whose performance, light and camera are the same.
        seed: of the run.
        fps: frames per second.
        size_px: width and height of the pictures.
        speech: what is said; the performance moves the mouth accordingly. None: nothing is heard.
    """

    number: int
    identity: Identity
    performance: Performance
    light: Light
    performance_id: str
    seed: int
    fps: Fraction = Fraction(25)
    size_px: int = 256
    speech: Speech | None = None

    @property
    def name(self) -> str:
        """What files and folders of this person are called."""
        return person_name(self.number)

    def frames(self) -> Iterator[FrameTruth]:
        """All frames, rendered as they are asked for, the same ones on every pass."""
        for index, time_s in enumerate(frame_times(self.performance, self.fps)):
            placement, expression = self.performance.at(time_s)
            shown = render(self.identity, placement, expression, self.light, self.size_px)
            said = "" if self.speech is None else symbol_at(self.speech.sounds, time_s)
            yield FrameTruth(index, time_s, placement, expression, shown, said)

    def clip(self, watch: Callable[[FrameTruth], None] | None = None) -> Clip:
        """The take as a clip; `watch` is told of every frame as it is rendered."""
        return film(
            self.identity,
            self.performance,
            self.fps,
            self.size_px,
            light=self.light,
            seed=self.seed,
            name=self.name,
            audio=None if self.speech is None else self.speech.audio,
            frames=lambda: _watched(self.frames(), watch),
        )


def _watched(frames: Iterator[FrameTruth], watch: Callable[[FrameTruth], None] | None) -> Iterator[Any]:
    for frame in frames:
        if watch is not None:
            watch(frame)
        yield frame.rendering.image


@dataclass(frozen=True)
class Script:
    """What all takes of a run have in common; everything follows from it.

    Attributes:
        seed: people, light and movement follow from it.
        seconds: length of every clip.
        fps: frames per second.
        size_px: width and height of the pictures.
        performance: one of `PERFORMANCES`.
        blinks_per_minute: on average.
        same_motion: all people perform the same, in the same light.
        voice: one of `speech.VOICES`, or `none` for people who move their mouths without a sound.
        text: what they say; None: sentences of ours.
        av_offset_ms: by how much the sound comes after the picture.
        facekit: content id of an open face kit (`facekit.open_kit`) whose faces they have; None: the built-in head.
    """

    seed: int = 0
    seconds: float = 4.0
    fps: Fraction = Fraction(25)
    size_px: int = 256
    performance: str = "random"
    blinks_per_minute: float = BLINKS_PER_MINUTE
    same_motion: bool = False
    voice: str = "auto"
    text: str | None = None
    av_offset_ms: float = 0.0
    facekit: str | None = None

    def take(self, number: int) -> Take:
        """What person `number` (from 0) does; it depends on nothing but the script and the number.

        Raises:
            UsageError: the script makes no sense.
        """
        if self.performance not in PERFORMANCES:
            raise UsageError(f"there is no performance {self.performance!r}", f"use one of {', '.join(PERFORMANCES)}")
        identity = self._identity(number)
        acting = 0 if self.same_motion else number
        rng = np.random.default_rng([self.seed, acting, 1])
        light = Light.random(rng)
        performance = self._performance(rng, acting)
        speech = self._speech(acting)
        if speech is not None:
            performance = speaking(performance, speech.sounds)
        return Take(
            number,
            identity,
            performance,
            light,
            f"{self.seed}-{acting}",
            self.seed,
            self.fps,
            self.size_px,
            speech,
        )

    def _identity(self, number: int) -> Identity:
        identity = Identity.random(np.random.default_rng([self.seed, number]))
        if self.facekit is None:
            return identity
        return replace(identity, kit=random_face(np.random.default_rng([self.seed, number, 4]), self.facekit))

    def _speech(self, acting: int) -> Speech | None:
        if self.voice == NO_VOICE or self.performance in SILENT_PERFORMANCES:
            return None
        return speak(
            self.text,
            self.seconds,
            np.random.default_rng([self.seed, acting, 3]),
            wanted=self.voice,
            pitch_hz=pitch_of(self._identity(acting)),
            av_offset_ms=self.av_offset_ms,
        )

    def _performance(self, rng: np.random.Generator, acting: int) -> Performance:
        if self.performance != "random":
            seed = int(np.random.default_rng([self.seed, acting, 2]).integers(2**31))
            return Performance.named(self.performance, self.seconds, seed, blinks_per_minute=self.blinks_per_minute)
        return Performance.random(
            rng,
            self.seconds,
            talking=float(rng.uniform(0.4, 1.0)),
            liveliness=float(rng.uniform(0.6, 1.4)),
            blinks_per_minute=self.blinks_per_minute,
        )


def same_motion(first: Take, other: Identity) -> Iterator[tuple[FrameTruth, FrameTruth]]:
    """The exact answer to "what should it have looked like?": a take, and the same one by somebody else.

    Args:
        first: who performs what, in which light.
        other: who performs the same.

    Yields:
        Frames of both, rendered at the same time with the same pose, expression, light and camera.
    """
    return zip(first.frames(), replace(first, identity=other).frames(), strict=True)


class TruthWriter:
    """Writes a take's ground truth into a folder while its frames are rendered.

    Hand `watch` to `Take.clip`, let the clip be written, then call `finish`.
    """

    def __init__(self, take: Take, folder: Path) -> None:
        self._take = take
        self._folder = folder
        self._lines: list[str] = []
        self._digest = hashlib.sha256()
        (folder / PARTS).mkdir(parents=True, exist_ok=True)

    def watch(self, frame: FrameTruth) -> None:
        """Take down one frame."""
        if frame.index == 0:  # another pass over the clip
            self._lines, self._digest = [], hashlib.sha256()
        self._lines.append(json.dumps(frame.as_json(), separators=(", ", ": ")))
        self._digest.update(frame.rendering.image.tobytes())
        write_part_map(frame.rendering.parts, self._folder / PARTS / mask_name(frame.index))

    def finish(self, clip: str) -> None:
        """Write the files; `clip` is the name of the video beside them."""
        (self._folder / FRAMES).write_text("".join(line + "\n" for line in self._lines), encoding="utf-8")
        about = _about(self._take, clip, len(self._lines), self._digest.hexdigest())
        text = json.dumps(about, indent=1, ensure_ascii=False) + "\n"
        (self._folder / TRUTH).write_text(text, encoding="utf-8")


def _about(take: Take, clip: str, frames: int, digest: str) -> dict[str, Any]:
    camera = Camera.of(take.performance.at(0.0)[0], take.size_px)
    return {
        "format": FORMAT,
        "version": VERSION,
        "person": take.number,
        "clip": clip,
        "frames": frames,
        "fps": str(take.fps),
        "size_px": take.size_px,
        "seed": take.seed,
        "frames_sha256": digest,
        "performance_id": take.performance_id,
        "performance": dict(take.performance.params),
        "speech": None if take.speech is None else take.speech.as_json(),
        "camera": {
            "distance_cm": camera.distance_cm,
            "height_cm": camera.height_cm,
            "head_turns_around_cm": PIVOT.tolist(),
        },
        "light": asdict(take.light),
        "parts": {str(int(part)): part.name.lower() for part in Part},
        "identity": plain(take.identity),
    }
