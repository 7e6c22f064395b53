"""`Arena`: originals and fakes made of them, face by face, for detectors to learn from and be measured on.

An arena is scratch: arrays that training reads, with the statement that they are synthetic beside them. It never holds
a media file, because nothing synthetic leaves this package unmarked, and marks are just what a detector must not learn
from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip
from prosopon.core.content_id import sha256_of
from prosopon.core.errors import MissingError
from prosopon.core.faces import Face, Track, Tracks
from prosopon.train.store import ArrayStore, Column

FORMAT, VERSION = "prosopon-arena", 1
ORIGINAL = "original"
GENERATORS = ("animate", "partswap", "landmark-swap", "swap", "edit")
Split = Literal["train", "calibrate", "test"]
SPLITS: tuple[Split, ...] = ("train", "calibrate", "test")
Material = Literal["footage", "portrait", "rendered"]
CANVAS_PX = 320
"""Side of the pictures that are kept."""
FACE_PX = 150
"""Largest size of a face in them, as `faces.head_box.face_size` has it; smaller faces keep the pixels they had."""
ABOUT, CLIPS, STORE = "arena.json", "clips.json", "store"
BACK_END = "arena"
"""What the tracks of an arena's clips say of who found the faces."""


class ArenaStore(ArrayStore):
    """One row for every frame."""

    columns: ClassVar[Mapping[str, Column]] = {
        "frames": Column("|u1", (CANVAS_PX, CANVAS_PX, 3)),
        "landmarks": Column("<f4", (68, 2)),
        "times": Column("<f8", ()),
        "scale": Column("<f4", ()),
    }


@dataclass(frozen=True)
class ArenaClip:
    """One clip of an arena.

    Attributes:
        name: no other has it.
        generator: `original`, or what made the fake.
        people: whoever can be seen in it or went into it; all of one split.
        split: what it may be used for.
        original: the name of the original clip that it was made of, or its own. A fake shows the original's frames, one
            for one, or that one frame moving where the original is a still.
        material: what the original is.
        fps: frames a second; None for a still.
        start, stop: its rows of the store.
    """

    name: str
    generator: str
    people: tuple[str, ...]
    split: Split
    original: str
    material: Material
    fps: Fraction | None
    start: int = 0
    stop: int = 0

    def __len__(self) -> int:
        """Number of frames."""
        return self.stop - self.start

    @property
    def is_fake(self) -> bool:
        """Whether a generator made it."""
        return self.generator != ORIGINAL

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "people": list(self.people), "fps": None if self.fps is None else str(self.fps)}

    @classmethod
    def of_json(cls, table: Mapping[str, Any]) -> Self:
        """Back from plain values."""
        fps = None if table["fps"] is None else Fraction(table["fps"])
        return cls(**{**table, "people": tuple(table["people"]), "fps": fps})


@dataclass(frozen=True)
class Arena:
    """An arena on the disk; worker processes open it again rather than being sent it.

    Attributes:
        folder: where it is.
        clips: originals and fakes.
        about: what `arena.json` says: generators, who is in which split, settings, what it was made of.
        store: a row for every frame.
    """

    folder: Path
    clips: tuple[ArenaClip, ...]
    about: Mapping[str, Any]
    store: ArenaStore

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open an arena.

        Raises:
            MissingError: the folder holds none, or one of another version.
        """
        advice = "make one: prosopon arena make"
        try:
            about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            if about.get("format") != FORMAT or about.get("version") != VERSION:
                raise MissingError(f"{folder} holds an arena of another version", advice)
            listed = json.loads((folder / CLIPS).read_text(encoding="utf-8"))
            clips = tuple(ArenaClip.of_json(table) for table in listed)
            return cls(folder, clips, about, ArenaStore.open(folder / STORE))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise MissingError(f"{folder} holds no arena ({error})", advice) from error

    def __reduce__(self) -> tuple[Callable[[Path], Self], tuple[Path]]:
        return type(self).open, (self.folder,)

    @property
    def generators(self) -> tuple[str, ...]:
        """Those that some fake was made by."""
        return tuple(name for name in GENERATORS if any(clip.generator == name for clip in self.clips))

    def people(self, split: str | None = None) -> tuple[str, ...]:
        """Who is in it, or in one split of it, by name."""
        return tuple(sorted({who for clip in self.where(split=split) for who in clip.people}))

    def where(
        self,
        *,
        split: str | None = None,
        generators: Collection[str] | None = None,
        material: str | None = None,
    ) -> tuple[ArenaClip, ...]:
        """The clips of a split, by some generators (`original` is one), of one material; None: of any."""
        return tuple(
            clip
            for clip in self.clips
            if (split is None or clip.split == split)
            and (generators is None or clip.generator in generators)
            and (material is None or clip.material == material)
        )

    @cached_property
    def _by_name(self) -> Mapping[str, ArenaClip]:
        return {clip.name: clip for clip in self.clips}

    def original_of(self, clip: ArenaClip) -> ArenaClip:
        """The original that a fake was made of; of an original, itself."""
        return self._by_name[clip.original]

    def fakes_of(self, original: ArenaClip) -> tuple[ArenaClip, ...]:
        """The fakes that were made of an original."""
        return tuple(clip for clip in self.clips if clip.is_fake and clip.original == original.name)

    def frames(self, clip: ArenaClip) -> NDArray[np.uint8]:
        """Pictures around the face, `uint8 (T, 320, 320, 3)`, read from the disk as they are used."""
        return self.store.arrays["frames"][clip.start : clip.stop]

    def landmarks(self, clip: ArenaClip) -> NDArray[np.float32]:
        """As they were found in those pictures, `float32 (T, 68, 2)` in their pixels."""
        return self.store.arrays["landmarks"][clip.start : clip.stop]

    def times(self, clip: ArenaClip) -> NDArray[np.float64]:
        """`float64 (T,)`, seconds in the footage; a gap parts runs of frames."""
        return self.store.arrays["times"][clip.start : clip.stop]

    def scale(self, clip: ArenaClip) -> NDArray[np.float32]:
        """`float32 (T,)`, pixels of these pictures for a pixel of the footage: below 1 where they were made smaller."""
        return self.store.arrays["scale"][clip.start : clip.stop]

    def faces(self, clip: ArenaClip) -> tuple[Clip, Tracks]:
        """A clip as detectors want it, with its one person."""
        frames, landmarks = self.frames(clip), self.landmarks(clip)
        shown = Clip(
            CANVAS_PX,
            CANVAS_PX,
            lambda: (np.asarray(frame) for frame in frames),
            tuple(self.times(clip).tolist()),
            clip.fps,
            name=clip.name,
        )
        person = Track({index: Face.around(np.asarray(points)) for index, points in enumerate(landmarks)})
        return shown, Tracks((person,), len(clip), BACK_END)

    def sha256(self) -> str:
        """Content id of everything in it."""
        parts = (sha256_of(self.folder / ABOUT), sha256_of(self.folder / CLIPS), self.store.sha256())
        return hashlib.sha256("".join(parts).encode()).hexdigest()
