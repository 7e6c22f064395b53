"""Publishing without a watermark, for tests of what is changed where: a watermark changes every pixel a little."""

from __future__ import annotations

import pytest

from prosopon.core.clip import Clip
from prosopon.core.errors import MediaError
from prosopon.vouch.watermark.mark import Mark


def unmarked(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nothing can be marked, as if it were too small; it is published all the same."""

    def refuse(clip: Clip, mark: Mark) -> Clip:
        raise MediaError("nothing is marked in this test")

    monkeypatch.setattr("prosopon.vouch.marking.marked", refuse)
    monkeypatch.setattr("prosopon.vouch.marking.LEAST_SIDE_PX", 1 << 20)
