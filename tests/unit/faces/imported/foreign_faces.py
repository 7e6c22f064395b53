"""Files as DeepFaceLab and faceswap write them, made here, and pickles that try to do harm."""

from __future__ import annotations

import pickle
import struct
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

RNG = np.random.default_rng(11)
LANDMARKS: NDArray[np.float64] = RNG.uniform(40, 200, (68, 2))
MATRIX: NDArray[np.float64] = np.array(((2.0, 0.5, -30.25), (-0.5, 2.0, 11.125)))


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), seed: int = 0) -> bytes:
    """An encoded picture of noise."""
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def mask_file(side: int = 32) -> bytes:
    """A PNG mask: 255 in the left half."""
    pixels = np.zeros((side, side), np.uint8)
    pixels[:, : side // 2] = 255
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def dfl_data(frame: str = "00012.png") -> dict[str, Any]:
    """What the program stores in a picture."""
    crop = LANDMARKS @ MATRIX[:, :2].T + MATRIX[:, 2]
    return {
        "face_type": "whole_face",
        "landmarks": crop.tolist(),
        "source_filename": frame,
        "source_rect": np.array((30, 40, 210, 220)),
        "source_landmarks": LANDMARKS.tolist(),
        "image_to_face_mat": MATRIX,
        "seg_ie_polys": {
            "polys": [
                {"type": 0, "pts": np.array(((8, 8), (8, 16), (16, 16), (16, 8)), np.float32)},
                {"type": 1, "pts": np.array(((4, 4), (4, 40), (40, 40), (40, 4)), np.float32)},
            ]
        },
        "xseg_mask": np.frombuffer(mask_file(), np.uint8)[:, None],
        "eyebrows_expand_mod": 1.25,
    }


def dfl_jpeg(held: bytes | Mapping[str, Any] | None = None, protocol: int = 4, seed: int = 0) -> bytes:
    """A face picture: the pickle in a segment APP15 after the first segment."""
    if not isinstance(held, bytes):
        held = pickle.dumps(dfl_data() if held is None else held, protocol)
    plain = picture(seed=seed)
    after = 4 + int.from_bytes(plain[4:6])
    return plain[:after] + b"\xff\xef" + struct.pack(">H", len(held) + 2) + held + plain[after:]


def with_chunk(png: bytes, kind: bytes, held: bytes) -> bytes:
    """A PNG file with one more chunk before its pixels."""
    at = png.index(b"IDAT") - 4
    chunk = struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(kind + held))
    return png[:at] + chunk + png[at:]


def faceswap_face(shift: float = 0.0, points: int = 68) -> dict[str, Any]:
    """A face as it stands in alignments."""
    mask = np.zeros((16, 16, 1), np.uint8)
    mask[4:] = 255
    return {
        "x": 30,
        "y": 40,
        "w": 180,
        "h": 190,
        "landmarks_xy": (np.resize(LANDMARKS, (points, 2)) + shift).astype(np.float32),
        "mask": {
            "components": {
                "mask": zlib.compress(mask.tobytes()),
                "affine_matrix": MATRIX.astype(np.float32),
                "interpolator": 2,
                "stored_size": 16,
                "stored_centering": "face",
            }
        },
        "identity": {"vggface2": [0.25, -0.5]},
        "thumb": np.frombuffer(picture(), np.uint8),
    }


def faceswap_data(names: tuple[str, ...] = ("clip_000001.mp4", "clip_000003.mp4")) -> dict[str, Any]:
    """The content of a whole file: one face in the first frame, two in the others."""
    frames = {
        name: {
            "faces": [faceswap_face(n)] + ([faceswap_face(n + 5)] if n else []),
            "video_meta": {"pts_time": n / 5, "keyframe": n == 0},
        }
        for n, name in enumerate(names)
    }
    return {"__meta__": {"version": 2.4}, "__data__": frames}


def fsa(data: object, protocol: int = 4) -> bytes:
    """The same as a file."""
    return zlib.compress(pickle.dumps(data, protocol))


def plain(value: Any) -> Any:
    """Without arrays and bytes, as the JSON files of old versions are."""
    if isinstance(value, dict):
        return {key: plain(held) for key, held in value.items() if key not in ("mask", "thumb")}
    if isinstance(value, list | tuple):
        return [plain(held) for held in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


def faceswap_png(face: Mapping[str, Any], frame: str, index: int, seed: int = 0) -> bytes:
    """A face picture of faceswap: the data as text of the kind iTXt."""
    header = {
        "alignments": {**face, "landmarks_xy": face["landmarks_xy"].tolist(), "mask": {}},
        "source": {
            "alignments_version": 2.4,
            "original_filename": f"{Path(frame).stem}_{index}.png",
            "face_index": index,
            "source_filename": frame,
            "source_is_video": True,
            "source_frame_dims": (480, 640),
        },
    }
    del header["alignments"]["thumb"]
    return with_chunk(picture("PNG", seed=seed), b"iTXt", b"faceswap\0\0\0\0\0" + str(header).encode())


def pak(pictures: list[bytes], listed: object = None, version: int = 1) -> bytes:
    """A packed set of faces; its last place is counted from the start of the file, as the program does."""
    if listed is None:
        listed = [{"filename": f"{n:05d}.jpg", "person_name": None, "shape": (48, 64, 3)} for n in range(len(pictures))]
    pickled = listed if isinstance(listed, bytes) else pickle.dumps(listed, 4)
    starts = [sum(map(len, pictures[:n])) for n in range(len(pictures))]
    begin = 16 + len(pickled) + 8 * (len(pictures) + 1)
    end = begin + sum(map(len, pictures))
    table = b"".join(struct.pack("<Q", place) for place in (*starts, end))
    return struct.pack("<QQ", version, len(pickled)) + pickled + table + b"".join(pictures)


class Calling:
    """Pickles as a call of any function."""

    def __init__(self, function: Any, *given: Any) -> None:
        self.call = function, given

    def __reduce__(self) -> Any:
        return self.call


def touching(path: Path) -> dict[str, bytes]:
    """Pickles that would make a file if they were run, by what they do."""
    import builtins
    import os
    import subprocess

    line = f"touch {path}"
    name = str(path).encode()
    code = f"open({str(path)!r}, 'w')"
    found = {
        f"{what} {protocol}": pickle.dumps(thing, protocol)
        for protocol in range(6)
        for what, thing in {
            "os.system": Calling(os.system, line),
            "eval": Calling(builtins.eval, code),
            "exec": {"landmarks": [Calling(builtins.exec, code)]},
            "open": (1, [2, {"a": Calling(open, str(path), "w")}]),
            "popen": Calling(subprocess.Popen, ["touch", str(path)]),
            "array of": np.array([Calling(os.system, line)], object),
        }.items()
    }
    return found | {
        "inst": b"(S'touch " + name + b"'\nios\nsystem\n.",
        "obj": b"(cos\nsystem\nS'touch " + name + b"'\no.",
        "newobj": b"\x80\x02cio\nFileIO\n(X" + struct.pack("<I", len(name)) + name + b"X\x01\0\0\0wt\x81.",
        "newobj_ex": b"\x80\x04cio\nFileIO\n(X" + struct.pack("<I", len(name)) + name + b"X\x01\0\0\0wt}\x92.",
        "getattr": b"cbuiltins\ngetattr\n(cos\n__dict__\nS'x'\ntR.",
        "state of a known name": b"cnumpy\nndarray\n(S'__setstate__'\ncos\nsystem\ndb.",
        "state": b"\x80\x02}}(X\x01\0\0\0aK\x01ub.",
        "called known name": b"cnumpy\nndarray\n(I4\ntR.",
        "encode by another": b"c_codecs\nencode\n(X\x01\0\0\0aX\x05\0\0\0rot13tR.",
        "extension": b"\x80\x02\x82\x01.",
        "extension 4": b"\x80\x02\x84\x01\0\0\0.",
        "persistent": b"Pos.system\n.",
        "persistent binary": b"\x80\x02K\x01Q.",
        "buffer": b"\x80\x05\x97.",
        "attribute of module": b"\x80\x04\x8c\x05numpy\x8c\x0csystem.clear\x93.",
        "name out of numbers": b"\x80\x04K\x01K\x02\x93.",
    }
