"""Puts the signed manifest on a finished file: inside it where the format allows, else into a sidecar beside it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import c2pa

from prosopon.core.errors import ProsoponError
from prosopon.core.progress import SILENT, Progress
from prosopon.vouch.certificate import SigningIdentity
from prosopon.vouch.listing import folder_listing, sha256_of
from prosopon.vouch.manifest import Ingredient, Manifest, as_json
from prosopon.vouch.settings import context

EMBEDDED = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
}
"""Suffix -> media type of the formats that hold their credential themselves."""

SIDECAR_SUFFIX = ".c2pa"

# A sidecar is bound to the bytes as they are; the media type is only a note.
_OTHER = {".webm": "video/webm"}
_UNKNOWN = "application/octet-stream"


def sidecar_of(path: Path) -> Path | None:
    """Where the credential of a file of that name goes: None inside the file, else the sidecar's path."""
    if path.suffix.lower() in EMBEDDED:
        return None
    return path.with_name(path.name + SIDECAR_SUFFIX)


@contextmanager
def bound_bytes(path: Path) -> Iterator[BinaryIO]:
    """The bytes that a credential is bound to: the file's own, or the listing of a folder's files."""
    if path.is_dir():
        yield io.BytesIO(folder_listing(path))
    else:
        with path.open("rb") as file:
            yield file


def seal(
    unsealed: Path,
    destination: Path,
    manifest: Manifest,
    identity: SigningIdentity,
    progress: Progress = SILENT,
) -> None:
    """Sign a file or folder and check the signature.

    Args:
        unsealed: the finished file, or a folder of pictures.
        destination: the sealed copy, or the sidecar where the format of `unsealed` cannot hold a credential.
        manifest: what is signed; credentials that its ingredients' files hold are carried over.
        identity: who signs.
        progress: is told when an ingredient's credentials had to be left out.

    Raises:
        ProsoponError: it cannot be signed.
    """
    try:
        try:
            _sign(unsealed, destination, manifest, identity, carry=True)
        except c2pa.C2paError.Verify:
            # Ingredients may contradict each other: two versions of one manifest, one of them damaged. That must not
            # keep the result from being labelled.
            progress.note("the credentials of the inputs contradict each other and are named, but not carried over")
            _sign(unsealed, destination, manifest, identity, carry=False)
    except c2pa.C2paError as error:
        raise ProsoponError(f"{unsealed.name} cannot be signed: {error}") from error


def _sign(
    unsealed: Path,
    destination: Path,
    manifest: Manifest,
    identity: SigningIdentity,
    *,
    carry: bool,
) -> None:
    suffix = unsealed.suffix.lower()
    info = c2pa.C2paSignerInfo(alg=b"es256", sign_cert=identity.chain, private_key=identity.private_key, ta_url=None)
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(as_json(manifest.definition), context()) as builder:
        for ingredient in manifest.ingredients:
            _add(builder, ingredient, carry=carry)
        with bound_bytes(unsealed) as source:
            if suffix in EMBEDDED and unsealed.is_file():
                with destination.open("w+b") as sealed:
                    builder.sign(signer, EMBEDDED[suffix], source, sealed)
            else:
                builder.set_no_embed()
                with Path("/dev/null").open("w+b") as nowhere:
                    credential = builder.sign(signer, _OTHER.get(suffix, _UNKNOWN), source, nowhere)
                destination.write_bytes(credential)


def _add(builder: c2pa.Builder, ingredient: Ingredient, *, carry: bool) -> None:
    if not (carry and _add_with_credentials(builder, ingredient)):
        builder.add_ingredient(as_json(ingredient.definition()), _UNKNOWN, io.BytesIO())


def _add_with_credentials(builder: c2pa.Builder, ingredient: Ingredient) -> bool:
    """Add an ingredient with what its file says of itself, if that file is still the one that was read."""
    path = ingredient.parent.path
    if path is None or not path.is_file() or sha256_of(path) != ingredient.parent.sha256:
        return False
    suffix = path.suffix.lower()
    with path.open("rb") as file:
        try:
            builder.add_ingredient(
                as_json(ingredient.definition()), EMBEDDED.get(suffix, _OTHER.get(suffix, _UNKNOWN)), file
            )
        except c2pa.C2paError:
            return False  # a picture that decodes can hold a credential that nobody can read: it is named without
    return True
