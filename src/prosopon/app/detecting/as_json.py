"""What `prosopon detect` found as plain values: the form that other programs read, and that is signed."""

from __future__ import annotations

from typing import Any

from prosopon.app.detecting.examine import Examined, Examiner
from prosopon.core.clip import Clip
from prosopon.detect.judging.verdict import limit, meaning, posteriors


def file_as_json(examined: Examined, *, provenance: bool = True) -> dict[str, Any]:
    """One file.

    Args:
        examined: what was found.
        provenance: with all that it says of itself, under a key of its own.
    """
    judgement = examined.judgement
    looked = None if judgement is None else judgement.looked
    found: dict[str, Any] = {
        "file": str(examined.path),
        "sha256": examined.sha256,
        "verdict": examined.verdict.value,
        "reasons": [why.code for why in examined.reasons],
        "because": [why.as_json() for why in examined.reasons],
        "declared_by": [one.by for one in examined.declared_by],
        "declarations": [] if examined.evidence is None else [one.as_json() for one in examined.evidence.declared],
        "meaning": meaning(examined.verdict),
        "does_not_prove": limit(examined.verdict),
        "log10_lr": examined.log10_lr,
        "posteriors": posteriors(examined.log10_lr),
        "media": None if examined.clip is None else _media(examined.clip, examined.end_s),
        "coverage": {
            "frames_read": 0 if looked is None else looked.n_frames,
            "frames_searched": 0 if looked is None else looked.n_looked,
            "frames_with_faces": 0 if looked is None else looked.n_with_faces,
            "people_found": 0 if judgement is None else judgement.n_people,
            "people_judged": 0 if judgement is None else sum(one.is_judged for one in judgement.people),
            "face_finder": None if looked is None else looked.tracks.back_end,
        },
        "people": [] if judgement is None else [one.as_json() for one in judgement.people],
        "sound": None if judgement is None or judgement.sound is None else judgement.sound.as_json(),
        "seconds": {name: round(value, 2) for name, value in examined.seconds.items()},
    }
    if provenance:
        found["provenance"] = None if examined.evidence is None else examined.evidence.as_json()
    return found


def setting_as_json(examiner: Examiner) -> dict[str, Any]:
    """What the answers depend on besides the files."""
    judge = examiner.judge
    return {
        "detectors": {expert.name: expert.as_json() for expert in judge.roster.experts},
        "not_asked": {name: why.as_json() for name, why in judge.roster.left_out.items()},
        "fusion": judge.fused_by.as_json(),
        "manner": {name: getattr(judge.manner, name) for name in judge.manner.__dataclass_fields__},
        "stop_at_declared": examiner.stop_at_declared,
    }


def _media(clip: Clip, end_s: float) -> dict[str, Any]:
    return {
        "kind": "audio" if not len(clip) else "image" if clip.is_still else "video",
        "width": clip.width,
        "height": clip.height,
        "frames": len(clip),
        "duration_s": round(clip.duration_s if clip.times else end_s, 3),
        "fps": None if clip.fps is None else round(float(clip.fps), 3),
        "sound": clip.audio is not None,
    }
