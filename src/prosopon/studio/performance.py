"""`Performance`: how a person moves, as smooth functions of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import UsageError
from prosopon.core.faces import Pose
from prosopon.studio.person import Expression, Placement

_BLINK_CLOSE_S, _BLINK_HOLD_S, _BLINK_OPEN_S = 0.09, 0.04, 0.18
"""A spontaneous blink closes in about 0.1 s and opens more slowly (Kwon et al. 2013)."""

NAMES = ("talking", "turning", "expressions", "demo")


@dataclass(frozen=True)
class Wave:
    """Band-limited noise: a sum of sines, evaluated at any time.

    Attributes:
        rates: cycles per second.
        phases: radians.
        amplitudes: one for each rate.
        mean: value around which it moves.
    """

    rates: tuple[float, ...]
    phases: tuple[float, ...]
    amplitudes: tuple[float, ...]
    mean: float = 0.0

    def __call__(self, time_s: float) -> float:
        """The value at a time."""
        waves = zip(self.rates, self.phases, self.amplitudes, strict=True)
        return float(self.mean + sum(a * np.sin(2 * np.pi * r * time_s + p) for r, p, a in waves))

    @classmethod
    def random(cls, rng: np.random.Generator, size: float, top_hz: float, mean: float = 0.0) -> Wave:
        """Noise below `top_hz` whose standard deviation is `size`."""
        rates = np.sort(rng.uniform(0.06, 1.0, 5) * top_hz)
        weights = rng.uniform(0.5, 1.0, 5) / (0.4 + rates / top_hz)
        weights *= size * np.sqrt(2) / np.linalg.norm(weights)
        phases = rng.uniform(0, 2 * np.pi, 5)
        return cls(tuple(map(float, rates)), tuple(map(float, phases)), tuple(map(float, weights)), mean)


def _soft_limit(value: float, limit: float) -> float:
    """Odd, smooth, close to the identity near 0, never beyond ±limit."""
    return float(limit * np.tanh(value / limit))


def _positive(value: float, limit: float = 1.0) -> float:
    """Smooth and zero for most of the negative half."""
    return float(min(limit, max(0.0, value) ** 2 / (abs(value) + 0.08)))


def _blink_at(time_s: float, starts: tuple[float, ...]) -> float:
    closed = 0.0
    for start in starts:
        since = time_s - start
        if 0 <= since < _BLINK_CLOSE_S:
            now = 0.5 - 0.5 * np.cos(np.pi * since / _BLINK_CLOSE_S)
        elif _BLINK_CLOSE_S <= since < _BLINK_CLOSE_S + _BLINK_HOLD_S:
            now = 1.0
        elif since >= 0 and (left := since - _BLINK_CLOSE_S - _BLINK_HOLD_S) < _BLINK_OPEN_S:
            now = 0.5 + 0.5 * np.cos(np.pi * left / _BLINK_OPEN_S)
        else:
            continue
        closed = max(closed, float(now))
    return closed


BLINKS_PER_MINUTE = 60 / 3.5
"""About what adults do in conversation (Bentivoglio et al. 1997: 17 at rest, 26 in conversation)."""
MAX_BLINKS_PER_MINUTE = 80.0
_BLINK_APART_S = 0.5


def _blink_starts(rng: np.random.Generator, duration_s: float, per_minute: float) -> tuple[float, ...]:
    """Times at which blinks begin, never two within half a second."""
    if not 0 <= per_minute <= MAX_BLINKS_PER_MINUTE:
        raise UsageError(f"{per_minute:g} blinks a minute", f"give 0 to {MAX_BLINKS_PER_MINUTE:g}")
    if per_minute == 0:
        return ()
    mean_s = 60 / per_minute
    starts, now = [], float(rng.uniform(0.4, 2.0)) * min(1.0, mean_s / 2.0)
    while now < duration_s:
        starts.append(now)
        now += _BLINK_APART_S + float(rng.exponential(mean_s - _BLINK_APART_S))
    return tuple(starts)


@dataclass(frozen=True)
class Performance:
    """A person's movement.

    Attributes:
        duration_s: length; times beyond it are allowed.
        at: time in seconds -> (placement, expression).
        params: what it was made of, JSON-able, for the history.
    """

    duration_s: float
    at: Callable[[float], tuple[Placement, Expression]]
    params: Mapping[str, object]

    @classmethod
    def random(
        cls,
        rng: np.random.Generator,
        duration_s: float,
        *,
        talking: float | None = None,
        liveliness: float = 1.0,
        blinks_per_minute: float = BLINKS_PER_MINUTE,
    ) -> Performance:
        """Head movement up to yaw ±35, pitch ±20, roll ±20 degrees, talk, blinks, brows and gaze.

        Args:
            rng: where chance comes from; the same state gives the same performance.
            duration_s: length in seconds.
            talking: 0 silent to 1 talks all the time; None: drawn.
            liveliness: scales the movement of the head.
            blinks_per_minute: 0 to 80 on average; it changes nothing else of the movement.

        Raises:
            UsageError: the rate of blinks is out of range.
        """
        talk_share = float(rng.uniform(0.2, 1.0)) if talking is None else talking
        lively = liveliness
        yaw = Wave.random(rng, 12 * lively, 0.4, float(rng.normal(0, 6)) * lively)
        pitch = Wave.random(rng, 5.5 * lively, 0.45, float(rng.normal(0, 3)) * lively)
        roll = Wave.random(rng, 5 * lively, 0.35, float(rng.normal(0, 2)) * lively)
        x, y = Wave.random(rng, 0.025 * lively, 0.3), Wave.random(rng, 0.018 * lively, 0.3)
        zoom = Wave.random(rng, 0.03 * lively, 0.2, float(rng.uniform(-0.03, 0.12)))
        syllables = Wave.random(rng, 0.30, 4.5, 0.12)
        phrases = Wave.random(rng, 0.5, 0.5, talk_share * 1.6 - 0.55)
        lip = {
            name: Wave.random(rng, size, hz, mean)
            for name, size, hz, mean in (
                ("pucker", 0.28, 2.4, -0.1), ("mouth_wide", 0.3, 2.4, 0.05), ("lip_press", 0.3, 2.0, -0.25),
                ("upper_lip_raise", 0.2, 2.6, 0.05), ("lower_lip_drop", 0.25, 2.8, 0.08),
            )
        }  # fmt: skip
        mood = Wave.random(rng, 0.35, 0.25, float(rng.normal(0.12, 0.2)))
        brows = Wave.random(rng, 0.32, 0.5, 0.05)
        brow_split = Wave.random(rng, 0.15, 0.4)
        frown = Wave.random(rng, 0.35, 0.3, -0.15)
        squint = Wave.random(rng, 0.25, 0.3, -0.05)
        gaze_x, gaze_y = Wave.random(rng, 0.25, 0.7), Wave.random(rng, 0.13, 0.6)
        blinks = _blink_starts(rng, duration_s + 5, blinks_per_minute)

        def at(time_s: float) -> tuple[Placement, Expression]:
            pose = Pose(_soft_limit(yaw(time_s), 35), _soft_limit(pitch(time_s), 20), _soft_limit(roll(time_s), 20))
            talk = float(np.clip(0.5 + phrases(time_s), 0, 1)) ** 1.5 if talk_share > 0 else 0.0
            blink = _blink_at(time_s, blinks)
            smile = _soft_limit(mood(time_s), 1)
            raised, split = brows(time_s), brow_split(time_s)
            expression = Expression(
                jaw_open=talk * _positive(syllables(time_s), 0.85),
                smile=max(smile, -0.5),
                mouth_wide=talk * _soft_limit(lip["mouth_wide"](time_s), 0.8),
                pucker=talk * _positive(lip["pucker"](time_s)),
                lip_press=talk * _positive(lip["lip_press"](time_s)),
                upper_lip_raise=talk * _positive(lip["upper_lip_raise"](time_s), 0.8) + 0.3 * _positive(smile - 0.3),
                lower_lip_drop=talk * _positive(lip["lower_lip_drop"](time_s), 0.8),
                brow_raise_left=_soft_limit(raised + split, 1),
                brow_raise_right=_soft_limit(raised - split, 1),
                brow_frown=_positive(frown(time_s)),
                blink_left=blink,
                blink_right=blink,
                squint=min(1.0, _positive(squint(time_s)) + 0.35 * max(smile, 0)),
                # Eyes stay on the viewer: they turn against the head.
                gaze_x=float(np.clip(-pose.yaw / 48 + gaze_x(time_s), -1, 1)),
                gaze_y=float(np.clip(-pose.pitch / 40 + gaze_y(time_s), -1, 1)),
            )
            return Placement(pose, x(time_s), y(time_s), float(np.exp(zoom(time_s)))), expression

        params = {
            "kind": "random", "talking": talk_share, "liveliness": liveliness, "blinks_per_minute": blinks_per_minute,
        }  # fmt: skip
        return cls(duration_s, at, params)

    @classmethod
    def named(
        cls,
        name: str,
        duration_s: float = 4.0,
        seed: int = 0,
        *,
        blinks_per_minute: float = BLINKS_PER_MINUTE,
    ) -> Performance:
        """One of `NAMES`: `talking` (head nearly still), `turning` (poses), `expressions` (faces), `demo` (all).

        `turning` and `expressions` are the same for every seed and have no blinks of their own.

        Raises:
            UsageError: there is none of that name, or the rate of blinks is out of range.
        """
        if name == "turning":
            return cls(duration_s, lambda time_s: (_turning(time_s / duration_s), Expression()), {"kind": name})
        if name == "expressions":
            return cls(duration_s, lambda time_s: (Placement(), _gallery(time_s / duration_s)), {"kind": name})
        if name not in NAMES:
            raise UsageError(f"there is no performance called {name!r}", f"use one of {', '.join(NAMES)}")
        liveliness = 0.35 if name == "talking" else 0.9
        rng = np.random.default_rng(seed)
        made = cls.random(rng, duration_s, talking=1.0, liveliness=liveliness, blinks_per_minute=blinks_per_minute)
        return cls(duration_s, made.at, {**made.params, "kind": name, "seed": seed})


def _turning(phase: float) -> Placement:
    """Left, right, up, down, tilted, and back to the front at the end."""
    stops = ((0, 0, 0), (-32, 0, 0), (32, 0, 0), (0, 17, 0), (0, -17, 0), (0, 0, 17), (0, 0, -17), (0, 0, 0))
    yaw, pitch, roll = _between(np.array(stops, float), phase)
    return Placement(Pose(float(yaw), float(pitch), float(roll)))


_GALLERY: tuple[Expression, ...] = (
    Expression(),
    Expression(smile=0.9, squint=0.3),
    Expression(smile=0.9, upper_lip_raise=0.6, lower_lip_drop=0.3, squint=0.4),
    Expression(jaw_open=0.8),
    Expression(pucker=0.9),
    Expression(brow_raise_left=0.9, brow_raise_right=0.9, jaw_open=0.25),
    Expression(brow_frown=0.9, lip_press=0.6),
    Expression(blink_left=1, blink_right=1),
    Expression(gaze_x=0.8),
    Expression(gaze_x=-0.8),
    Expression(cheek_puff=0.8),
    Expression(),
)


def _gallery(phase: float) -> Expression:
    names = [f.name for f in fields(Expression)]
    table = np.array([[getattr(e, n) for n in names] for e in _GALLERY])
    return Expression(**{n: float(v) for n, v in zip(names, _between(table, phase), strict=True)})


def _between(stops: NDArray[np.float64], phase: float) -> NDArray[np.float64]:
    """The row at `phase` in [0, 1], eased in and out at every stop."""
    at = float(np.clip(phase, 0, 1)) * (len(stops) - 1)
    first = min(int(at), len(stops) - 2)
    part = at - first
    part = part * part * (3 - 2 * part)
    return np.asarray(stops[first] * (1 - part) + stops[first + 1] * part)
