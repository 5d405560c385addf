"""The learner of very many labels of dense rows with dicts and lists: every number as the kernels have it, float32."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.fastmath import exp_block, log_block

F = np.float32
FADE = 1 - 1 / 16384
SHORT, FREQUENT = 64, 20


def dot(a, b):
    """Return the sum of products in 32 lanes, which are then folded."""
    lanes = np.zeros(32, F)
    for k in range(0, len(a), 32):
        lanes += a[k : k + 32] * b[k : k + 32]
    while len(lanes) > 1:
        lanes = lanes[: len(lanes) // 2] + lanes[len(lanes) // 2 :]
    return lanes[0]


def inverse(v):
    square = dot(v, v)
    return F(1) / np.sqrt(square) if square > F(1e-12) else F(0)


def _by(block, x):
    out = np.empty(1, F)
    block(np.array([x], F), out)
    return out[0]


class Cells:
    """Lists of what has a vector; `vector` is whose they are."""

    def __init__(self, width, vector):
        self.width, self.vector = width, vector
        self.members, self.centres, self.cell = [[]], [np.zeros(width, F)], {}

    def room(self, more):
        n, room = sum(map(len, self.members)) + more, 32
        while 12 * room**2 < n:
            room *= 2
        return room

    def similar(self, v, c):
        return dot(v, self.centres[c]) * inverse(self.centres[c])

    def put(self, k, c):
        self.members[c].append(k)
        self.cell[k] = c
        self.centres[c] = self.centres[c] + self.vector[k]

    def put_near(self, k, c, more=0):
        if len(self.members[c]) >= self.room(more):
            other = self.split(c)
            if self.similar(self.vector[k], other) > self.similar(self.vector[k], c):
                c = other
        self.put(k, c)

    def take(self, k):
        c = self.cell[k]
        at = self.members[c].index(k)
        self.members[c][at] = self.members[c][-1]
        self.members[c].pop()
        self.centres[c] = self.centres[c] - self.vector[k] if self.members[c] else np.zeros(self.width, F)

    def split(self, c):
        asked = list(self.members[c])
        vectors = [self.vector[k] for k in asked]
        lengths = [inverse(v) for v in vectors]
        similar = [dot(v, vectors[0]) * one for v, one in zip(vectors, lengths, strict=True)]
        unlike = similar.index(min(similar))
        ways = [vectors[0] + (lengths[0] - F(1)) * vectors[0], lengths[unlike] * vectors[unlike]]
        for again in range(5):
            nearer = [(dot(v, ways[0]) - dot(v, ways[1])) * one for v, one in zip(vectors, lengths, strict=True)]
            order = sorted(range(len(asked)), key=nearer.__getitem__)
            halves = [order[len(order) // 2 :], order[: len(order) // 2]]
            if again == 4:
                break
            ways = [np.zeros(self.width, F), np.zeros(self.width, F)]
            for half in range(2):
                for i in halves[half]:
                    ways[half] = ways[half] + lengths[i] * vectors[i]
                ways[half] = ways[half] * inverse(ways[half])
        empty = [other for other, members in enumerate(self.members) if not members]
        if not empty:
            self.members.append([])
            self.centres.append(np.zeros(self.width, F))
        other = empty[0] if empty else len(self.members) - 1
        self.members[c], self.centres[c] = [], np.zeros(self.width, F)
        for half, cell in enumerate([c, other]):
            for i in halves[half]:
                self.put(asked[i], cell)
        return other

    def dissolve_small(self):
        room = self.room(0)
        for c, members in enumerate(self.members):
            while 0 < len(members) < room // 8:
                k = members[-1]
                others = [o for o, there in enumerate(self.members) if 0 < len(there) < room and o != c]
                if not others:
                    break
                self.take(k)
                self.put(k, max(others, key=lambda o: (self.similar(self.vector[k], o), -o)))

    def nearest(self, x, n):
        return sorted(range(len(self.members)), key=lambda c: (-self.similar(x, c), c))[:n]


class DenseLabels:
    """`probes` cells of labels are compared with a row; so many of the last rows are remembered."""

    def __init__(self, width, probes, remembered, first_shared):
        self.width, self.probes, self.remembered = width, probes, remembered
        self.vector, self.bias, self.squares, self.hits = {}, {}, {}, {}
        self.cells = Cells(width, self.vector)
        self.rows, self.sets, self.taken = {}, {}, 0
        self.memory = Cells(width, self.rows)
        self.held, self.known = {}, {}
        self.complete = self.partial = 0
        self.shared, self.gradients = np.array(first_shared), np.ones(4)
        self.frequent, self.previous = [-1] * FREQUENT, []
        self.mean_size, self.sized = 0.0, 0.0

    def enter(self, label, through_complete):
        self.vector[label] = np.zeros(self.width, F)
        self.bias[label], self.squares[label], self.hits[label] = F(0), F(0.3), 0
        self.held[label] = 0
        self.known[label] = self.complete if through_complete else 0

    def note_hit(self, k):
        self.hits[k] += 1
        if self.hits[k] == 1 or self.hits[k].bit_count() > 1:
            return
        cells = self.cells
        there = [c for c in range(len(cells.members)) if cells.members[c]]
        c = max(there, key=lambda c: (cells.similar(self.vector[k], c), -c))
        if c != cells.cell[k]:
            cells.take(k)
            cells.put_near(k, c, more=1)

    # ------------------------------------------------------------------ predicting

    def prior(self, k):
        log = _by(log_block, self.held[k] + 0.5)
        return log - _by(log_block, self.known[k] + 1.0)

    def evidence(self, x, k):
        return [dot(x, self.vector[k]), self.prior(k), F(k in self.previous), F(1)]

    def score(self, x, k):
        w = self.shared.astype(F)
        product, prior, before, _ = self.evidence(x, k)
        return ((self.bias[k] + w[3]) + w[1] * prior) + (w[2] * before + w[0] * product)

    def near_rows(self, x):
        near = [r for c in self.memory.nearest(x, 16) for r in self.memory.members[c]]
        return sorted(near, key=lambda r: (-dot(x, self.rows[r]) * inverse(self.rows[r]), r))[:32]

    def shortlist(self, x):
        asked = {k for c in self.cells.nearest(x, self.probes) for k in self.cells.members[c]}
        asked |= {k for r in self.near_rows(x) for k in self.sets[r]} | set(self.previous) | set(self.frequent) - {-1}
        return sorted(asked, key=lambda k: (-self.score(x, k), k))[:SHORT]

    def best(self, x):
        k = max(24, int(3.0 * self.mean_size))
        return [(label, self.score(x, label)) for label in self.shortlist(x)[:k]]

    # ------------------------------------------------------------------ learning

    def learn(self, x, held, known):
        """Learn a row; `known` is None where all labels are known."""
        (cell, *_), (near, *_), foreseen = self.cells.nearest(x, 1), self.memory.nearest(x, 1), self.shortlist(x)
        errors, evidence = {}, {}
        for k in [*foreseen, *(k for k in sorted(held) if k not in foreseen)]:
            z = min(max(self.score(x, k), F(-15)), F(15))
            error = F(k in held) - F(1) / (F(1) + _by(exp_block, -z))
            if (known is None or k in known) and abs(error) >= F(0.02):
                errors[k], evidence[k] = error, self.evidence(x, k)
        for k in sorted(held):
            if k not in self.cells.cell:
                self.cells.put_near(k, cell, more=1)
        for e in range(4):
            gradient = 0.0
            for k in foreseen:
                if k in errors:
                    gradient += float(errors[k]) * float(evidence[k][e])
            if gradient != 0.0:
                self.gradients[e] = FADE * self.gradients[e] + gradient * gradient
                self.shared[e] += 0.15 * gradient / np.sqrt(self.gradients[e])
        for k, error in errors.items():
            self.squares[k] = F(FADE) * self.squares[k] + error * error
            step = error / np.sqrt(self.squares[k])
            self.bias[k] += F(0.5) * step
            self.vector[k] = self.vector[k] + step * x
            c = self.cells.cell[k]
            self.cells.centres[c] = self.cells.centres[c] + step * x
        r = self.taken % self.remembered
        self.taken += 1
        if r in self.rows:
            self.memory.take(r)
        self.rows[r], self.sets[r] = x, sorted(held)[:64]
        self.memory.put_near(r, near, more=1)
        if self.taken % (self.remembered // 4) == 0:
            self.memory.dissolve_small()
        for k in sorted(held):
            self.note_hit(k)
        self.complete += known is None
        self.partial += known is not None
        for k in self.known if known is None else known:
            self.known[k] += 1
        for k in sorted(held):
            self.held[k] += 1
        self.sized = min(self.sized + 1, 1000)
        self.mean_size += (len(held) - self.mean_size) / self.sized
        for k in sorted(held):
            counts = [self.held[f] if f >= 0 else -1 for f in self.frequent]
            if k not in self.frequent and self.held[k] > min(counts):
                self.frequent[counts.index(min(counts))] = k
        self.previous = sorted(held)
