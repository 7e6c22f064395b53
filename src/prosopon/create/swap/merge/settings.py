"""How a predicted face is put into a frame. The docstring of a field is its help text. No torch here."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from prosopon.core.errors import MissingError, UsageError
from prosopon.faces.colour.modes import ColourMode
from prosopon.train.rebuild import from_table
from prosopon.train.toml import dumps

MaskMode = Literal[
    "full",
    "landmarks",
    "predicted",
    "target-predicted",
    "both",
    "either",
    "parsed-predicted",
    "parsed",
    "parsed-both",
    "all",
    "both-parsed",
    "landmarks-parsed",
]
"""Which mask says where the new face is seen, in DeepFaceLab's order and words: full; dst (the landmarks' hull);
learned-prd (the model's mask of the predicted face); learned-dst (its mask of the target); learned-prd*learned-dst;
learned-prd+learned-dst (here the greater of both); XSeg-prd (a parser's mask of the predicted face); XSeg-dst (of the
target); XSeg-prd*XSeg-dst; all four multiplied. The last two are ours: what a parser sees of the old face, within the
extent that the model or the landmarks give it."""
Blend = Literal["overlay", "histogram", "seamless", "raw"]
Sharpening = Literal["gaussian", "box"]

_RANGES: dict[str, tuple[float, float]] = {
    "erode_percent": (-50, 50),
    "erode_top_percent": (-50, 50),
    "erode_bottom_percent": (-50, 50),
    "erode_left_percent": (-50, 50),
    "erode_right_percent": (-50, 50),
    "blur_percent": (0, 100),
    "face_scale_percent": (-50, 50),
    "sharpen_percent": (-100, 1000),
    "motion_blur_percent": (0, 100),
    "denoise_percent": (0, 500),
    "degrade_percent": (0, 100),
    "palette_percent": (0, 100),
    "super_resolution_percent": (0, 100),
    "colour_steadiness": (0, 1),
    "place_sigma_frames": (0, 100),
    "mask_sigma_frames": (0, 100),
}


@dataclass(frozen=True)
class MergeSettings:
    """How a predicted face is put into a frame; the defaults are DeepFaceLab's but where a field says otherwise."""

    mask: MaskMode = "both"
    """Where the new face is seen: full (the whole crop), landmarks (their hull), predicted (where the model sees the
    new face), target-predicted (where it sees the old one), both (in either mask's middle: multiplied), either (the
    greater of both), parsed (where a face parser sees the old face, so that hands and hair stay before it),
    parsed-predicted (where it sees the new one), parsed-both, all (four masks multiplied), or, for faces that something
    passes before, both-parsed and landmarks-parsed (both, or the hull, but only where the parser sees the old face)."""
    erode_percent: float = 0.0
    """How far the mask's edge is drawn in, in percent of the crop's side; negative lets it grow. (DeepFaceLab's
    number is this times eight hundredths of the model's pixels.)"""
    erode_top_percent: float = 0.0
    """The same at the top of the face only."""
    erode_bottom_percent: float = 0.0
    """The same at its bottom."""
    erode_left_percent: float = 0.0
    """The same at its left, as one sees it."""
    erode_right_percent: float = 0.0
    """The same at its right."""
    blur_percent: float = 4.0
    """How wide the mask's edge is softened, in percent of the crop's side; 0 leaves it as it is. (DeepFaceLab's number
    is this times four hundredths of the model's pixels. It begins with 0, which shows the edge of every mask that is
    not soft by itself.)"""
    colour: ColourMode = "rct"
    """How the new face gets the colours of the old one: none, mean, rct (mean and contrast), lct or mkl (how channels
    go together too), idt or sot (every colour), mix (hue of every colour, contrast as in rct), or histogram."""
    blend: Blend = "overlay"
    """overlay: laid over by the mask. histogram: the same, its histogram matched besides. seamless: fitted by its
    gradients, so that it takes on the light around it. raw: the whole crop as the model made it."""
    face_scale_percent: float = 0.0
    """How much larger the new face is laid in, -50 to 50. (DeepFaceLab's slider makes it smaller where it is
    positive.)"""
    sharpen: Sharpening = "gaussian"
    """What detail is measured against when sharpening."""
    sharpen_percent: float = 0.0
    """How much detail is added, of that which a blur of one pixel takes away; negative takes it away."""
    motion_blur_percent: float = 0.0
    """Blur along the way that the face goes from frame to frame: how much of the time the shutter is open."""
    denoise_percent: float = 0.0
    """A median filter over the new face; 100 is once, up to 500. (DeepFaceLab filters the frame too.)"""
    degrade_percent: float = 0.0
    """Resolution taken from the new face, where the footage has less. (DeepFaceLab takes it from the frame.)"""
    palette_percent: float = 0.0
    """How far colours are drawn to the 256 that the frame has most of."""
    super_resolution_percent: float = 0.0
    """How much of an enhancer's fourfold picture is taken, where there is an enhancer."""
    colour_steadiness: float = 0.7
    """How slowly the change of colour follows from frame to frame, against flicker: 0 not at all, towards 1 ever more
    slowly. (DeepFaceLab has none.)"""
    place_sigma_frames: float = 1.0
    """How strongly the place of the face is smoothed over time, against trembling: a standard deviation in frames.
    (DeepFaceLab has none.)"""
    mask_sigma_frames: float = 1.0
    """The same for its mask."""

    def __post_init__(self) -> None:
        """Refuse what makes no sense before anything is read."""
        hints = get_type_hints(type(self))
        for field in fields(self):
            value = getattr(self, field.name)
            if get_origin(hints[field.name]) is Literal and value not in get_args(hints[field.name]):
                known = ", ".join(get_args(hints[field.name]))
                raise UsageError(f"{field.name} is {value!r}", f"give one of {known}")
            if field.name in _RANGES:
                low, high = _RANGES[field.name]
                if not low <= value <= high:
                    raise UsageError(f"{field.name} is {value}", f"give {low:g} to {high:g}")

    @classmethod
    def from_toml(cls, path: Path) -> MergeSettings:
        """Settings out of a file; what it leaves out has its default.

        Raises:
            MissingError: it is not there.
            UsageError: it is no TOML, has unknown keys, or values that make no sense.
        """
        try:
            table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise MissingError(f"there is no file {path} with settings", "write one, or leave it out") from None
        except (OSError, ValueError) as error:
            raise UsageError(f"the settings {path} cannot be read: {error}", "repair the file") from None
        known = [field.name for field in fields(cls)]
        unknown = [key for key in table if key not in known]
        if unknown:
            raise UsageError(f"{path} has unknown settings: {', '.join(unknown)}", f"known: {', '.join(known)}")
        return from_table(cls, table, str(path))

    def as_toml(self) -> str:
        """All of them as a TOML document, which `from_toml` reads back."""
        return dumps({field.name: getattr(self, field.name) for field in fields(self)})
