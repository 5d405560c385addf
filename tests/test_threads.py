"""More than one thread: the same bits."""

from __future__ import annotations

import pytest

from ihomer import IHOMER
from ihomer.threads import Threads
from streams import open_stream


@pytest.mark.parametrize("preset", ["balanced", "accurate"])
def test_any_number_of_threads_gives_the_same_bits(preset):
    states = []
    for threads in (1, 2, 3):
        model = IHOMER(preset, threads=threads)
        for batch in open_stream("yeast").batches(300):
            model.predict_learn_many(batch)
            if model.n_instances >= 600:
                break
        state = model._whole_state()
        states.append((model.predict_many(batch).top_scores.tobytes(), model.n_instances, state_bytes(state)))
    assert states[0] == states[1] == states[2]


def state_bytes(state):
    from ihomer.checkpoint import dumps

    return dumps(state, kind="state")


def test_an_error_comes_when_all_is_done():
    done = []

    def work(i):
        done.append(i)
        if i in (1, 3):
            raise ValueError(i)
        return i

    for n in (1, 3):
        done.clear()
        with pytest.raises(ValueError, match="1"):
            Threads(n).map(work, range(5))
        assert sorted(done) == [0, 1, 2, 3, 4]


def test_work_may_ask_for_more_threads_than_there_are():
    threads = Threads(2)

    def outer(i):
        return sum(threads.map(lambda j: 10 * i + j, range(6)))

    assert threads.map(outer, range(8)) == [sum(10 * i + j for j in range(6)) for i in range(8)]


@pytest.mark.parametrize("n", [0, -1, 1.5, "2", True])
def test_what_is_no_number_of_threads(n):
    with pytest.raises(ValueError, match="threads must be a whole number of at least 1"):
        IHOMER(threads=n)
