"""The history tree as a piece of a web page, with the pictures that the credential holds.

Everything in it comes from strangers. Every text is escaped, and a picture is only ever what `thumbnails.encoded_anew`
made of it. The pictures are shown inside the page as what somebody else's credential contains; they are no media of
ours and never become files.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator

from prosopon.vouch.manifest.history import Node
from prosopon.vouch.manifest.history_text import Kind, facts, heading

STYLE = """.history, .history ul { list-style: none; margin: 0; padding: 0; }
.history ul { padding-left: 1.2rem; border-left: 1px solid GrayText; }
.history li { margin: .6rem 0; overflow-wrap: anywhere; }
.history img { max-width: 160px; max-height: 160px; border-radius: 4px; display: block; margin: .3rem 0; }
.history small { display: block; color: GrayText; }
.history .bad { color: #cf222e; } .history .ai { font-weight: 600; color: inherit; }"""
"""What a page that holds the tree needs in its style sheet."""


_CLASSES = {Kind.WRONG: ' class="bad"', Kind.AI: ' class="ai"'}


def tree_fragment(node: Node) -> str:
    """HTML of the tree: nested lists under the class `history`; safe to put into a page as it is."""
    return f'<ul class="history">{"".join(_item(node))}</ul>'


def _item(node: Node) -> Iterator[str]:
    yield f"<li><b>{html.escape(heading(node))}</b>"
    if node.thumbnail is not None:
        picture = base64.b64encode(node.thumbnail).decode("ascii")
        said = html.escape(f"thumbnail of {node.title}, out of the credential", quote=True)
        yield f'<img src="data:image/jpeg;base64,{picture}" alt="{said}">'
    for fact in facts(node):
        if fact.kind is Kind.THUMBNAIL:
            if node.thumbnail is None:
                yield "<small>holds a thumbnail that cannot be shown</small>"
        else:
            yield f"<small{_CLASSES.get(fact.kind, '')}>{html.escape(fact.text)}</small>"
    if node.parts:
        yield "<ul>"
        for part in node.parts:
            yield from _item(part)
        yield "</ul>"
    yield "</li>"
