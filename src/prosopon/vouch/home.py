"""Where keys, the log and what was published are kept for a user of this machine."""

from __future__ import annotations

import os
from pathlib import Path


def config_folder() -> Path:
    """The user's folder for settings and keys: `$PROSOPON_HOME`, else `prosopon` in the XDG config folder."""
    home = os.environ.get("PROSOPON_HOME")
    if home:
        return Path(home)
    xdg = os.environ.get("XDG_CONFIG_HOME")
    return (Path(xdg) if xdg else Path.home() / ".config") / "prosopon"
