"""Where Prosopon keeps what belongs to the user: weights, models, certificates."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The user's folder: `$PROSOPON_HOME`, else `$XDG_DATA_HOME/prosopon`, else `~/.local/share/prosopon`.

    It need not exist; whoever writes into it makes it.
    """
    own = os.environ.get("PROSOPON_HOME")
    if own:
        return Path(own).expanduser()
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "prosopon"
