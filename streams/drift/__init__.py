"""Streams with known change: a view of any stream whose rows change at known places, and the truth of where and what.

Every class is a `streams.stream.Stream` over another one, so changes are composed by nesting; `truth_of` a stream
gives all of them as plain records. Rows are counted from 0 in the stream that is read. The same parameters give the
same rows whatever the size of the batches, and before the first change the rows are those of the stream behind.

Examples
--------
The first 16,000 rows of a file, a quarter of its labels permuted from row 8,000 on::

    PermutedLabels(limited(open_stream("tmc2007_500.svm.xz"), 16_000), sudden(8_000), fraction=0.25, seed=0)

>>> from streams import open_stream
>>> stream = open_stream("synthetic:rbf?rows=3000&features=8&labels=4")
>>> stream = PermutedLabels(stream, sudden(1000), labels=["label0", "label2"])
>>> stream = ShiftedFeatures(stream, gradual(2000, 2499), by=2.0, fraction=0.25, seed=1)
>>> for change in truth_of(stream):
...     print(change)
Change(first=1000, last=1000, kind='labels permuted', pace='sudden', labels=('label0', 'label2'), features=())
Change(first=2000, last=2499, kind='features shifted', pace='gradual', labels=(), features=('x5', 'x0'))
"""

from streams.drift.change import Change
from streams.drift.changed import Changed, truth_of
from streams.drift.cluster import label_cluster
from streams.drift.decoupled import DecoupledLabels
from streams.drift.exchanged import PermutedFeatures
from streams.drift.permuted import PermutedLabels
from streams.drift.presence import EmergingLabels, VanishingLabels
from streams.drift.renamed_features import RenamedFeatures
from streams.drift.renamed_labels import RenamedLabels
from streams.drift.replaced import Replaced
from streams.drift.reweighted import ReweightedLabels
from streams.drift.split import SplitLabels
from streams.drift.values import ScaledFeatures, ShiftedFeatures
from streams.drift.when import When, gradual, incremental, recurring, sudden

__all__ = [
    "Change",
    "Changed",
    "DecoupledLabels",
    "EmergingLabels",
    "PermutedFeatures",
    "PermutedLabels",
    "RenamedFeatures",
    "RenamedLabels",
    "Replaced",
    "ReweightedLabels",
    "ScaledFeatures",
    "ShiftedFeatures",
    "SplitLabels",
    "VanishingLabels",
    "When",
    "gradual",
    "incremental",
    "label_cluster",
    "recurring",
    "sudden",
    "truth_of",
]
