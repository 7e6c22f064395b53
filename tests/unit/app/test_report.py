from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from prosopon.app import report as module
from prosopon.app.report import Report
from prosopon.core.errors import UsageError

EVIL = "<script>alert('&\"')</script>$body"


class Collector(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(page: str) -> Collector:
    collector = Collector()
    collector.feed(page)
    return collector


def test_everything_is_escaped(tmp_path: Path) -> None:
    picture = tmp_path / 'x" onerror="y.png'
    picture.write_bytes(b"pixels")
    report = Report(EVIL, EVIL, EVIL)
    report.section(EVIL, EVIL)
    report.answer(EVIL, good=False)
    report.table([EVIL], [[EVIL]])
    report.facts({EVIL: EVIL})
    report.preformatted(EVIL)
    report.media((picture, EVIL))
    page = read(report.render(tmp_path))
    assert "script" not in page.tags
    assert page.words.count(EVIL) >= 10
    assert "onerror" not in re.sub(r"data:[^\"]*", "", report.render(tmp_path))


def test_small_files_are_embedded_byte_for_byte(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(bytes(range(256)))
    report = Report("title")
    report.media((clip, "a clip"))
    (address,) = read(report.render(tmp_path)).addresses
    kind, _, content = address.partition(";base64,")
    assert kind == "data:video/mp4"
    assert base64.b64decode(content) == clip.read_bytes()


def test_large_files_are_linked_relative_to_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_EMBEDDED_BYTES", 3)
    (tmp_path / "media").mkdir()
    clip = tmp_path / "media" / "a clip#1.mp4"
    clip.write_bytes(b"12345")
    report = Report("title")
    report.media((clip, "a clip"))
    assert read(report.render(tmp_path)).addresses == ["media/a%20clip%231.mp4"]


def test_the_page_needs_no_network_and_no_script(tmp_path: Path) -> None:
    report = Report("title")
    report.section("one", "two")
    path = tmp_path / "index.html"
    report.write(path)
    page = path.read_text(encoding="utf-8")
    assert "http" not in page
    assert "<script" not in page
    assert list(tmp_path.iterdir()) == [path]


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(UsageError, match=r"sound\.wav"):
        Report("title").media((Path("sound.wav"), "a sound"))


def test_numbers_are_rounded() -> None:
    report = Report("title")
    report.table(["x"], [[0.123456], [7], [True]])
    page = report.render(Path())
    assert '<td class="number">0.1235</td>' in page
    assert '<td class="number">7</td>' in page
    assert "<td>True</td>" in page
