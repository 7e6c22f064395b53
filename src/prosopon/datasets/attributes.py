"""The attributes of faces that are edited: their names, which exclude each other, and people who have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import UsageError
from prosopon.studio.person import Colour, Expression, Glasses, HairStyle, Identity

Labels = NDArray[np.float32]
"""`(..., N)`, 1 where somebody has an attribute, else 0; in the order of their names."""

HAIR = ("black hair", "blond hair", "brown hair")
"""Of these a person has exactly one."""
NAMES = (*HAIR, "glasses", "beard", "old", "smile")
"""All that rendered people are labelled with, in the order of the labels."""

_COLOURS: tuple[Colour, ...] = ((0.010, 0.009, 0.009), (0.42, 0.27, 0.12), (0.095, 0.045, 0.020))
"""Of the hair as in `HAIR`, linear light."""
_COLOURED = -2.4
"""`Identity.greying` of hair that is coloured: it never greys, so that the old have a colour to be labelled with."""


@dataclass(frozen=True)
class AttributeSet:
    """Attributes by name, some of which exclude each other.

    Attributes:
        names: in the order of the labels.
        exclusive: groups of names; of each group somebody has at most one.
    """

    names: tuple[str, ...] = NAMES
    exclusive: tuple[tuple[str, ...], ...] = (HAIR,)

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if not self.names or len(set(self.names)) < len(self.names):
            raise UsageError(f"the attributes {list(self.names)} are none or not different", "name each once")
        for name in (name for group in self.exclusive for name in group):
            self.index(name)

    def index(self, name: str) -> int:
        """Place of an attribute among the labels.

        Raises:
            UsageError: there is none of that name.
        """
        if name not in self.names:
            raise UsageError(f"there is no attribute {name!r}", f"use one of {', '.join(self.names)}")
        return self.names.index(name)

    def rivals(self, name: str) -> tuple[int, ...]:
        """Places of the attributes that nobody has together with this one."""
        own = self.index(name)
        return tuple(
            sorted({self.index(o) for group in self.exclusive if name in group for o in group} - {own}),
        )

    def switched(self, labels: Labels, name: str, on: bool | None = None) -> Labels:
        """Labels `(..., N)` with one attribute changed, as the published tests do it.

        An attribute with rivals is set, and they are cleared; any other is turned into its opposite.

        Args:
            labels: of the picture.
            name: of the attribute.
            on: set it to this instead; an attribute with rivals that is cleared leaves them as they are.
        """
        place, rivals = self.index(name), self.rivals(name)
        out = np.array(labels, np.float32)
        wanted = np.full(out.shape[:-1], on) if on is not None else (out[..., place] < 0.5) | bool(rivals)
        out[..., place] = wanted
        for rival in rivals:
            out[..., rival] = np.where(wanted, 0, out[..., rival])
        return out

    def told(self, names: Iterable[str]) -> Labels:
        """Labels `(N,)` of somebody who has these attributes and no others."""
        out = np.zeros(len(self.names), np.float32)
        out[[self.index(name) for name in names]] = 1
        return out


@dataclass(frozen=True)
class Look:
    """How somebody has the attributes that they may have: the same with and without them.

    Attributes:
        glasses: their frames.
        beard: how full it is, 0.8 to 1.
        young, old: ages in `Identity.age`.
        hair_shade: factor of the hair's colour.
        smiling, resting: expressions with and without a smile.
    """

    glasses: Glasses
    beard: float
    young: float
    old: float
    hair_shade: float
    smiling: Expression
    resting: Expression

    @classmethod
    def random(cls, rng: np.random.Generator) -> Look:
        """Somebody's way of having each attribute."""
        gaze_x, gaze_y = rng.normal(0, 0.25, 2).tolist()
        brows, jaw = float(rng.uniform(-0.15, 0.35)), float(rng.uniform(0, 1) ** 2)
        still = Expression(
            brow_raise_left=brows, brow_raise_right=brows,
            gaze_x=float(np.clip(gaze_x, -0.6, 0.6)), gaze_y=float(np.clip(gaze_y, -0.5, 0.5)),
        )  # fmt: skip
        smile = float(rng.uniform(0.8, 1.0))
        return cls(
            glasses=Glasses(rng.choice([Glasses.ROUND.value, Glasses.SQUARE.value])),
            beard=float(rng.uniform(0.8, 1.0)),
            young=float(rng.uniform(0.0, 0.2)),
            old=float(rng.uniform(0.85, 1.0)),
            hair_shade=float(rng.uniform(0.8, 1.2)),
            smiling=replace(
                still, smile=smile, mouth_wide=0.25, squint=0.35, upper_lip_raise=0.25, jaw_open=0.12 + 0.2 * jaw
            ),
            resting=replace(still, smile=float(rng.uniform(-0.25, 0.05)), jaw_open=0.25 * jaw),
        )


def base_person(rng: np.random.Generator) -> Identity:
    """Somebody at random whose hair can be seen: what they look like apart from the attributes."""
    identity = Identity.random(rng)
    styles = [style for style in HairStyle if style is not HairStyle.BALD]
    shown = identity.hair_style if identity.hair_style in styles else HairStyle.SHORT
    return replace(identity, hair_style=shown, balding=min(identity.balding, 0.25), greying=_COLOURED, freckles=0.0)


def with_attributes(person: Identity, look: Look, labels: Sequence[float] | Labels) -> tuple[Identity, Expression]:
    """The same person with the attributes that `labels (7,)`, in the order of `NAMES`, name.

    Raises:
        UsageError: not one hair colour exactly.
    """
    has = {name: bool(value > 0.5) for name, value in zip(NAMES, labels, strict=True)}
    colours = [colour for name, colour in zip(HAIR, _COLOURS, strict=True) if has[name]]
    if len(colours) != 1:
        raise UsageError(f"somebody was to have {len(colours)} hair colours", f"name one of {', '.join(HAIR)}")
    red, green, blue = (value * look.hair_shade for value in colours[0])
    dressed = replace(
        person,
        hair=(red, green, blue),
        glasses=look.glasses if has["glasses"] else Glasses.NONE,
        beard=look.beard if has["beard"] else 0.0,
        age=look.old if has["old"] else look.young,
    )
    return dressed, look.smiling if has["smile"] else look.resting
