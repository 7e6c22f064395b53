"""Plans that follow from a few sizes by a rule: DeepFaceLab's SAEHD and faceswap's rendering of its elder, DFL-SAE."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from prosopon.core.errors import UsageError
from prosopon.create.swap.plans.plan import Decoder, Encoder, Inter, Plan, Route


def saehd(name: str, sizes: Mapping[str, Any]) -> Plan:
    """DeepFaceLab's current family.

    Args:
        name: of the plan.
        sizes: `kind` df or liae; `resolution`; `ae`, `e`, `d`, `m`: values of the code, widths of encoder, decoder and
            mask; `options`, any of u (the code's norm is 1), d (twice the pixels: four out of each place), t (deeper:
            five strided convolutions, residual blocks in the encoder), c (activation x cos x).

    Raises:
        UsageError: there is no such kind or option.
    """
    kind, options, resolution = sizes["kind"], sizes["options"], sizes["resolution"]
    if kind not in ("df", "liae") or set(options) - set("udtc"):
        raise UsageError(f"there is no kind {kind!r} with options {options!r}", "use df or liae, and any of u, d, t, c")
    deep, dense = "t" in options, "d" in options
    e, d, m = sizes["e"], sizes["d"], sizes["m"]
    widths = (e, 2 * e, 4 * e, 8 * e, 8 * e) if deep else (e, 2 * e, 4 * e, 8 * e)
    steps = (8, 8, 4, 2) if deep else (8, 4, 2)
    code = sizes["ae"] if kind == "df" else 2 * sizes["ae"]
    names, routes = _PARTS[kind]
    return Plan(
        name,
        "",
        resolution,
        resolution,
        "deepfacelab",
        Encoder(widths, residual_at=(0, 4) if deep else (), pixel_norm="u" in options),
        Inter(sizes["ae"], resolution // (32 if dense else 16), code, up=0 if deep else code, names=names[0]),
        Decoder(
            tuple(d * step for step in steps),
            residuals=(1,) * len(steps),
            mask=tuple(m * step for step in (*steps, 1)) if dense else tuple(m * step for step in steps),
            kernel=1,
            subpixel="four" if dense else None,
            names=names[1],
        ),
        routes,
        cosine="c" in options,
    )


_PARTS: dict[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], dict[Route, tuple[str, ...]]]] = {
    "df": ((("inter",), ("decoder_src", "decoder_dst")), {"a": ("inter",), "b": ("inter",)}),
    "liae": (
        (("inter_AB", "inter_B"), ("decoder",)),
        {"a": ("inter_AB", "inter_AB"), "b": ("inter_B", "inter_AB")},
    ),
}
"""Names of inters and decoders, and the routes. liae: the target's code has a half of its own, the source's has not,
and a swap is the target's picture through the half that both share, twice."""


def dfl_sae(name: str, sizes: Mapping[str, Any]) -> Plan:
    """DFL-SAE as faceswap has it: three upscaling blocks with two residual blocks each, the mask beside them.

    Args:
        name: of the plan.
        sizes: `kind` df or liae; `resolution`; `ae`, `e`, `d`: values of the code, and a third of the widths of encoder
            and decoder for each colour channel.

    Raises:
        UsageError: there is no such kind.
    """
    kind, resolution = sizes["kind"], sizes["resolution"]
    if kind not in ("df", "liae"):
        raise UsageError(f"there is no kind {kind!r}", "use df or liae")
    e, d = 3 * sizes["e"], sizes["d"]
    df = kind == "df"
    code = sizes["ae"] if df else 2 * sizes["ae"]
    encoder = f"encoder_{kind}"
    routes: dict[Route, tuple[str, ...]] = (
        {"a": (encoder,), "b": (encoder,)}
        if df
        else {"a": ("intermediate_both", "intermediate_both"), "b": ("intermediate_b", "intermediate_both")}
    )
    return Plan(
        name,
        "",
        resolution,
        resolution,
        "faceswap",
        Encoder((e, 2 * e, 4 * e, 8 * e), name=encoder),
        Inter(
            sizes["ae"],
            resolution // 16,
            code,
            up=code,
            names=(encoder,) if df else ("intermediate_both", "intermediate_b"),
        ),
        Decoder(
            (3 * d * 8, 3 * d * 4, 3 * d * 2),
            residuals=(2, 2, 2),
            mask=(d * 8, d * 4, d * 2),
            names=("decoder_a", "decoder_b") if df else ("decoder_both",),
        ),
        routes,
    )


FAMILIES: Mapping[str, Callable[[str, Mapping[str, Any]], Plan]] = {"saehd": saehd, "dfl_sae": dfl_sae}
"""What a plan's file may name as its `family`."""
