"""Tables whose cells are coloured."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from prosopon.app.heat_map import Heat, heat_map


def test_cells_are_coloured_by_how_full_they_are_and_everything_is_escaped() -> None:
    drawing = heat_map(
        "a < b", ["first\nsecond line", "<two>"],
        {
            "row & row": [Heat("0", 0.0), Heat("1", 0.5, about="<about>")],
            "last": [None, Heat("7", 9.0, is_bold=True, is_framed=True)],
        },
    )  # fmt: skip
    ET.fromstring(drawing.replace("currentColor", "black"))  # noqa: S314 - our own, and well formed
    assert "<two>" not in drawing and "&lt;two&gt;" in drawing and "row &amp; row" in drawing
    opacities = [float(value) for value in re.findall(r'fill-opacity="([\d.]+)"', drawing)]
    assert len(opacities) == 3 and opacities[0] < opacities[1] < opacities[2] == 0.9
    assert drawing.count("stroke-width") == 1 and drawing.count("font-weight:700") == 1
    assert "&lt;about&gt;" in drawing and ">second line<" in drawing


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ValueError, match="columns"):
        heat_map("none", ["a"], {})
    with pytest.raises(ValueError, match="columns"):
        heat_map("short", ["a", "b"], {"row": [None]})
