"""Whole comparisons, in processes of their own: what is run, kept, killed, and said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from ihomer.compare import compare
from ihomer.report.data import Comparison as Report

COMMAND = [sys.executable, "-c", "from ihomer.cli import main; main()"]
STREAMS = ["synthetic:groups?rows=80&seed=3", "rows.jsonl"]

# Notes each row that it learns; kills, if told to, the process that it runs in, or the one that asked for the comparison.
MODELS = """
    import os, signal
    from pathlib import Path

    class Noted:
        def learn_one(self, x, y):
            with Path("learned").open("a") as file:
                file.write("x")

        def predict_one(self, x):
            if not x:
                print("a learner may print")
            return {}

    class Deadly(Noted):
        def learn_one(self, x, y):
            os.kill(os.getpid(), signal.SIGKILL)

    class Interrupting(Noted):
        def learn_one(self, x, y):
            super().learn_one(x, y)
            if Path("interrupt").exists():
                os.kill(int(Path("interrupt").read_text()), signal.SIGINT)
                Path("interrupt").unlink()
                signal.pause()
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "noting.py").write_text(textwrap.dedent(MODELS))
    lines = [{"x": {"a": i % 3, "b": i % 5} if i else {}, "y": ["even"] if i % 2 == 0 else ["odd", "<b>"]} for i in range(40)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("noting", None)
    if str(tmp_path) in sys.path:
        sys.path.remove(str(tmp_path))


def learned(here):
    found = len((here / "learned").read_text()) if (here / "learned").exists() else 0
    (here / "learned").unlink(missing_ok=True)
    return found


def without_times(value):
    """Return plain values without what a clock or a memory meter said."""
    times = {"costs", "seconds_by_part", "started", "options"}
    columns = {"cpu_seconds", "wall_seconds", "rss_mb"}
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key not in times | columns}
    return [without_times(inner) for inner in value] if isinstance(value, list) else value


def test_cells_are_filled_once_and_alike_whatever_the_jobs(here):
    models = ["no-change", "nb", "noting:Noted"]
    one = compare(STREAMS, models, out="one")
    assert learned(here) == 120
    assert not one.failures
    again = compare(STREAMS, models, out="one")
    assert learned(here) == 0
    assert str(again) == str(one)
    two = compare(STREAMS, models, out="two", jobs=2)
    first, second = (json.dumps(without_times(json.loads(found.report().to_json()))) for found in (one, two))
    assert first == second
    for stream in one.streams:  # the same rows in the same order
        assert len({tuple(cell.rungs.digests) for a in models for cell in one.at(stream, a.rpartition(":")[2])}) == 1
    assert learned(here) == 120
    with (here / "noting.py").open("a") as file:
        file.write("\n# changed\n")
    compare(STREAMS, models, out="one")
    assert learned(here) == 120


def test_a_learner_that_kills_its_process_fails_alone(here):
    found = compare(STREAMS[1:], ["noting:Deadly", "noting:Noted"], repeat=2)
    ((stream, learner, why),) = found.failures
    assert (stream, learner) == ("rows", "Deadly")
    assert "SIGKILL" in why
    assert learned(here) == 80
    assert found.rows("rows", "Noted") == 40


def run(here, *arguments, **more):
    return subprocess.run(
        [*COMMAND, "compare", *arguments], cwd=here, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL, **more,
    )  # fmt: skip


def test_the_command_writes_a_report_and_fails_with_its_cells(here):
    done = run(here, *STREAMS, "--models", "trivial,noting:Deadly", "--out", "out", "--metric", "hamming_loss", "-q")
    assert done.returncode == 1
    assert "failed" in done.stdout
    assert done.stderr.splitlines()[-1] == "Error: 2 of 8 cells failed: see below the table"
    assert done.stdout == (here / "out" / "table.txt").read_text()
    whole = Report.from_json((here / "out" / "comparison.json").read_bytes())
    assert whole.learners == ("no-change", "majority-set", "label-prior", "Deadly")
    assert [one.metric for one in whole.statistics][:2] == ["hamming_loss", "micro_f1"]
    assert whole.provenance.sources[1].sha256
    assert "<b>" not in (here / "out" / "report.html").read_text().partition('id="data">')[2].partition("</script>")[0]
    assert (here / "out" / "scores.csv").read_text().count("\n") == 9
    assert (here / "out" / "rungs.csv").read_text().count("\n") == 7


def test_an_interrupted_comparison_goes_on(here):
    arguments = [STREAMS[1], "--models", "noting:Noted,noting:Interrupting", "--out", "out", "-q"]
    process = subprocess.Popen(
        [*COMMAND, "compare", *arguments], cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    (here / "interrupt.new").write_text(str(process.pid))
    (here / "interrupt.new").rename(here / "interrupt")
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130, err
    assert "Stopped before all cells were filled." in out
    assert "The same command goes on from here." in err
    assert "Traceback" not in err
    assert learned(here) == 41
    assert not (here / "out" / "comparison.json").exists()
    done = run(here, *arguments)
    assert done.returncode == 0, done.stderr
    assert learned(here) == 40
    assert (here / "out" / "report.html").exists()


def test_wrong_commands_say_so(here):
    for arguments, told in (
        (["rows.jsonl", "--models", "ihomr"], "did you mean 'ihomer'"),
        (["rows.jsonl", "--metric", "micro-f1"], "did you mean 'micro_f1'"),
        (["rows.jsonl", "--seeds", "a"], "--seeds"),
        (["rows.json"], "no such file"),
    ):
        done = run(here, *arguments)
        assert done.returncode in (1, 2)
        assert told in done.stderr
        assert "Traceback" not in done.stderr


def test_no_process_stays_behind(here):
    """A comparison that is killed takes its cells along: their answers reach nobody."""
    (here / "noting.py").write_text(
        "import os, time\nfrom pathlib import Path\n"
        "class Slow:\n"
        "    def learn_one(self, x, y):\n        Path('pid').write_text(str(os.getpid()))\n        time.sleep(.05)\n"
        "    def predict_one(self, x):\n        return {}\n"
    )
    process = subprocess.Popen(
        [*COMMAND, "compare", "synthetic:groups?rows=100000", "--models", "noting:Slow", "-q"],
        cwd=here, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    until(lambda: (here / "pid").exists() and (here / "pid").read_text())
    child = int((here / "pid").read_text())
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: not alive(child))


def until(true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
