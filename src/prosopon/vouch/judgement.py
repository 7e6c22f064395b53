"""From a validated manifest store to the three answers: which of the standard's codes means what.

Failures of the active manifest that concern its signature or its signing credential make the signature invalid, except
`signingCredential.untrusted`, which is about trust; all others mean that something was changed after it was sealed.

Of an ingredient only what its sealer did not know counts (the standard's deltas): if it verified when it went in and
does not now, the store was changed. What was known to be wrong with it then is told, and does not make the file bad.

The standard's own summary has the last word: where it says Invalid, one of the answers is bad. A signer counts as
trusted only with a valid signature; an untrusted signer somewhere among the ingredients does not change who signed
this file, though the standard's summary is then Valid and not Trusted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prosopon.vouch.report import Answer, IngredientReport, Report, Signer
from prosopon.vouch.source_types import found_in, is_synthetic

_UNTRUSTED = "signingCredential.untrusted"
_SIGNATURE = ("claimSignature.", "signingCredential.", "timeStamp.", "timeOfSigning.", "cawg.")
_KINDS = ("success", "informational", "failure")


def judge(store: Mapping[str, Any], common: Mapping[str, Any]) -> Report:
    """The three answers.

    Args:
        store: what the C2PA library's reader gives as JSON.
        common: fields of the `Report` that do not depend on it.
    """
    results: Mapping[str, Any] = store.get("validation_results") or {}
    active: Mapping[str, Any] = results.get("activeManifest") or {}
    deltas = [delta["validationDeltas"] for delta in results.get("ingredientDeltas", ())]
    success, failures = set(_codes(active, "success")), set(_codes(active, "failure"))
    # A damaged store can name an active manifest that it does not hold.
    manifest: Mapping[str, Any] = store["manifests"].get(store.get("active_manifest")) or {}

    of_signature = {code for code in failures if code.startswith(_SIGNATURE)} - {_UNTRUSTED}
    changed = failures - of_signature - {_UNTRUSTED}
    changed_inside = {code for delta in deltas for code in _codes(delta, "failure")} - {_UNTRUSTED}
    signed = "claimSignature.validated" in success and not of_signature
    intact = not changed and not changed_inside
    if not manifest or (store.get("validation_state") not in ("Valid", "Trusted") and signed and intact):
        intact = False
    trusted = signed and "signingCredential.trusted" in success
    source_types = tuple(dict.fromkeys(_source_types(store)))
    ingredients = tuple(_ingredient(item) for item in manifest.get("ingredients", ()))
    codes = [code for group in (active, *deltas) for kind in _KINDS for code in _codes(group, kind)]
    codes += [code for ingredient in ingredients for code in ingredient.failures]
    signature: Mapping[str, Any] = manifest.get("signature_info") or {}
    return Report(
        **common,
        integrity=Answer.OK if intact else Answer.BROKEN,
        signature=Answer.VALID if signed else Answer.INVALID,
        trust=Answer.TRUSTED if trusted else Answer.UNTRUSTED,
        synthetic=is_synthetic(source_types),
        codes=tuple(dict.fromkeys((*codes, *source_types))),
        source_types=source_types,
        state=store.get("validation_state"),
        signer=Signer(
            signature.get("issuer"), signature.get("common_name"), signature.get("alg"), signature.get("time")
        ),
        generator=_generator(manifest),
        ingredients=ingredients,
    )


def _codes(statuses: Mapping[str, Any], kind: str) -> list[str]:
    return [status["code"] for status in statuses.get(kind) or ()]


def _ingredient(item: Mapping[str, Any]) -> IngredientReport:
    """Older manifests list what was wrong as `validation_status`, newer ones as `validation_results`."""
    failures = [status["code"] for status in item.get("validation_status") or ()]
    results: Mapping[str, Any] = item.get("validation_results") or {}
    failures += _codes(results.get("activeManifest") or {}, "failure")
    for delta in results.get("ingredientDeltas") or ():
        failures += _codes(delta["validationDeltas"], "failure")
    return IngredientReport(
        item.get("title") or "untitled", item.get("relationship") or "unknown", tuple(dict.fromkeys(failures))
    )


def _source_types(store: Mapping[str, Any]) -> Iterator[str]:
    """The digital source types of the active manifest and of everything that went into it."""
    waiting, seen = [store.get("active_manifest")], set()
    while waiting:
        label = waiting.pop(0)
        manifest = store["manifests"].get(label)
        if manifest is None or label in seen:
            continue
        seen.add(label)
        yield from found_in(manifest.get("assertions") or ())
        waiting += [ingredient.get("active_manifest") for ingredient in manifest.get("ingredients") or ()]


def _generator(manifest: Mapping[str, Any]) -> str | None:
    for info in manifest.get("claim_generator_info") or ():
        name = info.get("name")
        if name:
            return " ".join(part for part in (str(name), info.get("version")) if part)
    generator = manifest.get("claim_generator")
    return None if generator is None else str(generator)
