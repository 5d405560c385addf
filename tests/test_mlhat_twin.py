"""The kernels of MLHAT against its naive twin."""

import numpy as np
import pytest

from tests.mlhat_streams import core_of, naive_run, piecewise, random_stream, run


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["sparse", "dense"])
def test_random_streams_with_births_masks_and_missing_values(kind, seed):
    stream = random_stream(seed, 90, density=0.2 if kind == "sparse" else 0.9)
    parameters = {"grace_period": 20, "window": 12, "alternate_rows": 10, "delta": 0.1, "seed": seed}
    parameters["bagging"] = seed % 2 == 1
    theirs, _ = naive_run(stream, **parameters)
    np.testing.assert_allclose(run(core_of(stream, **parameters), stream), theirs, atol=2e-6)


def test_splits_swaps_and_drift():
    stream = piecewise(600)
    parameters = {"grace_period": 50, "window": 20, "alternate_rows": 40, "delta": 0.05, "tau": 0.2, "drift_delta": 0.2}
    theirs, naive = naive_run(stream, **parameters)
    core = core_of(stream, **parameters)
    np.testing.assert_allclose(run(core, stream), theirs, atol=2e-5)
    assert core.summary["splits"] > 1
    assert core.summary["swaps"] > 0
    assert core.summary["alarms"] > 0
    assert core.summary["nodes"] == len(naive.nodes())
