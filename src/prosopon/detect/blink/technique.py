"""`Blinking`: how often somebody blinks, and how far that is usual. A measurement, and no verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray

from prosopon.core.clip import Clip
from prosopon.core.faces import Face, Tracks
from prosopon.core.progress import Progress
from prosopon.core.protocols import Needs
from prosopon.core.score import Reason, Score, Series
from prosopon.detect.blink.blinks import LEAST_FPS, PUBLISHED, Blink, Rate, blinks
from prosopon.detect.blink.eyes import cut_eyes
from prosopon.detect.blink.learning import proof, training
from prosopon.detect.blink.net import STUDIO, Lrcn, config_of
from prosopon.detect.blink.openings import Openings, from_blendshapes, from_landmarks
from prosopon.detect.blink.recipe import NET
from prosopon.detect.learning.proving import Proof
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.learning.trained import Trained
from prosopon.detect.learning.weights import Opened
from prosopon.models.checkpoint import load_strict, part
from prosopon.models.tensors import to_tensor
from prosopon.train.recipe import Recipe

_LEAST_SEEN_S = 1.0
_FEW_S = 20.0
"""What is seen for a shorter time says next to nothing of a rate."""
_CHUNK = 256
"""Frames whose eyes are held at a time."""

WHY_NO_VERDICT = (
    "How often people blink differs several times over, and today's fakes blink: "
    "this is shown, and never counts as evidence"
)


class Blinking(Trained):
    """Blinks counted in landmarks, and in what a net sees of the eyes themselves.

    Args:
        net: says how far eyes are closed; both eyes of every frame go through it.
        card: of its weights.
    """

    technique: ClassVar[str] = "blink"
    shipped: ClassVar[str | None] = "blink.studio"
    needs: ClassVar[frozenset[Needs]] = frozenset({Needs.MOTION})
    judges: ClassVar[bool] = False

    def __init__(self, net: Lrcn, card: Mapping[str, Any] | None = None) -> None:
        self.net = net.eval().requires_grad_(False)
        self.card = dict(card or {})

    @classmethod
    def tiny(cls) -> Self:
        """One with random weights, for tests."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return cls(Lrcn(STUDIO))

    @classmethod
    def made_of(cls, opened: Opened) -> Self:
        """With the parts that the weights hold.

        Raises:
            CheckpointError: they do not fit.
        """
        with torch.random.fork_rng(devices=[]):
            net = Lrcn(config_of(str(opened.card.get("config"))))
        load_strict(net, part(opened.state, NET), opened.name)
        return cls(net, opened.card)

    @classmethod
    def training(cls, material: Material, options: LearningOptions) -> Recipe:
        """Rendered people who blink, and people in footage; see `learning`."""
        return training(material, options)

    def proved(self, material: Material, progress: Progress) -> Proof:
        """How well closed eyes are told from open ones of people whom the net has not learnt from."""
        return proof(self.net, material, progress)

    def score(self, clip: Clip, tracks: Tracks) -> Score:
        """Blinks of the most prominent person, and series of how far the eyes are open."""
        main = tracks.main
        seen = {} if main is None else {i: face for i, face in main.faces.items() if face.landmarks is not None}
        if not seen:
            return Score.abstain(Reason.NO_FACE, f"no face was found in {clip.name}")
        if len(clip) < 2:
            return Score.abstain(Reason.TOO_SHORT, "blinks cannot be seen in a still")
        landmarks = from_landmarks(seen, clip.times)
        if landmarks.step_s > 1 / LEAST_FPS:
            return Score.abstain(
                Reason.TOO_SHORT, f"blinks fall between the frames where there are fewer than {LEAST_FPS:g} a second"
            )
        if landmarks.seen_s < _LEAST_SEEN_S:
            return Score.abstain(Reason.TOO_SHORT, f"the eyes are seen for {landmarks.seen_s:.1f} s only")
        watched = self.watched(clip, seen)
        found = {"net": blinks(watched), "landmarks": blinks(landmarks)}
        shapes = from_blendshapes(seen, clip.times)
        if shapes is not None:
            found["blendshapes"] = blinks(shapes)
        rate = Rate.of(len(found["net"]), watched.seen_s)
        measures = {
            "blinks": float(rate.count),
            "blinks_per_minute": rate.per_minute,
            "blinks_per_minute_low": rate.low,
            "blinks_per_minute_high": rate.high,
            "seen_s": watched.seen_s,
            **{f"blinks_by_{name}": float(len(some)) for name, some in found.items() if name != "net"},
        }
        if found["net"]:
            measures["blink_length_ms"] = 1000 * float(np.median([one.length_s for one in found["net"]]))
        return Score(
            value=None,
            series=_series(watched, landmarks, shapes),
            measures=measures,
            evidence=_told(rate, found, watched),
        )

    def watched(self, clip: Clip, seen: Mapping[int, Face]) -> Openings:
        """How far the eyes are open by the net: 1 less the mean probability of both eyes that they are closed."""
        shares = np.full(len(clip), np.nan)
        held: list[tuple[int, NDArray[np.uint8]]] = []
        for index, frame in enumerate(clip.frames()):
            face = seen.get(index)
            if face is not None and face.landmarks is not None:
                try:
                    held.append((index, cut_eyes(frame, face.landmarks)))
                except ValueError:  # landmarks in one place
                    continue
            if held and (face is None or len(held) >= _CHUNK):
                self._read(held, shares)
                held = []
        if held:
            self._read(held, shares)
        return Openings(np.asarray(clip.times, np.float64), shares, "a net that looks at the eyes")

    def _read(self, held: list[tuple[int, NDArray[np.uint8]]], shares: NDArray[np.float64]) -> None:
        """Enter what the net says of a run of frames."""
        eyes = np.stack([pair for _, pair in held], axis=1)
        closed = np.stack([self.net.closed(to_tensor(eye)).numpy() for eye in eyes])
        shares[[index for index, _ in held]] = 1 - closed.mean(0)


def _series(watched: Openings, landmarks: Openings, shapes: Openings | None) -> tuple[Series, ...]:
    every = [landmarks, watched, *([] if shapes is None else [shapes])]
    return tuple(
        Series(f"opening of the eyes, by {one.source}", "", one.times, one.shares.astype(np.float32)) for one in every
    )


def _told(rate: Rate, found: Mapping[str, tuple[Blink, ...]], watched: Openings) -> tuple[str, ...]:
    counted = "no blink" if rate.count == 0 else "1 blink" if rate.count == 1 else f"{rate.count} blinks"
    usual = ", ".join(f"{value:g} {when}" for when, value, _ in PUBLISHED)
    said = [
        f"{counted} in {watched.seen_s:.1f} s: {rate.per_minute:.0f} a minute, and anything from {rate.low:.0f} to "
        f"{rate.high:.0f} fits that; adults blink {usual} ({PUBLISHED[0][2]})",
        WHY_NO_VERDICT,
    ]
    others = {name: len(some) for name, some in found.items() if name != "net" and len(some) != rate.count}
    if others:
        told = ", ".join(f"{count} by {name}" for name, count in others.items())
        said.append(f"Other ways of counting find other numbers: {told}")
    if watched.seen_s < _FEW_S:
        said.append(f"{watched.seen_s:.0f} s are too few for a rate")
    return tuple(said)
