"""`prosopon protect` with what was learnt beforehand: no net is attacked; the file is measured as after an attack."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from small_nets_of_heads import HeadNet

from prosopon.app.args import parse
from prosopon.app.console import Console
from prosopon.app.verbs import protect
from prosopon.arena.victims import named
from prosopon.core.clip import Frame
from prosopon.core.errors import MissingError, UsageError
from prosopon.disrupt.protector.net import NetConfig, ProtectorNet
from prosopon.disrupt.protector.technique import model_card
from prosopon.disrupt.universal.change import UniversalChange
from prosopon.media.read import read
from prosopon.models import checkpoint
from prosopon.studio.person import Identity, Placement
from prosopon.studio.render import render
from prosopon.vouch.manifest.verify import verify

AGAINST = ["one", "one/code", "gone"]


@pytest.fixture(autouse=True)
def nets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are at hand instead of the real ones."""
    there = {name: HeadNet(name) for name in ("one", "one/code", "other")}

    def opened(name: str, device: object = None, *, precision: object = None) -> HeadNet:
        if name not in there:
            raise MissingError(f"there are no weights called {name}", "see prosopon weights list")
        return there[name]

    monkeypatch.setattr(named, "open_victim", opened)
    monkeypatch.setattr(named, "victim_names", lambda: [*there])
    monkeypatch.setattr(named, "default_names", lambda: ["one"])


@pytest.fixture(scope="module")
def person() -> Frame:
    return render(Identity.random(np.random.default_rng(3)), Placement(), size_px=192).image


@pytest.fixture
def photo(person: Frame, tmp_path: Path) -> Path:
    Image.fromarray(person).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture(params=["universal", "protector"])
def method(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A technique whose weights the user has."""
    monkeypatch.setenv("PROSOPON_HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "weights"
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    small = NetConfig(width=4, max_width=8, halvings=1, n_blocks=1)
    name = str(request.param)
    module = UniversalChange() if name == "universal" else ProtectorNet(small)
    about = {"technique": "universal", "config": "studio"} if name == "universal" else model_card(small)
    card = {**about, "epsilon": 12 / 255, "against": AGAINST}
    state = {f"change.{key}": value for key, value in module.state_dict().items()}
    checkpoint.save(state, folder / f"{name}.studio", card, dtype=torch.float16)
    checkpoint.save(state, tmp_path / f"{name}.mine", card)
    return name


def protected(photo: Path, out: Path, *words: object) -> tuple[dict[str, Any], str]:
    """The answer, and the complaints."""
    said, complained = io.StringIO(), io.StringIO()
    console = Console(as_json=True, out=said, err=complained)
    common = ("--faces", "builtin", "--device", "cpu")
    args = parse(protect.run, "prosopon protect", [str(photo), "-o", str(out), *common, *map(str, words)])
    assert protect.run(args, console) == 0
    console.close()
    return json.loads(said.getvalue()), complained.getvalue()


def test_a_photo_is_changed_published_and_measured(photo: Path, person: Frame, method: str, tmp_path: Path) -> None:
    report = tmp_path / "report"
    answer, complained = protected(photo, tmp_path / "out.png", "--method", method, "--report", report)
    change = np.abs(read(tmp_path / "out.png").first().astype(int) - person)
    assert 0 < change.max() <= 6
    assert answer["method"] == method
    assert answer["weights"] == f"{method}.studio"
    assert answer["against"] == AGAINST
    assert answer["steps"] == 0
    assert 0 < answer["seconds"] < 30
    assert "gone is not measured" in complained
    assert {name: one["attacked"] for name, one in answer["survival"].items()} == {"one": True, "other": False}
    assert set(answer["survival"]["one"]["ways"]) >= {"png", "jpeg75"}
    assert answer["visibility"]["largest"] == change.max()
    assert (report / "index.html").is_file()
    found = verify(tmp_path / "out.png")
    assert not found.is_bad
    assert found.synthetic is False


def test_levels_and_strength_scale_it(photo: Path, person: Frame, method: str, tmp_path: Path) -> None:
    largest = []
    for number, words in enumerate((("--strength", "light"), ("--levels", 9), ("--strength", "strong"))):
        out = tmp_path / f"out{number}.png"
        answer, _ = protected(photo, out, "--method", method, *words)
        change = np.abs(read(out).first().astype(int) - person)
        assert change.max() <= answer["levels"]
        largest.append(float(change.mean()))
    assert largest[0] < largest[1] < largest[2]


def test_other_weights_can_be_named_and_the_result_is_always_the_same(photo: Path, method: str, tmp_path: Path) -> None:
    mine = tmp_path / f"{method}.mine.safetensors"
    answer, _ = protected(photo, tmp_path / "one.png", "--method", method, "--weights", mine)
    assert answer["weights"] == f"{method}.mine"
    protected(photo, tmp_path / "two.png", "--method", method, "--weights", mine)
    one, two = (read(tmp_path / name).first() for name in ("one.png", "two.png"))
    assert np.array_equal(one, two)


def test_what_makes_no_sense_is_refused(photo: Path, method: str, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    with pytest.raises(UsageError, match="--against"):
        protected(photo, out, "--method", method, "--against", "one")
    with pytest.raises(UsageError, match="--weights"):
        protected(photo, out, "--weights", f"{method}.studio")
    with pytest.raises(MissingError):
        protected(photo, out, "--method", method, "--weights", f"{method}.gone")
    assert not out.exists()
