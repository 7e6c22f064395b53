"""`prosopon log add --calendar`: what the user is told, and that the log has its entries whatever calendars do."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from small_server import serving

from prosopon.app.main import main
from prosopon.vouch.log.own_keys import log_folder

Said = pytest.CaptureFixture[str]


def package(name: str) -> Any:
    """A module of the package; whoever calls it is skipped where there is none."""
    pytest.importorskip("opentimestamps", reason="needs the package opentimestamps")
    return importlib.import_module(f"opentimestamps.{name}")


def pending(path: str, committed: bytes) -> tuple[int, dict[str, str], bytes]:
    """The answer of a calendar that is called like the path."""
    form = package("core.serialize")
    stamp = package("core.timestamp").Timestamp(committed)
    stamp.attestations.add(package("core.notary").PendingAttestation(f"https://{path.split('/')[1]}.example"))
    target = form.BytesSerializationContext()
    stamp.serialize(target)
    return 200, {}, target.getbytes()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_text("a")
    return path


def test_the_proof_is_pending_and_who_checks_it_is_said(file: Path, capsys: Said) -> None:
    package("core.op")
    with serving(pending) as (url, asked):
        assert main(["log", "add", str(file), "--calendar", f"{url}/a", "--calendar", f"{url}/b"]) == 0
    said = capsys.readouterr()
    proof = log_folder() / "anchors" / "1" / "stamped-checkpoint.ots"
    assert asked == ["/a/digest", "/b/digest"] and proof.exists() and said.err == ""
    assert f"sent to https://a.example, https://b.example; the proof is pending: {proof}\n" in said.out
    for part in ("in hours", "`ots upgrade`", "`ots verify`", "neither is done here"):
        assert part in said.out


def test_as_json(file: Path, capsys: Said) -> None:
    package("core.op")
    with serving(pending) as (url, _):
        assert main(["log", "add", str(file), "--calendar", f"{url}/a", "--json"]) == 0
    proof = log_folder() / "anchors" / "1" / "stamped-checkpoint.ots"
    told = json.loads(capsys.readouterr().out)["calendars"]
    assert told == {"proof": str(proof), "pending_at": ["https://a.example"]}


def test_the_entry_stays_where_a_calendar_cannot_be_reached(file: Path, capsys: Said) -> None:
    package("core.op")
    assert main(["log", "add", str(file), "--calendar", "http://127.0.0.1:1", "--json"]) == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert (told["size"], told["calendars"]) == (1, None) and Path(told["added"][0]["receipt"]).exists()
    (line,) = said.err.splitlines()
    assert line.startswith("prosopon: note: the calendar http://127.0.0.1:1 did not take it: ")


def test_the_entry_stays_where_the_proof_cannot_be_kept(file: Path, capsys: Said) -> None:
    package("core.op")
    assert main(["log", "add", str(file)]) == 0
    (log_folder() / "anchors").write_text("no folder")
    with serving(pending) as (url, _):
        assert main(["log", "add", str(file), "--force", "--calendar", f"{url}/a"]) == 0
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert line.startswith("prosopon: note: there is no proof of the calendars: the proof cannot be kept in ")
    assert "The log has 2 entries" in said.out and "pending" not in said.out


def test_without_the_package_nothing_is_added(file: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in sys.modules if one.partition(".")[0] == "opentimestamps"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentimestamps", None)
    assert main(["log", "add", str(file), "--calendar", "http://127.0.0.1:1"]) == 4
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert "the package opentimestamps, which is not installed; pip install opentimestamps" in line
    assert (said.out, log_folder().exists(), [*file.parent.glob("*.tlog-proof")]) == ("", False, [])
    assert main(["log", "add", str(file)]) == 0  # it is needed for nothing else


def test_what_is_no_address_is_refused_before_anything_is_added(file: Path, capsys: Said) -> None:
    assert main(["log", "add", str(file), "--calendar", "a.example"]) == 2
    assert "'a.example' is no address of a calendar" in capsys.readouterr().err
    assert not log_folder().exists()
