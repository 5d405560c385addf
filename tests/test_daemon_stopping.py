"""Signals, in real processes: the first ends in order, the second at once, whatever the main thread does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from ihomer.daemon.stopping import Stopping

BEGIN = """
    import ctypes, sys, time
    from ihomer.daemon.stopping import Stopping
    with Stopping() as stopping:
        print("ready", flush=True)
"""
#: Ends in order as soon as it is asked to.
ORDERLY = BEGIN + """
        woken = stopping.wait(60)
    print(woken, stopping.signal, flush=True)
"""
#: Notices nothing: in a call of the system, from which Python's handlers are not called; or at work.
DEAF = BEGIN + """
        libc = ctypes.CDLL(None)
        while True:
            libc.sleep(60)
"""
BUSY = BEGIN + """
        while True:
            sum(range(10_000))
"""


def started(code):
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def ended(process):
    try:
        out, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    return process.returncode, out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_asks_for_an_end_in_order(number):
    process = started(ORDERLY)
    process.send_signal(number)
    assert ended(process) == (0, f"True {number.name}\n")


@pytest.mark.parametrize("code", [DEAF, BUSY], ids=["deaf", "busy"])
def test_the_second_signal_ends_at_once(code):
    process = started(code)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    assert process.poll() is None
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert ended(process) == (130, "")
    assert time.monotonic() - began < 10


def test_being_asked_by_the_program_is_no_signal():
    with Stopping() as stopping:
        stopping.ask()
        os.kill(os.getpid(), signal.SIGTERM)  # the first one: still in order
        deadline = time.monotonic() + 10
        while not stopping.signal and time.monotonic() < deadline:
            time.sleep(0.01)
        assert stopping.asked
        assert stopping.signal == "SIGTERM"


def test_all_is_as_it_was_before():
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    threads, files = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    with Stopping():
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
    assert threading.active_count() == threads
    assert len(list(Path("/proc/self/fd").iterdir())) == files
    assert signal.set_wakeup_fd(-1) == -1


def test_other_signals_are_left_to_others():
    heard = []
    before = signal.signal(signal.SIGUSR1, lambda *_: heard.append(True))
    try:
        with Stopping() as stopping:
            os.kill(os.getpid(), signal.SIGUSR1)
            assert not stopping.wait(0.1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard == [True]


def test_in_a_thread_it_can_only_be_asked():
    found = []

    def work():
        with Stopping() as stopping:
            threading.Timer(0.05, stopping.ask).start()
            found.append(stopping.wait(30))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [True]
