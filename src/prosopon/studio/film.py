"""`film`: a performance of somebody as a clip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from fractions import Fraction

from prosopon.core.clip import Audio, Clip, Frame
from prosopon.core.errors import UsageError
from prosopon.core.history import SourceType, Step
from prosopon.studio.performance import Performance
from prosopon.studio.person import Identity, Light
from prosopon.studio.render import render

OP = "studio.render"


def film(
    identity: Identity,
    performance: Performance,
    fps: Fraction | int = 25,
    size_px: int = 256,
    *,
    light: Light | None = None,
    seed: int | None = None,
    name: str = "studio",
    audio: Audio | None = None,
    frames: Callable[[], Iterator[Frame]] | None = None,
) -> Clip:
    """Film somebody. Frames are rendered as they are asked for, the same ones on every pass.

    Args:
        identity: who.
        performance: how they move; its duration sets the number of frames.
        fps: frames per second.
        size_px: width and height in pixels.
        light: None: the default light.
        seed: what identity and performance were drawn from, for the history.
        name: title of the clip.
        audio: the sound.
        frames: starts a pass over the pictures, for those who render them otherwise; None: rendered here.

    Raises:
        UsageError: the rate is not positive, or not even one frame fits into the performance.
    """
    rate, shone = Fraction(fps), light or Light()
    times = frame_times(performance, rate)

    def rendered() -> Iterator[Frame]:
        for time_s in times:
            placement, expression = performance.at(time_s)
            yield render(identity, placement, expression, shone, size_px).image

    step = Step(
        OP,
        params={
            "identity": asdict(identity),
            "performance": dict(performance.params),
            "light": asdict(shone),
            "fps": str(rate),
            "size_px": size_px,
        },
        seed=seed,
        source_type=SourceType.ALGORITHMIC,
    )
    return Clip(size_px, size_px, frames or rendered, times, rate, audio, history=(step,), name=name)


def frame_times(performance: Performance, fps: Fraction) -> tuple[float, ...]:
    """When the frames of a performance are shown, in seconds.

    Raises:
        UsageError: the rate is not positive, or not even one frame fits into the performance.
    """
    if fps <= 0:
        raise UsageError(f"{float(fps):g} frames per second is no frame rate", "use a rate above 0")
    count = round(performance.duration_s * fps)
    if count < 1:
        raise UsageError(
            f"{performance.duration_s:g} s at {float(fps):g} frames per second has no frame", "film longer"
        )
    return tuple(float(i / fps) for i in range(count))


def still(
    identity: Identity, size_px: int = 256, *, light: Light | None = None, seed: int | None = None, name: str = "studio"
) -> Clip:
    """A frontal picture of somebody at rest, as a clip of one frame."""
    shone = light or Light()
    params = {"identity": asdict(identity), "light": asdict(shone), "size_px": size_px}
    step = Step(OP, params=params, seed=seed, source_type=SourceType.ALGORITHMIC)
    return Clip.still(render(identity, light=shone, size_px=size_px).image, name=name, step=step)
