"""Generators of multi-label streams: the same rows for the same parameters, whatever the batch size."""

from streams.synthetic.embeddings import Embeddings
from streams.synthetic.groups import Groups
from streams.synthetic.hyperplane import Hyperplane
from streams.synthetic.meta import MetaHyperplane, MetaRandomTree, MetaRBF
from streams.synthetic.random_tree import RandomTree
from streams.synthetic.rbf import RBF
from streams.synthetic.xmc import XMC

__all__ = ["RBF", "XMC", "Embeddings", "Groups", "Hyperplane", "MetaHyperplane", "MetaRBF", "MetaRandomTree", "RandomTree"]
