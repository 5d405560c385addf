"""A tree of clusters over labels, grown and pruned by the co-occurrence of labels in a stream."""

from ihomer.hierarchy.label_hierarchy import LabelHierarchy

__all__ = ["LabelHierarchy"]
