"""A square picture made to move like square frames, for measuring: of its own video, or of somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.create.fomm.fast import FastAnimator
from prosopon.create.fomm.net import Keypoints
from prosopon.create.fomm.transfer import transfer
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
        relative: carry over the change since the first driving frame, which is taken to be in the source's state;
            else the driving's motion as it is, which is what rebuilds a video from itself.
        batch: frames that go through the nets at once.
    """

    def __init__(
        self, animator: FastAnimator, *, net_size_px: int, any_size: bool, relative: bool = False, batch: int = 4
    ) -> None:
        self._animator = animator
        self._net_size_px = net_size_px
        self._any_size = any_size
        self._relative = relative
        self._batch = batch

    def __call__(self, source: Frame, driving: Iterator[Frame]) -> Iterator[Frame]:
        """The source picture `uint8 (S, S, 3)` in the pose of each driving frame `uint8 (S, S, 3)`, streamed."""
        side = len(source)
        full = to_tensor(source) if self._any_size and side != self._net_size_px else None
        encoded = self._animator.encode(to_tensor(resized(source, self._net_size_px)), full)
        initial: Keypoints | None = None
        while frames := [resized(frame, self._net_size_px) for frame in islice(driving, self._batch)]:
            keypoints = self._animator.keypoints(to_tensor(np.stack(frames)))
            initial = keypoints[:1] if initial is None else initial
            moved = transfer(encoded.keypoints, keypoints, initial, relative=self._relative, adapt_scale=True)
            for frame in to_frames(self._animator.generate(encoded, moved).prediction):
                yield resized(frame, side)
