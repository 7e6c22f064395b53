"""`prosopon demo`, with a tiny model of random weights and a short performance."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from prosopon.app.main import main
from prosopon.media.read import read


def test_the_whole_loop(tiny_weights: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    words = ["demo", "-o", str(folder), "--seconds", "0.24", "--size", "64", "--weights", tiny_weights, "--json"]
    assert main(words) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["verified"]["integrity"], answer["verified"]["signature"]) == ("ok", "valid")
    assert answer["verified"]["synthetic"] is True
    assert answer["tampered"]["integrity"] == "broken"
    assert set(answer["figures"]) == {"result", "source"}

    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://cv.iptc.org", "").replace("http://www.w3.org", "")
    assert "https://" not in page
    source, exact, driving = (read(folder / name) for name in ("source.png", "exact.mp4", "driving.mp4"))
    assert len(exact) == len(driving) == 6
    # The exact answer begins as the source picture, and its person is not the driving one.
    first = exact.first().astype(int)
    assert np.abs(first - source.first()).mean() < 4
    assert np.abs(first - driving.first()).mean() > 8

    assert main(words) == 2
    assert main(["verify", str(folder / "tampered.mp4")]) == 3
