"""Configurations of one's own: a TOML or JSON file of the form of `config.FommConfig`.

name = "small"
base = "mini"            # what is not said here is as there; the defaults of `FommConfig` without it

[model]
size_px = 64
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prosopon.core.errors import MissingError, UsageError
from prosopon.create.fomm.config import CONFIGS, FommConfig, get_config
from prosopon.train.rebuild import from_table

_FORMS = {".toml": tomllib.loads, ".json": json.loads}


def find_config(name_or_path: str) -> FommConfig:
    """A configuration by name, or out of a file.

    Raises:
        MissingError: there is none of that name, and no such file.
        UsageError: the file is no configuration.
    """
    path = Path(name_or_path)
    if path.suffix.lower() not in _FORMS:
        return get_config(name_or_path)
    return read_config(path)


def read_config(path: Path) -> FommConfig:
    """Read a configuration file.

    Raises:
        MissingError: it is not there, or names a base that there is not.
        UsageError: it is no TOML or JSON, or has unknown keys or values of the wrong type.
    """
    try:
        table = _FORMS[path.suffix.lower()](path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingError(f"there is no configuration file {path}", f"known by name: {', '.join(CONFIGS)}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"the configuration {path} cannot be read: {error}", "repair it") from None
    if not isinstance(table, dict):
        raise UsageError(f"the configuration {path} is no table", "give keys and values")
    base = table.pop("base", None)
    if base is not None:
        table = _merged(asdict(get_config(base)), table)
    return from_table(FommConfig, {"name": path.stem, **table}, str(path))


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in own.items():
        both = isinstance(value, Mapping) and isinstance(base.get(key), Mapping)
        out[key] = _merged(base[key], value) if both else value
    return out
