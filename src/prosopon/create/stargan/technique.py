"""The plug-in: attributes of a face edited, a Clip in, a Clip out."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from prosopon.core.clip import Clip
from prosopon.core.errors import MissingError
from prosopon.core.faces import Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.create.stargan.editing import labels_of, with_edits
from prosopon.create.stargan.following import heads_in
from prosopon.create.stargan.model import StarganModel
from prosopon.create.stargan.options import EditOptions, edited, words


class Stargan(StarganModel):
    """Other hair, glasses, a beard, more years or a smile: one net edits all attributes that it has learnt."""

    def create(
        self,
        tracks_by: Mapping[str, Tracks],
        *,
        target: Clip,
        options: EditOptions | None = None,
        precision: torch.dtype = torch.float32,
        progress: Progress = SILENT,
    ) -> Clip:
        """The target with other attributes.

        Args:
            tracks_by: people by role; where nobody has looked for `target`, the whole picture is the head.
            target: the footage, or a picture.
            options: which attributes, and how the face is put back.
            precision: of the convolutions.
            progress: told which attributes were read out of the pictures.

        Raises:
            MissingError: somebody has looked, and nobody is in the footage; there is no picture.
            UsageError: there is no such attribute.
        """
        options = options or EditOptions()
        if not len(target):
            raise MissingError(f"there is no picture in {target.name}", "give a picture or a video")
        names = words(options.edit, "edit")
        edited(self.attributes.told(()), names, self.attributes)  # unknown names are refused before anything is read
        places = heads_in(target, tracks_by.get("target"), options.steady_frames, progress)
        if options.has is None:
            labels = labels_of(self, target, places)
            found = [name for name, has in zip(self.attributes.names, labels, strict=True) if has]
            progress.note(f"{target.name}: {', '.join(found) or 'none of the attributes'} was seen; --has corrects it")
        else:
            labels = self.attributes.told(words(options.has, "has"))
        wanted = edited(labels, names, self.attributes)
        return with_edits(target, places, self, options, labels=labels, wanted=wanted, precision=precision)
