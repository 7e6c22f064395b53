"""`Plan`: a face-swapping autoencoder as data: how wide, how deep, what goes where. No torch here.

A plan is a TOML file in this folder; adding one adds a plan and edits nothing else. All plans are one idea: pictures of
two people go through one encoder, and what comes out is routed so that each person has something of their own: a
decoder (`original`, `df`) or a part of the code (`iae`, `liae`).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, Literal

from prosopon.core.errors import CheckpointError, UsageError

Dialect = Literal["faceswap", "deepfacelab", "prosopon"]
"""Whose layer names, padding and activations: those of checkpoints of these programs, or our own.

faceswap pads strided convolutions as Keras does (one before, two after) and puts activations of slope 0.2 before
residual blocks; deepfacelab pads both sides alike and uses 0.1. prosopon is deepfacelab's arithmetic with one trunk for
face and mask.
"""
Route = Literal["a", "b"]
"""Whose face comes out: a is the source's (whose appearance is wanted), b the target's (whose footage is edited)."""


@dataclass(frozen=True)
class Encoder:
    """Convolutions of stride 2.

    Attributes:
        widths: channels after each.
        residual_at: which of them, counted from 0, are followed by a residual block.
        kernel: side of the kernels.
        pixel_norm: whether the flattened result is divided by its root mean square.
        name: what its layers are called in checkpoints.
    """

    widths: tuple[int, ...]
    residual_at: tuple[int, ...] = ()
    kernel: int = 5
    pixel_norm: bool = False
    name: str = "encoder"


@dataclass(frozen=True)
class Inter:
    """From the encoder's result to a code, and from the code to a small map again: two dense layers.

    Attributes:
        code: values of the code.
        grid: side of the map.
        channels: of the map.
        up: channels after one upscaling block at the end; 0: none.
        names: what its layers are called, one for each inter. `encoder` alone means that all share one.
    """

    code: int
    grid: int
    channels: int
    up: int = 0
    names: tuple[str, ...] = ("encoder",)


@dataclass(frozen=True)
class Decoder:
    """Upscaling blocks to a face, and beside them narrower ones to its mask.

    Attributes:
        face: channels after each block.
        residuals: residual blocks after each.
        mask: channels after each block of the mask; empty: no mask is learnt, or it comes with the face.
        kernel: side of the last convolution.
        subpixel: the last layer tells four pixels of each place instead of one, by "one" convolution or by "four".
        with_mask: the last layer tells the mask as a fourth channel.
        names: what its layers are called; two names: a decoder for each person.
    """

    face: tuple[int, ...]
    residuals: tuple[int, ...]
    mask: tuple[int, ...] = ()
    kernel: int = 5
    subpixel: Literal["one", "four"] | None = None
    with_mask: bool = False
    names: tuple[str, ...] = ("decoder_a", "decoder_b")


@dataclass(frozen=True)
class Plan:
    """All that is needed to build a net.

    Attributes:
        name: of the plan, `original`.
        about: one sentence for people.
        input_px, output_px: sides of the pictures that go in and come out.
        dialect: whose names, padding and activations.
        encoder, inter, decoder: the parts.
        routes: which inters' results are put side by side for whose face.
        cosine: activations are x cos x instead of a leaky ReLU.
        trained: how it is trained unless the user says otherwise; see `create.swap.config`.
    """

    name: str
    about: str
    input_px: int
    output_px: int
    dialect: Dialect
    encoder: Encoder
    inter: Inter
    decoder: Decoder
    routes: Mapping[Route, tuple[str, ...]]
    cosine: bool = False
    trained: Mapping[str, Any] | None = None

    def same_net(self, other: Plan) -> bool:
        """Whether both are built alike, however they are called and trained."""
        return all(getattr(self, name) == getattr(other, name) for name in _BUILT)

    @property
    def learns_mask(self) -> bool:
        """Whether it tells masks as well as faces."""
        return bool(self.decoder.mask) or self.decoder.with_mask

    @property
    def encoded_px(self) -> int:
        """Side of the map that the encoder ends with."""
        return self.input_px >> len(self.encoder.widths)

    def check(self) -> Plan:
        """The plan itself, when its sizes fit together.

        Raises:
            UsageError: they do not.
        """
        shrink = 1 << len(self.encoder.widths)
        blocks = len(self.decoder.face) + bool(self.inter.up) + (self.decoder.subpixel is not None)
        if self.input_px % shrink or self.inter.grid < 1 or self.inter.grid << blocks != self.output_px:
            raise UsageError(
                f"the sizes of the plan {self.name!r} do not fit: {self.input_px} pixels in, {self.output_px} out",
                f"in must be a multiple of {shrink}, and out {1 << blocks} times the code's map",
            )
        return self


_BUILT = ("input_px", "output_px", "dialect", "encoder", "inter", "decoder", "routes", "cosine")
_SAEHD = re.compile(r"(?P<kind>df|liae)(-(?P<options>[udtc]+))?(_(?P<size>small|\d+))?")


def get_plan(name: str) -> Plan:
    """A plan by name: that of its file, of one of the file's variants (`dfl_sae_df_small`), or of DeepFaceLab's family.

    DeepFaceLab's: `df` or `liae`, its options after a hyphen, the resolution after a low line: `liae-ud_192`; with or
    without `saehd_` in front.

    Raises:
        UsageError: there is no such plan.
    """
    plans = _all()
    if name in plans:
        return plans[name]
    wanted = name.removeprefix("saehd_")
    match = _SAEHD.fullmatch(wanted)
    if match is None:
        raise UsageError(f"there is no plan called {name!r}", f"use one of {', '.join(plan_names())}, or df-ud_128")
    table = _table(f"saehd_{match['kind']}")
    size = match["size"]
    changes = table["variants"]["small"] if size == "small" else {} if size is None else {"resolution": int(size)}
    return _read(name, table, {**table["sizes"], **changes, "options": match["options"] or ""})


def plan_names() -> tuple[str, ...]:
    """Plans that users choose between, in alphabetical order."""
    return tuple(sorted(file.name.removesuffix(".toml") for file in _files()))


def table_of(plan: Plan) -> dict[str, Any]:
    """A plan as plain data, for the card beside its weights."""
    table: dict[str, Any] = json.loads(json.dumps(asdict(plan)))
    return table


def plan_from_table(table: Mapping[str, Any]) -> Plan:
    """The inverse of `table_of`.

    Raises:
        CheckpointError: something is missing or of the wrong form.
    """
    try:
        parts = {"encoder": Encoder, "inter": Inter, "decoder": Decoder}
        built = {name: kind(**_tuples(table[name])) for name, kind in parts.items()}
        routes = {route: tuple(names) for route, names in table["routes"].items()}
        return Plan(**{**table, **built, "routes": routes}).check()
    except (KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"the card's plan is damaged: {error}", "use the card that came with the weights"
        ) from None


def _files() -> list[Any]:
    return [file for file in resources.files(__package__).iterdir() if file.name.endswith(".toml")]


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))


@cache
def _all() -> dict[str, Plan]:
    """Every plan and variant that has a name of its own."""
    found = {}
    for name in plan_names():
        table = _table(name)
        sizes = table.get("sizes", {})
        found[name] = _read(name, table, sizes)
        for alias in table.get("aliases", ()):
            found[alias] = found[name]
        for variant, changes in table.get("variants", {}).items():
            found[f"{name}_{variant}"] = _read(f"{name}_{variant}", table, sizes | changes)
    return found


def _read(name: str, table: Mapping[str, Any], sizes: Mapping[str, Any]) -> Plan:
    """A plan from its table: written out, or by the rule of a family from a few sizes."""
    from prosopon.create.swap.plans.families import FAMILIES  # noqa: PLC0415 - families are made of plans

    about, trained = table["about"], table.get("trained")
    if "family" in table:
        return replace(FAMILIES[table["family"]](name, sizes), about=about, trained=trained).check()
    decoder = table["decoder"]
    face = tuple(decoder.pop("face"))
    plan = Plan(
        name,
        about,
        table["input_px"],
        table["output_px"],
        table["dialect"],
        Encoder(**_tuples(table["encoder"])),
        Inter(**_tuples(table["inter"])),
        Decoder(face, **_tuples({"residuals": (0,) * len(face), **decoder})),
        {"a": tuple(table["routes"]["a"]), "b": tuple(table["routes"]["b"])},
        trained=trained,
    )
    return plan.check()


def _tuples(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
