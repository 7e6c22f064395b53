"""A report as one HTML file that works without a network: text, tables, numbers, pictures, videos, curves.

Everything that comes in is escaped. Pictures and videos are embedded byte for byte, so that their credentials stay
with them: a report shows what was published and never makes media of its own.
"""

from __future__ import annotations

import base64
import html
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from urllib.parse import quote

from prosopon.core.errors import FileExistsAlready, UsageError
from prosopon.media.outputs import replacing

LARGEST_EMBEDDED_BYTES = 8 << 20
"""Files up to this size go into the page; larger ones are linked to, relative to it."""

_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
}
EMBEDDABLE = frozenset(_TYPES)
"""Suffixes of the files that a page can show."""

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; font: 15px/1.55 system-ui, sans-serif; }
body { max-width: 1080px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; }
h2 { font-size: 1.15rem; margin: 2.4rem 0 .5rem; }
.lead { color: GrayText; margin-top: 0; }
.row { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
figure { margin: 0; flex: 1 1 220px; max-width: 100%; }
figure img, figure video, figure svg { width: 100%; height: auto; border-radius: 6px; display: block; }
figcaption { font-size: .85rem; color: GrayText; padding-top: .3rem; }
table { border-collapse: collapse; margin: .6rem 0; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .25rem 1.2rem .25rem 0; vertical-align: top; font-variant-numeric: tabular-nums; }
th { font-weight: 600; border-bottom: 1px solid GrayText; }
td.number { text-align: right; }
pre { background: color-mix(in srgb, currentColor 7%, transparent); padding: .8rem; border-radius: 6px;
  overflow-x: auto; font-size: .85rem; }
svg text { font-size: 10px; fill: GrayText; }
.line { fill: none; stroke: #2a78d6; stroke-width: 1.5; } .band { fill: #2a78d6; opacity: .15; }
.good { color: #1a7f37; } .bad { color: #cf222e; }
footer { margin-top: 3rem; font-size: .85rem; color: GrayText; }
</style>
</head>
<body>
<h1>$title</h1>
<p class="lead">$lead</p>
$body
<footer>$footer</footer>
</body>
</html>
""")


PAGE = "index.html"
"""What a report's page is called in its folder."""


def check_report(folder: Path | None, *, force: bool) -> None:
    """Refuse a folder that no report can be written to, before anything is computed.

    Raises:
        UsageError: it is a file.
        FileExistsAlready: there is a report in it, and it is not to be replaced.
    """
    if folder is None:
        return
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is no folder", "give a folder for the report")
    if (folder / PAGE).exists() and not force:
        raise FileExistsAlready(
            f"{folder / PAGE} is there already", "choose another folder, or overwrite it with --force"
        )


class Report:
    """A page that grows from top to bottom.

    Args:
        title: heading of the page.
        lead: one sentence under it.
        footer: last lines: versions, what the page does not prove.
    """

    def __init__(self, title: str, lead: str = "", footer: str = "") -> None:
        self._title, self._lead, self._footer = title, lead, footer
        self._parts: list[tuple[str, tuple[tuple[Path, str], ...]]] = []  # markup, and the files shown before it

    def section(self, heading: str, text: str = "") -> None:
        """A heading and a paragraph."""
        self._add(f"<h2>{html.escape(heading)}</h2>")
        if text:
            self.text(text)

    def text(self, text: str) -> None:
        """A paragraph."""
        self._add(f"<p>{html.escape(text)}</p>")

    def answer(self, text: str, *, good: bool) -> None:
        """A paragraph that says how something ended."""
        kind = "good" if good else "bad"
        mark = "&#10003;" if good else "&#10007;"
        self._add(f'<p class="{kind}"><b>{mark} {html.escape(text)}</b></p>')

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table; numbers are set to the right."""
        top = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
        body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
        self._add(f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>")

    def facts(self, facts: Mapping[str, object]) -> None:
        """Names with their values, below each other."""
        rows = "".join(f"<tr><th>{html.escape(name)}</th>{_cell(value)}</tr>" for name, value in facts.items())
        self._add(f"<table>{rows}</table>")

    def media(self, *shown: tuple[Path, str], beside: str = "") -> None:
        """Pictures and videos with their captions, side by side as far as they fit.

        Args:
            shown: files, each with its caption.
            beside: markup of further figures, see `fragment`.

        Raises:
            UsageError: a file is of no kind that browsers show.
        """
        for path, _ in shown:
            if path.suffix.lower() not in _TYPES:
                raise UsageError(f"a report cannot show {path}", f"use one of {', '.join(_TYPES)}")
        self._parts.append((beside, shown))

    def svg(self, *drawings: str) -> None:
        """Drawings that the program itself made (`train.curves.curve`), side by side. Not escaped."""
        self._add(f'<div class="row">{"".join(drawings)}</div>')

    def fragment(self, markup: str, style: str = "") -> None:
        """A piece of a page that was made, and escaped, by whoever knows what is in it; see `vouch`'s history."""
        self._add(f"<style>{style}</style>{markup}" if style else markup)

    def preformatted(self, text: str) -> None:
        """Text as it is, in a fixed-width font."""
        self._add(f"<pre>{html.escape(text)}</pre>")

    def render(self, folder: Path) -> str:
        """The page as HTML, for a file in `folder`: larger media are linked from there.

        Raises:
            OSError: a picture or video cannot be read.
        """
        return _PAGE.substitute(
            title=html.escape(self._title),
            lead=html.escape(self._lead),
            body=self.body(folder),
            footer=html.escape(self._footer),
        )

    def body(self, folder: Path) -> str:
        """What stands between heading and footer, to be a `fragment` of a larger page in `folder`.

        Raises:
            OSError: a picture or video cannot be read.
        """
        return "\n".join(
            f'<div class="row">{"".join(_figure(*one, folder) for one in shown)}{text}</div>' if shown else text
            for text, shown in self._parts
        )

    def write(self, path: Path) -> None:
        """Write the page; the file is whole or absent.

        Raises:
            MediaError: it cannot be written.
            OSError: a picture or video cannot be read.
        """
        page = self.render(path.absolute().parent)
        with replacing(path) as temporary:
            temporary.write_text(page, encoding="utf-8")

    def _add(self, markup: str) -> None:
        self._parts.append((markup, ()))


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f'<td class="number">{value:.4g}</td>'
    if isinstance(value, int) and not isinstance(value, bool):
        return f'<td class="number">{value}</td>'
    return f"<td>{html.escape(str(value))}</td>"


def _figure(path: Path, caption: str, folder: Path) -> str:
    kind = _TYPES[path.suffix.lower()]
    if path.stat().st_size <= LARGEST_EMBEDDED_BYTES:
        address = f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
    else:
        address = quote(os.path.relpath(path, folder).replace(os.sep, "/"))
    said = html.escape(caption)
    if kind.startswith("video/"):
        shown = f'<video src="{address}" controls loop muted playsinline></video>'
    else:
        shown = f'<img src="{address}" alt="{said}">'
    return f"<figure>{shown}<figcaption>{said}</figcaption></figure>"
