"""Rows that wait for labels, and labels that wait for rows: the obvious way, with lists that are searched."""

from __future__ import annotations

import json
import math

from ihomer.daemon.aged import ENTRY


class ContradictionError(Exception):
    pass


class Thing:
    """A row that waits, a row that was taught, or labels without a row."""

    def __init__(self, key, time, number, value=b"", predicted=None, truth=None):
        self.key, self.time, self.number = key, time, number
        self.value, self.predicted = value, predicted
        self.truth = {} if truth is None else truth  # dict: a part; list: all of it

    def size(self, kind):
        key = len(self.key) if isinstance(self.key, str) else 0
        truth = len(json.dumps(self.truth, separators=(",", ":")))
        value = {"rows": len(self.value), "taught": 16, "early": 0}[kind]
        predicted = len(json.dumps(list(self.predicted), separators=(",", ":"))) if kind == "rows" else 0
        return ENTRY + key + truth + value + predicted


class LateTwin:
    def __init__(self, most_rows, most_seconds, most_bytes):
        self.most_rows, self.most_seconds, self.most_bytes = most_rows, most_seconds, most_bytes
        self.kept = {"rows": [], "taught": [], "early": []}
        self.newest, self.number, self.expired = -math.inf, 0, 0

    def size(self, kind):
        return sum(thing.size(kind) for thing in self.kept[kind])

    def tidy(self):
        for kind, things in self.kept.items():
            things.sort(key=lambda thing: (thing.time, thing.number))
            while things and (
                things[0].time < self.newest - self.most_seconds
                or len(things) > self.most_rows
                or self.size(kind) > self.most_bytes
            ):
                del things[0]
                self.expired += kind == "rows"

    def now(self, time):
        if math.isnan(time):
            time = self.newest
        self.newest = max(self.newest, time)
        self.tidy()
        self.number += 1
        return time

    def find(self, kind, key):
        return next((thing for thing in self.kept[kind] if thing.key == key), None)

    def remember(self, key, value, time, predicted):
        """Return (y, row's time, predicted) that is due, or None."""
        time = self.now(time)
        row, taught, early = (self.find(kind, key) for kind in ("rows", "taught", "early"))
        if (row and row.value == value) or (taught and taught.value == value):
            return None
        if row:
            self.kept["rows"].remove(row)
            self.expired += 1
        if taught:
            self.kept["taught"].remove(taught)
        fresh = Thing(key, time, self.number, value, predicted)
        due = None
        if early:
            self.kept["early"].remove(early)
            fresh.truth = early.truth
            due = (early.truth, self.told(time), predicted)
        if isinstance(fresh.truth, list):
            fresh.time = early.time
            self.kept["taught"].append(fresh)
        else:
            self.kept["rows"].append(fresh)
        self.tidy()
        return due

    def labels(self, key, y, time, met):
        """Return (y that is new, row's time, predicted), "unknown" or "repeated"; raise ContradictionError."""
        time = self.now(time)
        y = {name: holds for name, holds in y.items() if holds is not None} if isinstance(y, dict) else y
        found = self.find("rows", key) or self.find("taught", key) or self.find("early", key)
        if found is None:
            if y != {}:
                self.kept["early"].append(Thing(key, time, self.number, truth=y))
            self.tidy()
            return "unknown"
        for name in {*found.truth, *y, *met}:
            said, says = self.said(found.truth, name), self.said(y, name)
            if None not in (said, says) and said != says:
                raise ContradictionError(name)
        whole = isinstance(found.truth, list)
        if isinstance(y, list) and found.truth == {}:
            new = y
        else:
            names = [*found.truth, *y, *(met if found in self.kept["rows"] else ())]
            new = {n: self.said(y, n) for n in names if self.said(y, n) is not None and self.said(found.truth, n) is None}
        before = found.truth
        if not whole:
            found.truth = y if isinstance(y, list) else {**before, **y}
        if found in self.kept["early"]:
            self.tidy()
            return "repeated" if found.truth == before else "unknown"
        answer = "repeated" if whole or new == {} else (new, self.told(found.time), found.predicted)
        if isinstance(found.truth, list) and not whole:
            self.kept["rows"].remove(found)
            found.time, found.number = time, self.number
            self.kept["taught"].append(found)
        self.tidy()
        return answer

    @staticmethod
    def told(time):
        return None if time == -math.inf else time  # as long as no message said a time, there is none

    @staticmethod
    def said(truth, name):
        return name in truth if isinstance(truth, list) else truth.get(name)
