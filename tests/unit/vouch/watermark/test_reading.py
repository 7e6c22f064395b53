"""What was found, as plain data."""

from __future__ import annotations

import json

from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.placement import Placement
from prosopon.vouch.watermark.reading import Reading, Segment, unreadable


def test_found() -> None:
    mark = Mark(bytes.fromhex("00112233445566ff"), 1)
    pieces = (Segment(0.0, 0.96, True, 3), Segment(1.0, 2.0, False, 90))
    found = Reading(mark, 1e-20, 7, 3, 196, Placement.whole(64, 64), segments=pieces)
    told = json.loads(json.dumps(found.as_json()))
    assert told["found"] is True
    assert told["payload"] == "00112233445566ff"
    assert told["p_value"] == 1e-20
    assert told["source_type"] == "trainedAlgorithmicMedia"
    assert told["placement"]["whole"] is True
    assert [one["found"] for one in told["segments"]] == [True, False]


def test_not_found() -> None:
    told = unreadable("it is a sound").as_json()
    assert (told["found"], told["payload"], told["p_value"], told["windows"]) == (False, None, 1.0, 0)
    assert told["placement"] is None
    assert told["note"] == "it is a sound"
