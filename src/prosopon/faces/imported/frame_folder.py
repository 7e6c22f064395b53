"""The frames that faces were cut from, as a folder of pictures: their names in order, and their size."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from prosopon.core.errors import MissingError
from prosopon.faces.imported.convert import natural
from prosopon.faces.imported.refusals import explained
from prosopon.media.image import exif_orientation

_DECODERS = {
    **{".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"},
    **{".bmp": "BMP", ".tif": "TIFF", ".tiff": "TIFF"},
}


def frame_names(folder: Path) -> tuple[str, ...]:
    """File names of the pictures in a folder, 2 before 10.

    Raises:
        MissingError: there is no such folder, or no picture in it.
    """
    if not folder.is_dir():
        raise MissingError(f"there is no folder {folder}", "check the name")
    with explained(folder):
        names = sorted((one.name for one in folder.iterdir() if one.suffix.lower() in _DECODERS), key=natural)
    if not names:
        raise MissingError(f"the folder {folder} holds no pictures", "give the folder of the frames or faces")
    return tuple(names)


def frame_size(path: Path) -> tuple[int, int]:
    """Width and height of an upright picture, from its head alone.

    Raises:
        MediaError: it is damaged.
    """
    with explained(path), Image.open(path, formats=[_DECODERS[path.suffix.lower()]]) as picture:
        return exif_orientation(picture).size(*picture.size)
