"""`prosopon doctor`: what works on this machine, and the line that repairs the rest."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version

from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, MissingError, ProsoponError
from prosopon.core.home import home


@dataclass(frozen=True)
class Doctor:
    """Say what works on this machine and what does not; every problem comes with the line that repairs it."""


class State(StrEnum):
    """How one thing is."""

    FINE = "fine"
    OPTIONAL = "optional"
    """Not there, and only some things need it."""
    MISSING = "missing"
    """Not there, and nothing works without it."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: State
    detail: str
    fix: str = ""
    """What to do; empty where nothing needs doing."""


def run(args: Doctor, console: Console) -> int:
    """Look at everything; exit code 4 where something is missing that everything needs."""
    del args
    findings = [finding for look in _LOOKS for finding in _look(look)]
    console.answer(
        {"findings": [{"name": f.name, "state": f.state, "detail": f.detail, "fix": f.fix} for f in findings]}
    )
    console.table(("", "what", "how it is"), [(_MARKS[f.state], f.name, f.detail) for f in findings])
    for finding in findings:
        if finding.fix:
            console.say(f"\nfor {finding.name}:\n  {finding.fix}")
    missing = any(finding.state is State.MISSING for finding in findings)
    return ExitCode.MISSING if missing else ExitCode.FINE


_MARKS = {State.FINE: "ok", State.OPTIONAL: "--", State.MISSING: "!!"}


def _look(look: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """What one look finds; where it fails, that is the finding."""
    name = look.__name__.strip("_")
    try:
        return [*look()]
    except ModuleNotFoundError as error:
        return [Finding(name, State.MISSING, f"the package {error.name} is not installed", _REINSTALL)]
    except (ProsoponError, OSError, ImportError, RuntimeError) as error:
        hint = error.hint if isinstance(error, ProsoponError) else _REINSTALL
        return [Finding(name, State.MISSING, " ".join(str(error).split()), hint)]


_REINSTALL = "pip install --upgrade --force-reinstall prosopon-lab"


def _python() -> Iterator[Finding]:
    yield Finding("python", State.FINE, f"{platform.python_version()} in {sys.prefix}")
    try:
        yield Finding("prosopon", State.FINE, version("prosopon-lab"))
    except PackageNotFoundError:
        yield Finding("prosopon", State.OPTIONAL, "runs from its source, not installed", "pip install .")


def _torch() -> Iterator[Finding]:
    import torch

    from prosopon.models.device import has_bf16, pick_device

    yield Finding("torch", State.FINE, f"{torch.__version__}, {torch.get_num_threads()} threads")
    device = pick_device()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()
    yield Finding("device", State.FINE, f"{device} ({name})")
    if has_bf16(device):
        yield Finding("bf16", State.FINE, "computed in hardware: nets run in bf16 by default")
    else:
        yield Finding("bf16", State.FINE, "not computed in hardware: nets run in fp32 by default")


def _codecs() -> Iterator[Finding]:
    import av
    from av.codec import Codec

    for name, use, needed in (
        ("libx264", "mp4 and mov video", True),
        ("aac", "mp4 and mov sound", True),
        ("libvpx-vp9", "webm video", False),
        ("libopus", "webm sound", False),
    ):
        try:
            Codec(name, "w")
        except ValueError:
            state = State.MISSING if needed else State.OPTIONAL
            fix = "pip install --upgrade --force-reinstall --only-binary av av"
            yield Finding(name, state, f"no encoder for {use} in this PyAV", fix)
        else:
            yield Finding(name, State.FINE, f"{use} (PyAV {av.__version__})")


def _faces() -> Iterator[Finding]:
    from prosopon.faces.mediapipe import model_file, require_package

    try:
        require_package()
        path = model_file()
    except MissingError as error:
        yield Finding("faces", State.FINE, "found with the built-in finder")
        yield Finding(
            "mediapipe",
            State.OPTIONAL,
            f"{error.what}; it gives 478 points and expressions, and is twice as quick",
            error.hint,
        )
    else:
        yield Finding("faces", State.FINE, f"mediapipe {version('mediapipe')} with {path}; the built-in finder")


def _weights() -> Iterator[Finding]:
    from prosopon.models.catalogue import catalogue

    entries = catalogue()
    if entries:
        yield Finding("weights", State.FINE, ", ".join(entries))
    else:
        yield Finding("weights", State.OPTIONAL, "none yet", "prosopon train fomm, or prosopon weights import FILE")


def _techniques() -> Iterator[Finding]:
    from prosopon.core.registry import find_cards

    found = find_cards()
    yield Finding("techniques", State.FINE, ", ".join(sorted(found.cards)) or "none")
    for problem in found.problems:
        yield Finding("technique", State.OPTIONAL, problem, "repair or remove that folder")


def _sealing() -> Iterator[Finding]:
    from prosopon.vouch.home import config_folder
    from prosopon.vouch.keys.certificate import SIGNER_FILE, signing_identity
    from prosopon.vouch.manifest.settings import SDK

    yield Finding("c2pa", State.FINE, SDK)
    folder = config_folder() / "certificate"
    if not (folder / SIGNER_FILE).exists():
        yield Finding("certificate", State.FINE, f"none yet; made in {folder} when something is first sealed")
        return
    expires = signing_identity().expires
    days = (expires - datetime.now(UTC)).days
    yield Finding("certificate", State.FINE, f"{folder / SIGNER_FILE}, valid for {days} more days")


def _home() -> Iterator[Finding]:
    folder = home()
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if os.access(nearest, os.W_OK):
        yield Finding("folder", State.FINE, f"{folder}")
    else:
        fix = "make it writable, or point PROSOPON_HOME to a folder that is"
        yield Finding("folder", State.MISSING, f"{folder} cannot be written", fix)


_LOOKS = (_python, _torch, _codecs, _faces, _weights, _techniques, _sealing, _home)
