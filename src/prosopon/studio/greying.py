"""Colour of the hair at somebody's age: `Identity.hair` is that of the young adult."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.studio.person import Identity

Floats = NDArray[np.float32]

_GREY, _WHITE = np.array((0.35, 0.335, 0.31)), np.array((0.61, 0.59, 0.55))

BEARD_EARLIER, BROWS_EARLIER = 0.12, -0.15
"""By how much their greying comes before that of the head, in units of age."""


def grey_share(identity: Identity, earlier: float = 0.0) -> float:
    """Share of grey hairs, 0 to 0.95; `earlier` moves the onset, in units of age."""
    started = identity.age - 0.5 + 0.25 * identity.greying + earlier
    return float(np.clip(started / 0.4, 0, 0.95))


def grey_of(identity: Identity) -> Floats:
    """Colour of a hair that has lost its own, `(3,)`: whiter in the very old."""
    white = float(np.clip((identity.age - 0.7) / 0.3, 0, 1))
    return np.asarray(_GREY * (1 - white) + _WHITE * white, np.float32)


def _mixed(identity: Identity, share: float) -> Floats:
    return np.asarray(np.array(identity.hair) * (1 - share) + grey_of(identity) * share, np.float32)


def hair_colour(identity: Identity) -> Floats:
    """Mean colour of the hair of the head, `(3,)`."""
    return _mixed(identity, grey_share(identity))


def beard_colour(identity: Identity) -> Floats:
    """Mean colour of the beard, which greys before the head, `(3,)`."""
    return _mixed(identity, grey_share(identity, earlier=BEARD_EARLIER))


def brow_colour(identity: Identity) -> Floats:
    """Mean colour of the brows, which grey last, `(3,)`."""
    share = grey_share(identity, earlier=BROWS_EARLIER)
    own = np.minimum(np.array(identity.hair) * 0.7, 0.12) + 0.003
    return np.asarray(own * (1 - share) + 0.8 * grey_of(identity) * share, np.float32)
