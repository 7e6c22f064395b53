"""Entries of files say what publishing says of them: the same hashes, the same key."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from prosopon.core.clip import Clip
from prosopon.core.errors import MediaError, ProsoponError
from prosopon.vouch.keys.certificate import signing_identity
from prosopon.vouch.log.entry import Entry, salted
from prosopon.vouch.log.file_entry import credential_of, entry_of
from prosopon.vouch.lookup.pdq import pdq
from prosopon.vouch.manifest.definition import Manifest
from prosopon.vouch.manifest.seal import seal


def test_a_file_of_any_kind(tmp_path: Path) -> None:
    path = tmp_path / "text.bin"
    path.write_bytes(b"no picture")
    found = Entry.parse(entry_of(path, "0123abcd", watermark="00" * 8).entry)
    assert (found.asset, found.key, found.watermark) == (sha256(b"no picture").hexdigest(), "0123abcd", "00" * 8)
    assert (found.manifest, found.fingerprint) == (None, None)
    with pytest.raises(ProsoponError, match="watermark"):
        entry_of(path, "0123abcd", watermark="zz")
    with pytest.raises(MediaError):
        entry_of(tmp_path / "gone", "0123abcd")


def test_pictures_have_a_fingerprint_if_they_show_anything(tmp_path: Path) -> None:
    picture = data.astronaut()
    Image.fromarray(picture).save(tmp_path / "a.png")
    assert Entry.parse(entry_of(tmp_path / "a.png", "0123abcd").entry).fingerprint == pdq(picture).hex
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(tmp_path / "black.png")
    assert Entry.parse(entry_of(tmp_path / "black.png", "0123abcd").entry).fingerprint is None


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.bin"])
def test_the_manifest_is_the_one_that_was_signed(tmp_path: Path, name: str, clip_for: Callable[[str], Clip]) -> None:
    clip = clip_for("a.png")
    unsealed, sealed = tmp_path / "unsealed" / name, tmp_path / name
    unsealed.parent.mkdir()
    Image.fromarray(clip.first()).save(unsealed, "PNG" if name.endswith("bin") else None)
    manifest = Manifest.of(clip.history, name)
    if name.endswith("bin"):
        sealed.write_bytes(unsealed.read_bytes())
        store = seal(unsealed, tmp_path / (name + ".c2pa"), manifest, signing_identity())
    else:
        store = seal(unsealed, sealed, manifest, signing_identity())
    found = credential_of(sealed)
    assert found is not None
    assert found.sha256 == sha256(store).hexdigest()
    assert found.key == signing_identity().key_id
    damaged = bytearray(sealed.read_bytes())
    damaged[-20] ^= 1
    sealed.write_bytes(damaged)
    broken = credential_of(sealed)
    assert broken is None or broken.key is None


def test_what_is_hidden_is_only_found_with_the_salt(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(data.astronaut()).save(path)
    one, two = (entry_of(path, "0123abcd", hide=True) for _ in range(2))
    asset = sha256(path.read_bytes()).hexdigest()
    assert one.entry != two.entry and asset.encode() not in one.entry
    entry = Entry.parse(one.entry)
    assert (entry.fingerprint, entry.manifest, entry.watermark) == (None, None, None)
    assert one.salt is not None and entry.asset == salted(asset, one.salt)
    assert one.names(asset) and not one.names("ab" * 32)
