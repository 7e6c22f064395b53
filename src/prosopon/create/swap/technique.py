"""The plug-in: face swap, a Clip in, a Clip out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch

from prosopon.core.clip import Clip
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.create.swap.kept import KeptFrames
from prosopon.create.swap.merge.face import Enlarge
from prosopon.create.swap.merge.masks import needs
from prosopon.create.swap.model import SwapModel
from prosopon.create.swap.options import SwapOptions, without_learnt_masks
from prosopon.create.swap.swapping import Cast, swapped
from prosopon.faces.aligned.face_types import crop_matrix
from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.mean_face import OWN
from prosopon.faces.parsing.parser import FaceParser, open_parser


class FaceSwap(SwapModel):
    """The face of a person on another's, whom both a net has learnt. The person is followed, the sound is kept."""

    def create(
        self,
        tracks_by: Mapping[str, Tracks],
        *,
        target: Clip,
        options: SwapOptions | None = None,
        precision: torch.dtype = torch.float32,
        parser: FaceParser | None = None,
        enlarge: Enlarge | None = None,
        everybody: bool = False,
        progress: Progress = SILENT,
    ) -> Clip:
        """The target with the face that was learnt as the source.

        Args:
            tracks_by: people by role; `target` are those of the footage, the most prominent first. Where nobody has
                looked for faces, the whole picture is one, cut out as the net wants it.
            target: the footage, or a picture.
            options: as set by the user.
            precision: of the net.
            parser: says what is before a face, for masks that ask for it; opened where it is not given.
            enlarge: an enhancer, for super-resolution.
            everybody: every person of the footage gets the face, not only the most prominent one.
            progress: told what is done otherwise than asked.

        Raises:
            MissingError: somebody has looked, and nobody is in the footage.
            UsageError: the weights are only there to start from.
        """
        tracks = tracks_by.get("target") or Tracks((self._filling(target),), len(target), "none")
        if tracks.main is None:
            raise MissingError(f"no face was found in {target.name}", "give footage that shows one clearly")
        chosen = tracks.tracks if everybody else tracks.tracks[:1]
        cast = [Cast(track, self) for track in chosen]
        return swap_cast(target, cast, options, precision=precision, parser=parser, enlarge=enlarge, progress=progress)

    def _filling(self, target: Clip) -> Track:
        """A face in every frame that lies such that the net's crop is the middle square of the picture."""
        side = min(target.width, target.height)
        inside = apply(crop_matrix(OWN, self.face_type, 1), OWN) * side
        margins = np.array((target.width - side, target.height - side)) / 2
        points = (inside + margins).astype(np.float32)
        face = Face.around(points)
        return Track(dict.fromkeys(range(len(target)), face))


def swap_cast(
    target: Clip,
    cast: list[Cast],
    options: SwapOptions | None = None,
    *,
    precision: torch.dtype = torch.float32,
    parser: FaceParser | None = None,
    enlarge: Enlarge | None = None,
    kept: KeptFrames | None = None,
    progress: Progress = SILENT,
) -> Clip:
    """Several people of a clip, each with a face of their own; see `FaceSwap.create`, and `swapped` for what is kept.

    Raises:
        UsageError: nobody is cast, or weights are only there to start from.
    """
    if not cast:
        raise UsageError("nobody gets another face", "name somebody who is in the footage")
    options = options or SwapOptions()
    for one in cast:
        if one.model.pretrained:
            raise UsageError(
                f"the weights {one.model.weights_name} know faces as such and nobody's in particular",
                "train a pair of people from them: prosopon train swap",
            )
    if not all(one.model.plan.learns_mask for one in cast):
        plain = without_learnt_masks(options.merge)
        if plain != options.merge:
            progress.note(f"these weights know no masks: --mask {plain.mask} takes the place of {options.merge.mask}")
        options = replace(options, merge=plain)
    if parser is None and {"parsed", "parsed_predicted"} & set(needs(options.merge.mask)):
        parser = open_parser("auto")
    return swapped(target, cast, options, parser=parser, precision=precision, enlarge=enlarge, kept=kept)
