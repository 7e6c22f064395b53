"""A report in words: says which list and of when, and what nothing shows."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from signed_anew import green, signed

from prosopon.core.clip import Clip
from prosopon.vouch.manifest.history_text import tree_lines
from prosopon.vouch.manifest.report import ABSENCE
from prosopon.vouch.manifest.report_text import NOTHING_ON_AI, answers, checked_by, detail_lines
from prosopon.vouch.manifest.trust import Trust
from prosopon.vouch.manifest.verify import Manner, verify
from prosopon.vouch.publish import publish


def _text(path: Path, manner: Manner | None = None) -> str:
    report = verify(path, manner=manner or Manner())
    lines = [
        *(f"{name:<9}  {answer:<9}  {words}" for name, answer, words in answers(report)),
        *detail_lines(report),
        *(() if report.history is None else tree_lines(report.history)),
        report.meaning,
        checked_by(report),
    ]
    assert all(line.isprintable() for line in lines)
    return "\n".join(lines)


def test_ours(tmp_path: Path, own_home: Path, clip_for: Callable[[str], Clip]) -> None:
    publish(clip_for("a.mp4"), tmp_path / "a.mp4")
    text = _text(tmp_path / "a.mp4")
    assert text.startswith("integrity  ok ")
    assert "No trust list was given" in text
    assert "without a time-stamp" in text
    assert "made or changed in part by AI (a trained model)" in text
    assert NOTHING_ON_AI not in text
    assert "fed to what made it: driving.mp4 (inputTo" in text
    assert "Codes, success: " in text
    assert "does not show that what was said is true" in text
    assert "trust list: none;" in text

    root = next(own_home.rglob("development-root.pem"))
    os.utime(root, (1_700_000_000, 1_700_000_000))
    trusted = _text(tmp_path / "a.mp4", Manner(trust=Trust.read([root])))
    assert "development-root.pem (roots of signers, 1 certificate, file of 2023-11-14)" in trusted
    assert trusted.splitlines()[2].startswith("trust      trusted  ")


def test_without_a_credential(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    text = _text(tmp_path / "a.png")
    assert ABSENCE in text
    assert "neither that the content is genuine" in text
    assert NOTHING_ON_AI not in text


def test_nothing_said_about_ai_is_not_a_denial(tmp_path: Path) -> None:
    signed(green(), "image/png", tmp_path / "a.png")
    assert NOTHING_ON_AI in _text(tmp_path / "a.png")


@pytest.mark.parametrize("title", ["\x1b[2J\x9b31m", "a\nintegrity  ok", "\u202egnp.a", "x" * 5000])
def test_a_stranger_cannot_steer(tmp_path: Path, title: str) -> None:
    signed(green(), "image/png", tmp_path / "a.png", title=title, claim_generator_info=[{"name": title}])
    text = _text(tmp_path / "a.png")
    assert text.count("\nintegrity") == 0
    assert max(map(len, text.splitlines())) < 2500


def test_every_public_file(shared: Path) -> None:
    folder = shared / "media" / "c2pa"
    manner = Manner(trust=Trust.read([folder / "rs_test_cert_root_bundle.pem"]))
    for path in sorted(folder.glob("*.jpg")):
        text = _text(path, manner)
        assert "rs_test_cert_root_bundle.pem" in text
        assert ("is to be believed, which no list says" in text) == ("signature  valid" in text)
