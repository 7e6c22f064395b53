"""`Examiner`: one file -> what it says of itself, and then what detectors say of it.

In this order, since the first is worth more: a credential that holds says what its signer knew, a detector guesses.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from prosopon.core.clip import Clip
from prosopon.core.errors import MediaError, ProsoponError
from prosopon.core.progress import SILENT, Progress
from prosopon.core.score import Reason
from prosopon.detect.judging.judge import Judge, Judgement
from prosopon.detect.judging.reasons import FileReason, Why, distinct
from prosopon.detect.judging.verdict import PRIOR_OF_LIMITS, Verdict, posteriors
from prosopon.media.read import read
from prosopon.vouch.evidence import Declaration, Evidence, gather
from prosopon.vouch.manifest.verify import OFFLINE, Manner


@dataclass(frozen=True)
class Examined:
    """What is known of a file.

    Attributes:
        path: the file, as it was given.
        clip: None where it cannot be read.
        evidence: what it says of itself; None where it cannot be read.
        judgement: what detectors say; None where they were not asked.
        problem: why it cannot be read; None where it can.
        seconds: how long it took, provenance and detection.
    """

    path: Path
    clip: Clip | None = None
    evidence: Evidence | None = None
    judgement: Judgement | None = None
    problem: Why | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def sha256(self) -> str | None:
        """Content id; None where the file cannot be read."""
        return None if self.clip is None else self.clip.sha256

    @property
    def end_s(self) -> float:
        """When it ends on its own clock, in seconds: its last frame, or its sound where it has no frames."""
        clip = self.clip
        if clip is None or clip.is_still:
            return 0.0
        if clip.times:
            return max(clip.duration_s, clip.times[-1])
        return 0.0 if clip.audio is None else clip.audio.end_s

    @property
    def declared_by(self) -> tuple[Declaration, ...]:
        """Who says that it is synthetic, as far as that is worth anything for this file."""
        if self.evidence is None:
            return ()
        return tuple(one for one in self.evidence.declared if _counts(one, self.evidence))

    @property
    def verdict(self) -> Verdict:
        """What is said in the end."""
        if self.declared_by:
            return Verdict.DECLARED
        if self.judgement is None:
            return Verdict.INCONCLUSIVE
        if self.judgement.verdict is Verdict.NO_EVIDENCE and self._says_and_is_changed:
            return Verdict.INCONCLUSIVE
        return self.judgement.verdict

    @property
    def reasons(self) -> tuple[Why, ...]:
        """Why it is inconclusive or declared, and what else is to be known; the most important first."""
        found = [Why(f"declared-by-{one.by.replace(' ', '-').lower()}", one.strength) for one in self.declared_by]
        if self.problem is not None:
            found.append(self.problem)
        if self.evidence is not None:
            if self.evidence.credential.is_bad:
                found.append(Why.of(FileReason.CREDENTIAL_BROKEN))
            if self.evidence.is_copied_mark:
                found.append(Why.of(FileReason.COPIED_WATERMARK))
            if not self.declared_by and self.problem is None:
                found += [Why.of(FileReason.NOT_EXAMINED)] if self.judgement is None else self.judgement.reasons
        return distinct(found)

    @property
    def log10_lr(self) -> float | None:
        """What the detectors' answers come to, in powers of ten; None where they come to nothing."""
        if self.judgement is None or self.verdict is Verdict.INCONCLUSIVE:
            return None
        return self.judgement.log10_lr

    def exceeds(self, limit: float) -> bool:
        """Whether it is declared synthetic, or a fake with more than this probability where half of all files are."""
        if self.verdict is Verdict.DECLARED:
            return True
        probability = posteriors(self.log10_lr)[f"{PRIOR_OF_LIMITS:g}"]
        return probability is not None and probability > limit

    @property
    def _says_and_is_changed(self) -> bool:
        """Whether a credential says that it is synthetic, and does not hold: then "nothing found" says too much."""
        return self.evidence is not None and self.evidence.credential.is_bad and bool(self.evidence.declared)


def _counts(declaration: Declaration, evidence: Evidence) -> bool:
    if declaration.by == "credential":
        return not evidence.credential.is_bad
    return not (declaration.by == "watermark" and evidence.is_copied_mark)


@dataclass(frozen=True)
class Examiner:
    """Examines files, one after the other.

    Attributes:
        judge: the detectors.
        checking: how credentials are checked.
        stop_at_declared: do not ask the detectors about what is declared synthetic.
    """

    judge: Judge
    checking: Manner = OFFLINE
    stop_at_declared: bool = False

    def examine(self, path: Path, progress: Progress = SILENT) -> Examined:
        """Examine a file.

        Raises:
            MediaError: it cannot be read.
            ProsoponError: the trust lists or the face finder cannot be.
        """
        clip = read(path, progress=progress)
        start = time.monotonic()
        # What it is like declares nothing, and takes longest.
        evidence = gather(path, manner=self.checking, alike=False, progress=progress)
        return self.detect(path, clip, evidence, progress, time.monotonic() - start)

    def detect(
        self, path: Path, clip: Clip, evidence: Evidence, progress: Progress = SILENT, gathering_s: float = 0.0
    ) -> Examined:
        """Ask the detectors about a file of which the rest is known."""
        first = Examined(path, clip, evidence)
        if self.stop_at_declared and first.declared_by:
            return Examined(path, clip, evidence, seconds=MappingProxyType({"provenance": gathering_s}))
        start = time.monotonic()
        judgement = self.judge.judge(clip, progress)
        seconds = {"provenance": gathering_s, "detection": time.monotonic() - start}
        return Examined(path, clip, evidence, judgement, seconds=MappingProxyType(seconds))

    def examine_any(self, path: Path, progress: Progress = SILENT) -> Examined:
        """As `examine`; what goes wrong with one file of many is told in the answer about it.

        Raises:
            ProsoponError: as `examine`, but for files that cannot be read.
        """
        try:
            return self.examine(path, progress)
        except MediaError as error:
            return Examined(path, problem=Why.of(FileReason.UNREADABLE, error.what))
        except ProsoponError:
            raise
        except Exception as error:  # a fault of ours with one file must not lose the answers about all others
            told = f"{type(error).__name__}: {' '.join(str(error).split()) or 'no message'}"
            return Examined(path, problem=Why.of(Reason.FAILED, f"a fault of prosopon: {told}"))
