"""`index.html` of a run folder: preview, curves, latest numbers and settings on a page that needs no network."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from prosopon.models.files import write_atomically
from prosopon.train.curves import curve
from prosopon.train.history import History, Series

PAGE = "index.html"

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8">$refresh
<title>$name: $status</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
img { max-width: 100%; image-rendering: auto; border-radius: 6px; }
.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 1rem; }
figure { margin: 0; } figcaption { font-size: .85rem; }
svg text { font-size: 10px; fill: GrayText; }
.line { fill: none; stroke: #2a78d6; stroke-width: 1.5; } .band { fill: #2a78d6; opacity: .15; }
table { border-collapse: collapse; } td { padding: .1rem 1.2rem .1rem 0; font-variant-numeric: tabular-nums; }
pre { background: color-mix(in srgb, currentColor 6%, transparent); padding: 1rem; border-radius: 6px;
  overflow-x: auto; font-size: .8rem; }
</style></head><body>
<h1>$name <small>$status</small></h1>
<table>$numbers</table>
$preview
<h2>Losses</h2><div class="curves">$losses</div>
$metrics
<h2>Made with</h2><pre>$run_file</pre>
</body></html>
""")


@dataclass(frozen=True)
class PageFacts:
    """What the page shows.

    Attributes:
        name: what the weights are called.
        status: `running`, `finished`, `stopped`.
        history: the log so far.
        remaining_s: estimated time to the end; None where nothing can be said.
        preview: the picture in the same folder, or None.
        run_file: the text of run.toml.
        refresh_s: the page reloads itself so often; None for one that will not change any more.
    """

    name: str
    status: str
    history: History
    remaining_s: float | None
    preview: Path | None
    run_file: str
    refresh_s: int | None


def write_page(path: Path, facts: PageFacts) -> None:
    """Write the page.

    Raises:
        OSError: it cannot be written; an earlier page stays.
    """
    text = render_page(facts)
    write_atomically(path, lambda file: _fill(file, text))


def render_page(facts: PageFacts) -> str:
    """The page as HTML."""
    metrics = _curves(facts.history.metrics)
    picture = ""
    last = facts.history.last
    if facts.preview is not None and last is not None:
        source = f"{html.escape(facts.preview.name)}?step={last.step}"  # or else the browser keeps the old
        picture = f'<h2>Preview</h2><img src="{source}" alt="preview of the run">'
    return _PAGE.substitute(
        refresh="" if facts.refresh_s is None else f'<meta http-equiv="refresh" content="{facts.refresh_s}">',
        name=html.escape(facts.name),
        status=html.escape(facts.status),
        numbers="".join(f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in _numbers(facts)),
        preview=picture,
        losses=_curves(facts.history.losses),
        metrics=f'<h2>Measured on held-out data</h2><div class="curves">{metrics}</div>' if metrics else "",
        run_file=html.escape(facts.run_file),
    )


def duration(seconds: float) -> str:
    """A time span for people: `2 h 05 min`, `3 min 20 s`, `12 s`."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {whole % 60:02d} s" if minutes else f"{whole} s"


def _numbers(facts: PageFacts) -> list[tuple[str, str]]:
    last = facts.history.last
    if last is None:
        return [("step", "0")]
    rows = [
        ("step", f"{last.step:,}"),
        ("epoch", f"{last.epoch:.2f}"),
        ("time", duration(last.time_s)),
        ("speed", f"{last.images_per_s:,.{0 if last.images_per_s >= 100 else 2}f} images/s"),
        *((f"learning rate, {html.escape(phase)}", f"{rate:.3g}") for phase, rate in last.lr.items()),
    ]
    if facts.remaining_s is not None:
        rows.insert(3, ("to go", duration(facts.remaining_s)))
    return rows


def _curves(series: Mapping[str, Series]) -> str:
    return "".join(curve(name, one.steps, one.values) for name, one in series.items())


def _fill(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
