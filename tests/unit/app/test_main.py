from __future__ import annotations

import typing
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from prosopon.app import main as app
from prosopon.core.errors import MissingError, UsageError

VERBS_FOLDER = Path(app.__file__).parent / "verbs"


def test_every_module_is_in_the_table() -> None:
    modules = {path.stem for path in VERBS_FOLDER.glob("*.py")} - {"__init__"}
    assert modules <= {verb.module for verb in app.VERBS}


@pytest.mark.parametrize("verb", [verb for verb in app.VERBS if verb.is_there], ids=lambda verb: verb.words)
def test_verbs_are_frozen_dataclasses_with_a_run(verb: app.Verb) -> None:
    module = app.load(verb)
    hints = typing.get_type_hints(module.run)
    for kind in typing.get_args(hints["args"]) or (hints["args"],):
        assert is_dataclass(kind)
        assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
        assert kind.__doc__
        for field in fields(kind):
            assert field.name.islower()
    assert issubclass(hints["return"], int)


def test_two_words_are_found_before_one(monkeypatch: pytest.MonkeyPatch) -> None:
    table = (app.Verb("studio", "", ""), app.Verb("studio render", "", ""))
    monkeypatch.setattr(app, "VERBS", table)
    monkeypatch.setattr(app.Verb, "is_there", True)
    assert app.find(["studio", "render", "-o", "x"]) == (table[1], ["-o", "x"])
    assert app.find(["studio", "-o", "x"]) == (table[0], ["-o", "x"])


def test_half_a_verb_names_the_other_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "VERBS", (app.Verb("train fomm", "", ""), app.Verb("train other", "", "")))
    monkeypatch.setattr(app.Verb, "is_there", True)
    with pytest.raises(UsageError, match="train fomm, train other"):
        app.find(["train"])


def test_a_row_without_module_is_not_shown_and_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "VERBS", (*app.VERBS, app.Verb("conjure", "", "Make")))
    assert "conjure" not in app.overview()
    with pytest.raises(UsageError, match="conjure"):
        app.find(["conjure"])
    assert app.main(["list"]) == 0


def test_a_verb_whose_package_is_missing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(app, "import_module", absent)
    with pytest.raises(MissingError, match="the package torch"):
        app.load(app.Verb("animate", "", ""))


def test_json_is_an_option_before_a_double_dash_only() -> None:
    assert app._take_json(["list", "--json"]) == (True, ["list"])
    assert app._take_json(["list", "--", "--json"]) == (False, ["list", "--", "--json"])
