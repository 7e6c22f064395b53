"""Small files signed by this installation's certificate in ways that `publish` does not use."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import c2pa
from PIL import Image

from prosopon.vouch.keys.certificate import signing_identity

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MANIFEST: dict[str, Any] = {
    "claim_version": 2,
    "claim_generator_info": [{"name": "a test", "version": "1"}],
    "title": "t",
    "assertions": [
        {
            "label": "c2pa.actions.v2",
            "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": f"{SOURCE_TYPE}digitalCapture"}]},
        }
    ],
}


def green(kind: str = "PNG") -> bytes:
    """An encoded green picture."""
    encoded = io.BytesIO()
    Image.new("RGB", (64, 64), (9, 99, 9)).save(encoded, kind)
    return encoded.getvalue()


def signed(
    content: bytes,
    kind: str,
    path: Path,
    *,
    stamped_by: str | None = None,
    remote: str | None = None,
    identity: tuple[bytes, bytes] | None = None,
    **claims: Any,
) -> bytes:
    """Sign `content` of the media type `kind` into `path`; returns the credential.

    Args:
        content: an encoded file.
        kind: its media type.
        path: where the signed file goes.
        stamped_by: address of a time-stamping authority.
        remote: the address at which the credential is said to be kept; then it is not put into the file.
        identity: chain and private key as PEM; those of this installation unless given.
        claims: further entries of the manifest's definition.
    """
    own = signing_identity()
    chain, key = (own.chain, own.private_key) if identity is None else identity
    info = c2pa.C2paSignerInfo(
        alg=b"es256",
        sign_cert=chain,
        private_key=key,
        ta_url=None if stamped_by is None else stamped_by.encode(),
    )
    out = io.BytesIO()
    with (
        c2pa.Signer.from_info(info) as signer,
        c2pa.Context.from_dict({"version": 1, "verify": {"verify_after_sign": False}}) as context,
        c2pa.Builder({**MANIFEST, **claims}, context) as builder,
    ):
        if remote is not None:
            builder.set_remote_url(remote)
            builder.set_no_embed()
        credential = builder.sign(signer, kind, io.BytesIO(content), out)
    path.write_bytes(out.getvalue())
    return bytes(credential)
