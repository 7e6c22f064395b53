"""What a clip's history becomes in a C2PA manifest: actions, ingredients and the facts of the run.

Terms of the C2PA technical specification 2.x: the first action of `c2pa.actions.v2` is `c2pa.opened`, which names the
ingredient that the result is an edited version of (`parentOf`), or `c2pa.created`, which states a digital source type.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import Any

from prosopon.core.history import Parent, Relationship, SourceType, Step, source_type_of

SOURCE_TYPE_URL = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""What a `SourceType` is appended to: the IPTC vocabulary's own address, http on purpose."""

RUN_ASSERTION = "com.prosopon.run"
"""Label of the assertion that holds every step, for people who want to repeat the run."""

WATERMARK_ASSERTION = "com.prosopon.watermark"
"""Label of the assertion that says which watermark was put in. It is none of the standard's soft bindings, whose
algorithms have to be registered."""

WATERMARK_ALGORITHM = "com.prosopon.stdm.1"
"""Our own watermark, unless a step names another."""

WATERMARK_STEP = "vouch.watermark"
"""The step that puts a watermark in; its parameters hold `payload` (hexadecimal), `kind` and perhaps `algorithm`."""

TRAINING_ASSERTION = "cawg.training-mining"
"""Label of the CAWG training and data mining assertion 1.1."""

_TRAINING_USES = ("cawg.ai_generative_training", "cawg.ai_inference", "cawg.ai_training", "cawg.data_mining")

# What our operations are called in the standard; everything else that touches the picture is an edit.
_ACTIONS = {
    "resize": "c2pa.resized",
    "crop": "c2pa.cropped",
    "trim": "c2pa.trimmed",
    "transcode": "c2pa.transcoded",
    # C2PA 2.3: a watermark that is no soft binding of the standard.
    "watermark": "c2pa.watermarked.unbound",
}
_READ = "media.read"

# A folder path inside a text: an absolute one, a home folder's, or one of Windows; web addresses are left alone.
_FOLDERS = re.compile(r"(?<![\w.:/\\~])(?:file://)?(?:~|[A-Za-z]:)?[\\/](?:[^\\/\s'\"]+[\\/])+")


def source_type_url(source_type: SourceType) -> str:
    """The full address of an IPTC digital source type."""
    return SOURCE_TYPE_URL + source_type.value


def software_version() -> str:
    """Version of the installed package, `0+unknown` when run from a bare checkout."""
    try:
        return version("prosopon-lab")
    except PackageNotFoundError:
        return "0+unknown"


@dataclass(frozen=True)
class Ingredient:
    """One C2PA ingredient: what went into the result, and how it is referred to inside the manifest."""

    label: str
    parent: Parent

    def definition(self) -> dict[str, Any]:
        """The ingredient assertion's content; never a folder of ours."""
        definition: dict[str, Any] = {
            "label": self.label,
            "title": without_folders(self.parent.name),
            "relationship": self.parent.relationship.value,
        }
        if self.parent.sha256 is not None:
            definition["metadata"] = {"com.prosopon.sha256": self.parent.sha256}
        return definition


def ingredients_of(history: Iterable[Step]) -> tuple[Ingredient, ...]:
    """What went into a clip with this history, each thing once, the `parentOf` first.

    The last step that names a thing decides what it was to the result (a driving video is first read, then only
    steers); the standard allows one `parentOf`, so the first stays it and any further one is a component. A parent
    that never was a file is an earlier state of the clip itself: the history tells how it was made.
    """
    parents: dict[tuple[str | None, str], Parent] = {}
    for step in history:
        for parent in step.parents:
            before = parents.get(_identity(parent))
            path = parent.path or (before.path if before else None)
            parents[_identity(parent)] = replace(parent, path=path)
    opened: list[Parent] = []
    others: list[Parent] = []
    for parent in parents.values():
        if parent.relationship is not Relationship.PARENT:
            others.append(parent)
        elif parent.sha256 is None:
            continue
        elif opened:
            others.append(replace(parent, relationship=Relationship.COMPONENT))
        else:
            opened.append(parent)
    return tuple(Ingredient(f"ingredient_{number}", parent) for number, parent in enumerate(opened + others, start=1))


def _identity(parent: Parent) -> tuple[str | None, str]:
    """Two mentions of the same content are the same thing, whatever the file was called."""
    return (parent.sha256, "") if parent.sha256 is not None else (None, parent.name)


@dataclass(frozen=True)
class Manifest:
    """What is going to be signed.

    Attributes:
        definition: the claim and its assertions, as the C2PA builder takes them.
        ingredients: added to the builder one by one, since they bring their files' own credentials.
        thumbnail: a small JPEG of what is signed, for those who are shown the manifest without its file.
    """

    definition: dict[str, Any]
    ingredients: tuple[Ingredient, ...]
    thumbnail: bytes | None = None

    @classmethod
    def of(
        cls, history: tuple[Step, ...], title: str, *, thumbnail: bytes | None = None, no_training: bool = False
    ) -> Manifest:
        """The manifest of a file called `title`, without folders, that holds a clip with this history.

        Args:
            history: with a step `WATERMARK_STEP` for every watermark that was put in.
            title: of the file.
            thumbnail: see `claim_thumbnail`.
            no_training: add the wish that nobody learns from it (see `no_training_assertion`).

        Raises:
            ValueError: no step of the history makes anything (see `source_type_of`).
        """
        ingredients = ingredients_of(history)
        definition = _definition(history, title, ingredients)
        if no_training:
            definition["assertions"].append(no_training_assertion())
        return cls(definition, ingredients, thumbnail)


def claim(title: str, actions: list[dict[str, Any]], *, generator: str = "Prosopon") -> dict[str, Any]:
    """The frame of every manifest of ours, with its one assertion that is never missing."""
    return {
        "claim_generator_info": [{"name": generator, "version": software_version()}],
        "title": title,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
    }


def no_training_assertion() -> dict[str, Any]:
    """The wish that neither data mining nor any training nor inference use the content (CAWG 1.1). It binds nobody."""
    return {"label": TRAINING_ASSERTION, "data": {"entries": {use: {"use": "notAllowed"} for use in _TRAINING_USES}}}


def _definition(history: tuple[Step, ...], title: str, ingredients: tuple[Ingredient, ...]) -> dict[str, Any]:
    source_type = source_type_of(history)
    if source_type is None:
        raise ValueError("a history without a digital source type is nothing to seal")
    run = {
        "software": {"name": "Prosopon", "version": software_version()},
        "digitalSourceType": source_type_url(source_type),
        "steps": [_facts(step) for step in history],
    }
    definition = claim(title, _actions(history, ingredients))
    definition["assertions"].append({"label": RUN_ASSERTION, "data": run})
    definition["assertions"] += [_watermark(step) for step in history if step.op == WATERMARK_STEP]
    return definition


def _watermark(step: Step) -> dict[str, Any]:
    told = {"alg": step.params.get("algorithm", WATERMARK_ALGORITHM)}
    told |= {name: step.params[name] for name in ("payload", "kind") if name in step.params}
    return {"label": WATERMARK_ASSERTION, "data": jsonable(told)}


def _actions(history: tuple[Step, ...], ingredients: tuple[Ingredient, ...]) -> list[dict[str, Any]]:
    labels = {_identity(ingredient.parent): ingredient.label for ingredient in ingredients}
    opened = next((i for i in ingredients if i.parent.relationship is Relationship.PARENT), None)
    actions: list[dict[str, Any]] = []
    if opened is None:
        # What came before the first step that made something is only how its material was read.
        first = next(index for index, step in enumerate(history) if step.source_type is not None)
        steps = history[first:]
    else:
        steps = history
        when = next(step.time for step in history if _refers(step, opened))
        actions.append({"action": "c2pa.opened", "when": _stamp(when), "parameters": {"ingredientIds": [opened.label]}})
    for step in steps:
        if step.op == _READ:
            continue
        name = _ACTIONS.get(step.op.rpartition(".")[2], "c2pa.edited") if actions else "c2pa.created"
        used = {label for parent in step.parents if (label := labels.get(_identity(parent))) is not None}
        if opened is not None:
            used.discard(opened.label)
        actions.append(_action(name, step, sorted(used)))
    return actions


def _refers(step: Step, ingredient: Ingredient) -> bool:
    return any(_identity(parent) == _identity(ingredient.parent) for parent in step.parents)


def _action(name: str, step: Step, labels: list[str]) -> dict[str, Any]:
    parameters: dict[str, Any] = {f"com.prosopon.{key}": value for key, value in _facts(step).items() if key != "time"}
    if labels:
        parameters["ingredientIds"] = labels
    action: dict[str, Any] = {
        "action": name,
        "when": _stamp(step.time),
        "softwareAgent": {"name": "Prosopon", "version": software_version()},
        "description": step.op,
        "parameters": parameters,
    }
    if step.source_type is not None:
        action["digitalSourceType"] = source_type_url(step.source_type)
    return action


def _facts(step: Step) -> dict[str, Any]:
    facts: dict[str, Any] = {"op": step.op, "params": jsonable(step.params), "time": _stamp(step.time)}
    if step.seed is not None:
        facts["seed"] = step.seed
    if step.weights_sha256 is not None:
        facts["weights_sha256"] = step.weights_sha256
    return facts


def _stamp(time: datetime) -> str:
    """RFC 3339 in UTC with whole seconds."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def jsonable(value: Any) -> Any:
    """A parameter as JSON holds it, without the folders of whoever ran it.

    Numbers of numpy become plain ones, paths become names, NaN and infinities become text.
    """
    if isinstance(value, Mapping):
        return {without_folders(str(key)): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in value]
    if isinstance(value, Enum):
        return jsonable(value.value)
    if hasattr(value, "tolist"):  # numpy's and torch's scalars and arrays
        return jsonable(value.tolist())
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return value.name if isinstance(value, PurePath) else without_folders(str(value))


def without_folders(text: str) -> str:
    """A text in which every path that leads somewhere on this machine is cut down to its last part."""
    if PurePosixPath(text).is_absolute() or text.startswith(("~", "./", "../", "file://")):
        return PurePosixPath(text).name
    if PureWindowsPath(text).is_absolute() or text.startswith((".\\", "..\\")):
        return PureWindowsPath(text).name
    return _FOLDERS.sub("", text)


def as_json(definition: Mapping[str, Any]) -> str:
    """Definition as text, refusing what JSON cannot hold."""
    return json.dumps(definition, allow_nan=False)
