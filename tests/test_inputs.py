"""Features on a common scale: the edges of float32."""

from __future__ import annotations

import numpy as np
import pytest

from ihomer.door import Door
from ihomer.learners.inputs import Inputs
from streams import Batch


@pytest.mark.parametrize("once", [3e38, 1e30, 4.0])
@pytest.mark.parametrize("now", [0.5, 1e-6, 1e-30])
def test_a_row_has_unit_length_however_large_its_features_were_once(once, now):
    inputs, door = Inputs(), Door()
    inputs.block(door.learned(Batch.from_pairs([({"a": once}, None), ({"a": now}, None)])), learn=True)
    views = inputs.block(door.predicted(Batch.from_pairs([({"a": now}, None)])), learn=False)
    # What float32 cannot tell from 0 beside the largest is 0.
    expected = float(np.float32(now) / np.float32(once) != 0)
    for view in (views.plain, views.idf):
        assert float(np.sum(view.values.astype(np.float64) ** 2)) == pytest.approx(expected)
