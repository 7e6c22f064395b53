"""The history tree: what a credential says was done, with what, by whom; one node for every manifest and ingredient.

All of it is what signers said. The tree is built from a stranger's data, so it is bounded in depth, in size and in the
length of every text, a manifest that leads back to itself is shown once, and one that is missing is named as missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from prosopon.vouch.manifest.plain_words import ACTIONS, AI, RELATIONSHIPS, code_of, source_type_in_words
from prosopon.vouch.manifest.source_types import found_in
from prosopon.vouch.manifest.statuses import NOTHING, Statuses, concerns_signature
from prosopon.vouch.manifest.strangers_text import shown, shown_or_none

DEEPEST = 24
MOST_NODES = 500
MOST_ACTIONS = 100
_MOST_STATEMENTS = 50
_VALIDATED = "claimSignature.validated"

Thumbnails = Callable[[Mapping[str, Any]], bytes | None]
"""From a reference to a picture in the credential to a harmless JPEG of it, None where there is none."""


@dataclass(frozen=True)
class Action:
    """One thing that was done, as the signer says.

    Attributes:
        name: the standard's name, `c2pa.edited`.
        words: the same in plain words.
        when: time as stated.
        software: what did it, as stated.
        description: the signer's own words for it.
        source_types: addresses of the digital source types stated for it.
    """

    name: str
    words: str
    when: str | None = None
    software: str | None = None
    description: str | None = None
    source_types: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Everything as plain values."""
        return {
            "action": self.name,
            "words": self.words,
            "when": self.when,
            "software": self.software,
            "description": self.description,
            "source_types": list(self.source_types),
        }


@dataclass(frozen=True)
class Node:
    """A file in the history: the checked one at the root, then what went into it.

    Attributes:
        title: as stated.
        relationship: the standard's name of what it was to the file above it; None at the root.
        format: media type as stated.
        has_credential: whether it had a credential of its own that is kept here.
        signer: who signed that credential, by the certificate; None without one.
        organisation: of the signer, by the certificate.
        time: of its time-stamp.
        generator: the software that made its claim.
        actions: what was done, in order.
        source_types: addresses of the digital source types that its own manifest states, once each.
        ai: where its own manifest says that AI was used, in plain words.
        training: what its signer says about mining and training on it, in plain words.
        now: codes of its manifest as found now.
        recorded: codes that the signer of the file above it recorded when this went in.
        has_thumbnail: whether the credential holds a picture of it.
        thumbnail: that picture encoded anew (JPEG, at most 320 pixels), where it was asked for and is sound.
        remark: why the tree ends here, where it ends too early.
        parts: what went into it.
    """

    title: str
    relationship: str | None = None
    format: str | None = None
    has_credential: bool = False
    signer: str | None = None
    organisation: str | None = None
    time: str | None = None
    generator: str | None = None
    actions: tuple[Action, ...] = ()
    source_types: tuple[str, ...] = ()
    ai: tuple[str, ...] = ()
    training: tuple[str, ...] = ()
    now: Statuses = NOTHING
    recorded: Statuses = NOTHING
    has_thumbnail: bool = False
    thumbnail: bytes | None = None
    remark: str | None = None
    parts: tuple[Node, ...] = ()

    @property
    def relationship_words(self) -> str | None:
        """What it was to the file above it, in plain words."""
        return None if self.relationship is None else RELATIONSHIPS.get(self.relationship, self.relationship)

    @property
    def signature(self) -> str:
        """Whether its own credential's signature holds: valid, invalid, or none without a credential.

        What was wrong when it went in stays wrong, whatever is found now.
        """
        if not self.has_credential:
            return "none"
        failed = any(concerns_signature(code) for code in (*self.now.failure, *self.recorded.failure))
        validated = _VALIDATED in self.now.success or _VALIDATED in self.recorded.success
        return "valid" if validated and not failed else "invalid"

    def __iter__(self) -> Iterator[Node]:
        """This node and all below it, from top to bottom."""
        yield self
        for part in self.parts:
            yield from part

    def as_json(self) -> dict[str, object]:
        """Everything but the thumbnails as plain values."""
        return {
            "title": self.title,
            "relationship": self.relationship,
            "relationship_words": self.relationship_words,
            "format": self.format,
            "has_credential": self.has_credential,
            "signature": self.signature,
            "signer": self.signer,
            "organisation": self.organisation,
            "time": self.time,
            "generator": self.generator,
            "actions": [action.as_json() for action in self.actions],
            "source_types": list(self.source_types),
            "ai": list(self.ai),
            "training": list(self.training),
            "codes": self.now.as_json(),
            "codes_when_it_went_in": self.recorded.as_json(),
            "has_thumbnail": self.has_thumbnail,
            "remark": self.remark,
            "parts": [part.as_json() for part in self.parts],
        }


def history_of(store: Mapping[str, Any], thumbnails: Thumbnails | None = None) -> Node | None:
    """The tree below the active manifest; None where the store does not hold it.

    Args:
        store: what the C2PA library's reader gives as JSON.
        thumbnails: fetches the pictures; without it only their presence is told.
    """
    active = store.get("active_manifest")
    if not isinstance(active, str) or not _mapping(_mapping(store.get("manifests")).get(active)):
        return None
    return _Growing(store, thumbnails).manifest(active, Node(title="untitled"), ())


def generator_of(manifest: Mapping[str, Any]) -> str | None:
    """The software that made a claim, as it names itself."""
    for info in _mappings(manifest.get("claim_generator_info")):
        name = shown_or_none(info.get("name"), 100)
        if name:
            return " ".join(part for part in (name, shown_or_none(info.get("version"), 60)) if part)
    return shown_or_none(manifest.get("claim_generator"), 160)


class _Growing:
    """A tree while it grows: counts its nodes, and knows the codes of every ingredient by its address."""

    def __init__(self, store: Mapping[str, Any], thumbnails: Thumbnails | None) -> None:
        self._manifests = _mapping(store.get("manifests"))
        self._thumbnails = thumbnails
        self._nodes = 0
        results = _mapping(store.get("validation_results"))
        self._active = Statuses.of(results.get("activeManifest"))
        self._deltas: dict[str, Statuses] = {}
        for delta in _mappings(results.get("ingredientDeltas")):
            address = delta.get("ingredientAssertionURI")
            if isinstance(address, str):
                self._deltas[address] = Statuses.of(delta.get("validationDeltas"))

    def manifest(self, label: str, node: Node, above: tuple[str, ...]) -> Node:
        """`node` with all that the manifest `label` says; `above` are the manifests that led here."""
        self._nodes += 1
        manifest = _mapping(self._manifests.get(label))
        if not manifest:
            return replace(node, remark="its credential is missing")
        if label in above:
            return replace(node, remark="its history leads back to itself")
        signature = _mapping(manifest.get("signature_info"))
        actions, ai = _actions(manifest)
        has_thumbnail, thumbnail = self._thumbnail(manifest)
        node = replace(
            node,
            title=shown_or_none(manifest.get("title")) or node.title,
            format=shown_or_none(manifest.get("format"), 80) or node.format,
            has_credential=True,
            signer=shown_or_none(signature.get("common_name")) or shown_or_none(signature.get("issuer")),
            organisation=shown_or_none(signature.get("issuer")),
            time=shown_or_none(signature.get("time"), 40),
            generator=generator_of(manifest),
            actions=actions,
            source_types=_source_types(manifest),
            ai=ai,
            training=tuple(_training(manifest)),
            now=node.now if above else self._active,
            has_thumbnail=node.has_thumbnail or has_thumbnail,
            thumbnail=node.thumbnail or thumbnail,
        )
        ingredients = _mappings(manifest.get("ingredients"))
        if not ingredients:
            return node
        if len(above) >= DEEPEST:
            return replace(node, remark="what lies deeper is not shown")
        parts: list[Node] = []
        for item in ingredients:
            if self._nodes >= MOST_NODES:
                left = len(ingredients) - len(parts)
                return replace(node, parts=tuple(parts), remark=f"{left} more that went into it are not shown")
            parts.append(self._ingredient(item, (*above, label)))
        return replace(node, parts=tuple(parts))

    def _ingredient(self, item: Mapping[str, Any], above: tuple[str, ...]) -> Node:
        address = f"self#jumbf=/c2pa/{above[-1]}/c2pa.assertions/{item.get('label')}"
        has_thumbnail, thumbnail = self._thumbnail(item)
        node = Node(
            title=shown_or_none(item.get("title")) or "untitled",
            relationship=shown_or_none(item.get("relationship"), 60) or "unknown",
            format=shown_or_none(item.get("format"), 80),
            now=self._deltas.get(address, NOTHING),
            recorded=recorded_in(item),
            has_thumbnail=has_thumbnail,
            thumbnail=thumbnail,
        )
        below = item.get("active_manifest")
        if isinstance(below, str):
            # The name that the file above gave it stays: it is what that signer saw go in.
            return replace(self.manifest(below, node, above), title=node.title)
        self._nodes += 1
        return node

    def _thumbnail(self, item: Mapping[str, Any]) -> tuple[bool, bytes | None]:
        reference = _mapping(item.get("thumbnail"))
        if not reference:
            return False, None
        return True, self._thumbnails(reference) if self._thumbnails is not None else None


def recorded_in(item: Mapping[str, Any]) -> Statuses:
    """What was found of an ingredient when it went in.

    Older manifests list only what was wrong, as `validation_status`; newer ones all, as `validation_results`.
    """
    results = _mapping(item.get("validation_results"))
    found = [Statuses.of(results.get("activeManifest"))]
    found += [Statuses.of(delta.get("validationDeltas")) for delta in _mappings(results.get("ingredientDeltas"))]
    found.append(Statuses.of({"failure": item.get("validation_status")}))
    return Statuses(
        tuple(dict.fromkeys(code for one in found for code in one.success)),
        tuple(dict.fromkeys(code for one in found for code in one.informational)),
        tuple(dict.fromkeys(code for one in found for code in one.failure)),
    )


def _actions(manifest: Mapping[str, Any]) -> tuple[tuple[Action, ...], tuple[str, ...]]:
    """What was done, and where AI is named: in actions, or in another of the manifest's assertions."""
    actions: list[Action] = []
    ai: list[str] = []
    for assertion in _mappings(manifest.get("assertions")):
        label = shown(assertion.get("label") or "unnamed assertion", 100)
        if label.startswith("c2pa.actions"):
            for item in _mappings(_mapping(assertion.get("data")).get("actions"))[:MOST_ACTIONS]:
                action = _action(item)
                actions.append(action)
                ai += _ai(action.source_types, f"action {action.name}")
        else:
            ai += _ai(found_in([assertion]), f"assertion {label}")
    return tuple(actions[:MOST_ACTIONS]), tuple(dict.fromkeys(ai))[:_MOST_STATEMENTS]


def _action(item: Mapping[str, Any]) -> Action:
    name = shown_or_none(item.get("action"), 100) or "unnamed action"
    agent = item.get("softwareAgent")
    if isinstance(agent, Mapping):
        agent = " ".join(str(agent[key]) for key in ("name", "version") if isinstance(agent.get(key), str))
    parameters = _mapping(item.get("parameters"))
    stated = [shown(address) for address in found_in([{"data": item}])]
    return Action(
        name,
        ACTIONS.get(name, "an action of the maker's own"),
        shown_or_none(item.get("when"), 40),
        shown_or_none(agent, 100),
        shown_or_none(item.get("description") or parameters.get("description") or parameters.get("name")),
        tuple(dict.fromkeys(stated))[:_MOST_STATEMENTS],
    )


def _ai(addresses: Any, where: str) -> list[str]:
    found = dict.fromkeys(shown(address) for address in addresses)
    return [f"{source_type_in_words(address)}: {where}" for address in found if code_of(address) in AI]


def _source_types(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    stated = (shown(address) for address in found_in(_mappings(manifest.get("assertions"))))
    return tuple(dict.fromkeys(stated))[:_MOST_STATEMENTS]


_USES = {
    "data_mining": "mining of text and data",
    "ai_inference": "use as an input of AI",
    "ai_generative_training": "training of generative AI",
    "ai_training": "training of AI",
}
_ANSWERS = {"allowed": "allowed", "notAllowed": "not allowed", "constrained": "allowed under conditions"}


def _training(manifest: Mapping[str, Any]) -> Iterator[str]:
    """From the assertion `cawg.training-mining`, or C2PA's older one."""
    for assertion in _mappings(manifest.get("assertions")):
        if not str(assertion.get("label")).startswith(("cawg.training-mining", "c2pa.training-mining")):
            continue
        entries = _mapping(_mapping(assertion.get("data")).get("entries"))
        for name, entry in list(entries.items())[:20]:
            use = _USES.get(str(name).rpartition(".")[2], shown(name, 80))
            answer = str(_mapping(entry).get("use"))
            yield f"{use}: {_ANSWERS.get(answer, shown(answer, 40))}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
