"""Who is rendered and in what state: `Identity`, `Expression`, `Placement`, `Light`.

All are frozen and hashable; every number has a neutral default, so `Identity()` is an average adult at rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

import numpy as np

from prosopon.core.faces import Pose

Colour = tuple[float, float, float]
"""Linear-light RGB, 0 to 1."""


@dataclass(frozen=True)
class Shape:
    """Form of head and face: coefficients in standard deviations around the average adult, about -2.5 to 2.5."""

    face_width: float = 0.0
    face_length: float = 0.0
    skull_height: float = 0.0
    skull_depth: float = 0.0
    forehead_slope: float = 0.0
    forehead_round: float = 0.0
    brow_ridge: float = 0.0
    temple_width: float = 0.0
    cheekbones: float = 0.0
    cheek_fullness: float = 0.0
    heaviness: float = 0.0
    midface_length: float = 0.0
    jaw_width: float = 0.0
    jaw_angle: float = 0.0
    chin_length: float = 0.0
    chin_width: float = 0.0
    chin_forward: float = 0.0
    eye_spacing: float = 0.0
    eye_size: float = 0.0
    eye_opening: float = 0.0
    eye_tilt: float = 0.0
    eye_depth: float = 0.0
    lid_fold: float = 0.0
    nose_length: float = 0.0
    nose_width: float = 0.0
    nose_bridge: float = 0.0
    nose_projection: float = 0.0
    nose_tip_up: float = 0.0
    nose_hump: float = 0.0
    mouth_width: float = 0.0
    mouth_height: float = 0.0
    upper_lip: float = 0.0
    lower_lip: float = 0.0
    cupid_bow: float = 0.0
    ear_size: float = 0.0
    ear_out: float = 0.0
    neck_width: float = 0.0
    asymmetry: float = 0.0


FULL_BEARD = 0.6
"""From this `Identity.beard` on the beard hides the skin; below it is stubble."""


class HairStyle(StrEnum):
    """How the hair of the head is worn."""

    BALD = "bald"
    CROPPED = "cropped"
    SHORT = "short"
    SIDE_PARTED = "side parted"
    CURLY = "curly"
    BOB = "bob"
    LONG = "long"
    TIED_BACK = "tied back"


class Glasses(StrEnum):
    """Frames of the glasses."""

    NONE = "none"
    ROUND = "round"
    SQUARE = "square"


@dataclass(frozen=True)
class Kit:
    """Whose face of a face kit (`studio/facekit.py`) somebody has.

    Attributes:
        sha256: content id of the kit's file.
        coefficients: of its identity shapes, in standard deviations; those that are not given are 0.
    """

    sha256: str
    coefficients: tuple[float, ...] = ()


@dataclass(frozen=True)
class Identity:
    """One invented adult. Attributes are 0 to 1 unless another range is named.

    Attributes:
        shape: form of head and face.
        skin_tone: 0 very dark to 1 very light.
        skin_warmth: -1 cool (pink) to 1 warm (golden).
        blush: redness of cheeks and nose.
        freckles: amount of freckles.
        roughness: visibility of pores and blemishes.
        age: 0 young adult to 1 old: wrinkles, sagging, and the hair as `greying` and `balding` let it.
        iris: colour of the iris.
        hair, hair_style, hair_length: colour in youth, style and length (0 short to 1 long for its style).
        hairline: -1 low to 1 high, in youth.
        balding: how far the hair recedes in the course of life: 0 not at all, 1 to a wreath.
        greying: -1 late to 1 early; at 0 between the ages 0.5 and 0.9.
        brow_thickness, brow_height, brow_arch: -1 to 1.
        beard: 0 none, up to 0.6 stubble of growing density, from there a full beard of growing thickness.
        lip_colour: 0 like the skin to 1 strongly coloured (make-up).
        glasses: frames.
        clothes: colour of the clothes.
        backdrop: seed of the background.
        grain: seed of everything random on the surface: freckles, strands, pores.
        kit: face of a face kit, which then takes the place of `shape`; None: the built-in head.
    """

    shape: Shape = field(default_factory=Shape)
    skin_tone: float = 0.7
    skin_warmth: float = 0.0
    blush: float = 0.4
    freckles: float = 0.0
    roughness: float = 0.4
    age: float = 0.2
    iris: Colour = (0.09, 0.05, 0.025)
    hair: Colour = (0.035, 0.02, 0.012)
    hair_style: HairStyle = HairStyle.SHORT
    hair_length: float = 0.5
    hairline: float = 0.0
    balding: float = 0.0
    greying: float = 0.0
    brow_thickness: float = 0.0
    brow_height: float = 0.0
    brow_arch: float = 0.0
    beard: float = 0.0
    lip_colour: float = 0.3
    glasses: Glasses = Glasses.NONE
    clothes: Colour = (0.08, 0.12, 0.2)
    backdrop: int = 0
    grain: int = 0
    kit: Kit | None = None

    @classmethod
    def random(cls, rng: np.random.Generator) -> Identity:
        """An adult drawn at random; the same generator state gives the same person."""
        # One axis from feminine to masculine pulls many coefficients together, as in real populations.
        build = float(np.clip(rng.normal(0, 1), -1.8, 1.8))
        drawn = {f.name: float(np.clip(rng.normal(0, 1.2), -2.4, 2.4)) for f in fields(Shape)}
        pull = {
            "jaw_width": 0.6, "chin_width": 0.6, "brow_ridge": 0.8, "nose_width": 0.25, "nose_projection": 0.25,
            "neck_width": 0.8, "upper_lip": -0.4, "lower_lip": -0.4, "eye_opening": -0.4, "face_length": 0.25,
            "chin_length": 0.3, "cheekbones": -0.2, "ear_size": 0.3,
        }  # fmt: skip
        for name, amount in pull.items():
            drawn[name] = float(np.clip(drawn[name] * 0.85 + amount * build, -2.4, 2.4))
        for name, amount in _outline(rng).items():
            drawn[name] = float(np.clip(drawn[name] * 0.8 + amount, -2.4, 2.4))
        tone = float(rng.beta(1.2, 0.9))
        age = float(rng.beta(1.1, 1.5))
        # Very dark skin goes with broader noses and fuller lips more often than not.
        drawn["nose_width"] += 0.9 * max(0.0, 0.45 - tone) / 0.45
        drawn["upper_lip"] += 1.0 * max(0.0, 0.45 - tone) / 0.45
        drawn["lower_lip"] += 0.8 * max(0.0, 0.45 - tone) / 0.45
        masculine = build > 0
        hair = _hair_colour(rng, tone)
        if masculine:
            style = HairStyle(
                rng.choice(
                    [s.value for s in (HairStyle.BALD, HairStyle.CROPPED, HairStyle.SHORT, HairStyle.SIDE_PARTED,
                                       HairStyle.CURLY, HairStyle.LONG)],
                    p=[0.08, 0.24, 0.3, 0.22, 0.11, 0.05],
                )
            )  # fmt: skip
        else:
            style = HairStyle(
                rng.choice(
                    [s.value for s in (HairStyle.SHORT, HairStyle.SIDE_PARTED, HairStyle.CURLY, HairStyle.BOB,
                                       HairStyle.LONG, HairStyle.TIED_BACK)],
                    p=[0.08, 0.08, 0.15, 0.22, 0.3, 0.17],
                )
            )  # fmt: skip
        beard = float(rng.choice([0.0, rng.uniform(0.1, 0.5), rng.uniform(0.7, 1.0)], p=[0.5, 0.28, 0.22]))
        cloth = rng.uniform(0.02, 0.6) * (1 + rng.uniform(0.0, 0.55) * rng.uniform(-1, 1, 3))
        return cls(
            shape=Shape(**drawn),
            skin_tone=tone,
            skin_warmth=float(rng.uniform(-0.8, 0.8)),
            blush=float(rng.uniform(0.15, 0.8)),
            freckles=float(rng.uniform(0.4, 1.0)) if tone > 0.55 and rng.random() < 0.2 else 0.0,
            roughness=float(rng.uniform(0.2, 0.8)),
            age=age,
            iris=_iris_colour(rng, tone),
            hair=hair,
            hair_style=style,
            hair_length=float(rng.uniform(0, 1)),
            hairline=float(np.clip(rng.normal(0.2 * masculine - 0.1, 0.35), -1, 1)),
            balding=float(rng.beta(1.0, 1.1) if masculine else rng.uniform(0, 0.12)),
            # Some who would be grey dye their hair.
            greying=float(np.clip(rng.normal(0.1 if masculine else -0.15, 0.5), -1, 1)),
            brow_thickness=float(np.clip(rng.normal(0.35 * build, 0.45), -1, 1)),
            brow_height=float(np.clip(rng.normal(-0.25 * build, 0.4), -1, 1)),
            brow_arch=float(np.clip(rng.normal(-0.3 * build, 0.4), -1, 1)),
            beard=beard if masculine else 0.0,
            lip_colour=float(rng.uniform(0.1, 0.35) if masculine else rng.uniform(0.2, 1.0)),
            glasses=Glasses(rng.choice(["none", "round", "square"], p=[0.82, 0.08, 0.1])),
            clothes=(float(cloth[0]), float(cloth[1]), float(cloth[2])),
            backdrop=int(rng.integers(2**31)),
            grain=int(rng.integers(2**31)),
        )


_OUTLINES: tuple[dict[str, float], ...] = (
    {},  # oval
    {"face_width": 1.1, "face_length": -1.3, "cheek_fullness": 1.2, "chin_length": -0.6, "heaviness": 0.9},
    {"jaw_width": 1.5, "chin_width": 1.3, "jaw_angle": 1.0, "temple_width": 0.5, "cheekbones": -0.3},
    {"face_length": 1.2, "midface_length": 0.9, "face_width": -1.1, "chin_length": 0.5, "cheek_fullness": -0.5},
    {"temple_width": 1.5, "jaw_width": -1.5, "chin_width": -1.2, "cheekbones": 0.5, "forehead_round": 0.6},
    {"cheekbones": 1.6, "temple_width": -1.3, "jaw_width": -0.4, "chin_width": -0.7, "cheek_fullness": -0.8},
    {"temple_width": -1.1, "jaw_width": 1.3, "heaviness": 1.2, "cheek_fullness": 0.8, "cheekbones": -0.4},
)
"""Outlines of faces: oval, round, square, long, heart, diamond, pear; in standard deviations from the oval one."""


def _outline(rng: np.random.Generator) -> dict[str, float]:
    """Somebody's outline, more or less of it."""
    amount = float(rng.uniform(0.3, 1.1))
    return {name: amount * full for name, full in _OUTLINES[rng.integers(len(_OUTLINES))].items()}


def _hair_colour(rng: np.random.Generator, tone: float) -> Colour:
    black, brown, chestnut, blond, red = (
        (0.012, 0.010, 0.009), (0.04, 0.022, 0.012), (0.10, 0.045, 0.02), (0.38, 0.24, 0.11), (0.24, 0.07, 0.02),
    )  # fmt: skip
    light = max(0.0, (tone - 0.5) / 0.5)
    odds = np.array([1.0 - 0.7 * light, 0.25 + 0.5 * light, 0.05 + 0.4 * light, 0.5 * light**2, 0.15 * light])
    colours = np.array((black, brown, chestnut, blond, red))
    colour = colours[rng.choice(5, p=odds / odds.sum())] * rng.uniform(0.75, 1.3)
    return float(colour[0]), float(colour[1]), float(colour[2])


def _iris_colour(rng: np.random.Generator, tone: float) -> Colour:
    brown, hazel, green, blue, grey = (
        (0.06, 0.028, 0.012), (0.16, 0.09, 0.03), (0.13, 0.18, 0.08), (0.12, 0.22, 0.36), (0.22, 0.25, 0.27),
    )  # fmt: skip
    light = max(0.0, (tone - 0.5) / 0.5)
    odds = np.array([1.0, 0.35 * light, 0.3 * light, 0.7 * light, 0.2 * light])
    colour = np.array((brown, hazel, green, blue, grey))[rng.choice(5, p=odds / odds.sum())] * rng.uniform(0.8, 1.2)
    return float(colour[0]), float(colour[1]), float(colour[2])


@dataclass(frozen=True)
class Expression:
    """State of the face. 0 is rest, 1 the strongest natural movement; those marked ± run from -1 to 1.

    Left and right are the picture's when the person faces the camera (`_left`: the eye on the picture's left).
    """

    jaw_open: float = 0.0
    smile: float = 0.0
    """± corners out and up; below 0 down."""
    mouth_wide: float = 0.0
    """± corners outwards; below 0 narrow."""
    pucker: float = 0.0
    lip_press: float = 0.0
    upper_lip_raise: float = 0.0
    lower_lip_drop: float = 0.0
    brow_raise_left: float = 0.0
    """± below 0 lowered."""
    brow_raise_right: float = 0.0
    """± below 0 lowered."""
    brow_frown: float = 0.0
    blink_left: float = 0.0
    """0 open to 1 closed."""
    blink_right: float = 0.0
    """0 open to 1 closed."""
    squint: float = 0.0
    gaze_x: float = 0.0
    """± to the picture's right: 1 is 24 degrees."""
    gaze_y: float = 0.0
    """± up: 1 is 18 degrees."""
    cheek_puff: float = 0.0

    def mixed(self, other: Expression, amount: float) -> Expression:
        """Linear mix: 0 gives this one, 1 the other."""
        return Expression(
            **{
                f.name: getattr(self, f.name) * (1 - amount) + getattr(other, f.name) * amount
                for f in fields(Expression)
            }
        )


@dataclass(frozen=True)
class Placement:
    """Where the head is.

    Attributes:
        pose: turn of the head; see `core.faces.Pose` for the signs.
        x, y: shift of the person in picture widths, right and down.
        scale: size; at 1 the head with hair takes about two thirds of the picture's height.
    """

    pose: Pose = field(default_factory=Pose)
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0

    def moved(self, **changes: float) -> Placement:
        """A copy with some of `x`, `y`, `scale` replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Light:
    """One soft key light, a weak fill from the other side, and light from all around.

    Attributes:
        direction: towards the light, x to the picture's right, y up, z to the camera; any length above 0.
        intensity: strength of the key light.
        colour: of the key light.
        ambient: strength of the light from all around.
        ambient_colour: its colour.
    """

    direction: tuple[float, float, float] = (-0.5, 0.6, 0.8)
    intensity: float = 1.2
    colour: Colour = (1.0, 0.96, 0.9)
    ambient: float = 0.45
    ambient_colour: Colour = (0.92, 0.96, 1.0)

    @classmethod
    def random(cls, rng: np.random.Generator) -> Light:
        """A plausible indoor or outdoor light."""
        side, height = rng.uniform(-0.9, 0.9), rng.uniform(0.1, 0.9)
        warmth = rng.uniform(-0.12, 0.12)
        return cls(
            direction=(float(side), float(height), 0.9),
            intensity=float(rng.uniform(0.9, 1.4)),
            colour=(1.0, float(0.97 - 0.3 * max(0, warmth)), float(0.95 - max(0, warmth) + 0.3 * min(0, warmth))),
            ambient=float(rng.uniform(0.35, 0.65)),
            ambient_colour=(float(0.95 + min(0, -warmth)), 0.97, 1.0),
        )
