"""The history tree as lines of text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from prosopon.vouch.manifest.history import Node
from prosopon.vouch.manifest.plain_words import source_type_in_words
from prosopon.vouch.manifest.statuses import UNTRUSTED, Statuses


class Kind(Enum):
    """What a fact is about, for those who show it in colours or in another form."""

    PLAIN = auto()
    WRONG = auto()
    AI = auto()
    THUMBNAIL = auto()


@dataclass(frozen=True)
class Fact:
    """One line about a node; safe to print, to be escaped in HTML."""

    text: str
    kind: Kind = Kind.PLAIN


def tree_lines(node: Node) -> Iterator[str]:
    """The tree, the checked file on top and what went into it below; every text in it is safe to print."""
    yield heading(node)
    yield from _below(node, "")


def heading(node: Node) -> str:
    """What a node is, in one line: `fed to what made it: driving.mp4 (inputTo, video/mp4)`."""
    kind = ", ".join(part for part in (node.relationship, node.format) if part)
    title = f"{node.title} ({kind})" if kind else node.title
    return title if node.relationship_words is None else f"{node.relationship_words}: {title}"


def facts(node: Node) -> Iterator[Fact]:
    """What is known about a node, one line each."""
    if node.has_credential:
        kind = Kind.PLAIN if node.signature == "valid" else Kind.WRONG
        yield Fact(f"sealed with {node.generator or 'unknown software'}; {signed(node)}", kind)
    elif node.remark is None:
        yield Fact("has no credential of its own")
    for action in node.actions:
        details = [action.description, action.software, action.when, *map(source_type_in_words, action.source_types)]
        more = "; ".join(detail for detail in details if detail)
        yield Fact(f"{action.name}: {action.words}{f' [{more}]' if more else ''}")
    for statement in node.ai:
        yield Fact(f"AI used: {statement}", Kind.AI)
    for statement in node.training:
        yield Fact(f"its signer says: {statement}")
    if node.has_thumbnail:
        yield Fact("holds a thumbnail", Kind.THUMBNAIL)
    yield from _codes("found now", node.now)
    yield from _codes("found when it went in", node.recorded)
    if node.remark is not None:
        yield Fact(f"({node.remark})")


def signed(node: Node) -> str:
    """Who signed a node's credential, as far as that can be believed."""
    who = " / ".join(dict.fromkeys(part for part in (node.signer, node.organisation) if part)) or "an unnamed signer"
    when = f", {node.time}" if node.time else ""
    if node.signature == "valid":
        return f"signed by {who}{when}"
    return f"names {who} as its signer, but the signature does not hold"


def _codes(found: str, statuses: Statuses) -> Iterator[Fact]:
    """Failures only: the successes are in the report's own lists, and here they would hide what is wrong."""
    wrong = [code for code in statuses.failure if code != UNTRUSTED]
    if wrong:
        yield Fact(f"wrong, {found}: {', '.join(wrong)}", Kind.WRONG)
    if UNTRUSTED in statuses.failure:
        yield Fact(f"signer on no given list, {found}: {UNTRUSTED}")


def _below(node: Node, indent: str) -> Iterator[str]:
    bar = "│  " if node.parts else "   "
    for fact in facts(node):
        yield f"{indent}{bar}{fact.text}"
    for part in node.parts:
        last = part is node.parts[-1]
        yield f"{indent}{'└─ ' if last else '├─ '}{heading(part)}"
        yield from _below(part, indent + ("   " if last else "│  "))
