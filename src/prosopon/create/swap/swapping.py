"""Face swap from Clip to Clip: where the faces are, what the nets make of them, put in; streamed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import torch

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError
from prosopon.core.faces import Track
from prosopon.core.history import Parent, Relationship, SourceType, Step
from prosopon.core.prefetch import prefetch
from prosopon.create.swap.kept import Colours, KeptFrame, KeptFrames
from prosopon.create.swap.merge.face import Enlarge, Motion, merge_face
from prosopon.create.swap.model import SwapModel
from prosopon.create.swap.options import SwapOptions
from prosopon.create.swap.predicting import Person, Seen, predicted, reach_of, with_steady_masks
from prosopon.faces.colour.steady import ColourMap
from prosopon.faces.parsing.parser import FaceParser
from prosopon.faces.steady import steady_landmarks


@dataclass(frozen=True)
class Cast:
    """Who of the target gets whose face.

    Attributes:
        track: a person of the target.
        model: makes the face that they get.
    """

    track: Track
    model: SwapModel


def swapped(
    target: Clip,
    cast: Sequence[Cast],
    options: SwapOptions,
    *,
    parser: FaceParser | None,
    precision: torch.dtype,
    enlarge: Enlarge | None = None,
    kept: KeptFrames | None = None,
) -> Clip:
    """The target with other faces, as a clip that is computed while it is read.

    Times and sound are the target's; frames that show nobody of the cast are left as they are, and so is every pixel
    outside the masks.

    Args:
        target: the footage.
        cast: who gets whose face.
        options: as set by the user.
        parser: says what is before a face; None where no mask asks for it.
        precision: of the nets.
        enlarge: an enhancer, for super-resolution; None for none.
        kept: frames that an earlier run has merged, and where those of this one are kept; None: nothing is kept.

    Raises:
        MissingError: nobody of the cast has landmarks.
    """
    people = [
        Person(one.model, steady_landmarks(one.track, options.merge.place_sigma_frames)) for one in cast if one.track
    ]
    if not any(person.landmarks for person in people):
        raise MissingError(f"no face with landmarks was found in {target.name}", "give footage that shows one clearly")
    models = {one.model.weights_name: one.model for one in cast}
    # Of a source nothing but the weights that have learnt it is at hand: they are the ingredient.
    sources = [
        Parent(f"{name} (weights)", model.weights_sha256, Relationship.COMPONENT, None)
        for name, model in models.items()
        if model.weights_sha256 is not None
    ]
    first = cast[0].model
    step = Step(
        "create.swap.swap",
        {
            **_plain(options),
            "weights": list(models),
            "plan": first.plan.name,
            "face_type": first.face_type,
            "parser": None if parser is None else parser.name,
        },
        parents=(target.as_parent(Relationship.PARENT), *sources),
        weights_sha256=first.weights_sha256,
        source_type=SourceType.COMPOSITE,
    )

    def anew(start: int) -> Iterator[Seen]:
        """The frames from `start` on, with what the nets make of them."""
        sigma = options.merge.mask_sigma_frames
        # Masks are averaged with those of frames before, and nets see the same frames together as in a whole run.
        before = max(0, start - reach_of(sigma)) // options.batch * options.batch
        seen = predicted(target, people, options, parser=parser, precision=precision, start=before)
        return islice(with_steady_masks(seen, sigma), start - before, None)

    def frames() -> Iterator[Frame]:
        plain = (one.frame for one in merged(anew(0), options, enlarge))
        return prefetch(plain if kept is None else _going_on(target, kept, anew, options, enlarge), ahead=8)

    return Clip(
        width=target.width,
        height=target.height,
        open_frames=frames,
        times=target.times,
        fps=target.fps,
        audio=target.audio,
        history=(*target.history, step),
        name=f"{target.name} with the face of {', '.join(models)}",
    )


class MergedFrame(NamedTuple):
    """A frame with the new faces in it, what it was, and what the next one needs."""

    frame: Frame
    before: Frame
    colours: Colours


def merged(
    seen: Iterator[Seen], options: SwapOptions, enlarge: Enlarge | None, previous: Colours | None = None
) -> Iterator[MergedFrame]:
    """Frames with the predicted faces put in, those of one frame one after the other.

    Args:
        seen: the frames.
        options: as set by the user.
        enlarge: an enhancer; None for none.
        previous: how colours were changed in the frame before the first.
    """
    colours: dict[int, ColourMap | None] = dict(previous or {})
    for now, then in _with_next(seen):
        frame = now.frame
        colours = {number: colours.get(number) for number in now.faces}
        for number, face in now.faces.items():
            done = merge_face(
                frame,
                face.face,
                face.masks,
                face.matrix,
                options.merge,
                previous=colours[number],
                motion=_motion(now, then, number),
                enlarge=enlarge,
            )
            frame, colours[number] = done.frame, done.colour
        yield MergedFrame(frame, now.frame, colours)


def _going_on(
    target: Clip,
    kept: KeptFrames,
    anew: Callable[[int], Iterator[Seen]],
    options: SwapOptions,
    enlarge: Enlarge | None,
) -> Iterator[Frame]:
    """The frames that were merged before, then the others, which are kept as they are made."""
    done, colours = 0, None
    for before, one in zip(target.frames(), kept.recall(), strict=False):
        yield one.on(before)
        done, colours = done + 1, one.colours
    for index, made in enumerate(merged(anew(done), options, enlarge, colours), start=done):
        kept.keep(index, KeptFrame.of(made.before, made.frame, made.colours))
        yield made.frame


def _with_next(seen: Iterator[Seen]) -> Iterator[tuple[Seen, Seen | None]]:
    """Each frame with the one after it."""
    now = next(seen, None)
    while now is not None:
        then = next(seen, None)
        yield now, then
        now = then


def _motion(now: Seen, then: Seen | None, number: int) -> Motion | None:
    """How a face moves to the next frame."""
    if then is None or number not in then.faces:
        return None
    apart = np.subtract(then.faces[number].centre, now.faces[number].centre)
    return Motion(float(apart[0]), float(apart[1]))


def _plain(options: SwapOptions) -> Mapping[str, Any]:
    """The options as the history keeps them."""
    table = asdict(options)
    return {**table.pop("merge"), **table}
