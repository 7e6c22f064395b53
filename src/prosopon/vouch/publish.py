"""The only exit for synthetic media: everything made here leaves labelled and signed, or not at all."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import FileExistsAlready, ProsoponError, UsageError
from prosopon.core.history import SourceType, Step, source_type_of
from prosopon.core.progress import SILENT, Progress
from prosopon.media.outputs import check_output, replacing
from prosopon.media.read import content_id
from prosopon.media.write import encode
from prosopon.vouch import xmp
from prosopon.vouch.binding import sidecar_of
from prosopon.vouch.certificate import signing_identity
from prosopon.vouch.manifest import Manifest, source_type_url
from prosopon.vouch.report import Answer
from prosopon.vouch.seal import seal
from prosopon.vouch.verify import check, verify


@dataclass(frozen=True)
class Published:
    """What has left.

    Attributes:
        path: the file or folder.
        sidecar: its credential, where the format cannot hold it; None where it is inside.
        sha256: content id, the same that reading it as a clip gives.
        source_type: what it is labelled as.
    """

    path: Path
    sidecar: Path | None
    sha256: str
    source_type: SourceType


def publish(clip: Clip, path: Path, *, force: bool = False, progress: Progress = SILENT) -> Published:
    """Write a synthetic clip: encoded, labelled in XMP where the format allows, signed, verified, then put in place.

    Either all of it appears at `path` or nothing does.

    Args:
        clip: its history must say what made it.
        path: the suffix chooses the format; without a suffix, a folder of PNG pictures.
        force: overwrite what is there.
        progress: told about every stage.

    Raises:
        UsageError: nothing in the clip's history made anything, or `path` makes no sense.
        FileExistsAlready: something is at `path` and `force` is not set.
        MediaError: it cannot be encoded.
        ProsoponError: it cannot be signed, or the signed file does not verify.
    """
    source_type = source_type_of(clip.history)
    if source_type is None:
        raise UsageError(
            f"{clip.name!r} is no synthetic media: nothing in its history made or changed it",
            "only what was made here is labelled and signed",
        )
    manifest = Manifest.of(clip.history, path.name)
    check_output(path, force=force, inputs=[ingredient.parent.path for ingredient in manifest.ingredients])
    sidecar = sidecar_of(path)
    if sidecar is not None and sidecar.exists() and not force:
        raise FileExistsAlready(f"{sidecar} is there already", "add --force to overwrite it")
    identity = signing_identity()
    with _both(path, sidecar) as (temporary, temporary_sidecar), _workshop(path) as folder:
        encoded, labelled = folder / ("encoded" + path.suffix), folder / ("labelled" + path.suffix)
        encode(clip, encoded, progress=progress)
        progress.start("sealing", None)
        if xmp.labelled_copy(encoded, labelled, source_type_url(source_type)):
            labelled.replace(encoded)  # never more than two copies on the disk
        if temporary_sidecar is None:
            seal(encoded, temporary, manifest, identity, progress)
        else:
            encoded.rename(temporary)
            seal(temporary, temporary_sidecar, manifest, identity, progress)
        report = check(temporary, temporary_sidecar)
        if report.integrity is not Answer.OK or report.signature is not Answer.VALID:
            raise ProsoponError(
                f"{path.name} does not verify after signing: {', '.join(report.codes)}",
                "nothing was written; check the clock of this machine and the certificate",
            )
        sha256 = content_id(temporary)
    progress.finish()
    return Published(path, sidecar, sha256, source_type)


def publish_picture(image: Frame, path: Path, step: Step, *, progress: Progress = SILENT) -> Published:
    """Write one picture `uint8 (H, W, 3)` as `publish` does, over an earlier one that was published at `path`.

    For previews that are made again and again.

    Raises:
        FileExistsAlready: what is at `path` was not made by Prosopon.
        ProsoponError: as `publish`.
    """
    earlier = path.exists()
    if earlier and not (verify(path).generator or "").startswith("Prosopon "):
        raise FileExistsAlready(f"{path} is there already and was not made here", "choose another name or remove it")
    return publish(Clip.still(image, name=path.stem, step=step), path, force=earlier, progress=progress)


@contextlib.contextmanager
def _workshop(path: Path) -> Iterator[Path]:
    """A folder for what is not finished, on the same disk as `path`."""
    with tempfile.TemporaryDirectory(prefix=".", suffix=".part", dir=path.absolute().parent) as folder:
        yield Path(folder)


@contextlib.contextmanager
def _both(path: Path, sidecar: Path | None) -> Iterator[tuple[Path, Path | None]]:
    """Temporary names for a file and its sidecar that become the real ones together.

    The sidecar is put in place first, so that nothing is ever there without its credential.
    """
    if sidecar is None:
        with replacing(path) as temporary:
            yield temporary, None
        return
    placed = False
    try:
        with replacing(path) as temporary:
            with replacing(sidecar) as temporary_sidecar:
                yield temporary, temporary_sidecar
            placed = True
    except BaseException:
        if placed:
            sidecar.unlink(missing_ok=True)
        raise
