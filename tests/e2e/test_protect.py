"""`prosopon protect`, from a photo to a signed one and a page about it, with nets small enough for a test."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from small_nets_of_heads import HeadNet

from prosopon.app import protect_page
from prosopon.app.args import parse
from prosopon.app.console import Console
from prosopon.app.failures import explain
from prosopon.app.verbs import protect
from prosopon.arena.victims import named
from prosopon.arena.victims.named import weights_of
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError, ProsoponError, UsageError
from prosopon.media.read import read
from prosopon.media.write import encode
from prosopon.studio.person import Identity, Placement
from prosopon.studio.render import render
from prosopon.vouch.manifest.verify import verify

PROMISES = re.compile(
    r"\bsafe\b|\bsafely\b|\bsafety\b|protected against deepfakes|unbreakable|guarantee", re.IGNORECASE
)


class Blind(HeadNet):
    """A net that was not attacked and makes no pictures."""

    def makes(self, crop: Frame) -> list[tuple[str, Frame]]:
        return []


@pytest.fixture(autouse=True)
def nets(monkeypatch: pytest.MonkeyPatch) -> dict[str, HeadNet]:
    """Those that are at hand instead of the real ones."""
    there = {"one": HeadNet("one"), "one/code": HeadNet("one/code"), "other": Blind("other")}

    def opened(name: str, device: object = None, *, precision: object = None) -> HeadNet:
        if name not in there:
            raise MissingError(f"there are no weights called {name}", "see prosopon weights list")
        return there[name]

    monkeypatch.setattr(named, "open_victim", opened)
    monkeypatch.setattr(named, "victim_names", lambda: ["one", "one/code", "other", "broken"])
    monkeypatch.setattr(named, "default_names", lambda: ["one", "one/code"])
    return there


@pytest.fixture(scope="module")
def people() -> Frame:
    """Two people side by side, the first one nearer."""
    near, far = (Identity.random(np.random.default_rng(seed)) for seed in (3, 5))
    one, other = render(near, Placement(), size_px=192).image, render(far, Placement(), size_px=128).image
    wide = np.full((192, 333, 3), 90, np.uint8)
    wide[:, :192], wide[40:168, 200:328] = one, other
    return wide


@pytest.fixture
def photo(people: Frame, tmp_path: Path) -> Path:
    Image.fromarray(people).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def protected(photo: Path, out: Path, *words: object, as_json: bool = True) -> tuple[dict[str, Any], str, str]:
    """The answer, what was said, and the complaints."""
    said, complained = io.StringIO(), io.StringIO()
    console = Console(as_json=as_json, out=said, err=complained)
    common = ("--faces", "builtin", "--device", "cpu", "--precision", "fp32", "--steps", "4")
    args = parse(protect.run, "prosopon protect", [str(photo), "-o", str(out), *common, *map(str, words)])
    assert protect.run(args, console) == 0
    console.close()
    return (json.loads(said.getvalue()) if as_json else {}), said.getvalue(), complained.getvalue()


def refused(photo: Path, out: Path, *words: object) -> ProsoponError:
    with pytest.raises(ProsoponError) as caught:
        protected(photo, out, *words)
    failure = explain(caught.value)
    assert failure is not None and "\n" not in failure.what
    assert not out.exists()
    return caught.value


def test_a_photo_keeps_its_size_its_surroundings_and_gets_a_credential_of_its_own(
    photo: Path, people: Frame, tmp_path: Path
) -> None:
    answer, _, complained = protected(photo, tmp_path / "out.png")
    made = read(tmp_path / "out.png").first()
    apart = np.abs(made.astype(int) - people).max(-1)
    assert made.shape == people.shape
    assert 0 < apart.max() <= 6
    assert apart[:, 200:].max() == 0 and apart[:, :192].max() > 0  # only who is nearer
    assert "--everybody" in complained
    report = verify(tmp_path / "out.png")
    assert not report.is_bad and report.synthetic is False
    assert any(kind.endswith("algorithmicallyEnhanced") for kind in report.source_types)
    assert [(one.title, one.relationship) for one in report.ingredients] == [("photo.png", "parentOf")]
    assert answer["steps"] == answer["steps_wanted"] == 4 and answer["heads"] == 1
    assert answer["against"] == ["one", "one/code"]
    assert answer["visibility"]["largest"] == apart.max()


def test_everybody_is_taken_where_asked_for(photo: Path, people: Frame, tmp_path: Path) -> None:
    answer, _, _ = protected(photo, tmp_path / "out.png", "--everybody", "--levels", 3)
    apart = np.abs(read(tmp_path / "out.png").first().astype(int) - people).max(-1)
    assert apart.max() == 3 and apart[:, 200:].max() > 0 and apart[:, :192].max() > 0
    assert answer["heads"] == 2 and answer["steps"] == 8


def test_what_is_measured_tells_attacked_nets_from_others(photo: Path, tmp_path: Path) -> None:
    answer, _, complained = protected(photo, tmp_path / "out.png", "--report", tmp_path / "report")
    assert {name: one["attacked"] for name, one in answer["survival"].items()} == {"one": True, "other": False}
    ways = answer["survival"]["one"]["ways"]
    assert list(ways) == ["png", "jpeg95", "jpeg75", "jpeg50", "half", "blur", "screenshot"]
    assert ways["png"]["untouched"] == {"l1": 0, "l2": 0} and ways["png"]["protected"]["l2"] > 0
    assert ways["jpeg50"]["untouched"]["l2"] > 0
    assert "broken is not measured" in complained
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert page.count("<img") == 2  # before and after, and what one makes; the other makes nothing
    assert answer["limits"] == protect_page.LIMITS
    for sheet in ("before-after.png", "one.png"):
        assert not verify(tmp_path / "report" / sheet).is_bad
    assert verify(tmp_path / "report" / "one.png").synthetic is True


def test_limits_come_first_and_nothing_is_promised(photo: Path, tmp_path: Path) -> None:
    _, said, _ = protected(photo, tmp_path / "out.png", "--report", tmp_path / "report", as_json=False)
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    start = page.index("What this cannot do")
    assert start < page.index("<h2>") and start < page.index("<table")
    for limit in ("purify", "trained further", "JPEG", "any other", "out already"):
        assert limit in protect_page.LIMITS and limit in said
    sources = [
        *Path(protect.__file__).parents[2].joinpath("disrupt", "ensemble").iterdir(),
        Path(protect.__file__), Path(protect_page.__file__),
        Path(protect.__file__).parents[2] / "arena" / "survival.py",
    ]  # fmt: skip
    texts = [path.read_text(encoding="utf-8") for path in sources if path.suffix in {".py", ".toml"}]
    assert len(texts) > 8
    for text in (page, said, *texts):
        words = re.sub(r"data:[a-z/0-9]+;base64,[A-Za-z0-9+/=]+", "", text)
        assert not PROMISES.search(words)


def test_a_jpeg_is_measured_as_it_was_saved(photo: Path, people: Frame, tmp_path: Path) -> None:
    answer, _, _ = protected(photo, tmp_path / "out.jpg")
    made = read(tmp_path / "out.jpg").first()
    assert answer["visibility"]["largest"] == np.abs(made.astype(int) - people).max()
    assert answer["visibility"]["psnr"] > 30
    assert any(kind.endswith("algorithmicallyEnhanced") for kind in verify(tmp_path / "out.jpg").source_types)


@pytest.mark.parametrize("words", [
    ("--method", "fgsm"), ("--method", "ifgsm"), ("--mask", "face"), ("--mask", "texture"), ("--strength", "light"),
    ("--against", "other, one"),
])  # fmt: skip
def test_other_ways_of_asking(photo: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    answer, _, _ = protected(photo, tmp_path / "out.png", *words)
    assert answer["steps"] == (1 if "fgsm" in words else 4)
    assert answer["levels"] == (3 if "light" in words else 6)
    assert answer["against"] == (["other", "one"] if "--against" in words else ["one", "one/code"])


@pytest.mark.parametrize("kind", ["alpha", "cmyk", "turned", "grey", "palette", "gif"])
def test_all_kinds_of_pictures_are_taken(people: Frame, tmp_path: Path, kind: str) -> None:
    image = Image.fromarray(people)
    path = tmp_path / "photo.png"
    if kind == "alpha":
        image.putalpha(200)
        image.save(path)
    elif kind == "cmyk":
        path = tmp_path / "photo.jpg"
        image.convert("CMYK").save(path, quality=95)
    elif kind == "turned":
        path = tmp_path / "photo.jpg"
        exif = Image.Exif()
        exif[0x0112] = 6
        image.rotate(90, expand=True).save(path, exif=exif, quality=95)
    elif kind == "grey":
        image.convert("L").save(path)
    elif kind == "palette":
        image.quantize(200).save(path)
    else:
        path = tmp_path / "photo.gif"
        image.save(path)
    protected(path, tmp_path / "out.png")
    made, given = read(tmp_path / "out.png").first(), read(path).first()
    assert made.shape == given.shape == people.shape
    apart = np.abs(made.astype(int) - given).max(-1)
    assert 0 < apart.max() <= 6 and apart[:, 200:].max() == 0


def test_what_cannot_be_done_is_said_in_one_line(photo: Path, people: Frame, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    encode(Clip.of_frames([people, people], 25), tmp_path / "film.mp4")
    assert refused(tmp_path / "film.mp4", out).exit_code == 2
    still = Image.fromarray(people)
    still.save(tmp_path / "moves.gif", save_all=True, append_images=[Image.fromarray(255 - people)])
    assert "2 frames" in refused(tmp_path / "moves.gif", out).what
    Image.new("RGB", (64, 64), (90, 120, 90)).save(tmp_path / "nobody.png")
    assert refused(tmp_path / "nobody.png", out).exit_code == 4
    (tmp_path / "text.png").write_text("no picture")
    assert refused(tmp_path / "text.png", out).exit_code == 1
    assert refused(tmp_path / "nowhere.png", out).exit_code == 1
    for words, said in (
        (("--against", "nobody"), "nobody"), (("--against", ","), "names nobody"), (("--levels", 0), "levels"),
        (("--budget", "soon"), "no time"), (("--budget", "0s"), "no time"), (("--steps", 0), "steps"),
        (("--report", photo), "no folder"), (("--method", "magic"), "magic"),
    ):  # fmt: skip
        assert said in refused(photo, out, *words).what
    assert refused(photo, tmp_path / "out.mp4").exit_code == 2
    with pytest.raises(UsageError, match="overwrite the input"):
        protected(photo, photo, "-f")


def test_nothing_is_overwritten_unless_told_to(photo: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "out.png", tmp_path / "report"
    protected(photo, out, "--report", page)
    before = out.read_bytes()
    with pytest.raises(ProsoponError, match="exists already"):
        protected(photo, out)
    with pytest.raises(ProsoponError, match="there already"):
        protected(photo, tmp_path / "new.png", "--report", page)
    assert out.read_bytes() == before and not (tmp_path / "new.png").exists()
    protected(photo, out, "--report", page, "-f")


def test_the_end_in_time_is_kept_and_said(photo: Path, tmp_path: Path, nets: dict[str, HeadNet]) -> None:
    _, said, _ = protected(
        photo, tmp_path / "out.png", "--budget", "0.01s", "--steps", 100000, "--against", "one", as_json=False
    )
    assert "the time was up" in said and " of 100000" in said
    assert len(nets["one"].asked) < 100


@pytest.mark.parametrize("when", ["attacking", "measuring"])
def test_a_stop_leaves_no_half_file(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nets: dict[str, HeadNet], when: str
) -> None:
    def stop(*_: object) -> Any:
        raise KeyboardInterrupt

    if when == "attacking":
        monkeypatch.setattr(HeadNet, "__call__", stop)
    else:
        monkeypatch.setattr(HeadNet, "effect", stop)
    with pytest.raises(KeyboardInterrupt):
        protected(photo, tmp_path / "out.png")
    there = {path.name for path in tmp_path.iterdir()}
    assert there == ({"photo.png"} if when == "attacking" else {"photo.png", "out.png"})
    if when == "measuring":
        assert not verify(tmp_path / "out.png").is_bad


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2 min", 120), ("1h", 3600)])
def test_times_are_understood(text: str, seconds: float) -> None:
    assert protect.seconds_of(text) == seconds


def test_names_of_weights_are_told_from_answers() -> None:
    assert weights_of("fomm.face/keypoints") == "fomm.face"
    assert weights_of("fomm.face") == "fomm.face"
    assert weights_of("some/fomm.mini.safetensors") == "some/fomm.mini.safetensors"
    assert weights_of("some/fomm.mini.safetensors/keypoints") == "some/fomm.mini.safetensors"


def test_nothing_of_an_attack_is_random_beyond_its_seed(photo: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    protected(photo, tmp_path / "a.png", "--seed", 3)
    torch.manual_seed(2)
    protected(photo, tmp_path / "b.png", "--seed", 3)
    assert np.array_equal(read(tmp_path / "a.png").first(), read(tmp_path / "b.png").first())
