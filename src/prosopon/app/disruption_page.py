"""The page of `prosopon evaluate disrupt`: limits first, then tables, and what nets make of protected heads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prosopon.app.heat_map import Heat, heat_map
from prosopon.app.protect_page import FIGURES, LIMITS
from prosopon.app.report import PAGE, Report
from prosopon.arena.disruption.attacks import NOISE
from prosopon.arena.disruption.cells import Cell
from prosopon.arena.disruption.contest import Contest, looked_at
from prosopon.arena.disruption.plan import Job
from prosopon.arena.disruption.quality import QUALITY
from prosopon.core.clip import Frame
from prosopon.core.history import SourceType
from prosopon.core.progress import Progress
from prosopon.faces.sheet import contact_sheet
from prosopon.vouch.publish import publish_picture

WHAT_IS_MEASURED = (
    "Each head is protected by every attack, rounded to 8 bits as a file holds it, laundered for real, brought to "
    "the size of each network, and what the network makes of it is compared with what it makes of the untouched "
    "head. All attacks may change a value by the same epsilon. Beside every figure stand three baselines: the "
    "untouched head after the same laundering; the head with noise as large as an attack may be; and, as saved, the "
    "head with the same change upside down, which is as coarse and aimed at nothing. Figures are means over pictures "
    "with their standard errors."
)
HOW_TO_READ = (
    "In each cell the leading figure of that network. The colour is full where a squared error reaches 0.05, from "
    "which on publications call a picture broken; where keypoints moved by 5 % of the side, a quarter of the head's "
    "segments changed, or the cosine fell to 0.5. Framed: the attack knew that network (white box); the others tell "
    "how it transfers. Bold: at least twice the largest baseline, which for networks that do not mind noise may still "
    "be nothing that anybody would see: go by the colours, and by the pictures."
)
FULL = {"masked_l2": 0.05, "l2": 0.05, "l1": 0.2, "keypoints": 0.05, "segments": 0.25, "cosine": 0.5}
"""Where the colour of each figure is full; of a cosine what is lacking to 1."""
SHOWN_PICTURES = 2
"""Of so many heads it is shown what nets make of them."""
SHOWN_ATTACKS = 4
"""After so many attacks on each net, beside the head as it was and with noise."""
_MAGNIFIED = 10
_SHOWN_PX = 160


@dataclass(frozen=True, eq=False)
class Story:
    """All that a page tells.

    Attributes:
        contest: what was compared.
        cells: its table.
        qualities: figures of protected pictures, by job.
        facts: what else is told.
        videos: files that were published beside the page, with captions.
    """

    contest: Contest
    cells: Sequence[Cell]
    qualities: Mapping[str, Mapping[str, float]]
    facts: Mapping[str, object]
    videos: Sequence[tuple[Path, str]] = ()


def write_page(folder: Path, story: Story, *, progress: Progress) -> Path:
    """Write the page, and the sheets that it shows, published as what they are.

    Args:
        folder: exists.
        story: what is told.
        progress: hears of every sheet.

    Returns:
        The page.
    """
    page = Report("Protection against face programs, measured", LIMITS)
    page.facts({name: ", ".join(told) if isinstance(told, list) else told for name, told in story.facts.items()})
    page.section("How it was measured", WHAT_IS_MEASURED)
    page.table(["attack", "what it does"], [(name, one.about) for name, one in story.contest.attacks.items()])
    page.table(["network", "what it does"], [(name, one.victim.about) for name, one in story.contest.opponents.items()])
    page.section("How much of it can be seen", "Of the protected heads themselves; the noise is what it could hide in.")
    page.table(*quality_table(story.qualities))
    page.section("What is left after each laundering", HOW_TO_READ)
    page.svg(*(heat_map(f"after {way}", *_by_network(story.cells, way)) for way in _ways(story.cells)))
    page.section("Every figure", f"After {_ways(story.cells)[0]}, of noise and of attacks on networks that they know.")
    page.table(*_every_figure(story.cells))
    known = [cell for cell in story.cells if cell.is_white_box]
    if known and len(_ways(known)) > 1:
        page.section("How long it lasts", "Of attacks on the networks that they know, by laundering.")
        page.svg(heat_map("white box", *_by_laundering(known)))
    matrix = transfers(story.cells)
    if matrix:
        attack, columns, rows = matrix
        page.section("Transfer", f"{attack} against one network (rows), measured on each (columns), after the first.")
        page.svg(heat_map(f"transfer of {attack}", columns, rows))
    _show(page, folder, story, progress)
    if story.videos:
        page.section("Animated", "The head as it was, and protected heads, each moved by the same clip.")
        page.media(*story.videos)
    path = folder / PAGE
    page.write(path)
    return path


def console_table(cells: Sequence[Cell]) -> tuple[list[str], list[list[object]]]:
    """Head and rows for the console: attacks on networks that they know, a column for each laundering."""
    ways = _ways(cells)
    rows: list[list[object]] = []
    for (job, on), found in _rows(cell for cell in cells if cell.is_white_box or not cell.job.against).items():
        leading = next(iter(found.values())).leading
        told = [console_cell(found[way], leading) if way in found else "-" for way in ways]
        rows.append([job.attack, job.against or "nobody", on, FIGURES.get(leading, leading), *told])
    return ["attack", "against", "measured on", "figure", *ways], rows


def console_cell(cell: Cell, figure: str) -> str:
    """A figure, in brackets those of its baselines, and a mark where it stands out."""
    value = cell.figures.get(figure)
    if value is None:
        return "-"
    beside = "/".join(
        "-" if figure not in one else f"{one[figure]:.2g}" for one in (cell.clean, cell.noise, cell.turned)
    )
    return f"{value:.3g} ({beside}){' *' if cell.stands_out else ''}"


def transfers(cells: Sequence[Cell]) -> tuple[str, list[str], dict[str, list[Heat | None]]] | None:
    """Of the first attack on single networks: its name, columns, and rows by what it was made against."""
    ways = _ways(cells)
    single = [cell for cell in cells if cell.job.is_on_one and cell.laundering == ways[0]]
    if len({cell.on for cell in single}) < 2:
        return None
    attack = single[0].job.attack
    mine = [cell for cell in single if cell.job.attack == attack]
    columns = _columns(mine)
    rows = {
        (job.against or ""): [_heat(found[on]) if on in found else None for on in columns]
        for job, found in _grouped(mine).items()
    }
    return attack, [*columns.values()], rows


def quality_table(qualities: Mapping[str, Mapping[str, float]]) -> tuple[list[str], list[list[object]]]:
    """Head and rows: figures of protected pictures by job."""
    rows: list[list[object]] = [
        [name, *(figures.get(figure, "-") for figure in QUALITY)] for name, figures in qualities.items()
    ]
    return ["attack/against", *QUALITY.values()], rows


def _ways(cells: Sequence[Cell]) -> list[str]:
    return [*dict.fromkeys(cell.laundering for cell in cells)]


def _by_network(cells: Sequence[Cell], way: str) -> tuple[list[str], dict[str, list[Heat | None]]]:
    mine = [cell for cell in cells if cell.laundering == way]
    columns = _columns(mine)
    rows = {
        job.name: [_heat(found[on]) if on in found else None for on in columns] for job, found in _grouped(mine).items()
    }
    return [*columns.values()], rows


def _columns(cells: Sequence[Cell]) -> dict[str, str]:
    """Networks, with the figure that is told of each below its name."""
    return {cell.on: f"{cell.on}\n{FIGURES.get(cell.leading, cell.leading)}" for cell in cells}


def _every_figure(cells: Sequence[Cell]) -> tuple[list[str], list[list[object]]]:
    """Head and rows: all figures of attacks on networks that they know, after the first laundering."""
    mine = [
        cell for cell in cells
        if cell.laundering == _ways(cells)[0] and (cell.is_white_box or not cell.job.against)
    ]  # fmt: skip
    names = [name for name in FIGURES if any(name in cell.figures for cell in mine)]
    rows: list[list[object]] = [
        [cell.job.name, cell.on, *(cell.figures.get(name, "-") for name in names)] for cell in mine
    ]
    return ["attack/against", "measured on", *(FIGURES[name] for name in names)], rows


def _by_laundering(cells: Sequence[Cell]) -> tuple[list[str], dict[str, list[Heat | None]]]:
    ways = _ways(cells)
    rows = {
        (job.name if job.is_on_one else f"{job.name} on {on}"): [
            _heat(found[way]) if way in found else None for way in ways
        ]
        for (job, on), found in _rows(cells).items()
    }
    return ways, rows


def _grouped(cells: Sequence[Cell]) -> dict[Job, dict[str, Cell]]:
    found: dict[Job, dict[str, Cell]] = {}
    for cell in cells:
        found.setdefault(cell.job, {})[cell.on] = cell
    return found


def _rows(cells: Iterable[Cell]) -> dict[tuple[Job, str], dict[str, Cell]]:
    found: dict[tuple[Job, str], dict[str, Cell]] = {}
    for cell in cells:
        found.setdefault((cell.job, cell.on), {})[cell.laundering] = cell
    return found


def _baselines(cell: Cell) -> tuple[tuple[str, Mapping[str, float]], ...]:
    return ("clean", cell.clean), ("noise", cell.noise), ("upside down", cell.turned)


def _heat(cell: Cell) -> Heat:
    name = cell.leading
    value = cell.figures[name]
    error = cell.errors.get(name)
    told = [f"{cell.job.name} on {cell.on} after {cell.laundering}, {cell.pictures} pictures"]
    for figure, mean in cell.figures.items():
        more = f" +- {cell.errors[figure]:.2g}" if figure in cell.errors else ""
        beside = ", ".join(f"{who} {one[figure]:.3g}" for who, one in _baselines(cell) if figure in one)
        told.append(f"{FIGURES.get(figure, figure)}: {mean:.4g}{more} ({beside})")
    text = f"{value:.3g}" if error is None else f"{value:.2g} ± {error:.1g}"
    return Heat(text, cell.disturbance / FULL.get(name, 1.0), cell.stands_out, cell.is_white_box, "\n".join(told))


def _show(page: Report, folder: Path, story: Story, progress: Progress) -> None:
    """What every net makes of the first heads, protected by attacks that know it."""
    for weights in story.contest.plan.on:
        sheets = [
            (path, f"{subject.name}: what {weights} makes of it as it was, with noise, and after the strongest attacks")
            for number, subject in enumerate(story.contest.subjects[:SHOWN_PICTURES])
            if (path := _sheet(folder, story, weights, number, progress)) is not None
        ]
        if sheets:
            page.section(weights)
            page.media(*sheets)


def _sheet(folder: Path, story: Story, weights: str, number: int, progress: Progress) -> Path | None:
    """A row for the head as it was, with noise, and after the strongest attacks; None where the net draws nothing."""
    contest, subject = story.contest, story.contest.subjects[number]
    noise = [job for job in contest.plan.jobs if job.attack == NOISE]
    rows: list[tuple[Frame, str]] = []
    columns = 0
    for job in (None, *noise, *_strongest(story.cells, weights)):
        picture = subject.picture if job is None else contest.protected(job, subject)
        made = looked_at(contest, weights, subject, picture)
        if not made:
            return None
        columns = 2 + len(made)
        change = np.clip(128 + _MAGNIFIED * (picture.astype(np.int16) - subject.picture), 0, 255).astype(np.uint8)
        rows += [
            (picture, "as it was" if job is None else job.name), (change, f"change x {_MAGNIFIED}"),
            *((frame, said) for said, frame in made),
        ]  # fmt: skip
    path = folder / f"{_plain(weights)}-{number}-{_plain(subject.name)}.png"
    step = subject.step("arena.disruption.sheet", SourceType.COMPOSITE, net=weights)
    publish_picture(contact_sheet(rows, side_px=_SHOWN_PX, columns=columns), path, step, progress=progress)
    return path


def _strongest(cells: Sequence[Cell], weights: str) -> list[Job]:
    """Of the attacks that know a net those that disturb it most after the first laundering, in the order of tables."""
    mine = [cell for cell in cells if cell.is_white_box and cell.on == weights and cell.laundering == _ways(cells)[0]]
    chosen = {cell.job for cell in sorted(mine, key=lambda cell: -cell.disturbance)[:SHOWN_ATTACKS]}
    return [cell.job for cell in mine if cell.job in chosen]


def _plain(name: str) -> str:
    return re.sub("[^A-Za-z0-9]+", "-", name).strip("-").lower()
