"""Hands ingredients to the C2PA builder, with the credentials that they themselves carry."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import c2pa

from prosopon.core.errors import MediaError
from prosopon.media.read import content_id
from prosopon.vouch.manifest.binding import BARE, bound_bytes, find_sidecar, media_type
from prosopon.vouch.manifest.definition import Ingredient, as_json
from prosopon.vouch.manifest.settings import context


def add_ingredient(builder: c2pa.Builder, ingredient: Ingredient, *, carry: bool) -> None:
    """Add one ingredient: named and identified by its digest, and, with `carry`, with its own credentials.

    Credentials are carried over only from a file that still is the one that was read; what is wrong with them is
    recorded, and whoever checks the result is told.
    """
    path = ingredient.parent.path
    if not (carry and path is not None and _is_unchanged(path, ingredient.parent.sha256)):
        _add_bare(builder, ingredient)
        return
    sidecar = find_sidecar(path)
    try:
        if sidecar is not None and _embedded_manifest(path) is None:
            _add_with_sidecar(builder, ingredient, path, sidecar)
        else:
            with path.open("rb") as file:
                builder.add_ingredient(as_json(ingredient.definition()), media_type(path), file)
    except (c2pa.C2paError, OSError):
        # A picture that decodes can hold a credential that nobody can read: then it is named without.
        _add_bare(builder, ingredient)


def active_manifest(path: Path) -> str | None:
    """Label of the manifest that a file holds, or that lies beside it; None where there is none that can be read."""
    inside = _embedded_manifest(path)
    sidecar = find_sidecar(path) if inside is None else None
    if sidecar is None:
        return inside
    try:
        return str(_store_of(path, sidecar.read_bytes())["active_manifest"])
    except (c2pa.C2paError, OSError, KeyError):
        return None


def _embedded_manifest(path: Path) -> str | None:
    try:
        with context() as settings, path.open("rb") as file, c2pa.Reader(None, file, None, settings) as reader:
            label = json.loads(reader.json()).get("active_manifest")
    except (c2pa.C2paError, OSError):
        return None
    return None if label is None else str(label)


def _is_unchanged(path: Path, sha256: str | None) -> bool:
    try:
        return content_id(path) == sha256
    except MediaError:
        return False  # gone, or no longer a folder of pictures


def _add_bare(builder: c2pa.Builder, ingredient: Ingredient) -> None:
    definition = ingredient.definition() | {"format": media_type(Path(ingredient.parent.name))}
    builder.add_ingredient(as_json(definition), BARE, io.BytesIO())


def _add_with_sidecar(builder: c2pa.Builder, ingredient: Ingredient, path: Path, sidecar: Path) -> None:
    credential = sidecar.read_bytes()
    store = _store_of(path, credential)
    identifier = f"{ingredient.label}.c2pa"
    builder.add_resource(identifier, io.BytesIO(credential))
    definition = ingredient.definition() | {
        "format": media_type(path),
        "active_manifest": store["active_manifest"],
        "validation_results": store["validation_results"],
        "manifest_data": {"format": "application/c2pa", "identifier": identifier},
    }
    builder.add_ingredient(as_json(definition), BARE, io.BytesIO())


def _store_of(path: Path, credential: bytes) -> dict[str, Any]:
    with (
        context() as settings,
        bound_bytes(path) as content,
        c2pa.Reader(BARE, content, credential, settings) as reader,
    ):
        store: dict[str, Any] = json.loads(reader.json())
    return store
