"""`Trained`: what all detectors with weights have in common: they are opened by name, path or run folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Self

from prosopon.detect.learning.weights import Opened, open_weights


class Trained(ABC):
    """A detector with weights.

    Attributes:
        technique: whose weights it takes.
        shipped: what those are called that come with the package; None where none do.
        weights_name: what the loaded weights are called.
        weights_sha256: content id of their file; None where none were loaded.
    """

    technique: ClassVar[str]
    shipped: ClassVar[str | None] = None

    weights_name: str = "untrained"
    weights_sha256: str | None = None

    @classmethod
    @abstractmethod
    def made_of(cls, opened: Opened) -> Self:
        """The detector itself.

        Raises:
            CheckpointError: the weights do not fit it.
        """

    @classmethod
    def from_weights(cls, weights: str | None = None) -> Self:
        """The detector with weights by name, path or run folder; None: those that come with the package.

        Raises:
            MissingError: there are none.
            CheckpointError: they are damaged, or of another detector.
        """
        return cls.of(open_weights(cls.technique, weights, cls.shipped))

    @classmethod
    def of(cls, opened: Opened) -> Self:
        """The detector with weights that were read.

        Raises:
            CheckpointError: they do not fit it.
        """
        detector = cls.made_of(opened)
        detector.weights_name, detector.weights_sha256 = opened.name, opened.sha256
        return detector
