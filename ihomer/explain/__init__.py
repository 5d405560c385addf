"""Why: what every expert of a model says of one label of one instance, and on what evidence."""

from ihomer.explain.explanation import Explanation

__all__ = ["Explanation"]
