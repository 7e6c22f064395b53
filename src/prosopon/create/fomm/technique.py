"""The plug-in: First Order Motion image animation, Clips in, Clip out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prosopon.create.fomm.config import ModelConfig
from prosopon.create.fomm.model import FommModel, published_states, resolve_model_config


class FirstOrderMotion(FommModel):
    """Image animation: the source picture's face moves like the driving video's."""

    @classmethod
    def untrained(
        cls, config: str | Mapping[str, Any] | ModelConfig = "vox-256", *, align_corners: bool = True
    ) -> FirstOrderMotion:
        """Nets with random weights: for tests and timings, never for results."""
        return cls(resolve_model_config(config), align_corners=align_corners)

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
            MediaError, MissingError: there is no such file or configuration.
        """
        model = cls(resolve_model_config(config), align_corners=align_corners)
        model.load(published_states(Path(path)), Path(path).name)
        return model
