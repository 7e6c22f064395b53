"""Puts the signed manifest on a finished file: inside it where the format allows, else into a sidecar beside it."""

from __future__ import annotations

import os
from pathlib import Path

import c2pa

from prosopon.core.errors import ProsoponError
from prosopon.core.progress import SILENT, Progress
from prosopon.vouch.binding import BARE, EMBEDDED, bound_bytes
from prosopon.vouch.certificate import SigningIdentity
from prosopon.vouch.ingredients import add_ingredient
from prosopon.vouch.manifest import Manifest, as_json
from prosopon.vouch.settings import context


def seal(
    unsealed: Path,
    destination: Path,
    manifest: Manifest,
    identity: SigningIdentity,
    progress: Progress = SILENT,
) -> None:
    """Sign a file or folder.

    Files are read and written in pieces; the C2PA library hashes in pieces of up to 256 MiB and holds two of them.

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
            progress.note("the credentials of the inputs contradict each other: they are named, but not carried over")
            _sign(unsealed, destination, manifest, identity, carry=False)
    except c2pa.C2paError as error:
        raise ProsoponError(f"{unsealed.name} cannot be signed: {error}") from error


def _sign(unsealed: Path, destination: Path, manifest: Manifest, identity: SigningIdentity, *, carry: bool) -> None:
    info = c2pa.C2paSignerInfo(alg=b"es256", sign_cert=identity.chain, private_key=identity.private_key, ta_url=None)
    with (
        c2pa.Signer.from_info(info) as signer,
        context() as settings,
        c2pa.Builder(as_json(manifest.definition), settings) as builder,
    ):
        for ingredient in manifest.ingredients:
            add_ingredient(builder, ingredient, carry=carry)
        with bound_bytes(unsealed) as source:
            if unsealed.is_file() and unsealed.suffix.lower() in EMBEDDED:
                with destination.open("w+b") as sealed:
                    builder.sign(signer, EMBEDDED[unsealed.suffix.lower()], source, sealed)
            else:
                builder.set_no_embed()
                with Path(os.devnull).open("w+b") as nowhere:  # the copy that embedding would have gone into
                    credential = builder.sign(signer, BARE, source, nowhere)
                destination.write_bytes(credential)
