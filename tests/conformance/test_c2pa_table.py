"""Our answers on the standard's public test files, beside what their publishers say: `pytest -s` prints the table.

A publisher's word is the published reading (`*.manifest.json`, by the tool of January 2022) where there is one, else
the file's name: `C` has a credential, `A` and `I` have none, `E-sig` has a damaged signature, `E-dat` damaged content,
`X` somebody else's credential, `CIE-sig` an ingredient whose signature was damaged when it went in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from prosopon.vouch.manifest.statuses import UNTRUSTED
from prosopon.vouch.manifest.trust import Trust
from prosopon.vouch.manifest.verify import Manner, verify

EXPLAINED = {
    "rs_boxhash.jpg": "named after box hashes, which it was made from; the file as published is bound by a data hash",
    "rs_cloud.jpg": "its credential is kept elsewhere and was not fetched; the address is named",
    "rs_sample1.png": "a source for the library's own signing tests: never had a credential",
    "rs_sample1.webp": "a source for the library's own signing tests: never had a credential",
    "rs_video1.mp4": "its signer is trusted; the summary is only Valid because its ingredient's signer is on no list",
    "ptf_adobe-20220124-E-sig-CA.jpg": "timeStamp.mismatch is still told; since C2PA 2.0 it is informational",
}
"""Files of which something else was published or promised by their name than we answer, and why ours is right."""


def test_no_disagreement_is_unexplained(shared: Path) -> None:
    folder = shared / "media" / "c2pa"
    trust = Trust.read([folder / "rs_test_cert_root_bundle.pem"], key_usages=folder / "rs_trust_store.cfg")
    rows = [_row(path, trust) for path in sorted(folder.iterdir()) if path.suffix in (".jpg", ".png", ".webp", ".mp4")]
    _print(rows)
    assert len(rows) >= 20
    for row in rows:
        agrees = row["theirs"] == row["ours"] and row["their failures"] in ("-", row["our failures"])
        assert agrees or row["file"] in EXPLAINED, row


@pytest.mark.parametrize("name", ["C", "CA", "CACA", "CAI", "CIE-sig-CA", "E-dat-CA", "E-sig-CA", "XCA", "XCI"])
def test_the_history_is_the_published_one(shared: Path, name: str) -> None:
    """Titles, relationships, signers and actions of the whole tree, against the published reading."""
    path = shared / "media" / "c2pa" / f"ptf_adobe-20220124-{name}.jpg"
    published = json.loads(path.with_suffix(".manifest.json").read_text(encoding="utf-8"))
    history = verify(path).history
    assert history is not None
    assert history.as_json()["title"] == published["manifests"][published["active_manifest"]]["title"]
    assert _drawn(history) == _published(published, published["active_manifest"])


def _drawn(node: Any) -> Any:
    actions = tuple(action.name for action in node.actions)
    return actions, tuple((part.title, part.relationship, part.has_credential, _drawn(part)) for part in node.parts)


def _published(store: Mapping[str, Any], label: str | None) -> Any:
    if label is None:
        return (), ()
    manifest = store["manifests"][label]
    said = [one for one in manifest.get("assertions", ()) if one["label"].startswith("c2pa.actions")]
    actions = tuple(action["action"] for one in said for action in one["data"]["actions"])
    return actions, tuple(
        (
            one["title"],
            one["relationship"],
            one.get("active_manifest") is not None,
            _published(store, one.get("active_manifest")),
        )
        for one in manifest.get("ingredients", ())
    )


def _row(path: Path, trust: Trust) -> dict[str, str]:
    plain, trusting = verify(path), verify(path, manner=Manner(trust=trust))
    assert (plain.integrity, plain.signature) == (trusting.integrity, trusting.signature)
    wrong = [code for code in trusting.statuses.failure if code != UNTRUSTED]
    wrong += [f"{one.title}: {code}" for one in trusting.ingredients for code in one.failures if code != UNTRUSTED]
    return {
        "file": path.name,
        "theirs": _theirs(path),
        "ours": f"{plain.integrity}/{plain.signature}",
        "with roots": trusting.trust.value,
        "summary": trusting.state or "-",
        "our failures": ", ".join(wrong) or "-",
        "their failures": ", ".join(_their_codes(path)) or "-",
    }


def _their_codes(path: Path) -> list[str]:
    """The failures that the publisher lists: of the file, then of its ingredients."""
    published = path.with_suffix(".manifest.json")
    if not published.is_file():
        return []
    store = json.loads(published.read_text(encoding="utf-8"))
    codes = [status["code"] for status in store.get("validation_status") or ()]
    for one in store["manifests"][store["active_manifest"]].get("ingredients", ()):
        codes += [f"{one['title']}: {status['code']}" for status in one.get("validation_status") or ()]
    return [code for code in codes if not code.endswith(UNTRUSTED)]


def _theirs(path: Path) -> str:
    """What the publisher says, in our words."""
    published = path.with_suffix(".manifest.json")
    if published.is_file():
        said = json.loads(published.read_text(encoding="utf-8")).get("validation_status") or []
        codes = {status["code"] for status in said} - {UNTRUSTED}
        signature = {code for code in codes if code.startswith(("claimSignature", "signingCredential", "timeStamp"))}
        return f"{'broken' if codes - signature else 'ok'}/{'invalid' if signature else 'valid'}"
    name = re.sub(r"^(ptf_adobe-\d+-|rs_)", "", path.stem)
    if name in ("A", "I") or "no_manifest" in name:
        return "none/none"
    if name.startswith("E-sig"):
        return "ok/invalid"
    return "broken/valid" if name.startswith(("E-dat", "X")) else "ok/valid"


def _print(rows: list[dict[str, str]]) -> None:
    widths = {key: max(len(key), *(len(row[key]) for row in rows)) for key in rows[0]}
    lines = ["  ".join(key.ljust(width) for key, width in widths.items())]
    lines += ["  ".join(row[key].ljust(width) for key, width in widths.items()) for row in rows]
    lines += [f"{row['file']}: {EXPLAINED[row['file']]}" for row in rows if row["file"] in EXPLAINED]
    print("\n" + "\n".join(lines))  # noqa: T201 - for those who ask with -s
