"""`LiveAnimator`: frame in, frame out, with everything that must be remembered between frames of a camera."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError
from prosopon.core.faces import Box
from prosopon.core.history import Parent, Relationship, SourceType, Step
from prosopon.core.progress import Progress
from prosopon.create.fomm.animate import at_side, encode_part
from prosopon.create.fomm.carrying import carried_as, steady_part, with_steady_part
from prosopon.create.fomm.engines import CalibrationFrames
from prosopon.create.fomm.fast import FastAnimator
from prosopon.create.fomm.following import Follower
from prosopon.create.fomm.framing import frame_up, look
from prosopon.create.fomm.head_motion import HeadTransfer
from prosopon.create.fomm.options import AnimateOptions, MotionOptions
from prosopon.create.fomm.steadying import OneEuro
from prosopon.create.fomm.transfer import transfer
from prosopon.faces.crop import cut
from prosopon.faces.crop_option import parse_crop
from prosopon.faces.finder import FaceFinder
from prosopon.faces.paste import feather
from prosopon.models.motion.keypoints import Keypoints
from prosopon.models.tensors import to_frames, to_tensor

_LARGEST_PART_PX = 512
"""Side of the moving part unless it is set: a larger one takes more time than a live picture has."""
_LARGEST_PICTURE_PX = 1280
"""Longer side of the whole picture: larger ones are shrunk, since every frame is put together anew."""
_CALIBRATION_FRAMES = 24
_CALIBRATION_EVERY_S = 0.1
_MIN_CUTOFF_HZ, _BETA = 2.0, 8.0
"""Of the One-Euro filter: 2 Hz at rest, and 8 Hz more for every `_units` a second (measured, docs/animation.md)."""


def _units(length: int) -> NDArray[np.float64]:
    """What counts as quick in a second, for the steady part of a head's motion (`carrying.steady_part`)."""
    units = np.full(length, 0.5)  # of the local motion
    units[:6] = (10.0, 10.0, 10.0, 0.1, 0.1, 0.1)  # degrees; logarithm of the size; place in [-1, 1]
    return units


def still_for_live(source: Clip, options: MotionOptions) -> tuple[Clip, MotionOptions]:
    """The source no larger than live pictures are, with the options whose pixels count in it.

    Args:
        source: a still; of a video its first frame counts.
        options: as set by the user.
    """
    shrunk = _LARGEST_PICTURE_PX / max(source.width, source.height)
    picture = source.first()
    width, height = source.width, source.height
    if shrunk < 1:
        width, height = max(1, round(width * shrunk)), max(1, round(height * shrunk))
        picture = np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))
        crop = parse_crop(options.crop, "crop")
        if isinstance(crop, Box):
            left, top, wide, tall = (
                side * shrunk
                for side in (crop.left, crop.top, max(crop.width, 1 / shrunk), max(crop.height, 1 / shrunk))
            )
            options = replace(options, crop=f"{left},{top},{wide},{tall}")
    still = replace(source, width=width, height=height, open_frames=lambda: iter((picture,)), times=(0.0,), fps=None)
    return still, options


def part_of_source(source: Clip, options: MotionOptions, finder: FaceFinder | None, progress: Progress) -> Box:
    """The square of a still that shall move, whole pixels.

    Raises:
        MissingError: the crop is `auto`, there is a finder, and it finds no face.
        UsageError: the crop lies outside the picture.
    """
    # As for a video that is the picture itself: only what concerns the source is asked for.
    asked = AnimateOptions(crop=options.crop, driving_crop="whole")
    return frame_up(source, source, asked, look(source, source, asked, finder, progress), progress).source


def calibration_frames(
    source: Clip, part: Box, frames: Iterable[tuple[Frame, float]], follower: Follower, net_px: int
) -> CalibrationFrames:
    """Pictures of the person before the camera, for an engine that takes its ranges from them.

    Args:
        source, part: the picture and the square in it that moves.
        frames: of the camera, each with its time in seconds; no more are taken than needed.
        follower: a fresh one.
        net_px: side of the pictures that the nets were trained on.

    Raises:
        MissingError: the frames ended before anybody was seen.
    """
    chosen: list[Frame] = []
    last_s = -np.inf
    for frame, at_s in frames:
        sight = follower.look(frame, at_s)
        if sight is None or not sight.is_seen or at_s - last_s < _CALIBRATION_EVERY_S:
            continue
        last_s = at_s
        chosen.append(cut(frame, sight.box, net_px))
        if len(chosen) == _CALIBRATION_FRAMES:
            break
    if not chosen:
        raise MissingError("nobody was seen before the camera", "look into it, or give --driving-crop x,y,w,h")
    return CalibrationFrames(small_part(source, part, net_px), to_tensor(np.stack(chosen)))


def small_part(source: Clip, part: Box, net_px: int) -> Tensor:
    """The square that moves as the nets see it, `(1, 3, net_px, net_px)` in [0, 1]."""
    return to_tensor(cut(source.first(), part, net_px))


class LiveAnimator:
    """Moves one picture like whoever is before a camera; remembers crop, reference and the last picture.

    Args:
        animator: the nets.
        source: a still.
        part: the square of it that moves, whole pixels.
        follower: finds the person.
        options: as set by the user.
        net_size_px: side of the pictures that the nets were trained on.
        any_size: whether the nets can move a picture of any resolution (blend head).

    Attributes:
        part_px: side of the moving part in pixels.
        width, height: size of the whole pictures.
    """

    def __init__(
        self,
        animator: FastAnimator,
        source: Clip,
        part: Box,
        follower: Follower,
        options: MotionOptions,
        *,
        net_size_px: int,
        any_size: bool,
    ) -> None:
        self._animator = animator
        self._source = source
        self._picture = source.first()
        self._part = part
        self._follower = follower
        self._options = options
        self._net_px = net_size_px
        usual = min(round(part.width), _LARGEST_PART_PX) if any_size else net_size_px
        self.part_px = options.size or usual
        self._encoded = encode_part(
            animator, self._picture, part, net_size_px, self.part_px if any_size else net_size_px
        )
        self._side_px = round(part.width)
        # Bytes: in float arithmetic putting a picture together takes as long as moving it.
        self._mask = Image.fromarray(np.round(255 * feather(self._side_px)).astype(np.uint8))
        self.width, self.height = (source.width, source.height) if options.paste else (self.part_px, self.part_px)
        self._motion = carried_as(options.motion, animator.landmark_groups)
        self._head: HeadTransfer | None = None
        self._steadier = OneEuro(_MIN_CUTOFF_HZ, _BETA)
        self._reference: Keypoints | None = None
        self._last: Frame | None = None
        self._is_stale = False
        # The first pass through the nets takes several times as long as the others.
        self._generate(animator.keypoints(small_part(source, part, net_size_px)))

    @property
    def resting(self) -> Frame:
        """The whole picture as long as nobody moves it, `uint8 (H, W, 3)`."""
        return self._picture if self._options.paste else cut(self._picture, self._part, self.part_px)

    def see(self, frame: Frame, at_s: float) -> Frame | None:
        """The moving part as a camera's frame wants it.

        Args:
            frame: `uint8 (H, W, 3)`, the newest one.
            at_s: when it was taken, seconds on the camera's clock.

        Returns:
            `uint8 (S, S, 3)` with `S = part_px`; the last one again while the person is out of sight; None as long as
            nobody was seen.

        Raises:
            UsageError: the driving crop lies outside the frame.
        """
        sight = self._follower.look(frame, at_s)
        if sight is None:
            return None
        if not sight.is_seen and self._last is not None:
            return self._last
        keypoints = self._animator.keypoints(to_tensor(cut(frame, sight.box, self._net_px)))
        if self._reference is None or sight.is_new or self._is_stale:
            self._reference, self._is_stale = keypoints, False
            self._head = None
        self._last = self._generate(self._moved(keypoints, self._reference, at_s))
        return self._last

    def _moved(self, keypoints: Keypoints, reference: Keypoints, at_s: float) -> Keypoints:
        """Where the source's keypoints shall go."""
        source, adapt_scale = self._encoded.keypoints, self._options.adapt_scale
        if self._motion != "head":
            is_relative = self._motion == "relative"
            return transfer(source, keypoints, reference, relative=is_relative, adapt_scale=adapt_scale)
        if self._head is None:
            self._head = HeadTransfer(self._animator.landmark_groups, source, reference, adapt_scale=adapt_scale)
            self._steadier.forget()
        split = self._head.split(keypoints)
        rows = steady_part(split)
        if self._options.steady_ms:
            rows[0] = self._steadier(rows[0] / _units(rows.shape[1]), at_s) * _units(rows.shape[1])
        return self._head.join(with_steady_part(rows, split.bent))

    def renew(self) -> None:
        """Take the next frame's pose as the reference; may be called from another thread."""
        self._is_stale = True

    def whole(self, patch: Frame) -> Frame:
        """The whole picture `uint8 (H, W, 3)` with a moving part that `see` gave."""
        if not self._options.paste:
            return patch
        result = Image.fromarray(self._picture)
        place = (round(self._part.left), round(self._part.top))
        result.paste(Image.fromarray(at_side(patch, self._side_px)), place, self._mask)
        return np.asarray(result)

    def clip(self, patches: Clip, driving: Parent, weights_name: str, weights_sha256: str | None) -> Clip:
        """What `see` gave, as a clip of whole pictures with its history.

        Args:
            patches: moving parts with the times at which their frames were taken.
            driving: the camera, or the file that stood for it.
            weights_name, weights_sha256: for the record.
        """
        step = Step(
            "create.fomm.live",
            {**asdict(self._options), "motion": self._motion, "weights": weights_name},
            parents=(self._source.as_parent(Relationship.PARENT), driving),
            weights_sha256=weights_sha256,
            # Pasted back, most of the picture is the source's own; a bare crop is the model's altogether.
            source_type=SourceType.COMPOSITE if self._options.paste else SourceType.TRAINED,
        )

        def frames() -> Iterator[Frame]:
            for patch in patches.frames():
                yield self.whole(patch)

        return replace(
            patches,
            width=self.width,
            height=self.height,
            open_frames=frames,
            history=(*self._source.history, step),
            name=f"{self._source.name} driven by {driving.name}",
        )

    @torch.inference_mode()
    def _generate(self, moved: Keypoints) -> Frame:
        return at_side(to_frames(self._animator.generate(self._encoded, moved).prediction)[0], self.part_px)
