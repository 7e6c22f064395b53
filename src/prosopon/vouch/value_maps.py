"""Part maps and masks of synthetic media: labelled and signed like their pictures, their values unchanged.

No watermark goes into them: every value means something, and one grey level off is another meaning.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.content_id import sha256_of
from prosopon.core.history import Step
from prosopon.media.outputs import replacing
from prosopon.media.part_maps import write_part_map
from prosopon.vouch.keys.certificate import key_id, signing_identity
from prosopon.vouch.label import xmp
from prosopon.vouch.manifest.definition import Manifest, source_type_url
from prosopon.vouch.manifest.seal import seal
from prosopon.vouch.remember import enter


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
    _publish(lambda bare: write_part_map(parts, bare), path, step)


def publish_mask(mask: NDArray[np.uint8], path: Path, step: Step) -> None:
    """Write a mask `uint8 (H, W)` as a grey PNG, labelled in XMP and signed; see `publish_part_map`."""
    _publish(lambda bare: Image.fromarray(mask).save(bare, "PNG"), path, step)


def _publish(write: Callable[[Path], None], path: Path, step: Step) -> None:
    if step.source_type is None:
        raise ValueError(f"the step {step.op!r} made nothing synthetic")
    with replacing(path) as temporary, tempfile.TemporaryDirectory() as folder:
        bare, labelled = Path(folder) / "bare.png", Path(folder) / "labelled.png"
        write(bare)
        xmp.labelled_copy(bare, labelled, source_type_url(step.source_type))
        identity = signing_identity()
        store = seal(labelled, temporary, Manifest.of((step,), path.name), identity)
        # A log that cannot be written keeps nothing from leaving.
        enter(asset=sha256_of(temporary), manifest=store, key=key_id(identity.chain))
