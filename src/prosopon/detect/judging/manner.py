"""`Manner`: how a clip is judged; part of every signed report, so that it can be done again."""

from __future__ import annotations

from dataclasses import dataclass

from prosopon.faces.excerpt import RUN, RUNS


@dataclass(frozen=True)
class Manner:
    """What decides an answer besides the file, the detectors and their weights.

    Attributes:
        people: at most so many are judged, the most prominent first.
        most_frames: longer videos are judged by stretches of so many frames in all.
        runs, run: excerpts have so many runs of so many frames.
        panel: whether frames are judged again, compressed, resized, cropped and blurred.
        finder: which face finder looks, see `faces.finder`.
        least_face_px: smaller faces are not judged, see `faces.head_box.face_size`.
        least_frames: people of videos who are seen in fewer frames are not judged.
    """

    people: int = 3
    most_frames: int = 3000
    runs: int = RUNS
    run: int = RUN
    panel: bool = True
    finder: str = "auto"
    least_face_px: float = 64.0
    least_frames: int = 8

    def __post_init__(self) -> None:
        """Refuse what cannot be done.

        Raises:
            ValueError: something is not positive.
        """
        if min(self.people, self.most_frames, self.runs, self.run, self.least_frames) < 1:
            raise ValueError(f"{self} looks at nothing")
