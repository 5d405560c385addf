"""A leaf of the naive MLHAT: its model, its observers and its best cut, on dicts and lists."""

from __future__ import annotations

import math

import numpy as np

F = np.float32


class Scaler:
    """What the stream has shown of every feature, and rows brought to scale by it."""

    def __init__(self):
        self.rows, self.entries = 0, 0
        self.dense = False
        self.values = {}  # feature -> non-zero values
        self.missing = {}
        self.centred = []  # features met in the first 50 rows

    def met(self):
        return {f for f in self.values if self.values[f] or self.missing[f]}

    def largest(self, f):
        return max((abs(v) for v in self.values.get(f, ())), default=0.0)

    def learn(self, x):
        """Learn a row; return whether the regime changed."""
        self.rows += 1
        for f, v in sorted(x.items()):
            if f not in self.values:
                self.values[f], self.missing[f] = [], 0
                if self.rows <= 50:
                    self.centred.append(f)
            if math.isnan(v):
                self.missing[f] += 1
            else:
                self.values[f].append(float(v))
                self.entries += 1
        before = self.dense
        if self.rows <= 50:
            self.dense = 2 * self.entries > self.rows * len(self.met())
        return self.dense != before

    def constants(self, f):
        """Return shift and factor of a centred feature."""
        n = self.rows - self.missing[f]
        if n <= 0:
            return 0.0, 0.0
        values = np.array(self.values[f] + [0.0] * (n - len(self.values[f])))
        deviation = float(values.std())
        if deviation <= 1e-7 * self.largest(f):
            return float(values.mean()), 0.0
        return float(values.mean()), 1.0 / deviation

    def is_centred(self, f):
        return self.dense and f in self.centred

    def plain(self, f, v):
        """Return the scaled value of one cell, not yet divided by the length of its row."""
        if math.isnan(v):
            return 0.0
        if self.is_centred(f):
            shift, factor = self.constants(f)
            return min(max((v - shift) * factor, -4.0), 4.0)
        largest = self.largest(f)
        if self.dense:
            return min(max(v / largest, -4.0), 4.0) if largest else 0.0
        return min(max(v / largest, -1.0), 1.0) if largest else math.copysign(1.0, v)

    def scale(self, x):
        """Return the row as a dict feature -> float32."""
        if self.dense:
            unit = F(1 / math.sqrt(max(len(self.centred), 1)))
            cells = {**{f: self.plain(f, 0.0) for f in self.centred}, **{f: self.plain(f, v) for f, v in x.items()}}
            return {f: F(v) * unit for f, v in cells.items()}
        cells = {f: self.plain(f, v) for f, v in sorted(x.items())}
        total = sum(v * v for v in cells.values())
        unit = F(1 / math.sqrt(total)) if total else F(1)
        return {f: F(v) * unit for f, v in cells.items()}

    def vector(self, x):
        """Return the row as memory rows are compared: zeros of centred features spelt out."""
        zeros = {f: self.plain(f, 0.0) for f in self.centred} if self.dense else {}
        return {**zeros, **{f: self.plain(f, v) for f, v in x.items()}}


class Stored:
    """A row in the memory: `truth` maps a label to True or False where it is known."""

    def __init__(self, x, truth, complete, row):
        self.x, self.truth, self.complete, self.row = x, truth, complete, row
        self.signature = frozenset(label for label, held in truth.items() if held)

    def says(self, label, since):
        if label in self.truth:
            return self.truth[label]
        if self.complete and self.row > since[label]:
            return False
        return None


class Leaf:
    """Model and observations of one leaf over labels 0, 1, ..."""

    def __init__(self, n_labels):
        self.mixed, self.deaf = False, False
        self.base_weight, self.base = 2.0, [0.25] * n_labels
        self.losses, self.loss_weight = [0.0, 0.0, 0.0], 0.0
        self.weights, self.squares = {}, {}
        self.window = []
        self.clear(n_labels)

    def clear(self, n_labels):
        self.seen, self.seen_partial, self.attempt = 0.0, 0.0, 0.0
        self.positives, self.missing = [0.0] * n_labels, [0.0] * n_labels
        self.observed = []  # (x, labels that hold, weight)

    def share(self, label):
        known = self.seen - self.missing[label]
        return (self.positives[label] + self.base_weight * self.base[label]) / (known + self.base_weight)

    def heir(self, n_labels, base_weight, reopen):
        new = Leaf(n_labels)
        new.mixed = self.mixed
        new.base = [self.share(label) for label in range(n_labels)]
        new.base_weight = base_weight
        new.losses, new.loss_weight = list(self.losses), self.loss_weight
        new.weights = {f: w.copy() for f, w in self.weights.items()}
        new.squares = {f: (np.zeros_like(q) if reopen else q.copy()) for f, q in self.squares.items()}
        return new

    def predict(self, x, scaler, since, n_labels, memory, k):
        """Return the predictions of the three members and of the leaf."""
        linear = np.array([math.log(self.share(label) / (1 - self.share(label))) for label in range(n_labels)], F)
        z = scaler.scale(x)
        own = [f for f in z if f in x] + [f for f in scaler.centred if f in z and f not in x]
        for f in own:
            if f in self.weights and z[f] != 0:
                linear = linear + z[f] * self.weights[f][:n_labels]
        linear = np.array([1 / (1 + math.exp(-float(u))) for u in linear], F)
        window = [row for row in self.window if row in memory]
        if not window:
            return [linear, linear, linear, linear.copy()]
        query = z
        ranked = []
        for row in reversed(window):
            v = scaler.vector(row.x)
            dot = sum(float(query.get(f, 0)) * v[f] for f in v)
            lengths = sum(float(q) * float(q) for q in query.values()), sum(c * c for c in v.values())
            far = max(0.0, 1 - dot / math.sqrt(lengths[0] * lengths[1])) if min(lengths) > 0 else 1.0
            ranked.append((far, row))
        ranked.sort(key=lambda pair: pair[0])  # stable: the newer first on a tie
        nearest = [(1 / (far + 1e-3), row) for far, row in ranked[:k]]
        sets = [sum(w for w, other in nearest if other.signature == row.signature) for _, row in nearest]
        best = nearest[sets.index(max(sets))][1]
        votes, last = np.zeros(n_labels, F), np.zeros(n_labels, F)
        for label in range(n_labels):
            known = [(w, row.says(label, since)) for w, row in nearest if row.says(label, since) is not None]
            share = sum(w for w, held in known if held) / sum(w for w, _ in known) if known else float(linear[label])
            chosen, newest = best.says(label, since), window[-1].says(label, since)
            votes[label] = 0.5 * share + 0.5 * (share if chosen is None else chosen)
            last[label] = linear[label] if newest is None else newest
        if not self.mixed:
            final = linear.copy()
            for label in range(n_labels):
                if self.seen > self.missing[label]:
                    final[label] = self.positives[label] / (self.seen - self.missing[label])
        else:
            trust = [(0.01 + loss / max(self.loss_weight, 1.0)) ** -4.0 for loss in self.losses]
            share = [F(t / sum(trust)) for t in trust]
            final = share[0] * linear + share[1] * votes + share[2] * last
        return [linear, votes, last, final]

    def learn(self, x, truth, members, scaler, weight, rate, n_labels, n_scored, partial):
        for m in range(3):
            loss = sum((float(members[m][label]) - held) ** 2 for label, held in truth.items() if label < n_scored)
            self.losses[m] = 0.99 * self.losses[m] + loss
        self.loss_weight = 0.99 * self.loss_weight + 1
        errors = np.zeros(n_labels, F)
        for label, held in truth.items():
            errors[label] = F(weight) * (F(held) - members[0][label])
        for f, z in scaler.scale(x).items():
            if z == 0 and f not in x:
                continue
            if f not in self.weights:
                self.weights[f], self.squares[f] = np.zeros(len(self.base), F), np.zeros(len(self.base), F)
            if z != 0:
                g = errors * z
                self.squares[f][:n_labels] += g * g
                self.weights[f][:n_labels] += F(rate) * g / np.sqrt(self.squares[f][:n_labels] + F(0.01))
        self.observed.append((x, {label for label, held in truth.items() if held}, weight))
        self.seen += weight
        self.seen_partial += weight if partial else 0.0
        for label in range(n_labels):
            if label not in truth:
                self.missing[label] += weight
            elif truth[label]:
                self.positives[label] += weight
            if 0 < self.positives[label] < self.seen - self.missing[label]:
                self.mixed = True

    # --- the split

    def best_cut(self, n_labels):
        """Return merit, feature, cut, and the merit of the next best feature."""
        known = [self.seen - self.missing[label] for label in range(n_labels)]
        rest = [k - held for k, held in zip(known, self.positives, strict=False)]
        entropy = sum(-purity(self.positives[i], rest[i]) / known[i] for i in range(n_labels) if known[i])
        if entropy <= 0:
            return 0.0, -1, 0.0, 0.0
        merits = []
        for f in sorted({f for x, _, _ in self.observed for f in x}):
            merit, cut = self._best_cut_of(f, n_labels, known)
            if merit > 0:
                merits.append((merit / entropy, f, cut))
        merits.sort(key=lambda m: (-m[0], m[1]))
        if not merits:
            return 0.0, -1, 0.0, 0.0
        return (*merits[0], merits[1][0] if len(merits) > 1 else 0.0)

    def _best_cut_of(self, f, n_labels, known):
        seen = [(x.get(f, 0.0), labels, w) for x, labels, w in self.observed]
        there = [(float(v), labels, w) for v, labels, w in seen if v != 0 and not math.isnan(v)]
        nans = sum(w for v, _, w in seen if math.isnan(v))
        zeros = self.seen - sum(w for _, _, w in there) - nans
        values = [v for v, _, _ in there] + ([0.0] if zeros > 0 else [])
        if not there or sum(w for _, _, w in there) < 0.01 * self.seen or min(values) >= max(values):
            return 0.0, 0.0
        low, high = min(v for v, _, _ in there), max(v for v, _, _ in there)
        least, most = min(values), max(values)
        cuts = [0.0, *(least + (most - least) * (c / 11) for c in range(1, 11))]
        if low == high:
            cuts = [0.5 * (least + most)]
        everything = gauss([(v, w) for v, _, w in there])
        best = (0.0, 0.0)
        for cut in cuts:
            left = zeros * (cut >= 0) + everything[0] * below(cut, everything, low, high)
            if left < 0.01 * self.seen or zeros + everything[0] - left < 0.01 * self.seen:
                continue
            gain = 0.0
            for label in range(n_labels):
                if not 0 < self.positives[label] < known[label]:
                    continue
                share = known[label] / self.seen
                held = gauss([(v, w) for v, labels, w in there if label in labels])
                held_nans = sum(w for v, labels, w in seen if math.isnan(v) and label in labels)
                held_zeros = max(self.positives[label] - held[0] - held_nans, 0.0)
                rest = subtract((share * everything[0], everything[1], share * everything[2]), held)
                rest_zeros = max(share * zeros - held_zeros, 0.0)
                a = held_zeros * (cut >= 0) + held[0] * below(cut, held, low, high)
                b = rest_zeros * (cut >= 0) + rest[0] * below(cut, rest, low, high)
                n, m = held[0] + held_zeros, rest[0] + rest_zeros
                gain += max(purity(a, b) + purity(n - a, m - b) - purity(n, m), 0.0) / known[label]
            if gain > best[0]:
                best = (gain, cut)
        return best


def purity(a, b):
    """Return -n h(p) of a and b."""
    a, b = max(a, 0.0), max(b, 0.0)
    return sum(n * math.log(n) for n in (a, b) if n > 0) - ((a + b) * math.log(a + b) if a + b > 0 else 0.0)


def gauss(pairs):
    """Return weight, mean and spread of weighted values."""
    n = sum(w for _, w in pairs)
    if not n:
        return 0.0, 0.0, 0.0
    mean = sum(v * w for v, w in pairs) / n
    return n, mean, sum(w * (v - mean) ** 2 for v, w in pairs)


def subtract(all_, part):
    n = max(all_[0] - part[0], 0.0)
    if part[0] == 0 or n == 0:
        return n, all_[1], all_[2]
    mean = (all_[0] * all_[1] - part[0] * part[1]) / n
    return n, mean, all_[2] - part[2] - part[0] * n / (part[0] + n) * (part[1] - mean) ** 2


def below(cut, g, low, high):
    if cut >= high:
        return 1.0
    if cut < low or g[0] == 0:
        return 0.0
    deviation = math.sqrt(max(g[2], 0.0) / g[0])
    if deviation <= 0:
        return float(cut >= g[1])
    return 0.5 * math.erfc((g[1] - cut) / (deviation * math.sqrt(2)))
