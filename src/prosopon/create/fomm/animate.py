"""Image animation from Clips to Clip: crop, follow, move, paste back; streamed, so a long video costs no memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Box
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.core.prefetch import prefetch
from prosopon.create.fomm.carrying import carried, carried_as, split_up
from prosopon.create.fomm.fast import EncodedSource, FastAnimator
from prosopon.create.fomm.framing import Framing
from prosopon.create.fomm.guidance import Guidance
from prosopon.create.fomm.options import AnimateOptions
from prosopon.faces.crop import cut
from prosopon.faces.paste import feather, paste
from prosopon.models.motion.keypoints import Keypoints
from prosopon.models.tensors import to_frames, to_tensor

_LARGEST_SIDE = 1024
"""Largest side of the moving part unless it is set: beyond it the decoder's share would be mere upscaling."""


def animated(
    animator: FastAnimator,
    source: Clip,
    driving: Clip,
    framing: Framing,
    options: AnimateOptions,
    *,
    net_size_px: int,
    any_size: bool,
    weights_name: str,
    weights_sha256: str | None,
) -> Clip:
    """The source picture moving like the driving video, as a clip that is computed while it is read.

    Args:
        animator: the nets.
        source: a still (of a video its first frame counts).
        driving: the motion; its times and sound become the result's.
        framing: where to look in both.
        options: as set by the user.
        net_size_px: side of the pictures that the nets were trained on.
        any_size: whether the nets can move a picture of any resolution (blend head).
        weights_name, weights_sha256: for the record.
    """
    side = options.size or (min(round(framing.source.width), _LARGEST_SIDE) if any_size else net_size_px)
    picture = source.first()
    encoded = encode_part(animator, picture, framing.source, net_size_px, side if any_size else net_size_px)
    width, height = (source.width, source.height) if options.paste else (side, side)
    step = Step(
        "create.fomm.animate",
        {
            **asdict(options),
            "motion": carried_as(options.motion, animator.landmark_groups),
            "weights": weights_name,
            "reference_frame": framing.reference,
        },
        parents=(source.as_parent(Relationship.PARENT), driving.as_parent(Relationship.INPUT)),
        weights_sha256=weights_sha256,
        # Pasted back, most of the picture is the source's own; a bare crop is the model's altogether.
        source_type=SourceType.COMPOSITE if options.paste else SourceType.TRAINED,
    )

    def frames() -> Iterator[Frame]:
        mask: NDArray[np.float32] | None = None
        for patch in _patches(animator, encoded, driving, framing, options, net_px=net_size_px):
            if not options.paste:
                yield at_side(patch, side)
                continue
            if mask is None:
                mask = feather(len(patch))
            yield paste(picture, patch, framing.source, mask)

    return Clip(
        width=width,
        height=height,
        open_frames=lambda: prefetch(frames(), ahead=2 * options.batch),
        times=driving.times,
        fps=driving.fps,
        audio=driving.audio,
        history=(*source.history, step),
        name=f"{source.name} driven by {driving.name}",
    )


def at_side(patch: Frame, side_px: int) -> Frame:
    """A square patch at another size; the very same one where it has that size."""
    return patch if len(patch) == side_px else cut(patch, Box(0, 0, len(patch), len(patch)), side_px)


def encode_part(animator: FastAnimator, picture: Frame, box: Box, net_px: int, full_px: int) -> EncodedSource:
    """Look once at the part of a picture that shall move.

    Args:
        animator: the nets.
        picture: `uint8 (H, W, 3)`.
        box: the square in it, full-frame pixels.
        net_px: side of the pictures that the nets were trained on.
        full_px: side of the result; other than `net_px` only for nets that can move pictures of any resolution.
    """
    small = to_tensor(cut(picture, box, net_px))
    full = to_tensor(cut(picture, box, full_px)) if full_px != net_px else None
    return animator.encode(small, full)


def _patches(
    animator: FastAnimator,
    source: EncodedSource,
    driving: Clip,
    framing: Framing,
    options: AnimateOptions,
    *,
    net_px: int,
) -> Iterator[Frame]:
    """The moving part, frame by frame, `uint8 (S, S, 3)`."""
    reference = _reference_keypoints(animator, driving, framing, net_px)
    held = _Held(framing.held)

    def batches() -> Iterator[Tensor]:
        waiting: list[Frame] = []
        for frame in driving.frames():
            waiting.append(cut(frame, framing.driving, net_px))
            if len(waiting) == options.batch:
                yield to_tensor(np.stack(waiting))
                waiting.clear()
        if waiting:
            yield to_tensor(np.stack(waiting))

    def seen() -> Iterator[Keypoints]:
        for frames in prefetch(batches(), ahead=2):
            yield held.fill(animator.keypoints(frames), reference)

    groups = animator.landmark_groups
    guidance = None
    if groups and framing.landmarks:
        guidance = Guidance(
            groups, framing.landmarks,
            box=framing.driving, times=driving.times, reference=framing.reference, back_end=framing.back_end,
        )  # fmt: skip
    for moved in carried(
        seen(),
        source.keypoints,
        reference,
        motion=carried_as(options.motion, groups),
        adapt_scale=options.adapt_scale,
        groups=groups,
        guidance=guidance,
        sigma_frames=options.steady_ms / 1000 * float(driving.fps or 0),
    ):
        for some in split_up(moved, options.batch):
            yield from to_frames(animator.generate(source, some).prediction)


def _reference_keypoints(animator: FastAnimator, driving: Clip, framing: Framing, net_px: int) -> Keypoints:
    """Keypoints of the reference frame; reads the driving up to it."""
    for index, frame in enumerate(driving.frames()):
        if index == framing.reference:
            return animator.keypoints(to_tensor(cut(frame, framing.driving, net_px)))
    raise IndexError(f"the driving has no frame {framing.reference}")  # a fault of the framing, not of the user


class _Held:
    """Keeps the last sight of the person through frames that do not show them."""

    def __init__(self, held: NDArray[np.bool_]) -> None:
        self._held = held
        self._done = 0
        self._last: Keypoints | None = None

    def fill(self, keypoints: Keypoints, reference: Keypoints) -> Keypoints:
        """A batch with the held frames' keypoints replaced by the last ones seen (at first: the reference's)."""
        rows: list[Keypoints] = []
        for row in range(len(keypoints.value)):
            if not self._held[self._done + row]:
                self._last = keypoints[row : row + 1]
            rows.append(self._last if self._last is not None else reference)
        self._done += len(rows)
        value = torch.cat([points.value for points in rows])
        jacobians = [points.jacobian for points in rows if points.jacobian is not None]
        return Keypoints(value, torch.cat(jacobians) if jacobians else None)
