"""From the files that a user has to what training reads: footage of faces cut out once and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prosopon.core.clip import Clip
from prosopon.core.errors import MediaError, UsageError
from prosopon.core.progress import SILENT, Progress
from prosopon.datasets.augment import AugmentConfig
from prosopon.datasets.face_pairs import FacePairs, PairConfig
from prosopon.datasets.held_out import HeldOut
from prosopon.datasets.prepared import Cutting, Store, footage_cuttings, kept_cuttings
from prosopon.datasets.videos import FramePairs, HeldOutVideos, Videos, find_test_videos, find_videos
from prosopon.faces.finder import chosen, open_finder
from prosopon.media.read import read
from prosopon.media.search import Found, find_media
from prosopon.train.recipe import Dataset
from prosopon.train.store import Shot


@dataclass(frozen=True)
class Material:
    """What a run learns from.

    Attributes:
        dataset: pairs of frames.
        facts: how they were made, TOML-able, for the record of the run.
        inputs: content ids (sha256) by name.
        held_out: clips to measure on.
    """

    dataset: Dataset
    facts: Mapping[str, Any]
    inputs: Mapping[str, str]
    held_out: tuple[HeldOut, ...] = ()


def face_material(stores: Sequence[Store], held_out: Sequence[Store], pairs: PairConfig) -> Material:
    """Pairs of prepared faces.

    Raises:
        UsageError: there is no store.
    """
    if not stores:
        raise UsageError("there is nothing to learn from", "give --data with footage, or --rendered-people")
    facts = {
        "pairs": pairs,
        "stores": [_described(store) for store in stores],
        "held_out": [_described(store) for store in held_out],
    }
    inputs = {
        f"{role} {number} {store.folder.resolve().name}": store.sha256()
        for role, part in (("learnt", stores), ("held out", held_out))
        for number, store in enumerate(part)
    }
    return Material(FacePairs(stores, pairs), facts, inputs, tuple(held_out))


def video_material(
    roots: Sequence[Path],
    held_out: Sequence[Path],
    *,
    size_px: int,
    augment: AugmentConfig,
    id_sampling: bool,
    repeats: int,
) -> Material:
    """Pairs of frames of data sets of the published form.

    Args:
        roots: data sets; their test videos are measured on unless `held_out` names others.
        held_out: folders of videos, or data sets of which the test videos are taken.
        size_px, augment, id_sampling, repeats: see `videos.FramePairs`.

    Raises:
        UsageError: there is no data set.
        MissingError, ProsoponError: a folder is not there or has no videos.
    """
    if not roots:
        raise UsageError("there is nothing to learn from", "give --data with a folder of videos")
    found = [find_videos(root) for root in roots]
    train = [path for videos in found for path in videos.train]
    test = [path for videos in found for path in videos.test]
    if held_out:
        test = [path for root in held_out for path in find_test_videos(root)]
    dataset = FramePairs(train, size_px, augment, id_sampling=id_sampling, repeats=repeats)
    facts = {"train_videos": len(train), "test_videos": len(test), "items": len(dataset)}
    digests = (Videos(tuple(part), ()).digest() for part in (train, test))
    inputs = dict(zip(("train", "test"), digests, strict=True))
    return Material(dataset, facts, inputs, (HeldOutVideos(test),) if test else ())


def _described(store: Store) -> dict[str, Any]:
    kinds = sorted({shot.kind for shot in store.shots})
    people = len({shot.person for shot in store.shots})
    return {"name": store.folder.resolve().name, "clips": len(store.shots), "people": people, "kinds": kinds}


def prepare_footage(folders: Sequence[Path], *, every: int, progress: Progress = SILENT) -> Store:
    """Cut the faces out of all footage and pictures in `folders`, or take what was cut of the same files before.

    Each sub-folder is a person. Of videos that lie flat, the part of the name before `#`, else the whole name, is
    the person; every picture is a person of its own. What cannot be read, or shows no clear face, is noted.

    Args:
        folders: each with files, or with a sub-folder for each person.
        every: keep every n-th frame of videos.
        progress: hears of every clip.

    Raises:
        MissingError: a folder is not there.
        ProsoponError: there is no face in any of it.
    """
    files = find_media(folders)
    finder = chosen()
    seen = [(file.label, file.path.stat().st_size, file.path.stat().st_mtime_ns) for file in files]

    def cuttings() -> Iterator[tuple[Shot, Cutting]]:
        return footage_cuttings(_clips(files, progress), open_finder(finder), every=every, progress=progress)

    return kept_cuttings([{"every": every, "finder": finder}, seen], cuttings)


def _clips(files: Sequence[Found], progress: Progress) -> Iterator[tuple[Clip, str]]:
    """What can be read of the files, each with the name of its person; sounds have no frames and are passed over."""
    for file in files:
        try:
            clip = read(file.path, progress=progress)
        except MediaError as error:
            progress.note(f"{file.path.name} is left out: {error.what}")
            continue
        if clip.is_still:
            yield clip, file.label
        elif len(clip):
            yield clip, file.folder or file.path.stem.partition("#")[0]
