"""What the demo animates: two rendered people, or the user's own picture and video."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip
from prosopon.core.faces import Box
from prosopon.core.progress import Progress
from prosopon.create.fomm.options import AnimateOptions
from prosopon.faces.head_box import head_box
from prosopon.media.read import read
from prosopon.studio.film import film
from prosopon.studio.performance import Performance
from prosopon.studio.person import Identity, Light
from prosopon.studio.render import render
from prosopon.vouch.publish import publish

_FPS = 25
_LOOKS = 6
"""Moments of the performance at which its landmarks are asked for, to frame it."""
_STUDIO_LIGHT = Light()


@dataclass(frozen=True)
class Scene:
    """What goes into the animation.

    Attributes:
        source: still of the person who shall move.
        driving: the performance.
        exact: the same performance by the source's person, where it can be rendered.
        options: crops and the like.
        needs_finder: whether a face finder has to frame it.
        about: one sentence on who is shown.
    """

    source: Clip
    driving: Clip
    exact: Clip | None
    options: AnimateOptions
    needs_finder: bool
    about: str


def people(seed: int) -> tuple[Identity, Identity]:
    """Two people who do not exist: whose picture, and whose performance."""
    rng = np.random.default_rng(seed)
    return Identity.random(rng), Identity.random(rng)


def rendered_scene(folder: Path, seconds: float, size_px: int, seed: int, progress: Progress) -> Scene:
    """Render a still of one person, a performance of another, and the exact answer; publish and read them back."""
    shown, acting = people(seed)
    performance = Performance.named("demo", seconds, seed)
    source = _published(
        film(shown, replace(performance, duration_s=1 / _FPS), _FPS, size_px, seed=seed, name="source"),
        folder / "source.png",
        progress,
    )
    driving = _published(
        film(acting, performance, _FPS, size_px, seed=seed, name="driving"), folder / "driving.mp4", progress
    )
    exact = _published(film(shown, performance, _FPS, size_px, seed=seed, name="exact"), folder / "exact.mp4", progress)
    moments = np.linspace(0, performance.duration_s, _LOOKS)
    return Scene(
        source,
        driving,
        exact,
        AnimateOptions(
            crop=_crop(shown, performance, np.zeros(1), size_px),
            driving_crop=_crop(acting, performance, moments, size_px),
        ),
        needs_finder=False,
        about="Both people are rendered: nobody is shown here. The exact answer is the same performance, rendered "
        "with the right person; no camera could give it.",
    )


def own_scene(
    folder: Path, portrait: Path | None, driving: Path | None, rendering: tuple[float, int, int], progress: Progress
) -> Scene:
    """The user's own picture or video, the other one rendered where it is not given."""
    about = "Made of a picture or video that you brought: show it only if the people in it agreed."
    scene = (
        Scene(read(portrait), read(driving), None, AnimateOptions(), needs_finder=True, about=about)
        if portrait and driving
        else replace(rendered_scene(folder, *rendering, progress), exact=None, needs_finder=True, about=about)
    )
    if portrait:
        scene = replace(scene, source=read(portrait), options=replace(scene.options, crop="auto"))
    if driving:
        scene = replace(scene, driving=read(driving), options=replace(scene.options, driving_crop="auto"))
    return scene


def _published(clip: Clip, path: Path, progress: Progress) -> Clip:
    """Publish, and read the file back, so that the demo works on files as a user does."""
    publish(clip, path, force=True, progress=progress)
    return replace(read(path), history=clip.history)


def _crop(identity: Identity, performance: Performance, moments: NDArray[np.float64], size_px: int) -> str:
    """The square around a rendered face over some moments, as the option's text; the landmarks are exact."""
    landmarks = [
        render(identity, *performance.at(float(moment)), _STUDIO_LIGHT, size_px).landmarks for moment in moments
    ]
    box: Box = head_box(landmarks)
    return f"{box.left:.0f},{box.top:.0f},{box.width:.0f},{box.height:.0f}"
