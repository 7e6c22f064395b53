"""Signs a file of one's own as it is: its picture and sound are not touched, only a credential is added.

Its own earlier credentials and those of everything it was made from are carried along whole: nothing is redacted.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from prosopon.core.errors import FileExistsAlready, MediaError, ProsoponError, UsageError
from prosopon.core.history import Parent, Relationship
from prosopon.core.progress import SILENT, Progress
from prosopon.media.outputs import check_output
from prosopon.media.read import content_id, read
from prosopon.vouch.keys.sealer import Sealer
from prosopon.vouch.manifest.binding import EMBEDDED, SIDECAR_SUFFIX, find_sidecar, media_type
from prosopon.vouch.manifest.claim_thumbnail import claim_thumbnail
from prosopon.vouch.manifest.definition import Ingredient
from prosopon.vouch.manifest.ingredients import active_manifest
from prosopon.vouch.manifest.report import Answer, Report
from prosopon.vouch.manifest.seal import seal
from prosopon.vouch.manifest.source_types import SYNTHETIC, is_synthetic
from prosopon.vouch.manifest.statement import CAPTURES, Statement, manifest_of
from prosopon.vouch.manifest.verify import check
from prosopon.vouch.placing import both

MarkReader = Callable[[Path], str | None]
"""Tells the digital source type that a file's watermark states; None where there is no watermark, or it states none."""


@dataclass(frozen=True)
class MadeFrom:
    """What a file was made from, besides itself.

    Attributes:
        parent: what it is an edited version of.
        components: what can be seen or heard in it.
        inputs: what steered its making without being shown.
    """

    parent: Path | None = None
    components: tuple[Path, ...] = ()
    inputs: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Signed:
    """What was written.

    Attributes:
        path: the signed copy; where only a sidecar was written, the file that it is for.
        sidecar: the credential beside it; None where it is inside.
        report: what checking it has found.
        ingredients: name and relationship of each, the parent first.
        source_type: the last part of the digital source type that was stated, None where none was.
        store: the manifest store.
    """

    path: Path
    sidecar: Path | None
    report: Report
    ingredients: tuple[tuple[str, Relationship], ...]
    source_type: str | None
    store: bytes


def sign(
    path: Path,
    output: Path,
    statement: Statement,
    sealer: Sealer,
    made_from: MadeFrom = MadeFrom(),
    *,
    sidecar: bool = False,
    thumbnail: bool = False,
    force: bool = False,
    read_mark: MarkReader | None = None,
    progress: Progress = SILENT,
) -> Signed:
    """Write a signed copy of a file, checked before it is put in place; all of it appears or nothing does.

    Args:
        path: the file, or a folder of pictures.
        output: the copy, of the same format; or a name that ends in `.c2pa` for the credential alone.
        statement: what is said about it.
        sealer: who signs.
        made_from: what it was made from. Without a parent, a file that holds a credential is its own parent, and so is
            one about whose origin nothing is stated.
        sidecar: put the credential beside the copy even where the format could hold it.
        thumbnail: add a small picture of it to the credential.
        force: overwrite what is there.
        read_mark: asked whether a watermark says that the file is synthetic.
        progress: told about stages, and what could not be carried over.

    Raises:
        UsageError: what is stated cannot be so, or the output makes no sense.
        FileExistsAlready: something is at the output and `force` is not set.
        MediaError: a file is missing, empty or cannot be read.
        ProsoponError: it cannot be signed, or does not verify.
    """
    places = _places(path, output, sidecar=sidecar)
    others = [one for one in (made_from.parent, *made_from.components, *made_from.inputs) if one is not None]
    check_output(output, force=force, inputs=[path, *others], suffixes={output.suffix.lower()})
    if places.sidecar is not None and places.sidecar.exists() and not force:
        raise FileExistsAlready(f"{places.sidecar} is there already", "add --force to overwrite it")
    progress.start("looking at what is there", None)
    known = _known(path, read_mark, progress)
    if not places.inside and known.report.credential == "embedded":
        raise UsageError(f"{path.name} holds a credential, which would hide one beside it", "sign it without a sidecar")
    parent = _parent(known, made_from.parent, statement, read_mark, progress)
    components = [_known(one, read_mark, progress) for one in made_from.components]
    inputs = [_known(one, read_mark, progress) for one in made_from.inputs]
    _refuse_untrue(statement, [known, *([parent] if parent is not None else []), *components])
    opened_source_type = None
    if statement.source_type is None:
        opened_source_type = _unsigned_type(known) or _unsigned_type(parent)
        if any(_unsigned_type(one) for one in components):
            statement = replace(statement, source_type="compositeSynthetic")
    ingredients = _ingredients(parent, components, inputs)
    if thumbnail:
        statement = replace(statement, thumbnail=_thumbnail(path))
    manifest = manifest_of(statement, ingredients, opened_source_type=opened_source_type)
    progress.start("signing", None)
    with both(output, places.sidecar) as (temporary, temporary_sidecar):
        if places.inside:
            store = seal(path, temporary, manifest, sealer, progress, embed=True)
            report = _checked(path, temporary, None)
        elif temporary_sidecar is not None:
            shutil.copyfile(path, temporary)
            store = seal(path, temporary_sidecar, manifest, sealer, progress, embed=False)
            report = _checked(path, temporary, temporary_sidecar)
        else:
            store = seal(path, temporary, manifest, sealer, progress, embed=False)
            report = _checked(path, path, temporary)
        _refuse_left_out(store, [*([parent] if parent is not None else []), *components, *inputs])
    progress.finish()
    signed = path if places.alone else output
    credential = None if places.inside else places.sidecar or output
    return Signed(
        signed,
        credential,
        replace(report, path=signed, credential="embedded" if credential is None else credential.name),
        tuple((one.parent.name, one.parent.relationship) for one in ingredients),
        statement.source_type or opened_source_type,
        store,
    )


@dataclass(frozen=True)
class _Places:
    """Where the result goes: into a copy, into a copy with a credential beside it, or the credential alone."""

    inside: bool = False
    sidecar: Path | None = None
    alone: bool = False


@dataclass(frozen=True)
class _Known:
    """What is known of an input."""

    path: Path
    sha256: str
    report: Report
    mark: str | None
    label: str | None
    """Of the manifest that it has, and that goes with it."""

    @property
    def unsigned_type(self) -> tuple[str, str] | None:
        """A synthetic source type that only unsigned signs tell, and which sign does; None where none does."""
        if self.report.synthetic:
            return None
        said = self.report.unsigned_source_type
        if said is not None and is_synthetic([said]):
            return said.rstrip("/").rpartition("/")[2], "XMP metadata"
        return (self.mark, "watermark") if self.mark in SYNTHETIC and self.mark is not None else None


def _known(path: Path, read_mark: MarkReader | None, progress: Progress) -> _Known:
    if not path.exists():
        raise MediaError(f"there is no file {path}", "check the path")
    if path.is_file() and path.stat().st_size == 0:
        raise MediaError(f"{path} is empty", "there is nothing to sign")
    if not (path.is_file() or path.is_dir()):
        raise MediaError(f"{path} is neither a file nor a folder", "copy its content to a file first")
    digest = content_id(path)
    try:
        report = check(path, find_sidecar(path))
    except OSError as error:
        raise MediaError(f"{path} cannot be read: {error.strerror or error}", "check its permissions") from error
    if report.remote is not None and report.credential is None:
        progress.note(f"{path.name} names a credential that is kept elsewhere; it was not fetched and is not carried")
    label = active_manifest(path) if report.credential is not None else None
    if report.is_bad and label is not None:
        progress.note(f"the credential of {path.name} does not hold; it is carried with what is wrong with it")
    elif report.credential is not None and label is None:
        progress.note(f"the credential of {path.name} cannot be read, so it is not carried")
    return _Known(path, digest, report, read_mark(path) if read_mark is not None else None, label)


def _places(path: Path, output: Path, *, sidecar: bool) -> _Places:
    if output.is_dir():
        raise UsageError(f"{output} is a folder", "give the name of the signed file")
    if output.suffix.lower() == SIDECAR_SUFFIX:
        return _Places(alone=True)
    if path.is_dir():
        raise UsageError(
            f"{path} is a folder, and a credential does not go inside one", f"write it beside it: -o {path.name}.c2pa"
        )
    if path.suffix.lower() != output.suffix.lower() and (
        media_type(path) != media_type(output) or output.suffix.lower() not in EMBEDDED
    ):
        raise UsageError(
            f"signing does not turn {path.suffix or 'a file without suffix'} into {output.suffix or 'one without'}",
            f"call the output {output.with_suffix(path.suffix).name}",
        )
    if output.suffix.lower() in EMBEDDED and not sidecar:
        return _Places(inside=True)
    return _Places(sidecar=output.with_name(output.name + SIDECAR_SUFFIX))


def _parent(
    known: _Known, named: Path | None, statement: Statement, read_mark: MarkReader | None, progress: Progress
) -> _Known | None:
    """What the file is an edited version of: what was named, or itself."""
    if named is None:
        return known if known.report.credential is not None or statement.source_type is None else None
    parent = _known(named, read_mark, progress)
    # An editor that keeps the metadata of what it opens leaves the parent's own credential in the file.
    if parent.sha256 != known.sha256 and known.label not in (None, parent.label):
        raise UsageError(f"{known.path.name} holds a credential of its own, which is its parent", "leave out --parent")
    return parent


def _refuse_untrue(statement: Statement, shown: list[_Known]) -> None:
    """Refuse to state that what shows something synthetic is none."""
    for one in shown:
        if statement.source_type in CAPTURES and one.report.synthetic:
            raise UsageError(
                f"{one.path.name} is synthetic, as its credential says; it is not signed as {statement.source_type}",
                "state what it is, or nothing",
            )
        told = one.unsigned_type
        if told is not None and statement.source_type is not None and statement.source_type not in SYNTHETIC:
            raise UsageError(
                f"{one.path.name} is synthetic, as its {told[1]} says ({told[0]}); "
                f"it is not signed as {statement.source_type}",
                f"state --source-type {told[0]}, or nothing",
            )


def _unsigned_type(known: _Known | None) -> str | None:
    told = known.unsigned_type if known is not None else None
    return None if told is None else told[0]


def _ingredients(parent: _Known | None, components: list[_Known], inputs: list[_Known]) -> tuple[Ingredient, ...]:
    found = [(parent, Relationship.PARENT)] if parent is not None else []
    found += [(one, Relationship.COMPONENT) for one in components]
    found += [(one, Relationship.INPUT) for one in inputs]
    return tuple(
        Ingredient(f"ingredient_{number}", Parent(one.path.name, one.sha256, relationship, one.path))
        for number, (one, relationship) in enumerate(found, start=1)
    )


def _thumbnail(path: Path) -> bytes:
    clip = read(path)
    frame = next(iter(clip.frames()), None)
    if frame is None:
        raise MediaError(f"{path.name} shows nothing a small picture could be made of", "leave out --thumbnail")
    return claim_thumbnail(frame)


def _refuse_left_out(store: bytes, shown: list[_Known]) -> None:
    """Sealing rather names an ingredient without its credential than fail. That must not be a way to get rid of one."""
    for one in shown:
        if one.label is not None and one.label.encode() not in store:
            raise ProsoponError(
                f"the credential of {one.path.name} cannot be carried along, so nothing was signed",
                "it contradicts that of another input: leave one of them out",
            )


def _checked(path: Path, written: Path, sidecar: Path | None) -> Report:
    report = check(written, sidecar)
    if report.integrity is not Answer.OK or report.signature is not Answer.VALID:
        raise ProsoponError(
            f"{path.name} does not verify after signing: {', '.join(report.codes)}",
            "nothing was written; check the clock of this machine and the certificate",
        )
    return report
