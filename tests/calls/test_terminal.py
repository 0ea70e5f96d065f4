"""What a call shows on a terminal, in a pipe, and where its reader has had enough."""

import io
import os
import pty
import subprocess
import sys

import pytest
from tests.pipeline.conftest import Shop, rhythmic_orders, run_command

from holdfast.calls import parse
from holdfast.helping import help_of
from holdfast.terminal import fit

HOLDFAST = [sys.executable, "-m", "holdfast"]


@pytest.mark.parametrize("columns", [60, 80, 150])
@pytest.mark.parametrize("words", [["--help"], ["score", "--help"], ["train", "--help"]])
def test_help_fits_the_width_of_the_terminal(words, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = help_of(parse(words)).splitlines()
    assert max(map(len, lines)) <= columns
    shown = " ".join(" ".join(lines).split())
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr("sys.stdout", io.StringIO())
    piped = help_of(parse(words))
    assert shown == " ".join(piped.split())  # a pipe gets a line for each setting; neither loses a word


def test_a_pipe_gets_a_line_for_each_setting(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    lines = help_of(parse(["score", "--help"])).splitlines()
    assert "  seed=20260801                         everything random follows from it" in lines


def test_a_text_is_wrapped_below_itself_and_words_stay_whole(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")  # narrower ones than 60 wrap by themselves
    path = "/a/path/that/is/longer/than/the/terminal/has/columns/at_risk.csv"
    assert fit(f"list           {path}") == f"list           {path}"
    told = fit("where      one two three four five six seven eight nine ten eleven twelve")
    assert told == f"where      one two three four five six seven eight nine ten\n{' ' * 11}eleven twelve"
    wide = fit(f"{'name ' * 9}  a text that does not fit beside it, as it is a long one")
    assert wide.splitlines()[1] == "      a text that does not fit beside it, as it is a long"


def test_errors_fit_too(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    called = run_command("train", "outreach.capacty=5")
    assert called.code == 2
    assert max(map(len, called.err.splitlines())) <= 60


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Shop:
    shop = Shop(tmp_path_factory.mktemp("shop"))
    shop.write(rhythmic_orders(customers=12, days=200))
    return shop


def words_of(shop: Shop, stage: str) -> list[str]:
    own = [f"paths.root={shop.root}", "--config-dir", str(shop.conf), "source=shop", "tracking=off"]
    return [*HOLDFAST, stage, *own]


def test_a_terminal_has_styles_unless_NO_COLOR_is_set_and_a_pipe_has_none(shop):
    assert "\x1b[" in on_a_terminal(words_of(shop, "validate"))
    assert "\x1b[3" not in on_a_terminal(words_of(shop, "validate"), NO_COLOR="1")  # 30 to 37: a colour
    piped = subprocess.run(words_of(shop, "validate"), capture_output=True, text=True, check=True)
    assert "\x1b" not in piped.stdout + piped.stderr


def test_progress_says_how_long_it_will_take_still(shop):
    """On a terminal, buckets of customers are counted with the time left; here they take long."""
    code = (
        "import sys, time; from holdfast import cli; from holdfast.engine import parallel\n"
        "parallel.SHOWN_SECONDS = 0.0; sys.exit(cli.main(sys.argv[1:]))"
    )
    words = words_of(shop, "features")[3:]
    shown = on_a_terminal(
        [sys.executable, "-c", code, *words, "as_of=2024-06-01", "timeline.snapshots=1", "engine.buckets=4"]
    )
    assert "bucket 1 of 4, about " in shown
    assert " s left" in shown


def on_a_terminal(words: list[str], **environment: str) -> str:
    """What a command shows on a terminal."""
    terminal, ours = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        words, stdout=ours, stderr=ours, env=kept | {"TERM": "xterm"} | environment, close_fds=True
    )
    os.close(ours)
    shown = b""
    while True:
        try:
            read = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            read = b""
        if not read:
            break
        shown += read
    os.close(terminal)
    assert process.wait() == 0, shown.decode()
    return shown.decode()


# --- closed pipes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [["--help"], ["--help-all", "train"], ["config"], ["train", "--info", "all"], ["train", "--cfg", "all"]],
)
def test_a_reader_who_has_had_enough_ends_a_call_quietly(words):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*HOLDFAST, *words], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_stage_does_its_work_whoever_reads(shop):
    line = " ".join(words_of(shop, "validate")) + " force=true | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("Raw tables")
    assert "Traceback" not in done.stderr
