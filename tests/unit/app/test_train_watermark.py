"""`prosopon train watermark` as it is run: from people and photographs to weights that mark, taken up again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from prosopon.app.console import Console
from prosopon.app.verbs.train_watermark import TrainWatermark, run
from prosopon.core.errors import MissingError, UsageError
from prosopon.datasets import rendered_heads as rendering
from prosopon.models.checkpoint import load
from prosopon.train.settings import Options
from prosopon.train.store import Rows, Shot
from prosopon.vouch.watermark.hidden.nets import marker
from prosopon.vouch.watermark.hidden.still import embed, read
from prosopon.vouch.watermark.mark import Mark

LOOP = Options(workers=0, precision="fp32", device="cpu", measure_every=2)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn people."""
    torch.set_num_threads(1)

    def drawn(seed: int, number: int) -> tuple[Shot, Rows]:
        rng = np.random.default_rng([seed, number])
        side = rendering.PICTURE_PX
        pictures = rng.integers(0, 255, (2, side, side, 3), dtype=np.uint8)
        rows = {"picture": pictures, "landmarks": np.zeros((2, 68, 2), np.float32)}
        return Shot(str(number), str(number), "rendered"), rows

    monkeypatch.setattr(rendering, "render_person", drawn)


def trained(folder: Path, **said: object) -> None:
    given: dict[str, object] = {"people": 2, "held_out_people": 1, "processes": 1, "batch_size": 2, "loop": LOOP}
    assert run(TrainWatermark(folder, **(given | said)), Console(as_json=True)) == 0  # type: ignore[arg-type]


def test_a_run_is_taken_up_again_and_ends_with_weights_that_mark(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    grain = np.random.default_rng(0).integers(0, 255, (460, 640, 3), dtype=np.uint8)
    Image.fromarray(grain).save(photos / "one.png")
    trained(tmp_path / "run", steps=1, photos=(photos,))
    trained(tmp_path / "run", steps=2, photos=(photos,))
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2]
    assert {"psnr", "png", "jpeg75", "crf28", "laid badly"} <= lines[1]["metrics"].keys()
    state, card = load(tmp_path / "run" / "weights" / "hidden.studio.safetensors")
    assert card["technique"] == "hidden"
    assert all(name.startswith("marker.") for name in state)
    nets = marker(tmp_path / "run")
    frame = grain[:96, :128]
    marked = embed(frame, Mark(bytes(8)), nets=nets)
    assert marked.shape == frame.shape
    assert not np.array_equal(marked, frame)
    # Nothing can be read yet, and nothing may be said to be.
    assert not read(marked, "quick", nets=nets).found


def test_training_goes_on_from_weights(tmp_path: Path) -> None:
    trained(tmp_path / "one", steps=1)
    trained(tmp_path / "two", steps=1, start_from=str(tmp_path / "one"), learning_rate=1e-9)
    one, _ = load(tmp_path / "one" / "weights" / "hidden.studio.safetensors")
    two, _ = load(tmp_path / "two" / "weights" / "hidden.studio.safetensors")
    weights = "marker.writer.leave.weight"
    torch.testing.assert_close(one[weights], two[weights], rtol=0, atol=1e-3)


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="learning rate"):
        trained(tmp_path / "run", steps=1, learning_rate=0.0)
    with pytest.raises(UsageError, match="held out"):
        trained(tmp_path / "run", steps=1, people=0)
    with pytest.raises(MissingError, match="no folder"):
        trained(tmp_path / "run", steps=1, photos=(tmp_path / "nowhere",))
    with pytest.raises(MissingError):
        trained(tmp_path / "run", steps=1, start_from="nothing.at.all")
