"""What `prosopon faces` can be asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from prosopon.app.args import Flag, Force, Input
from prosopon.app.who import Who
from prosopon.core.errors import FileExistsAlready, UsageError
from prosopon.faces.aligned.face_types import FaceType
from prosopon.faces.aligned.mean_face import MeanFace
from prosopon.faces.filters import Quality
from prosopon.faces.framing import AlignedCrops, Framing, SteadySquares
from prosopon.faces.masks import MaskKind, needs_parser, parse_kinds
from prosopon.faces.order import BY_IDENTITY, Grouping, Key
from prosopon.faces.parsing.parser import Name
from prosopon.faces.smooth import DEFAULT_SIGMA_FRAMES

ALIGNMENT = "alignment.jsonl"


@dataclass(frozen=True)
class Faces:
    """Find and follow the faces of pictures and videos: boxes, 68 landmarks, head pose, openings of eyes and mouth.

    With -o a folder is made: alignment.jsonl, the faces cut out, a contact sheet, and a page to look at. A stopped run
    goes on where it was. With --json a picture's faces are printed. With --parts every pixel of the faces cut out is
    told apart: skin, hair, eyes ... With --align the faces are cut out as face swapping needs them. A folder may hold
    any number of pictures and videos.
    """

    input: Input
    """Picture, video, folder of pictures and videos, or folder of a video's numbered PNG pictures."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="PATH")] = None
    """Folder that is made; without it nothing is written."""
    backend: Literal["auto", "builtin", "mediapipe"] = "auto"
    """Who finds the faces; auto takes mediapipe where it is installed."""
    realign: Flag = False
    """Look at every face five times more, upright and a little differently each time, and take the mean: steadier and
    better where heads are tilted, and five times slower."""
    every: int = 1
    """Look at every n-th frame only."""
    most: int | None = None
    """Keep only so many people of each file, the most prominent ones; all when not given."""
    best: int | None = None
    """Keep only so many faces: sharp ones from every side with different expressions; all when not given."""
    sort: Key = "time"
    """Order of the pictures: best, largest, most open first; angles from the smallest."""
    group: Grouping = "track"
    """Folders of the pictures: one for each track followed, for each source file, for each range of yaw, for each
    person (identity), or one for all."""
    no_pictures: Flag = False
    """Write the alignment and the page only."""
    size_px: int = 256
    """Side of the pictures."""
    margin: float = 0.3
    """What upright pictures show around a face on each side, as a share of its size."""
    align: FaceType | None = None
    """Cut faces out with eyes, nose and mouth always at the same place, showing so much of the head; upright squares
    when not given."""
    mean_face: MeanFace = "own"
    """What aligned faces are laid onto; published for face sets and models of other programs."""
    steady: float | None = None
    """Smooth over so many frames where the pictures are cut out (standard deviation of a Gaussian); when not given, 3
    for upright squares, none for aligned faces. The landmarks in the file stay as they were found."""
    masks: str | None = None
    """Write masks beside the pictures, any of hull, extended, components, eyes, mouth, parsed, with commas between."""
    parts: Flag = False
    """Write a part map beside each picture as well, and measure how much of the face each part is."""
    parser: Name = "auto"
    """Who makes the part maps: a net of ours, one that you have imported, or the landmarks alone, which know the least;
    auto takes builtin where its weights are there."""
    quality: Annotated[Quality, tyro.conf.OmitArgPrefixes] = field(default_factory=Quality)
    """Leaving bad faces out."""
    who: Annotated[Who, tyro.conf.OmitArgPrefixes] = field(default_factory=Who)
    """Telling people apart."""
    force: Force = False
    """Replace a folder that this verb made before."""

    @property
    def mask_kinds(self) -> tuple[MaskKind, ...]:
        """The masks asked for.

        Raises:
            UsageError: one of them is not there.
        """
        return () if self.masks is None else parse_kinds(self.masks)

    @property
    def parses(self) -> bool:
        """Whether a parser looks at the faces."""
        return self.parts or needs_parser(self.mask_kinds)

    @property
    def tells_apart(self) -> bool:
        """Whether order or groups ask who is who."""
        return self.sort in BY_IDENTITY or self.group in BY_IDENTITY

    @property
    def framing(self) -> Framing:
        """Where the pictures lie."""
        if self.align is None:
            return SteadySquares(
                self.size_px, self.margin, DEFAULT_SIGMA_FRAMES if self.steady is None else self.steady
            )
        return AlignedCrops(self.align, self.size_px, self.steady or 0.0, self.mean_face)

    def check(self) -> None:
        """Refuse what makes no sense, before any work is done.

        Raises:
            UsageError: options contradict each other, or the output was not made by this verb.
            FileExistsAlready: the output is there already.
        """
        counts = (self.every, self.most, self.best)
        if any(n is not None and n < 1 for n in counts) or self.size_px < 16 or self.margin < 0:
            raise UsageError(
                "--every, --most and --best are at least 1, --size-px at least 16, --margin not negative", "correct it"
            )
        if self.steady is not None and not 0 <= self.steady < 1e6:
            raise UsageError(f"--steady is {self.steady}", "give a number of frames, 0 for none")
        if self.mask_kinds and self.no_pictures:
            raise UsageError("masks lie beside pictures, and there are none", "leave out --masks or --no-pictures")
        if self.mean_face != "own" and self.align is None:
            raise UsageError("--mean-face says what faces are aligned to, and none are", "add --align")
        if self.parser != "auto" and not self.parses:
            raise UsageError(
                "--parser says who makes part maps, and none were asked for", "add --parts or --masks parsed"
            )
        if self.no_pictures and self.sort in ("hist", "hist-dissim"):
            raise UsageError(f"--sort {self.sort} compares pictures, and there are none", "leave out --no-pictures")
        if self.output is None or not (self.output.exists() or self.output.is_symlink()):
            return
        if not self.force:
            raise FileExistsAlready(f"{self.output} exists already", "choose another name, or replace it with --force")
        if not self.output.is_dir() or (any(self.output.iterdir()) and not (self.output / ALIGNMENT).is_file()):
            raise UsageError(f"{self.output} was not made by this verb", "choose another folder")
