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
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from prosopon.core.errors import MissingError, UsageError
from prosopon.create.fomm.config import CONFIGS, FommConfig, get_config

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
    return config_from_table({"name": path.stem, **table}, str(path))


def config_from_table(table: Mapping[str, Any], where: str) -> FommConfig:
    """The inverse of `dataclasses.asdict`: a configuration out of nested tables, as cards and run files hold it.

    Args:
        table: keys as the fields of `FommConfig`; those left out have their defaults.
        where: what is being read, for the error.

    Raises:
        UsageError: unknown keys, or values of the wrong type.
    """
    config: FommConfig = _build(FommConfig, table, where)
    return config


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in own.items():
        both = isinstance(value, Mapping) and isinstance(base.get(key), Mapping)
        out[key] = _merged(base[key], value) if both else value
    return out


def _build(kind: Any, value: Any, where: str) -> Any:
    """`value`, made of tables, lists and plain values, as an object of the annotated type `kind`."""
    if is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise UsageError(f"{where} is {value!r}", "give a table")
        hints = get_type_hints(kind)
        known = [field.name for field in fields(kind)]
        unknown = [key for key in value if key not in known]
        if unknown:
            raise UsageError(f"{where} has unknown keys {unknown}", f"known: {', '.join(known)}")
        built = {key: _build(hints[key], inner, f"{where}: {key}") for key, inner in value.items()}
        return kind(**built)  # type: ignore[operator]  # is_dataclass says yes to instances too
    choices = get_args(kind)
    if NoneType in choices:
        if value is None:
            return None
        (inner,) = (choice for choice in choices if choice is not NoneType)
        return _build(inner, value, where)
    if get_origin(kind) is tuple and isinstance(value, list | tuple):
        each = [choices[0]] * len(value) if choices[-1] is Ellipsis else list(choices)
        if len(each) != len(value):
            raise UsageError(f"{where} has {len(value)} values", f"give {len(each)}")
        return tuple(_build(one, inner, where) for one, inner in zip(each, value, strict=True))
    fits = value in choices if choices else _fits(kind, value)
    if not fits:
        wanted = f"one of {', '.join(map(str, choices))}" if choices else f"a value of type {kind.__name__}"
        raise UsageError(f"{where} is {value!r}", f"give {wanted}")
    return value


def _fits(kind: type, value: Any) -> bool:
    """Whether a plain value has a type; whole numbers are numbers, truth values are none."""
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)
