"""Published nets that redraw pictures: brought in from files, opened again, and refused with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from prosopon.core.errors import CheckpointError, MissingError, UsageError
from prosopon.models import cyclegan, ganimation
from prosopon.models.editors import EDITORS, Editor
from prosopon.models.importing import Importer, import_weights

SMALL = Editor(
    "ganimation",
    {"small": lambda: ganimation.Generator(n_units=2, width=4, n_blocks=1)},
    ganimation.from_published,
)


def published(path: Path) -> ganimation.Generator:
    """A file of the published form, with what such files hold beside the net, and its net."""
    torch.manual_seed(0)
    net = ganimation.Generator(n_units=2, width=4, n_blocks=1)
    state = {key: value for key, value in net.state_dict().items() if not key.endswith("num_batches_tracked")}
    beside: dict[Any, Any] = {"debug1.0.weight": torch.zeros(4, 5, 7, 7), "epoch": 30, 7: "a number for a key"}
    torch.save({**state, **beside}, path)
    return net


def brought_in(path: Path, editor: Editor = SMALL, config: str = "small") -> None:
    import_weights(
        path, technique=editor.name, config=config, name="a.net", licence="", origin="", importer=editor, force=True
    )


def test_opens_what_was_brought_in(tmp_path: Path) -> None:
    net = published(tmp_path / "30-G.ckpt")
    brought_in(tmp_path / "30-G.ckpt")
    opened = SMALL.open("a.net")
    images, units = torch.rand(1, 3, 16, 16) * 2 - 1, torch.tensor([[0.0, 1.0]])
    assert opened.training and torch.equal(opened(images, units), net(images, units))


def test_refuses_what_is_of_another_net(tmp_path: Path) -> None:
    published(tmp_path / "30-G.ckpt")
    with pytest.raises(CheckpointError, match="does not fit the net"):
        brought_in(tmp_path / "30-G.ckpt", EDITORS["ganimation"], "au17")
    with pytest.raises(UsageError, match="no configuration 'au18'"):
        brought_in(tmp_path / "30-G.ckpt", EDITORS["ganimation"], "au18")
    with pytest.raises(MissingError, match="not there"):
        brought_in(tmp_path / "none.ckpt")
    brought_in(tmp_path / "30-G.ckpt")
    with pytest.raises(CheckpointError, match=r"of ganimation \(small\), not of cyclegan"):
        EDITORS["cyclegan"].open("a.net")
    with pytest.raises(MissingError):
        SMALL.open("b.net")


def test_every_configuration_can_be_built() -> None:
    with torch.device("meta"):
        nets = {(name, config): made() for name, editor in EDITORS.items() for config, made in editor.nets.items()}
    assert all(isinstance(net, nn.Module) for net in nets.values()) and len(nets) == 6
    dropout = nets["cyclegan", "resnet_9blocks_dropout"]
    assert isinstance(dropout, cyclegan.Generator) and "model.10.conv_block.6.weight" in dropout.state_dict()
    assert all(isinstance(editor, Importer) and editor.name == name for name, editor in EDITORS.items())
