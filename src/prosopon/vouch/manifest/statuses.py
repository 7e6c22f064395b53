"""The standard's validation codes of one manifest, in its three groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prosopon.vouch.manifest.strangers_text import shown

_MOST = 2000


@dataclass(frozen=True)
class Statuses:
    """Codes verbatim, each once, in the order in which the validator came upon them.

    Attributes:
        success: what was checked and found right.
        informational: what a reader should know and what decides nothing.
        failure: what was checked and found wrong.
    """

    success: tuple[str, ...] = ()
    informational: tuple[str, ...] = ()
    failure: tuple[str, ...] = ()

    @classmethod
    def of(cls, groups: Any) -> Statuses:
        """From a validator's JSON: `{"success": [{"code": ...}, ...], ...}`."""
        return cls(*(tuple(dict.fromkeys(codes_in(groups, kind))) for kind in KINDS))

    @property
    def all(self) -> tuple[str, ...]:
        """Every code once."""
        return tuple(dict.fromkeys((*self.success, *self.informational, *self.failure)))

    def __bool__(self) -> bool:
        return bool(self.success or self.informational or self.failure)

    def as_json(self) -> dict[str, list[str]]:
        """The three groups as lists."""
        return {kind: list(getattr(self, kind)) for kind in KINDS}


NOTHING = Statuses()
"""Where nothing was checked."""

KINDS = ("success", "informational", "failure")


UNTRUSTED = "signingCredential.untrusted"
_SIGNATURE = ("claimSignature.", "signingCredential.", "timeStamp.", "timeOfSigning.", "cawg.")


def concerns_signature(failure: str) -> bool:
    """Whether a failure means that a signature does not hold. An untrusted signer's signature may hold."""
    return failure.startswith(_SIGNATURE) and failure != UNTRUSTED


def items_in(groups: Any, kind: str) -> list[Mapping[str, Any]]:
    """The entries of one group of a validator's JSON, whatever else stands there left out."""
    if not isinstance(groups, Mapping):
        return []
    items = groups.get(kind)
    return [item for item in items[:_MOST] if isinstance(item, Mapping)] if isinstance(items, list) else []


def codes_in(groups: Any, kind: str) -> list[str]:
    """The codes of one group."""
    return [shown(item["code"], 100) for item in items_in(groups, kind) if isinstance(item.get("code"), str)]
