"""The only exit for synthetic media: everything made here leaves labelled and signed, or not at all.

What is synthetic is marked three times over, since each mark is lost elsewhere: the credential with the bytes, XMP
with the metadata, the watermark with the pixels. What was published is entered in the log and remembered, so that a
copy that lost its credential can be led back to it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import FileExistsAlready, ProsoponError, UsageError
from prosopon.core.history import SourceType, Step, source_type_of
from prosopon.core.progress import SILENT, Progress
from prosopon.media.outputs import check_output
from prosopon.media.read import content_id, read
from prosopon.vouch.keys.certificate import key_id, signing_identity
from prosopon.vouch.label import xmp
from prosopon.vouch.label.card import card_s, visibly_labelled
from prosopon.vouch.manifest.binding import sidecar_of
from prosopon.vouch.manifest.definition import Manifest, ingredients_of, source_type_url
from prosopon.vouch.manifest.report import Answer
from prosopon.vouch.manifest.seal import seal
from prosopon.vouch.manifest.verify import check, verify
from prosopon.vouch.marking import written_marked
from prosopon.vouch.placing import both
from prosopon.vouch.remember import forget, remember, seen


@dataclass(frozen=True)
class Published:
    """What has left.

    Attributes:
        path: the file or folder.
        sidecar: its credential, where the format cannot hold it; None where it is inside.
        sha256: content id, the same that reading it as a clip gives.
        source_type: what it is labelled as.
        watermark: what its watermark carries, 16 hexadecimal digits; None where it has none.
        log_index: its place in the log; None where it could not be entered.
        opening_s: how long the card at its beginning is, in seconds; None where no visible label was asked for.
        problems: what could not be done to it, and why.
    """

    path: Path
    sidecar: Path | None
    sha256: str
    source_type: SourceType
    watermark: str | None = None
    log_index: int | None = None
    opening_s: float | None = None
    problems: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """What was done to it, for people."""
        visibly = "" if self.opening_s is None else " and visibly"
        done = ["signed", *(["watermarked"] if self.watermark is not None else [])]
        logged = "" if self.log_index is None else f"; entry {self.log_index} of the log"
        return f"{', '.join(done)} and labelled{visibly} as {self.source_type}{logged}"

    def as_json(self) -> dict[str, Any]:
        """What verbs answer with about the file."""
        return {
            "output": self.path,
            "sidecar": self.sidecar,
            "sha256": self.sha256,
            "digital_source_type": self.source_type,
            "watermark": self.watermark,
            "log_index": self.log_index,
            "visible_label": self.opening_s is not None,
            "problems": list(self.problems),
        }


def publish(
    clip: Clip, path: Path, *, label: bool = False, force: bool = False, progress: Progress = SILENT
) -> Published:
    """Write a synthetic clip: encoded, labelled in XMP where the format allows, signed, verified, then put in place.

    Either all of it appears at `path` or nothing does.

    Args:
        clip: its history must say what made it.
        path: the suffix chooses the format; without a suffix, a folder of PNG pictures.
        label: mark it visibly as well: a badge in every frame, and a card before a video.
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
    opening_s = card_s(clip) if label else None
    if label:
        clip = visibly_labelled(clip)
    check_output(path, force=force, inputs=[one.parent.path for one in ingredients_of(clip.history)])
    sidecar = sidecar_of(path)
    if sidecar is not None and sidecar.exists() and not force:
        raise FileExistsAlready(f"{sidecar} is there already", "add --force to overwrite it")
    identity = signing_identity()
    with both(path, sidecar) as (temporary, temporary_sidecar), _workshop(path) as folder:
        encoded, labelled = folder / ("encoded" + path.suffix), folder / ("labelled" + path.suffix)
        written = written_marked(clip, encoded, source_type, progress)
        progress.start("sealing", None)
        if xmp.labelled_copy(encoded, labelled, source_type_url(source_type)):
            labelled.replace(encoded)  # never more than two copies on the disk
        manifest = Manifest.of(written.clip.history, path.name)
        if temporary_sidecar is None:
            store = seal(encoded, temporary, manifest, identity, progress)
        else:
            encoded.rename(temporary)
            store = seal(temporary, temporary_sidecar, manifest, identity, progress)
        report = check(temporary, temporary_sidecar)
        if report.integrity is not Answer.OK or report.signature is not Answer.VALID:
            raise ProsoponError(
                f"{path.name} does not verify after signing: {', '.join(report.codes)}",
                "nothing was written; check the clock of this machine and the certificate",
            )
        shown = read(temporary)
        sha256 = shown.sha256 or content_id(temporary)
        remembered = remember(
            seen(shown),
            asset=sha256,
            title=path.name,
            source_type=source_type_url(source_type),
            manifest=store,
            payload=written.payload,
            key=key_id(identity.chain),
        )
    progress.finish()
    problems = (*written.problems, *remembered.problems)
    for problem in problems:
        progress.note(f"{path.name}: {problem}")
    return Published(path, sidecar, sha256, source_type, written.payload, remembered.log_index, opening_s, problems)


def publish_picture(image: Frame, path: Path, step: Step, *, progress: Progress = SILENT) -> Published:
    """Write one picture `uint8 (H, W, 3)` as `publish` does, over an earlier one that was published at `path`.

    For previews that are made again and again.

    Raises:
        FileExistsAlready: what is at `path` was not made by Prosopon.
        ProsoponError: as `publish`.
    """
    earlier = content_id(path) if path.exists() else None
    if earlier is not None and not (verify(path).generator or "").startswith("Prosopon "):
        raise FileExistsAlready(f"{path} is there already and was not made here", "choose another name or remove it")
    clip = Clip.still(image, name=path.stem, step=step)
    published = publish(clip, path, force=earlier is not None, progress=progress)
    if earlier is not None and earlier != published.sha256:
        forget(earlier)  # a preview that is made every minute would fill the store
    return published


@contextmanager
def _workshop(path: Path) -> Iterator[Path]:
    """A folder for what is not finished, on the same disk as `path`."""
    with tempfile.TemporaryDirectory(prefix=".", suffix=".part", dir=path.absolute().parent) as folder:
        yield Path(folder)
