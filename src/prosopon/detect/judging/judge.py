"""`judge`: a clip, the detectors -> what is said about each person, about the sound, and about the whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from prosopon.core.clip import Clip
from prosopon.core.faces import Box, Track, Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.core.protocols import Needs
from prosopon.core.score import Reason
from prosopon.detect.judging.compression import too_compressed
from prosopon.detect.judging.fusion import Fusion, shipped
from prosopon.detect.judging.looking import Looked, bridged, look
from prosopon.detect.judging.manner import Manner
from prosopon.detect.judging.opinion import Opinion, ask, not_asked
from prosopon.detect.judging.panel import CHANGES, Panel, run_panel
from prosopon.detect.judging.pieces import Piece, pieces_of, shown
from prosopon.detect.judging.reasons import FileReason, Why, distinct
from prosopon.detect.judging.roster import Expert, Roster
from prosopon.detect.judging.stretches import stretches
from prosopon.detect.judging.subject import Coverage, Subject, besides, ratio, verdict_on
from prosopon.detect.judging.verdict import Verdict, verdict_of
from prosopon.detect.learning.material import material_measures
from prosopon.faces.finder import FaceFinder, open_finder
from prosopon.faces.head_box import face_size

_LEAST_PROMINENCE = 0.02
"""Who takes up less time and place than this share of the most prominent person's is no person of the clip."""


@dataclass(frozen=True)
class Judgement:
    """What is said about a clip.

    Attributes:
        verdict: on the whole; never `DECLARED`, which is nothing that pixels tell.
        reasons: why it is inconclusive, or what could not be judged besides.
        log10_lr: for all that could be judged, in powers of ten; None where that is nothing.
        people: those who were judged, the most prominent first.
        sound: None where no detector listens, or there is no sound.
        looked: what was looked at; None where nothing was.
    """

    verdict: Verdict
    reasons: tuple[Why, ...] = ()
    log10_lr: float | None = None
    people: tuple[Subject, ...] = ()
    sound: Subject | None = None
    looked: Looked | None = None

    @property
    def n_people(self) -> int:
        """How many people were found in all; who leaves and comes back counts twice."""
        return 0 if self.looked is None else len(self.looked.tracks.tracks)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """People, and the sound where it was listened to."""
        return self.people if self.sound is None else (*self.people, self.sound)


@dataclass
class Judge:
    """Judges clips, one after the other, with the same detectors.

    Attributes:
        roster: the detectors.
        manner: how.
        fusion: how answers become one; None: the one that comes with the package.
        finder: looks for faces; None: opened when it is first needed.
    """

    roster: Roster
    manner: Manner = field(default_factory=Manner)
    fusion: Fusion | None = None
    finder: FaceFinder | None = None

    def judge(self, clip: Clip, progress: Progress = SILENT, *, looked: Looked | None = None) -> Judgement:
        """Judge one clip.

        Args:
            clip: a still, a video or a sound.
            progress: hears of frames and detectors.
            looked: who is where, where that is known already; None: faces are looked for.

        Raises:
            MissingError: the face finder cannot be opened.
            MediaError: the clip cannot be read to its end.
        """
        part = stretches(clip, self.manner.most_frames) if looked is None else clip
        at_faces = [expert for expert in self.roster.experts if expert.of_faces]
        people: tuple[Subject, ...] = ()
        if len(clip) and at_faces:
            looked = looked or look(part, self._finder(), all_frames=self.roster.needs_motion, progress=progress)
            people = tuple(self._people(part, looked, at_faces, too_compressed(clip), progress))
        sound = self._sound(clip)
        progress.finish()
        unseen = None if people else _why_no_people(clip, looked, self.roster)
        verdict, reasons, log10_lr = _on_the_whole(people, sound, unseen)
        return Judgement(verdict, reasons, log10_lr, people, sound, looked)

    def _finder(self) -> FaceFinder:
        if self.finder is None:
            self.finder = open_finder(self.manner.finder)
        return self.finder

    @property
    def fused_by(self) -> Fusion:
        """How answers become one."""
        return shipped() if self.fusion is None else self.fusion

    def weighs(self, expert: Expert) -> bool:
        """Whether what a detector says counts where all are taken together."""
        return expert.judges and (expert.asks_else or self._is_alone() or self.fused_by.knows(expert.name))

    def _people(
        self, clip: Clip, looked: Looked, experts: Sequence[Expert], against: Why | None, progress: Progress
    ) -> Sequence[Subject]:
        found = _prominent(looked.tracks.tracks)
        tracks = [bridged(track, looked.every) for track in found[: self.manner.people]]
        cut = pieces_of(clip, tracks, self.manner.runs, self.manner.run)
        progress.start("asking detectors", len(tracks) * (len(experts) + len(CHANGES) * self.manner.panel))
        return [
            self._person(_Person(f"person {n}", clip, seen, whole, pieces, looked), experts, against, progress)
            for n, (seen, whole, pieces) in enumerate(zip(found, tracks, cut, strict=False), start=1)
        ]

    def _person(
        self, person: _Person, experts: Sequence[Expert], compressed: Why | None, progress: Progress
    ) -> Subject:
        unfit = person.unfit(self.manner)
        excerpt = shown(person.pieces, person.clip.fps, person.clip.name)
        material = material_measures(*excerpt)
        opinions = []
        for expert in experts:
            opinions.append(not_asked(expert, unfit) if unfit else person.asked(expert, excerpt, material))
            progress.advance()
        fusion = self.fused_by
        log10_lr = ratio(opinions, fusion, alone=self._is_alone())
        panel = self._panel(person, opinions, progress) if log10_lr is not None and self.manner.panel else None
        against = [why for why in (unfit, compressed) if why is not None]
        verdict, reasons = verdict_on(opinions, log10_lr, fusion, panel, against)
        return Subject(
            person.name, tuple(opinions), verdict, reasons, log10_lr, person.coverage(len(excerpt[0])), person.box,
            person.span_s, person.face_px, material, panel, excerpt,
        )  # fmt: skip

    def _panel(self, person: _Person, opinions: Sequence[Opinion], progress: Progress) -> Panel | None:
        """Those who judge excerpts judge changed ones; None where there is nobody."""
        others = besides(opinions)
        said = {one.expert.name: one.log10_lr for one in opinions if one.log10_lr is not None}
        counted = {name: value for name, value in said.items() if name not in others}
        again = [one.expert for one in opinions if one.expert.of_excerpts and one.expert.name in counted]
        if not again:
            return None
        names = {expert.name for expert in again}
        fixed = {name: value for name, value in counted.items() if name not in names}
        fusion = Fusion(most_log10_lr=math.inf) if self._is_alone() and not fixed else self.fused_by
        return run_panel(
            person.pieces,
            person.clip.fps,
            experts=again,
            fixed=fixed,
            besides=sum(others.values()),
            fusion=fusion,
            advance=progress.advance,
        )

    def _is_alone(self) -> bool:
        return sum(not expert.asks_else for expert in self.roster.judges) == 1

    def _sound(self, clip: Clip) -> Subject | None:
        """What those say who only listen; None where there are none, or there is nothing to hear."""
        experts = [expert for expert in self.roster.experts if not expert.of_faces and expert.has_need(Needs.SOUND)]
        if not experts or clip.audio is None:
            return None
        nobody = Tracks((), len(clip), "none")
        opinions = [ask(expert, clip, nobody) for expert in experts]
        fusion = Fusion()
        log10_lr = ratio(opinions, fusion, alone=True)
        verdict, reasons = verdict_on(opinions, log10_lr, fusion)
        if not any(expert.judges for expert in experts):
            reasons = _only_heard(opinions)
        return Subject("sound", tuple(opinions), verdict, reasons, log10_lr)


def _prominent(tracks: Sequence[Track]) -> list[Track]:
    """Those who have landmarks and are not but a flicker beside the most prominent one."""
    found = [one for one in tracks if any(face.landmarks is not None for face in one.faces.values())]
    sizes = [len(one) * one.mean_area for one in found]
    return [one for one, size in zip(found, sizes, strict=True) if size >= _LEAST_PROMINENCE * max(sizes)]


@dataclass(frozen=True)
class _Person:
    """Somebody who is to be judged.

    Attributes:
        name: `person 1`.
        clip: all of it.
        seen: where the person was found.
        whole: the same with the frames between.
        pieces: the excerpt.
        looked: what was looked at.
    """

    name: str
    clip: Clip
    seen: Track
    whole: Track
    pieces: tuple[Piece, ...]
    looked: Looked

    @property
    def face_px(self) -> float:
        """Median size of the face in pixels of the clip."""
        return float(np.median([face_size(points) for piece in self.pieces for points in piece.landmarks]))

    @property
    def box(self) -> Box:
        """Where the face is in the middle of the time that it is seen, in pixels of the clip."""
        return self.seen.faces[sorted(self.seen.faces)[len(self.seen) // 2]].box

    @property
    def span_s(self) -> tuple[float, float]:
        """First and last time at which the person was found."""
        return self.clip.times[min(self.seen.faces)], self.clip.times[max(self.seen.faces)]

    def coverage(self, n_judged: int) -> Coverage:
        """How much of the clip shows the person."""
        return Coverage(self.looked.n_frames, self.looked.n_looked, len(self.seen), n_judged)

    def unfit(self, manner: Manner) -> Why | None:
        """Why no detector of faces is asked; None where they are."""
        if self.face_px < manner.least_face_px:
            return Why.of(
                Reason.FACE_TOO_SMALL,
                f"the face is {self.face_px:.0f} pixels large, and {manner.least_face_px:.0f} are needed",
            )
        if not self.clip.is_still and len(self.whole) < manner.least_frames:
            return Why.of(
                Reason.TOO_SHORT, f"the face is seen in {len(self.whole)} frames, and {manner.least_frames} are needed"
            )
        return None

    def asked(self, expert: Expert, excerpt: tuple[Clip, Tracks], material: dict[str, float]) -> Opinion:
        """The opinion of somebody who looks at faces."""
        if expert.has_need(Needs.SOUND) and self.clip.audio is None:
            return not_asked(expert, Why.of(Reason.NO_SOUND))
        if expert.has_need(Needs.MOTION) and self.clip.is_still:
            return not_asked(expert, Why.of(Reason.TOO_SHORT, "a still does not move"))
        if expert.of_excerpts:
            return ask(expert, *excerpt, material)
        return ask(
            expert, self.clip, Tracks((self.whole,), self.looked.n_looked, self.looked.tracks.back_end), material
        )


def _why_no_people(clip: Clip, looked: Looked | None, roster: Roster) -> Why:
    """Why nobody was judged by what is seen."""
    if not len(clip):
        return Why.of(Reason.NO_PICTURE)
    if looked is not None:
        return Why.of(Reason.NO_FACE)
    if roster.experts and not roster.left_out:
        return Why.of(FileReason.NOT_EXAMINED, "none of the detectors that were asked for looks at faces")
    return Why.of(Reason.NO_WEIGHTS, "no detector that looks at faces could be asked")


def _only_heard(opinions: Sequence[Opinion]) -> tuple[Why, ...]:
    """Why sound has no verdict although somebody listened."""
    measured = ", ".join(one.expert.name for one in opinions if one.score.abstained is None)
    told = "no detector whose answer counts listens to sound alone"
    told += f"; what {measured} measured is shown, and is no evidence" if measured else ""
    return Why.of(Reason.ONLY_MEASURED, told), *(why for one in opinions if (why := one.why_not) is not None)


def _on_the_whole(
    people: tuple[Subject, ...], sound: Subject | None, unseen: Why | None
) -> tuple[Verdict, tuple[Why, ...], float | None]:
    """From the people and the sound to the clip: what follows, why not more, and the ratio in powers of ten.

    One of them is enough to make a clip a fake, and as long as nothing else is known each is as likely to be it: the
    ratio of the clip is the mean of theirs (not of their logarithms). Who could not be judged is left out, and said.

    Args:
        people: the most prominent first.
        sound: None where nobody listened.
        unseen: why there are no people; None where there are some.
    """
    reasons = [why for one in people if not one.is_judged for why in one.reasons]
    reasons += [] if unseen is None else [unseen]
    said = [
        one.log10_lr for one in (*people, *([sound] if sound else [])) if one.is_judged and one.log10_lr is not None
    ]
    heard = sound is not None and sound.is_judged
    if said:
        ratio_of_all = float(np.log10(np.mean(np.power(10.0, said))))
        verdict = verdict_of(ratio_of_all)
        only_sound = unseen is not None and unseen.code == Reason.NO_PICTURE
        if verdict.is_evidence or (heard and only_sound) or not _hides_something(people, reasons):
            return verdict, distinct(reasons) if not only_sound else (), ratio_of_all
    if sound is not None and not heard and unseen is not None:
        reasons += sound.reasons
    return Verdict.INCONCLUSIVE, distinct(reasons), None


def _hides_something(people: Sequence[Subject], reasons: Sequence[Why]) -> bool:
    """Whether "nothing was found" would hide that somebody who matters could not be judged."""
    if not people or not people[0].is_judged:
        return True
    return any(why.code in (Reason.VERDICT_FLIPS, Reason.DETECTORS_DISAGREE) for why in reasons)
