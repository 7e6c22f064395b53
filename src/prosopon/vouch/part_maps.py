"""Part maps of synthetic media: labelled and signed like the pictures that they belong to, their indices unchanged."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.core.history import Step
from prosopon.media.outputs import replacing
from prosopon.media.part_maps import write_part_map
from prosopon.vouch import xmp
from prosopon.vouch.certificate import signing_identity
from prosopon.vouch.manifest import Manifest, source_type_url
from prosopon.vouch.seal import seal


def publish_part_map(parts: NDArray[np.uint8], path: Path, step: Step) -> None:
    """Write a part map `uint8 (H, W)` as `media.part_maps.write_part_map` does, labelled in XMP and signed.

    Args:
        parts: the map.
        path: a `.png`; what is there is replaced.
        step: how it came about, with a source type.

    Raises:
        ValueError: the step has no source type.
        ProsoponError: it cannot be signed.
    """
    if step.source_type is None:
        raise ValueError(f"the step {step.op!r} made nothing synthetic")
    with replacing(path) as temporary, tempfile.TemporaryDirectory() as folder:
        bare, labelled = Path(folder) / "bare.png", Path(folder) / "labelled.png"
        write_part_map(parts, bare)
        xmp.labelled_copy(bare, labelled, source_type_url(step.source_type))
        seal(labelled, temporary, Manifest.of((step,), path.name), signing_identity())
