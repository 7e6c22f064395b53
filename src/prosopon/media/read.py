"""`read`: any picture, video, animation, sound or folder of pictures as a `Clip`."""

from __future__ import annotations

from pathlib import Path

from prosopon.core.clip import Clip
from prosopon.core.content_id import sha256_of
from prosopon.core.history import Parent, Relationship, Step
from prosopon.core.progress import SILENT, Progress
from prosopon.media.failures import explained_reading
from prosopon.media.folder import index_folder
from prosopon.media.limits import Limits
from prosopon.media.probe import survey


def read(path: Path, limits: Limits = Limits(), progress: Progress = SILENT) -> Clip:  # noqa: B008 - frozen
    """Open the file or folder at `path` as a clip. What it is is told by its content, not by its suffix.

    Nothing but times is held: every pass over `frames()` decodes anew, and sound is read when its samples are asked
    for. A picture is decoded once here, so that a damaged one is refused at once; so is a video's first frame. A
    video with damage inside or a missing end gives the frames that decode, and `progress.note` says how many are
    lost (`frames_lost` in the step's parameters).

    Raises:
        MediaError: it is missing, unreadable, empty, damaged or no medium.
        LimitError: it is larger than `limits` allow.
    """
    path = Path(path)
    found = survey(path, limits)
    digest = content_id(path, limits)
    info = found.info
    if info.kind == "image":
        next(found.open_frames())
    params: dict[str, object] = {"container": info.container}
    if info.frames_lost:
        params["frames_lost"] = info.frames_lost
        progress.note(f"{path.name} is damaged: {info.frames_lost} of its frames cannot be decoded and are left out")
    parent = Parent(path.name, digest, Relationship.PARENT, path)
    return Clip(
        width=info.width,
        height=info.height,
        open_frames=found.open_frames,
        times=found.times,
        fps=info.fps,
        audio=found.audio,
        history=(Step("media.read", params, (parent,)),),
        sha256=digest,
        name=path.name,
        path=path,
    )


def content_id(path: Path, limits: Limits = Limits()) -> str:  # noqa: B008 - frozen
    """SHA-256 in hexadecimal of a file, or of all the pictures of a folder: what a clip that is read from it has.

    Raises:
        MediaError: it cannot be read, or is a folder without pictures.
    """
    with explained_reading(path):
        return index_folder(path, limits).sha256() if path.is_dir() else sha256_of(path)
