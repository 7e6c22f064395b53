"""The verbs of the log: one JSON object, the right exit codes, and a rewritten history caught by reader and witness."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prosopon.app.main import main
from prosopon.vouch.log.own_keys import log_folder
from prosopon.vouch.log.serving import log_server

Said = tuple[int, dict[str, Any]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    def run(*words: object) -> Said:
        capsys.readouterr()
        code = main([*map(str, words), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{name}.txt" for name in "abc"]
    for path in paths:
        path.write_text(path.stem)
    return paths


def test_added_proved_checked(say: Callable[..., Said], files: list[Path], tmp_path: Path) -> None:
    code, answer = say("log", "add", files[0], files[1])
    assert (code, answer["size"], [one["index"] for one in answer["added"]]) == (0, 2, [0, 1])
    assert "diary" in answer["meaning"]
    receipt = Path(answer["added"][0]["receipt"])
    assert receipt == files[0].with_name("a.txt.tlog-proof")
    code, checked = say("log", "check", receipt, files[0], "--key", answer["key"])
    assert (code, checked["valid"], checked["index"], checked["size"]) == (0, True, 0, 2)
    code, checked = say("log", "check", receipt, files[1], "--key", answer["key"])
    assert (code, checked["valid"]) == (3, False) and "another file" in checked["problem"]
    proof = tmp_path / "b.tlog-proof"
    code, proved = say("log", "prove", files[1], "-o", proof)
    assert (code, proved["index"], proved["size"]) == (0, 1, 2)
    assert say("log", "check", proof, files[1])[0] == 0
    assert say("log", "prove", "0", "-o", proof)[0] == 2  # is there already
    assert say("log", "prove", "0", "-o", proof, "--force")[1]["index"] == 0
    assert say("log", "prove", "7", "-o", proof, "--force")[0] == 2
    assert say("log", "prove", files[2], "-o", proof, "--force")[0] == 4
    (tmp_path / "key").write_text(answer["key"] + "\n")
    assert say("log", "check", receipt, files[0], "--key", tmp_path / "key")[0] == 0
    other = answer["key"].replace("prosopon.local", "prosopon.locaI")
    assert say("log", "check", receipt, files[0], "--key", other)[0] == 2  # no key any more


def test_what_is_hidden_needs_its_receipt(say: Callable[..., Said], files: list[Path], tmp_path: Path) -> None:
    receipt = tmp_path / "receipts" / "a.txt.tlog-proof"
    assert say("log", "add", "--salt", files[0], "--receipts", receipt.parent)[0] == 0 and receipt.exists()
    say("log", "add", files[1])
    assert say("log", "prove", files[0], "-o", tmp_path / "p.tlog-proof")[0] == 4
    code, renewed = say("log", "prove", receipt, "-o", tmp_path / "p.tlog-proof")
    assert (code, renewed["index"], renewed["size"]) == (0, 0, 2)
    code, checked = say("log", "check", tmp_path / "p.tlog-proof", files[0])
    assert (code, checked["hidden"], checked["size"]) == (0, True, 2)
    assert say("log", "check", tmp_path / "p.tlog-proof", files[1])[0] == 3
    assert say("log", "add", "--salt", "--watermark", "00" * 8, files[2])[0] == 2


def test_receipts_are_not_overwritten_unasked(say: Callable[..., Said], files: list[Path]) -> None:
    say("log", "add", files[0])
    code, told = say("log", "add", files[1], files[0])
    assert code == 2 and "is there already" in told["error"]
    assert say("log", "check")[1]["size"] == 1  # nothing was added
    assert say("log", "add", files[0], "--force")[1]["size"] == 2
    assert say("log", "add", files[1], files[1])[0] == 2
    assert say("log", "add", files[1].with_name("gone"))[0] == 1
    assert say("log", "add")[0] == 2


def test_words_that_make_no_sense(say: Callable[..., Said], files: list[Path], tmp_path: Path) -> None:
    assert say("log", "check")[0] == 4  # no log
    assert say("log", "serve")[0] == 4
    say("log", "add", files[0])
    receipt = files[0].with_name("a.txt.tlog-proof")
    assert say("log", "check", receipt)[0] == 2
    assert say("log", "check", receipt, files[0], "--since", receipt)[0] == 2
    assert say("log", "check", tmp_path / "gone", files[0])[0] == 1
    assert say("log", "check", files[0], files[0])[0] == 3  # no proof at all
    assert say("log", "check", "--log", tmp_path / "nothing")[0] == 4
    assert say("log", "check", "--log", "http://127.0.0.1:1/", "--key", "x")[0] == 2
    assert say("log", "witness", "--listen", "0", "--log", "x")[0] == 2


def test_a_rewritten_history_is_caught(
    say: Callable[..., Said], files: list[Path], tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody goes back to an old copy of their log and lets another history follow; others have seen the first."""
    key = say("log", "add", files[0])[1]["key"]
    folder = log_folder()
    shutil.copytree(folder, tmp_path / "old")
    say("log", "add", files[1])
    witness = (
        "log",
        "witness",
        "--log",
        folder,
        "--key",
        key,
        "--key-file",
        tmp_path / "w.pem",
        "--memory",
        tmp_path / "w",
    )
    code, signed = say(*witness)
    assert (code, signed["size"]) == (0, 2)
    shutil.copy(folder / "checkpoint", tmp_path / "seen")
    monkeypatch.setenv("PROSOPON_HOME", str(tmp_path / "reader"))
    read = ("log", "check", "--log", folder, "--key", key)
    code, checked = say(*read, "--witness", signed["witness_key"])
    assert (code, checked["seen_before"]) == (0, None)
    assert [one["name"] for one in checked["witnesses"]] == [signed["witness"]]

    monkeypatch.setenv("PROSOPON_HOME", str(own_home))
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "old", folder)
    code, told = say("log", "add", files[2])
    assert code == 3 and "last seen" in told["error"]  # by accident it does not happen
    shutil.rmtree(own_home / "log-seen")
    assert say("log", "add", files[2])[1]["size"] == 2

    code, told = say(*witness)
    assert code == 3 and "was rewritten" in told["error"]
    assert [*(tmp_path / "w").glob("contradiction-*.txt")]
    monkeypatch.setenv("PROSOPON_HOME", str(tmp_path / "reader"))
    code, told = say(*read)
    assert (code, told["valid"]) == (3, False) and "was rewritten" in told["problem"]
    monkeypatch.setenv("PROSOPON_HOME", str(tmp_path / "stranger"))
    assert say(*read)[0] == 0  # who has seen nothing before is told nothing
    monkeypatch.setenv("PROSOPON_HOME", str(tmp_path / "other"))
    assert say(*read, "--since", tmp_path / "seen")[0] == 3


def test_a_changed_log_is_not_whole(say: Callable[..., Said], files: list[Path]) -> None:
    say("log", "add", *files)
    bundle = log_folder() / "tile/entries/000.p/3"
    whole = bundle.read_bytes()
    bundle.write_bytes(whole.replace(b"2026-", b"2025-", 1))
    code, told = say("log", "check")
    assert (code, told["valid"]) == (3, False) and "not what was signed" in told["problem"]
    bundle.write_bytes(whole)
    code, told = say("log", "check")
    assert (code, told["entries_checked"], told["seen_before"]) == (0, 3, 3)


def test_over_http(say: Callable[..., Said], files: list[Path], tmp_path: Path) -> None:
    key = say("log", "add", *files)[1]["key"]
    server = log_server(log_folder(), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        code, checked = say("log", "check", "--log", url, "--key", key)
        assert (code, checked["size"], checked["log"]) == (0, 3, url)
        code, proved = say("log", "prove", files[1], "-o", tmp_path / "p.tlog-proof", "--log", url, "--key", key)
        assert (code, proved["index"]) == (0, 1)
        assert say("log", "check", tmp_path / "p.tlog-proof", files[1], "--key", key)[0] == 0
        code, signed = say("log", "witness", "--log", url, "--key", key, "-o", tmp_path / "cosigned")
        assert code == 0 and (tmp_path / "cosigned").read_text("utf-8") == signed["checkpoint"]
        assert say("log", "check", "--log", url)[0] == 2  # whose log?
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.mark.parametrize("verb", ["serve", "witness"])
def test_serving_ends_politely(say: Callable[..., Said], files: list[Path], verb: str) -> None:
    say("log", "add", files[0])
    port = ("--port", "0") if verb == "serve" else ("--listen", "0")
    command = [sys.executable, "-m", "prosopon", "log", verb, *port]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as server:  # fmt: skip
        assert server.stderr is not None
        line = server.stderr.readline()
        address = next(word for word in line.split() if word.startswith("http://127.0.0.1:"))
        if verb == "serve":
            with urllib.request.urlopen(f"{address}/checkpoint", timeout=10) as answer:  # noqa: S310
                assert answer.read() == (log_folder() / "checkpoint").read_bytes()
        # Not SIGINT: whoever starts the tests in the background has it ignored, and children inherit that.
        server.send_signal(signal.SIGTERM)
        said, complaints = server.communicate(timeout=20)
        assert (server.returncode, said, complaints) == (0, "stopped\n", "")
