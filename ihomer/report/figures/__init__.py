"""The pictures of a report: functions from plain values to self-contained SVG, each with a text alternative."""
