"""The plug-in: part swap, Clips in, Clip out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from prosopon.core.clip import Clip
from prosopon.core.errors import MissingError
from prosopon.core.faces import Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.create.partswap.alignment import Alignment
from prosopon.create.partswap.config import (
    ModelConfig,
    ReconstructionConfig,
    SegmentationConfig,
    get_config,
)
from prosopon.create.partswap.fast import FastSwapper
from prosopon.create.partswap.following import check_faces, look_at
from prosopon.create.partswap.model import PartSwapModel, resolve_model_config
from prosopon.create.partswap.options import SwapOptions, motion, wanted, whose
from prosopon.create.partswap.swapping import swapped
from prosopon.faces.parsing.parser import FaceParser, open_parser
from prosopon.models.catalogue import find
from prosopon.models.checkpoint import load
from prosopon.train.rebuild import from_table

TECHNIQUE = "partswap"
_TINY = ModelConfig(
    num_segments=5,
    size_px=32,
    segmentation=SegmentationConfig(block_expansion=4, max_features=8, num_blocks=2, scale_factor=0.5),
    reconstruction=ReconstructionConfig(block_expansion=4, max_features=8, num_bottleneck_blocks=1, head="blend"),
)


class PartSwap(PartSwapModel):
    """Part swap: hair, eyes, lips or a whole face of a picture on the person in a video.

    Attributes:
        weights_name: what the loaded weights are called.
        weights_sha256: content id of their file; None for nets that were not loaded from the catalogue.
    """

    weights_name: str = "untrained"
    weights_sha256: str | None = None

    @classmethod
    def untrained(
        cls, config: str | Mapping[str, Any] | ModelConfig = "vox-256-sem-5segments", *, align_corners: bool = True
    ) -> PartSwap:
        """Nets with random weights: for tests and timings, never for results."""
        return cls(resolve_model_config(config), align_corners=align_corners)

    @classmethod
    def tiny(cls) -> PartSwap:
        """A model of a few thousand random weights, always the same ones: for tests, never for results."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return cls.untrained(_TINY)

    @classmethod
    def from_published(
        cls,
        path: str | Path | tuple[str | Path, str | Path],
        config: str | Mapping[str, Any] = "vox-256-sem-5segments",
        align_corners: bool = True,
    ) -> PartSwap:
        """A checkpoint of the published form, read without running its pickles.

        Args:
            path: the file, of co-part segmentation or of First Order Motion with as many keypoints; or a pair of both,
                whose second gives the dense motion network that `swap(motion="fomm")` needs.
            config: a published name or a table of the published form (`model_params`).
            align_corners: how grids are read; True for the published weights.

        Raises:
            CheckpointError: a file is unsafe, damaged, or of another form or configuration.
            MissingError: there is no such file or configuration.
        """
        paths = [Path(one) for one in (path if isinstance(path, (tuple, list)) else (path,))]
        model = cls(resolve_model_config(config), align_corners=align_corners)
        model.load_published(paths)
        model.weights_name = paths[0].name
        return model

    @classmethod
    def from_weights(cls, name_or_path: str | Path, *, alignment: str | Path | None = None) -> PartSwap:
        """Weights of the catalogue, or a `.safetensors` with its card beside it.

        Args:
            name_or_path: of part swap.
            alignment: animation weights to align by, likewise; none when not given.

        Raises:
            MissingError: there are none of that name, or they are of another technique.
            CheckpointError: they are damaged.
        """
        entry = find(name_or_path)
        if entry.technique != TECHNIQUE:
            raise MissingError(
                f"the weights {entry.name} are of {entry.technique}, not of {TECHNIQUE}", "see prosopon weights list"
            )
        table = entry.card.get("model")
        config = from_table(ModelConfig, table, entry.name) if table else get_config(entry.config).model
        model = cls(config, align_corners=bool(entry.card.get("align_corners", True)))
        state, _ = load(entry.path)
        model.load_state(state, entry.name)
        model.segments_trained = bool(entry.card.get("segments_trained", True))
        model.weights_name, model.weights_sha256 = entry.name, entry.sha256
        if alignment is not None:
            model.alignment = Alignment.from_weights(alignment)
        return model

    @classmethod
    def import_published(cls, path: Path, config: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """A published checkpoint as our weights: the state as `<net>.<key>`, and what goes on the card."""
        model = cls.from_published(path, config=config)
        named = get_config(config)
        card = model_card(named.model, align_corners=named.align_corners)
        return model.state(), {**card, "segments_trained": model.segments_trained}

    def create(
        self,
        tracks_by: Mapping[str, Tracks],
        *,
        source: Clip,
        target: Clip,
        options: SwapOptions | None = None,
        precision: torch.dtype = torch.float32,
        parser: FaceParser | None = None,
        progress: Progress = SILENT,
    ) -> Clip:
        """The target with parts of the person in the source.

        Args:
            tracks_by: the people in `source` and `target`; for a role that is absent the whole picture is the head.
            source: a still; of a video its first frame counts.
            target: what is edited; its times and sound stay.
            options: which parts, and how.
            precision: of the convolutions.
            parser: who finds parts by name; the built-in one when not given.
            progress: told what was decided.

        Raises:
            MissingError: nobody is in the source or the target; weights that the options ask for are not loaded.
            UsageError: there is no such part; parts and keypoints are not as many.
        """
        options = options or SwapOptions()
        asked = wanted(options)
        if asked.numbers:
            self.checked(asked.numbers)
        kind = motion(options)
        alignment = self.checked_alignment() if kind == "fomm" else None
        if parser is None:
            parser = open_parser("auto" if asked.names else "landmarks")
        scene = look_at(source, target, options, tracks_by, progress)
        if asked.names:
            check_faces(scene, whose(options))
        return swapped(
            FastSwapper(self, precision=precision, motion=kind, segments=bool(asked.numbers)),
            scene,
            options,
            parser,
            record={
                "weights": self.weights_name,
                "alignment": None if alignment is None else alignment.weights_name,
            },
            weights_sha256=self.weights_sha256,
        )


def model_card(config: ModelConfig, *, align_corners: bool) -> dict[str, Any]:
    """What a weights card says so that the nets can be built again."""
    return {"technique": TECHNIQUE, "model": asdict(config), "align_corners": align_corners}
