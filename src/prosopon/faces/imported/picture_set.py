"""Face pictures with data inside as one set: a folder, a packed set, or a single file of either program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from prosopon.faces.imported.convert import ImportedFace, of_dfl, of_faceswap_picture
from prosopon.faces.imported.dfl_face import DflFace, Polygon, pixels_of
from prosopon.faces.imported.dfl_pak import read_faceset_pak
from prosopon.faces.imported.dfl_picture import dfl_face, is_png, picture_bytes, without_pickle
from prosopon.faces.imported.faceswap_png import FaceswapPicture, faceswap_picture
from prosopon.faces.imported.png_chunks import chunks, international_text
from prosopon.faces.imported.refusals import explained

PAK = "faceset.pak"
DEEPFACELAB, FACESWAP = "DeepFaceLab faces", "faceswap faces"
CROPS, MASKS = "crops", "masks"
_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class PictureFile:
    """One picture of a set, not yet read.

    Attributes:
        name: where it was in the set, with `/` between folders; leads nowhere else.
        told: what it is called when something is wrong with it.
        load: reads its bytes.
    """

    name: str
    told: str
    load: Callable[[], bytes]


@dataclass(frozen=True)
class ReadPicture:
    """One picture of a set.

    Attributes:
        kind: `DEEPFACELAB` or `FACESWAP`.
        face: what it shows.
        data: the picture's file without any pickle, pixel by pixel the same.
        masks: masks of the picture by their kind, `uint8 (H, W)` of the picture's size.
    """

    kind: str
    face: ImportedFace
    data: bytes
    masks: dict[str, NDArray[np.uint8]]


def picture_files(path: Path) -> tuple[PictureFile, ...]:
    """The pictures of a folder and of the folders in it, of a `.pak`, or the picture itself; in order of their names.

    Raises:
        MediaError: a packed set is refused or damaged, or a folder cannot be read.
    """
    if path.is_dir():
        with explained(path):
            levels = [path, *sorted(inner for inner in path.iterdir() if inner.is_dir())]
            files = [
                file
                for level in levels
                for file in sorted(level.iterdir())
                if file.suffix.lower() in _SUFFIXES and file.is_file()
            ]
        if not files and (path / PAK).is_file():
            return picture_files(path / PAK)
        return tuple(_of_file(file, file.relative_to(path).as_posix()) for file in files)
    if path.suffix.lower() != Path(PAK).suffix:
        return (_of_file(path, path.name),)
    pak = read_faceset_pak(path)
    found: list[PictureFile] = []
    for number, one in enumerate(pak.pictures):
        # Names out of the pack could be anything; its numbers lead nowhere.
        suffix = Path(one.name).suffix.lower()
        name = f"{number:06d}{suffix if suffix in _SUFFIXES else '.jpg'}"
        found.append(PictureFile(name, f"{one.name[:80]} in {path}", lambda one=one: pak.read(one)))  # type: ignore[misc]
    return tuple(found)


def read_picture(file: PictureFile, index: int) -> ReadPicture:
    """A picture and what is stored in it.

    Args:
        file: the picture.
        index: its place in the set.

    Raises:
        MediaError: there are no data in it, or they are refused or damaged; one line says what.
    """
    with explained(file.told):
        data = file.load()
        if is_png(data) and international_text(chunks(data), b"faceswap") is not None:
            return ReadPicture(FACESWAP, of_faceswap_picture(faceswap_picture(data)), data, {})
        face = dfl_face(data)
        return ReadPicture(DEEPFACELAB, of_dfl(face, file.name, index=index), without_pickle(data), masks_of(face))


def write_picture(picture: ReadPicture, name: str, folder: Path) -> ImportedFace:
    """Write a picture as `crops/<name>` and its masks as `masks/<kind>/<name>.png`.

    Args:
        picture: the picture.
        name: as in `PictureFile`.
        folder: that of the alignment file.

    Returns:
        The face, which knows its picture and masks.
    """
    crop = f"{CROPS}/{name}"
    _parent(folder / crop).write_bytes(picture.data)
    masks: dict[str, str] = {}
    for kind, mask in picture.masks.items():
        place = f"{MASKS}/{kind}/{PurePosixPath(name).with_suffix('.png')}"
        if (folder / place).exists():  # a.jpg and a.png
            place = f"{MASKS}/{kind}/{name}.png"
        Image.fromarray(mask).save(_parent(folder / place))
        masks[kind] = place
    return replace(picture.face, crop=crop, masks=masks)


def _parent(path: Path) -> Path:
    """The same path, the folder above it made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def read_header(file: PictureFile) -> FaceswapPicture:
    """What is stored in a face picture of faceswap.

    Raises:
        MediaError: there are no data in it, or they are damaged; one line says what.
    """
    with explained(file.told):
        return faceswap_picture(file.load())


def masks_of(face: DflFace) -> dict[str, NDArray[np.uint8]]:
    """The masks of a face of DeepFaceLab, `uint8 (H, W)` of the picture's size, 255 where the face is.

    `xseg` is the stored one; `drawn` what was drawn by hand: what polygons include, less what others exclude.

    Raises:
        ValueError: the stored mask is damaged, or the picture too large.
    """
    found: dict[str, NDArray[np.uint8]] = {}
    size = (face.width, face.height)
    if (face.mask is not None or face.polygons) and not 0 < face.width * face.height <= 2**26:
        raise ValueError(f"its picture has {face.width} x {face.height} pixels")
    if face.mask is not None:
        stored = Image.fromarray(pixels_of(face.mask))
        found["xseg"] = np.asarray(stored.resize(size, Image.Resampling.BILINEAR) if stored.size != size else stored)
    if face.polygons:
        found["drawn"] = _drawn(face.polygons, size)
    return found


def _drawn(polygons: tuple[Polygon, ...], size: tuple[int, int]) -> NDArray[np.uint8]:
    picture = Image.new("L", size)
    draw = ImageDraw.Draw(picture)
    for one in sorted(polygons, key=lambda one: not one.include):
        if len(one.points) > 2:
            draw.polygon([(x, y) for x, y in one.points.tolist()], fill=255 if one.include else 0)
    return np.array(picture)


def _of_file(path: Path, name: str) -> PictureFile:
    return PictureFile(name, str(path), lambda: picture_bytes(path))
