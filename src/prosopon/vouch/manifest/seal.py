"""Puts the signed manifest on a finished file: inside it where the format allows, else into a sidecar beside it."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import c2pa

from prosopon.core.errors import ProsoponError
from prosopon.core.progress import SILENT, Progress
from prosopon.vouch.keys.algorithm import Algorithm
from prosopon.vouch.keys.certificate import SigningIdentity
from prosopon.vouch.keys.sealer import Sealer
from prosopon.vouch.manifest.binding import BARE, EMBEDDED, bound_bytes
from prosopon.vouch.manifest.definition import Manifest, as_json
from prosopon.vouch.manifest.ingredients import add_ingredient
from prosopon.vouch.manifest.settings import context

_ALGORITHMS = {
    Algorithm.ES256: c2pa.C2paSigningAlg.ES256,
    Algorithm.ES384: c2pa.C2paSigningAlg.ES384,
    Algorithm.ES512: c2pa.C2paSigningAlg.ES512,
    Algorithm.PS256: c2pa.C2paSigningAlg.PS256,
    Algorithm.PS384: c2pa.C2paSigningAlg.PS384,
    Algorithm.PS512: c2pa.C2paSigningAlg.PS512,
    Algorithm.ED25519: c2pa.C2paSigningAlg.ED25519,
}
_THUMBNAIL = "thumbnail.jpg"


def seal(
    unsealed: Path,
    destination: Path,
    manifest: Manifest,
    signer: SigningIdentity | Sealer,
    progress: Progress = SILENT,
    *,
    embed: bool | None = None,
) -> bytes:
    """Sign a file or folder.

    Files are read and written in pieces; the C2PA library hashes in pieces of up to 256 MiB and holds two of them.
    Nothing goes over the network unless the signer names a time authority.

    Args:
        unsealed: the finished file, or a folder of pictures.
        destination: the sealed copy, or the sidecar.
        manifest: what is signed; credentials that its ingredients' files hold are carried over, whole.
        signer: who signs, and by which means.
        progress: is told when an ingredient's credentials had to be left out.
        embed: put the credential into the copy, or else into a sidecar; as the format of `unsealed` allows where None.

    Returns:
        The manifest store, as it is in the file or the sidecar.

    Raises:
        ProsoponError: it cannot be signed.
    """
    sealer = signer if isinstance(signer, Sealer) else Sealer.of(signer)
    inside = unsealed.is_file() and unsealed.suffix.lower() in EMBEDDED if embed is None else embed
    attempt = _Attempt(sealer)
    try:
        try:
            return attempt.sign(unsealed, destination, manifest, carry=True, embed=inside)
        except c2pa.C2paError.Verify:
            # Ingredients may contradict each other: two versions of one manifest, one of them damaged. That must not
            # keep the result from being labelled.
            progress.note("the credentials of the inputs contradict each other: they are named, but not carried over")
            return attempt.sign(unsealed, destination, manifest, carry=False, embed=inside)
    except c2pa.C2paError as error:
        raise attempt.explained(unsealed, error) from None


class _Attempt:
    """Signs, and remembers what only the callback knows: the library tells no reasons of what failed in there."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._failure: BaseException | None = None
        self._signed = False

    def sign(self, unsealed: Path, destination: Path, manifest: Manifest, *, carry: bool, embed: bool) -> bytes:
        definition = manifest.definition
        if manifest.thumbnail is not None:
            definition = definition | {"thumbnail": {"format": "image/jpeg", "identifier": _THUMBNAIL}}
        self._signed = False
        with (
            c2pa.Signer.from_callback(
                self._signature,
                _ALGORITHMS[self._sealer.algorithm],
                self._sealer.chain.decode("ascii"),
                self._sealer.time_authority,
            ) as signer,
            context() as settings,
            c2pa.Builder(as_json(definition), settings) as builder,
        ):
            if manifest.thumbnail is not None:
                builder.add_resource(_THUMBNAIL, io.BytesIO(manifest.thumbnail))
            for ingredient in manifest.ingredients:
                add_ingredient(builder, ingredient, carry=carry)
            with bound_bytes(unsealed) as source:
                if embed:
                    with destination.open("w+b") as sealed:
                        return bytes(builder.sign(signer, EMBEDDED[unsealed.suffix.lower()], source, sealed))
                builder.set_no_embed()
                with Path(os.devnull).open("w+b") as nowhere:  # the copy that embedding would have gone into
                    credential = bytes(builder.sign(signer, BARE, source, nowhere))
                destination.write_bytes(credential)
                return credential

    def _signature(self, message: bytes) -> bytes:
        try:
            made = self._sealer.raw_signature(message)
        except BaseException as error:  # nothing may pass through the library; `explained` gives it back
            self._failure = error
            return b""
        self._signed = True
        return made

    def explained(self, unsealed: Path, error: c2pa.C2paError) -> BaseException:
        """The failure as the user is told of it."""
        if self._failure is not None:
            return self._failure
        authority = self._sealer.time_authority
        if authority is not None and self._signed and isinstance(error, c2pa.C2paError.Signature):
            return ProsoponError(
                f"the time authority {urlsplit(authority).hostname} gave no time-stamp: {_why_no_time(str(error))}",
                "nothing was written; try again later, or without --time-authority",
            )
        return ProsoponError(
            f"{unsealed.name} cannot be signed: {error}", "check that it is sound, and of the kind that its name says"
        )


def _why_no_time(said: str) -> str:
    """What the library says of a failed request, without its address."""
    if "error sending request" in said:
        return "it cannot be reached, or it took longer than 30 s"
    status = re.search(r"status = (\d{3})", said)
    return f"it answered with HTTP status {status[1]}" if status else "its answer is no time-stamp"
