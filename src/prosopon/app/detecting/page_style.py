"""The style sheet of what `prosopon detect` puts onto pages: rows that unfold, the answer's box, pictures in lines."""

from __future__ import annotations

STYLE = """.verdict { border-left: 7px solid GrayText; border-radius: 5px; padding: .5rem 1.1rem; margin: 1rem 0;
  background: color-mix(in srgb, currentColor 6%, transparent); }
.verdict p { margin: .3rem 0; } .verdict b { font-size: 1.25rem; } .verdict .reason { font-weight: 600; }
.verdict.synthetic-declared { border-color: #8250df; } .verdict.inconclusive { border-color: #bf8700; }
.verdict.weak, .verdict.moderate, .verdict.strong { border-color: #cf222e; }
.small figure { flex: 0 1 190px; } .whole figure { flex: 0 1 460px; }
summary { cursor: pointer; } details { margin: .4rem 0; } li { margin: .15rem 0; } tbody th { border-bottom: 0; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; } h1.file { margin-top: 4rem; overflow-wrap: anywhere; }
.over-time { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(380px, 100%), 1fr)); gap: .4rem 1rem; }
.said { display: grid; grid-template-columns: 7.5rem 1fr 6.5rem; gap: 0 1rem; padding: .35rem 0; }
.said > :last-child { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.said.head { font-weight: 600; border-bottom: 1px solid GrayText; } .said.quiet { color: GrayText; }
.opinion { margin: 0; border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
summary.said::before { content: none; } summary.said > :first-child::before { content: "\\25B8\\00A0"; }
details[open] > summary.said > :first-child::before { content: "\\25BE\\00A0"; }
summary.said { list-style: none; } summary.said::-webkit-details-marker { display: none; }
summary.said:hover { background: color-mix(in srgb, currentColor 5%, transparent); }
div.opinion > .said > :first-child { padding-left: 1em; }
.more { padding: .2rem 0 1rem 1.1rem; } .more ul { margin: .3rem 0; padding-left: 1.2rem; }
.more p { margin: .4rem 0; } .measures { columns: 2 20rem; margin: .5rem 0; }
.measures div { display: flex; justify-content: space-between; gap: 1rem; break-inside: avoid; max-width: 26rem; }
.measures span:last-child { font-variant-numeric: tabular-nums; white-space: nowrap; }
td.odd { white-space: nowrap; } .turned td { color: #cf222e; font-weight: 600; }
@media (prefers-color-scheme: dark) { .turned td { color: #ff7b72; } }
@media (max-width: 600px) { .said { grid-template-columns: 1fr auto; } .said > :nth-child(2) { grid-column: 1 / -1;
  grid-row: 2; } }"""
"""Rules; nothing is loaded from elsewhere."""
