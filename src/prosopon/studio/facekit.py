"""Heads of a face kit: the ICT Face Model Light (Li et al. 2020), which users get from its own project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prosopon.core.errors import MissingError

if TYPE_CHECKING:
    from prosopon.studio.anatomy import Anatomy
    from prosopon.studio.person import Kit


def kit_of(kit: Kit) -> Anatomy:
    """The head of a kit that was opened before."""
    raise MissingError("the face kit is not loaded", "open it first")
