"""A square picture made to move like square frames, for measuring: of its own video, or of somebody else's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.core.faces import Box
from prosopon.create.fomm.carrying import carried, carried_as, split_up
from prosopon.create.fomm.fast import FastAnimator
from prosopon.create.fomm.guidance import Guidance
from prosopon.create.fomm.options import MotionOptions
from prosopon.create.fomm.transfer import transfer
from prosopon.faces.finder import FaceFinder
from prosopon.models.motion.keypoints import Keypoints
from prosopon.models.tensors import to_frames, to_tensor


def resized(frame: Frame, size_px: int) -> Frame:
    """A square picture at another size, `uint8 (size_px, size_px, 3)`; bicubic, antialiased where it shrinks."""
    if frame.shape[:2] == (size_px, size_px):
        return frame
    return np.asarray(Image.fromarray(frame).resize((size_px, size_px), Image.Resampling.BICUBIC))


class Reconstructor:
    """`source, driving -> result` on square pictures of any size (`arena.reconstruction`, `arena.cross_identity`).

    Args:
        animator: the nets.
        net_size_px: side of the pictures that the nets were trained on; others are brought to it.
        any_size: whether the nets can move a picture of any resolution (blend head).
        relative: carry over the change since the first driving frame, which is taken to be in the source's state, as
            `prosopon animate` does; else the driving's motion as it is, which is what rebuilds a video from itself.
        finder: looks at the driving as `prosopon animate` does, where motion is relative; None for the nets alone.
        options: how motion is carried over where it is relative.
        fps: of the driving frames that come.
        batch: frames that go through the nets at once.
    """

    def __init__(
        self,
        animator: FastAnimator,
        *,
        net_size_px: int,
        any_size: bool,
        relative: bool = False,
        finder: FaceFinder | None = None,
        options: MotionOptions | None = None,
        fps: float = 25.0,
        batch: int = 4,
    ) -> None:
        self._animator = animator
        self._net_size_px = net_size_px
        self._any_size = any_size
        self._relative = relative
        self._finder = finder
        self._options = options or MotionOptions()
        self._fps = fps
        self._batch = batch

    def __call__(self, source: Frame, driving: Iterator[Frame]) -> Iterator[Frame]:
        """The source picture `uint8 (S, S, 3)` in the pose of each driving frame `uint8 (S, S, 3)`, streamed."""
        side = len(source)
        full = to_tensor(source) if self._any_size and side != self._net_size_px else None
        encoded = self._animator.encode(to_tensor(resized(source, self._net_size_px)), full)
        for moved in self._moved(encoded.keypoints, driving):
            for some in split_up(moved, self._batch):
                for frame in to_frames(self._animator.generate(encoded, some).prediction):
                    yield resized(frame, side)

    def _moved(self, kp_source: Keypoints, driving: Iterator[Frame]) -> Iterator[Keypoints]:
        if not self._relative:
            for keypoints, _ in self._seen(driving, None):
                yield transfer(kp_source, keypoints, keypoints, relative=False)
            return
        groups = self._animator.landmark_groups
        motion = carried_as(self._options.motion, groups)
        finder = self._finder if motion == "head" else None
        seen = self._seen(driving, finder)
        guidance = None
        if finder is not None:
            # What the landmarks say is known only when all were looked at; of the frames nothing else is kept.
            kept = [*seen]
            seen = iter(kept)
            guidance = _guidance(groups, [face for _, faces in kept for face in faces], self._fps, finder.name)
        chunks = (keypoints for keypoints, _ in seen)
        first = next(chunks, None)
        if first is None:
            return
        yield from carried(
            chain((first,), chunks), kp_source, first[:1],
            motion=motion, adapt_scale=self._options.adapt_scale, groups=groups, guidance=guidance,
            sigma_frames=self._options.steady_ms / 1000 * self._fps,
        )  # fmt: skip

    def _seen(
        self, driving: Iterator[Frame], finder: FaceFinder | None
    ) -> Iterator[tuple[Keypoints, list[NDArray[np.float32] | None]]]:
        """Keypoints of the driving, and landmarks `(68, 2)` in [-1, 1] where there is a finder and a face."""
        while frames := [*islice(driving, self._batch)]:
            small = np.stack([resized(frame, self._net_size_px) for frame in frames])
            faces = [] if finder is None else [_landmarks(finder, frame) for frame in frames]
            yield self._animator.keypoints(to_tensor(small)), faces


def _landmarks(finder: FaceFinder, frame: Frame) -> NDArray[np.float32] | None:
    found = next((face.landmarks for face in finder.find(frame) if face.landmarks is not None), None)
    return None if found is None else found / np.float32(len(frame) / 2) - np.float32(1)


def _guidance(
    groups: Sequence[Sequence[int]], faces: Sequence[NDArray[np.float32] | None], fps: float, back_end: str
) -> Guidance | None:
    found = {index: face for index, face in enumerate(faces) if face is not None}
    if not found:
        return None
    times = [index / fps for index in range(len(faces))]
    return Guidance(groups, found, box=Box(-1, -1, 1, 1), times=times, reference=0, back_end=back_end)
