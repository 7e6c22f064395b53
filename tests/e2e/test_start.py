"""The command line as a user meets it: start, help, exit codes, one line for every error."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from prosopon.app.main import VERBS, Verb

HEAVY = ("torch", "numpy", "tyro", "rich", "av", "c2pa", "scipy", "PIL")


def prosopon(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "prosopon", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_verb_that_is_there() -> None:
    done = prosopon("--help")
    assert done.returncode == 0
    assert done.stderr == ""
    for verb in VERBS:
        assert (f"  {verb.words}  " in done.stdout) == verb.is_there


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["nonsense"], []])
def test_nothing_heavy_is_imported_before_a_verb(words: list[str]) -> None:
    program = (
        "import sys\n"
        "from prosopon.app.main import main\n"
        f"main({words!r})\n"
        f"print(sorted(set(sys.modules) & {set(HEAVY)!r}), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_list_does_not_import_torch() -> None:
    program = "import sys\nfrom prosopon.app.main import main\nmain(['list'])\nassert 'torch' not in sys.modules\n"
    subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)


def test_version() -> None:
    assert prosopon("--version").stdout.startswith("prosopon ")
    assert "version" in json.loads(prosopon("--version", "--json").stdout)


def test_an_unknown_verb_is_answered_with_the_nearest() -> None:
    done = prosopon("docotr")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "prosopon: error: there is no verb 'docotr'; did you mean 'doctor'? `prosopon --help` lists them all\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list", "nonsense"], "nonsense"),
        (["list", "--lnog"], "--lnog"),
        (["faces"], "PATH"),
        (["faces", "x.png", "-o", "y", "--every", "many"], "many"),
    ],
)
def test_usage_errors_are_one_line(words: list[str], said: str) -> None:
    done = prosopon(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("prosopon: error: ")
    assert said in done.stderr
    assert "--help` shows the options" in done.stderr


@pytest.mark.parametrize("words", [["docotr"], ["list", "nonsense"], ["faces", "no/such/file.mp4", "-o", "x"]])
def test_errors_as_json_are_one_object(words: list[str], tmp_path: Path) -> None:
    done = prosopon(*words, "--json")
    answer = json.loads(done.stdout)
    assert set(answer) == {"error", "hint", "exit_code"}
    assert answer["exit_code"] == done.returncode != 0
    assert answer["error"]


def test_answers_as_json_are_one_object() -> None:
    for words in (["list"], ["doctor"]):
        done = prosopon(*words, "--json")
        assert done.returncode in (0, 4)
        assert isinstance(json.loads(done.stdout), dict)


def test_help_of_a_verb_has_its_options_and_no_negated_flags() -> None:
    done = prosopon("faces", "--help")
    assert done.returncode == 0
    assert "-f, --force" in done.stdout
    assert "-o PATH, --output PATH" in done.stdout
    assert "--no-force" not in done.stdout
    assert "--json" in done.stdout


def test_a_reader_that_goes_away_is_not_an_error_to_talk_about() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-m", "prosopon", "--help"], stdout=write_end, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write_end)
    assert done.stderr == ""
    assert done.returncode == 1


def test_no_verb_shows_the_help() -> None:
    done = prosopon()
    assert done.returncode == 0
    assert done.stdout.startswith("usage: prosopon VERB")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are Unix")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_ends_with_130_and_one_line(number: signal.Signals) -> None:
    program = (
        # Whoever starts the tests in the background has SIGINT ignored, and children inherit that.
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import sys, time\n"
        "from prosopon.app import main as app\n"
        "def hang(words, console):\n    print('ready', flush=True)\n    time.sleep(60)\n    return 0\n"
        "app._dispatch = hang\n"
        "app.entry()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(timeout=20) == 130
        assert process.stderr.read() == "prosopon: error: stopped\n"


def test_unexpected_errors_are_one_line_and_a_traceback_on_demand() -> None:
    program = (
        "import sys\n"
        "from prosopon.app import main as app\n"
        "def fail(words, console):\n    raise ValueError('two\\nlines')\n"
        "app._dispatch = fail\n"
        "sys.exit(app.main([]))\n"
    )
    words = [sys.executable, "-c", program]
    quiet = subprocess.run(words, capture_output=True, text=True, check=False)
    assert quiet.returncode == 1
    assert quiet.stderr.splitlines() == [
        "prosopon: error: unexpected ValueError: two lines; "
        "this is a fault of prosopon; PROSOPON_DEBUG=1 shows where it happened"
    ]
    loud = subprocess.run(words, env={**os.environ, "PROSOPON_DEBUG": "1"}, capture_output=True, text=True, check=False)
    assert "Traceback" in loud.stderr


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.is_there], ids=lambda verb: verb.words)
def test_every_verb_has_a_help(verb: Verb) -> None:
    done = prosopon(*verb.words.split(" "), "--help")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith(f"usage: prosopon {verb.words}")
    assert "--no-force" not in done.stdout
