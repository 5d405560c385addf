"""The command line under Ctrl-C, with a pipe that closes, and on a terminal."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import textwrap

import pytest

COMMAND = [sys.executable, "-c", "from ihomer.cli import main; main()"]

# Sends itself the signal at a certain instance: no test depends on how fast this machine is.
MODELS = """
    import signal
    from river import linear_model, multioutput

    class Interrupted(multioutput.ClassifierChain):
        def __init__(self, at=(100,)):
            self.at, self.seen = at, 0
            super().__init__(linear_model.LogisticRegression())

        def learn_one(self, x, y):
            self.seen += 1
            if self.seen in self.at:
                signal.raise_signal(signal.SIGINT)  # to this thread, and so handled before the next instance
            super().learn_one(x, y)
"""


@pytest.fixture
def here(tmp_path):
    (tmp_path / "signalling.py").write_text(textwrap.dedent(MODELS))
    return tmp_path


def evaluate(here, *arguments):
    return subprocess.run(
        [*COMMAND, "evaluate", "yeast", "--model", "signalling:Interrupted", *arguments],
        cwd=here, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_the_first_interrupt_shows_the_result_so_far(here):
    done = evaluate(here, "--out", "run", "--json")
    assert done.returncode == 130, done.stderr
    summary = json.loads(done.stdout)
    assert 100 <= summary["instances"] < 200
    whole = json.loads((here / "run" / "summary.json").read_text())
    assert whole["interrupted"] is True
    assert whole["micro_f1"] == summary["micro_f1"]
    assert "Stopping" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_second_interrupt_ends_at_once(here):
    done = evaluate(here, "--set", "at=(100, 101)")
    assert done.returncode == 130
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_closed_pipe_is_no_failure_to_talk_about(here):
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(
        [*COMMAND, "evaluate", "yeast", "--limit", "20", "--model", "signalling:Interrupted", "-q"],
        cwd=here, stdout=write, stderr=subprocess.PIPE, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    assert process.returncode == 1
    assert process.stderr == b""


def test_a_bar_on_a_terminal(here):
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "evaluate", "yeast", "--limit", "90", "--model", "signalling:Interrupted"],
        cwd=here, stdout=subprocess.PIPE, stderr=child, stdin=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "100"},
    )  # fmt: skip
    os.close(child)
    shown = b""
    try:
        while piece := os.read(parent, 4096):
            shown += piece
    except OSError:  # the other end was closed
        pass
    finally:
        os.close(parent)
    out = process.communicate()[0].decode()
    assert process.returncode == 0
    frames = shown.decode().split("\r\x1b[2K")
    assert any("yeast" in frame and "%" in frame and "micro-F1" in frame and "/s" in frame for frame in frames)
    assert all(len(frame) < 100 for frame in frames)
    assert frames[-1] == ""  # the bar is gone at the end
    assert "90 instances" in out
    assert "\x1b" not in out


def test_the_handler_is_put_back():
    from ihomer.cli.failures import first_interrupt

    before = signal.getsignal(signal.SIGINT)
    stopped = []
    with first_interrupt(lambda: stopped.append(True)):
        os.kill(os.getpid(), signal.SIGINT)
        assert stopped == [True]
    assert signal.getsignal(signal.SIGINT) is before
