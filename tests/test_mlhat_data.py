"""MLHAT on real data: at least as good as the published code on the same rows."""

import pytest

from benchmarks.mlhat import PUBLISHED, read, run


@pytest.mark.data
@pytest.mark.parametrize("name", ["flags", "emotions", "yeast", "birds", "scene", "medical"])
def test_micro_f1_is_that_of_the_published_code_or_better(data_dir, name):
    limit, published, _ = PUBLISHED[name]
    score, _, _ = run(read(data_dir / f"{name}.svm.xz", limit))
    assert score > published - 0.02
