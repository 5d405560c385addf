"""What the command line leaves when something fails in the middle: rows, disks, standard error, a pipe that waits."""

from __future__ import annotations

import gzip
import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from ihomer.cli import main

COMMAND = [sys.executable, "-c", "from ihomer.cli import main; main()"]
FAST = ("--model", "fast", "-q")
MODELS = """
    class Late:
        seen = 0
        def predict_one(self, x):
            return {}
        def learn_one(self, x, y):
            self.seen += 1
            if self.seen > 40:
                raise RuntimeError("broken at last")
"""


def run(*arguments, code=0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output + result.stderr
    return result


def line(i):
    return json.dumps({"x": {"a": i % 3, "b": i % 5}, "y": ["even"] if i % 2 == 0 else ["odd", "all"]}) + "\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "bad.jsonl").write_text("".join(map(line, range(60))) + '{"x": 3}\n' + line(61))
    (tmp_path / "good.jsonl").write_text("".join(map(line, range(60))))
    (tmp_path / "models_of_faults.py").write_text(textwrap.dedent(MODELS))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("models_of_faults", None)
    if str(tmp_path) in sys.path:
        sys.path.remove(str(tmp_path))


def limited_to(size):
    """Return what makes every file longer than `size` bytes fail, as on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_bad_row_in_the_middle_leaves_what_came_before(here):
    done = run("evaluate", "bad.jsonl", *FAST, "--out", "run", "--save", "bad.ckpt", code=1)
    assert "Ended by an error after 60 instances: this is the result so far." in done.stdout
    assert done.stderr.startswith("Error: bad.jsonl:61")
    summary = json.loads((here / "run" / "summary.json").read_text())
    assert (summary["instances"], summary["interrupted"]) == (60, True)
    assert "bad.jsonl:61" in summary["error"]
    assert (here / "run" / "metrics.csv").read_text().splitlines()[-1].startswith("60,")
    as_json = json.loads(run("evaluate", "bad.jsonl", *FAST, "--json", code=1).stdout)
    assert "bad.jsonl:61" in as_json["error"]
    run("evaluate", "good.jsonl", *FAST, "--save", "good.ckpt")
    assert (here / "bad.ckpt").read_bytes() == (here / "good.ckpt").read_bytes()


def test_learn_saves_what_came_before_a_bad_row(here):
    done = run("learn", "bad.jsonl", *FAST, "--save", "bad.ckpt", code=1)
    assert "60 instances learned so far, saved to bad.ckpt" in done.stderr
    assert "Error: bad.jsonl:61" in done.stderr
    run("learn", "good.jsonl", *FAST, "--save", "good.ckpt")
    assert (here / "bad.ckpt").read_bytes() == (here / "good.ckpt").read_bytes()


@pytest.mark.parametrize("command", ["evaluate", "learn"])
def test_a_fault_before_the_first_row_is_a_fault_alone(here, command):
    (here / "bad.jsonl").write_text('{"x": 3}\n')
    done = run(command, "bad.jsonl", *FAST, "--save", "bad.ckpt", code=1)
    assert done.stdout == ""
    assert "bad.jsonl:1" in done.stderr
    assert not (here / "bad.ckpt").exists()


def test_a_truncated_file(here):
    whole = gzip.compress("".join(map(line, range(3000))).encode(), mtime=0)
    (here / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    done = run("evaluate", "cut.jsonl.gz", *FAST, "--json", code=1)
    assert 0 < json.loads(done.stdout)["instances"] < 3000
    assert "cut.jsonl.gz: truncated gzip data" in done.stderr


def test_a_model_that_fails_in_the_middle_is_not_saved(here):
    done = run("evaluate", "good.jsonl", "--model", "models_of_faults:Late", "-q", code=1)
    assert "Ended by an error after 32 instances" in done.stdout  # blocks of 16 rows
    assert "broken at last" in done.stderr


def test_a_full_disk_at_the_checkpoint(here):
    done = subprocess.run(
        [*COMMAND, "evaluate", "yeast", "--limit", "60", *FAST, "--save", "full.ckpt"],
        preexec_fn=limited_to(20_000), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 1
    assert "60 instances" in done.stdout
    assert "Error: full.ckpt: cannot be written: " in done.stderr
    assert not (here / "full.ckpt").exists()


def test_a_full_disk_at_the_output_during_the_run(here):
    done = subprocess.run(
        [*COMMAND, "evaluate", "yeast", "--limit", "400", *FAST, "--every", "20", "--out", "run"],
        preexec_fn=limited_to(4_000), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Ended by an error after " in done.stdout
    assert "run/metrics.csv: cannot be written: " in done.stderr
    assert done.stderr.count("metrics.csv") == 1
    summary = json.loads((here / "run" / "summary.json").read_text())
    assert 0 < summary["instances"] < 400
    assert "metrics.csv" in summary["error"]


def test_rows_without_any_labels(here):
    (here / "x.csv").write_text("a,b\n" + "1,2\n" * 30)
    done = run("evaluate", "x.csv", *FAST, code=1)
    assert done.stdout == ""
    assert "not one of 30 instances has labels" in done.stderr
    assert "--label-columns" in done.stderr
    assert "--format" in done.stderr
    assert "not one of them has labels" in run("learn", "x.csv", *FAST, "--save", "x.ckpt").stderr


def test_closed_standard_error(here):
    def closed(*arguments):
        return subprocess.run(
            [*COMMAND, *arguments], preexec_fn=lambda: os.close(2), stdout=subprocess.PIPE, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    done = closed("evaluate", "good.jsonl", "--model", "fast")
    assert done.returncode == 0
    assert "60 instances" in done.stdout
    failed = closed("evaluate", "nowhere.jsonl")
    assert (failed.returncode, failed.stdout) == (1, "")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder in which nobody can write")
@pytest.mark.parametrize("path", ["/proc/m.ckpt", "x" * 300 + "/m.ckpt"])
def test_a_place_that_cannot_be_written_is_named_as_it_was_given(here, path):
    done = run("learn", "good.jsonl", *FAST, "--save", path, code=1)
    assert done.stderr.startswith(f"Error: {path}: ")


@pytest.mark.parametrize("command", ["evaluate", "learn"])
def test_an_interrupt_while_a_pipe_waits(here, command):
    """The writer keeps the pipe open: nothing but the signal can end the run."""
    arguments = ["-", "--format", "jsonl", *FAST, "--save", "so_far.ckpt"]
    if command == "evaluate":
        arguments += ["--json", "--every", "10"]
    process = subprocess.Popen(
        [*COMMAND, command, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdin.write("".join(map(line, range(60))).encode())
    process.stdin.flush()
    _wait_until_it_reads(process.pid)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    out, error = process.stdout.read(), process.stderr.read().decode()
    process.stdin.close()
    process.stdout.close()
    process.stderr.close()
    assert "Stopping" in error
    assert (here / "so_far.ckpt").exists()
    if command == "evaluate":
        assert json.loads(out)["instances"] == 60
    else:
        assert "60 instances learned so far" in error


def _wait_until_it_reads(pid):
    """Return when all that is in the pipe was read and the process waits in the kernel for more."""
    if not Path(f"/proc/{pid}/wchan").exists():
        pytest.skip("needs to see where a process waits")
    for _ in range(6000):
        if "pipe_read" in Path(f"/proc/{pid}/wchan").read_text() or _reads(pid):
            break
        time.sleep(0.01)
    else:
        pytest.fail("never came to wait for the pipe")


def _reads(pid):
    try:
        call = Path(f"/proc/{pid}/syscall").read_text().split()
    except OSError:
        return False
    return call[:2] == ["0", "0x0"]  # read of file 0 on x86-64
