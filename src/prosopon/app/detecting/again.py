"""A signed report done again: does its signature hold, is everything as it was, and does the same come of it?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from prosopon.app.console import Console, plain
from prosopon.app.detecting.as_json import file_as_json, setting_as_json
from prosopon.app.detecting.examine import Examiner
from prosopon.app.detecting.signed import SignedReport, face_finders, new_report, write_signed
from prosopon.core.errors import ExitCode, UsageError
from prosopon.detect.judging.judge import Judge
from prosopon.detect.judging.manner import Manner
from prosopon.detect.judging.roster import ALL, Asked, Roster
from prosopon.faces.finder import NAMES
from prosopon.media.read import content_id
from prosopon.train.runfile import versions
from prosopon.vouch.manifest.strangers_text import shown

_CLOSE = 1e-6
"""Numbers that differ by no more are the same: sums are not added up in the same order everywhere."""
_NAMED = 3
"""So many files of a report are named."""
_COMPARED = ("verdict", "reasons", "declared_by")


def examine_again(record: Path, file: Path, output: Path | None, console: Console) -> int:
    """Check a signed report, examine the file anew in the same manner, and compare.

    Args:
        record: the signed report.
        file: what it is about.
        output: where a new signed report goes; None: nowhere.
        console: who is told.

    Returns:
        The exit code: 3 where the signature does not hold, the file is another one, which is not examined then, or
        another answer comes of it.

    Raises:
        UsageError: it is no signed report, or one that this version cannot repeat.
        MissingError: a detector or its weights are not there any more.
        MediaError: the file cannot be read.
    """
    signed = SignedReport.read(record)
    before = _entry(signed, content_id(file))
    if before is None:
        return _refuse(signed, file, console)
    examiner, asked = _examiner(signed.report, before, record)
    after = plain(file_as_json(examiner.examine(file, console)))
    setting = plain(setting_as_json(examiner))
    if output is not None:
        write_signed(new_report(setting, {"with": asked}, [after]), output)
    weights = _others(
        {**_weights(signed.report["setting"]), **signed.report.get("face_finders", {})},
        {**_weights(setting), **face_finders([after])},
    )
    differences = [*_differences(before, after)]
    answer = {
        **_signature(signed),
        "file_is_the_same": True,
        "other_weights": weights,
        "other_versions": _others(signed.report.get("made_with", {}), versions()),
        "same_answer": not differences,
        "differences": differences,
        "largest_difference": _largest(before, after),
        "recorded_verdict": before["verdict"],
        "verdict": after["verdict"],
        "signed": output,
    }
    console.answer(answer)
    console.say("\n".join(_lines(answer)))
    return ExitCode.FINE if signed.holds and not differences else ExitCode.BAD_ANSWER


def _refuse(signed: SignedReport, file: Path, console: Console) -> int:
    """Say that the report is about other files, without examining this one: there is nothing to compare with."""
    answer = {**_signature(signed), "file_is_the_same": False, "same_answer": False, "verdict": None}
    about = ", ".join(shown(one.get("file"), 100) for one in signed.files[:_NAMED])
    more = f" and {len(signed.files) - _NAMED} more" if len(signed.files) > _NAMED else ""
    console.answer(answer)
    console.say(_signature_told(answer))
    console.say(
        f"The report is not about {shown(file)}, which was not examined: it is about {about or 'nothing'}{more}."
    )
    return ExitCode.BAD_ANSWER


def _signature(signed: SignedReport) -> dict[str, Any]:
    return {
        "signature": "valid" if signed.holds else "invalid",
        "signer": signed.signer,
        "signed_here": signed.is_own,
    }


def _entry(signed: SignedReport, sha256: str) -> Mapping[str, Any] | None:
    """What the report says of a file; None where it says nothing of it."""
    return next((one for one in signed.files if one.get("sha256") == sha256), None)


def _examiner(report: Mapping[str, Any], before: Mapping[str, Any], record: Path) -> tuple[Examiner, str]:
    """The same detectors in the same manner, and how they are asked for."""
    try:
        setting = report["setting"]
        manner = Manner(**setting["manner"])
        if before["coverage"]["face_finder"] in NAMES:
            manner = replace(manner, finder=before["coverage"]["face_finder"])
        given = {one.name: one for one in Asked.parse(str(report["asked"]["with"]))}
        asked = tuple(given.get(name, Asked(name)) for name in setting["detectors"])
        stop = bool(setting["stop_at_declared"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{record} cannot be done again: {error}", "replay it with the version that wrote it"
        ) from None
    roster = Roster.open(asked) if asked else Roster(())
    words = ",".join(f"{one.name}={one.weights}" if one.weights else one.name for one in asked) or ALL
    return Examiner(Judge(roster, manner), stop_at_declared=stop), words


def _weights(setting: Mapping[str, Any]) -> dict[str, str]:
    """All digests by name."""
    try:
        return {name: str(digest) for one in setting["detectors"].values() for name, digest in one["weights"].items()}
    except (KeyError, TypeError, AttributeError):
        return {}


def _others(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    keys = [*before, *(key for key in now if key not in before)]
    return [
        f"{key}: {str(before.get(key, 'nothing'))[:16]}, now {str(now.get(key, 'nothing'))[:16]}"
        for key in keys
        if before.get(key) != now.get(key)
    ]


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """In what the answers differ, one sentence each."""
    for name in _COMPARED:
        if before.get(name) != after.get(name):
            yield f"{name.replace('_', ' ')}: {_told(before.get(name))}, now {_told(after.get(name))}"
    largest = _largest(before, after)
    if largest > _CLOSE:
        yield f"numbers differ by up to {largest:.3g}"


def _largest(before: Mapping[str, Any], after: Mapping[str, Any]) -> float:
    """How far numbers of the answers are apart; infinite where one of them is missing on one side."""
    old, new = dict(_numbers(before)), dict(_numbers(after))
    if old.keys() != new.keys():
        return math.inf
    return max((abs(old[key] - new[key]) for key in old), default=0.0)


def _numbers(entry: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Ratios and values with their places."""
    if entry.get("log10_lr") is not None:
        yield "log10_lr", float(entry["log10_lr"])
    subjects = [*entry.get("people", []), *([entry["sound"]] if entry.get("sound") else [])]
    for subject in subjects:
        for name, said in subject["detectors"].items():
            for what in ("value", "log10_lr"):
                if said.get(what) is not None:
                    yield f"{subject['name']}/{name}/{what}", float(said[what])


def _lines(answer: Mapping[str, Any]) -> Iterator[str]:
    yield _signature_told(answer)
    for what in ("other_versions", "other_weights"):
        if answer[what]:
            yield f"{what.replace('_', ' ').capitalize()}: {'; '.join(answer[what])}."
    if answer["same_answer"]:
        yield f"The same came of it: {answer['verdict']}."
    else:
        yield f"Something else came of it: {'; '.join(answer['differences'])}."


def _signature_told(answer: Mapping[str, Any]) -> str:
    if answer["signature"] != "valid":
        return "The signature does not hold: the report was changed since it was signed, or never was."
    if answer["signed_here"]:
        return "The signature holds: this installation signed this report."
    return f"The signature holds: the key {answer['signer'][:16]}, which is not the one here, signed this report."


def _told(value: object) -> str:
    return (", ".join(map(str, value)) or "none") if isinstance(value, list) else str(value)
