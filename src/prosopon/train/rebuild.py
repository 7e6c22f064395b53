"""Makes typed arguments of a table again, the way back from `toml.plain`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from prosopon.core.errors import UsageError
from prosopon.train.toml import plain


def rebuild(kind: Any, value: Any) -> Any:
    """What `plain` was given, from what it made of it: `rebuild(Arguments, plain(arguments)) == arguments`.

    Args:
        kind: a dataclass, or the annotation of one of its fields. Fields absent from a table are None where their
            annotation allows it, else they get their default.
        value: what was read from the file.

    Raises:
        TypeError: the value is not of that kind; names the field.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return _rebuild_dataclass(kind, value)
    if origin in (Union, UnionType):
        return _rebuild_union(inner, value)
    if origin in (tuple, list) and isinstance(value, list):
        each = [inner[0]] * len(value) if origin is list or inner[1:] == (...,) else inner
        return origin(rebuild(one, held) for one, held in zip(each, value, strict=True))
    if _is_already(kind, value):
        return value
    # An integer may stand for a float, a string for a path or an enum's value.
    if isinstance(kind, type) and issubclass(kind, (Path, Enum, float)) and isinstance(value, (str, int)):
        made: Any = kind
        return made(value)
    raise TypeError(f"{value!r} is no {kind}")


def _is_already(kind: Any, value: Any) -> bool:
    origin = get_origin(kind) or kind
    if origin is Literal:
        return value in get_args(kind)
    if origin in (dict, Mapping):
        return isinstance(value, dict)
    return origin is Any or type(value) is origin


def _rebuild_dataclass(kind: type, value: Any) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is no table of {kind.__name__}")
    hints = get_type_hints(kind)
    known = {field.name: hints[field.name] for field in fields(kind) if field.init}
    unknown = [key for key in value if key not in known]
    if unknown:
        raise TypeError(f"{kind.__name__} has no {', '.join(unknown)}")
    found: dict[str, Any] = {}
    for name, hint in known.items():
        if name in value:
            try:
                found[name] = rebuild(hint, value[name])
            except (TypeError, ValueError) as error:
                raise TypeError(f"{name}: {error}") from error
        elif NoneType in get_args(hint):
            found[name] = None
    return kind(**found)


def _rebuild_union(kinds: tuple[Any, ...], value: Any) -> Any:
    """The first kind that fits; exact types before those that a value could be turned into."""
    for kind in sorted(kinds, key=lambda kind: type(value) is not kind):
        if kind is NoneType:
            continue
        try:
            return rebuild(kind, value)
        except (TypeError, ValueError):
            continue
    raise TypeError(f"{value!r} is none of {kinds}")


_Config = TypeVar("_Config")


def from_table(kind: type[_Config], table: Mapping[str, Any], where: str) -> _Config:
    """The inverse of `dataclasses.asdict` for the configurations here: out of nested tables, as files hold them.

    Args:
        kind: of the configuration.
        table: its fields; those left out have their defaults.
        where: what is being read, for the error.

    Raises:
        UsageError: a key is unknown, or a value is of the wrong type.
    """
    try:
        config: _Config = rebuild(kind, plain(table))
    except (TypeError, ValueError) as error:
        raise UsageError(f"{where} is no {kind.__name__}: {error}", "see the fields of its class") from None
    return config
