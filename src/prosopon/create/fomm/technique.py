"""The plug-in: First Order Motion image animation, Clips in, Clip out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from prosopon.core.clip import Clip
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.faces import Tracks
from prosopon.core.home import home
from prosopon.core.progress import SILENT, Progress
from prosopon.create.fomm.animate import animated
from prosopon.create.fomm.config import get_config
from prosopon.create.fomm.engines import Engine, calibration_frames, openvino_animator
from prosopon.create.fomm.fast import FastAnimator
from prosopon.create.fomm.framing import frame_up
from prosopon.create.fomm.model import FommModel, resolve_model_config
from prosopon.create.fomm.options import AnimateOptions
from prosopon.models.catalogue import find
from prosopon.models.checkpoint import load
from prosopon.models.motion.config import DenseMotionConfig, GeneratorConfig, KeypointConfig, ModelConfig
from prosopon.models.motion.published import published_states
from prosopon.models.openvino import EnginePrecision
from prosopon.train.rebuild import from_table

TECHNIQUE = "fomm"
_ENGINE_PRECISIONS: Mapping[object, EnginePrecision] = {
    torch.float32: "fp32",
    torch.bfloat16: "bf16",
    "int8": "int8",
}
_TINY = ModelConfig(
    num_kp=4,
    size_px=32,
    kp_detector=KeypointConfig(block_expansion=4, max_features=8, num_blocks=2, scale_factor=0.5, pad=3),
    generator=GeneratorConfig(
        block_expansion=4,
        max_features=8,
        num_bottleneck_blocks=1,
        head="blend",
        dense_motion=DenseMotionConfig(block_expansion=4, max_features=8, num_blocks=2, scale_factor=0.5),
    ),
)


class FirstOrderMotion(FommModel):
    """Image animation: the source picture's face moves like the driving video's.

    Attributes:
        weights_name: what the loaded weights are called.
        weights_sha256: content id of their file; None for nets that were not loaded from the catalogue.
    """

    weights_name: str = "untrained"
    weights_sha256: str | None = None

    @classmethod
    def untrained(
        cls, config: str | Mapping[str, Any] | ModelConfig = "vox-256", *, align_corners: bool = True
    ) -> FirstOrderMotion:
        """Nets with random weights: for tests and timings, never for results."""
        return cls(resolve_model_config(config), align_corners=align_corners)

    @classmethod
    def tiny(cls) -> FirstOrderMotion:
        """A model of a few thousand random weights, always the same ones: for tests, never for results."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return cls.untrained(_TINY)

    @classmethod
    def from_published(
        cls, path: str | Path, config: str | Mapping[str, Any] = "vox-256", align_corners: bool = True
    ) -> FirstOrderMotion:
        """A checkpoint of the published form (`vox-cpk.pth.tar` and its kin), read without running its pickles.

        Args:
            path: the file.
            config: a published name or a table of the published form (`model_params`).
            align_corners: how grids are read; True for the published weights.

        Raises:
            CheckpointError: the file is unsafe, damaged, or of another form or configuration.
            MissingError: there is no such file or configuration.
        """
        model = cls(resolve_model_config(config), align_corners=align_corners)
        model.load(published_states(Path(path)), Path(path).name)
        model.weights_name = Path(path).name
        return model

    @classmethod
    def from_weights(cls, name_or_path: str | Path) -> FirstOrderMotion:
        """Weights of the catalogue, or a `.safetensors` with its card beside it.

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
        model.weights_name, model.weights_sha256 = entry.name, entry.sha256
        return model

    @classmethod
    def import_published(cls, path: Path, config: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """A published checkpoint as our weights: the state as `<net>.<key>`, and what goes on the card."""
        model = cls.from_published(path, config=config)
        named = get_config(config)
        return model.state(), model_card(named.model, align_corners=named.align_corners)

    def animator(self, precision: torch.dtype = torch.float32) -> FastAnimator:
        """The quick path with these weights."""
        # A model as small as ours loses more by a keypoint that is off than it gains by finding it in half the time.
        small = self.config.size_px < 256
        return FastAnimator(self, precision=precision, keypoint_precision=torch.float32 if small else None)

    def create(
        self,
        tracks_by: Mapping[str, Tracks],
        *,
        source: Clip,
        driving: Clip,
        options: AnimateOptions | None = None,
        precision: torch.dtype | Literal["int8"] = torch.float32,
        engine: Engine = "torch",
        progress: Progress = SILENT,
    ) -> Clip:
        """The source picture moving like the driving video.

        Args:
            tracks_by: the people in `source` and `driving`, for `auto` crops and the reference frame (see
                `framing.look`); for a role that is absent the whole picture is used.
            source: a still; of a video its first frame counts.
            driving: the motion; its times and sound become the result's.
            options: how to carry the motion over and what part moves.
            precision: of the convolutions; int8 needs the engine openvino and takes its ranges from the driving.
            engine: who runs the convolutions.
            progress: told what was decided.

        Raises:
            MissingError: there are tracks and nobody in them; the engine is not installed.
            UsageError: a crop lies outside its picture; int8 with another engine than openvino.
        """
        options = options or AnimateOptions()
        framing = frame_up(source, driving, options, tracks_by, progress)
        if engine == "openvino":
            calibration = calibration_frames(source, driving, framing, self.config.size_px)
            name = _ENGINE_PRECISIONS[precision]
            animator = openvino_animator(self, name, calibration, keep_in=home() / "engines", progress=progress)
        elif isinstance(precision, str):
            raise UsageError(f"PyTorch does not run these nets in {precision}", "add --engine openvino")
        else:
            animator = self.animator(precision)
        return animated(
            animator,
            source,
            driving,
            framing,
            options,
            net_size_px=self.config.size_px,
            any_size=self.config.generator.head == "blend",
            weights_name=self.weights_name,
            weights_sha256=self.weights_sha256,
        )


def model_card(config: ModelConfig, *, align_corners: bool) -> dict[str, Any]:
    """What a weights card says so that the nets can be built again."""
    return {"technique": TECHNIQUE, "model": asdict(config), "align_corners": align_corners}
