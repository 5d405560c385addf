"""Kernel of `benchmarks.extreme.oracle`."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.extreme.kernels.counts import best
from streams.jit import jit

#: Labels of a group of the generator.
GROUP = 32
INSIDE, OUT = 0, 1
#: Labels of a row that are looked for one after the other.
MOST = 64


@jit
def _gain(unexplained):  # type: ignore[no-untyped-def]
    """Return what a feature that is there adds to the log-likelihood ratio of a label that tells it.

    `unexplained` is the probability that it would not be there without that label.
    """
    return math.log(2 - unexplained) - math.log1p(-unexplained)


@jit
def judge_rows(  # type: ignore[no-untyped-def]
    indptr, ids, absent, ends, places, told, rates, prior, groups, everything, names, threshold,
    evidence, of_group, at, top, scores, set_indptr, set_ids,
):  # fmt: skip
    """Rank the labels of each row by their posterior, and choose those above the threshold, at least the best.

    Parameters
    ----------
    indptr, ids : the features of the rows
    absent : float64 (features,): how likely each feature is not there
    ends, places : the places of the labels that each feature tells, in CSR
    told : int32 (labels, k): the features that tell each label
    rates : float64 (labels, 2): how likely the label at each place is if its group is the row's, and if another is
    prior : float64 (labels,): log-odds of it whatever the group
    groups, everything : float64 (groups,): log of the prior of each group times that none of its labels holds; their sum
    names : int32 (labels,)
    evidence, of_group, at : float64 (labels,) and (groups,), int32 (features,), zero; scratch
    top, scores, set_indptr, set_ids : written
    """
    without = told.shape[1] * math.log(0.5)
    touched, met = np.empty(0, np.int64), np.empty(0, np.int64)
    chosen = np.empty(MOST, np.int64)
    n_set = 0
    for row in range(len(indptr) - 1):
        start, stop = indptr[row], indptr[row + 1]
        room = 0
        for i in range(start, stop):
            room += ends[ids[i] + 1] - ends[ids[i]]
        if room > len(touched):
            touched, met = np.empty(2 * room, np.int64), np.empty(2 * room, np.int64)
        left = np.empty(stop - start)
        n = n_met = 0
        for i in range(start, stop):
            at[ids[i]] = i - start + 1
            left[i - start] = absent[ids[i]]
            gain = _gain(left[i - start])
            for k in range(ends[ids[i]], ends[ids[i] + 1]):
                place = places[k]
                if evidence[place] == 0:
                    touched[n] = place
                    n += 1
                    evidence[place] = without
                evidence[place] += gain

        # One label after the other, the likeliest first: what it explains speaks less for all others.
        n_chosen = 0
        while n_chosen < min(MOST, n):
            likeliest, most = -1, 0.0
            for k in range(n):
                odds = evidence[touched[k]] + prior[touched[k]]
                if odds > most:
                    fresh = True
                    for c in range(n_chosen):
                        fresh &= chosen[c] != touched[k]
                    if fresh:
                        likeliest, most = touched[k], odds
            if likeliest < 0:
                break
            chosen[n_chosen] = likeliest
            n_chosen += 1
            for feature in told[likeliest]:
                i = at[feature] - 1
                if i >= 0:
                    change = _gain(0.5 * left[i]) - _gain(left[i])
                    left[i] *= 0.5
                    for k in range(ends[feature], ends[feature + 1]):
                        if places[k] != likeliest:
                            evidence[places[k]] += change

        for k in range(n):
            place = touched[k]
            ratio = math.exp(evidence[place])
            group = place // GROUP
            if of_group[group] == 0:
                met[n_met] = group
                n_met += 1
            inside, out = rates[place, INSIDE], rates[place, OUT]
            of_group[group] += math.log1p(inside * ratio / (1 - inside)) - math.log1p(out * ratio / (1 - out))
        highest = 0.0
        for k in range(n_met):
            highest = max(highest, of_group[met[k]])
        total = everything * math.exp(-highest)
        for k in range(n_met):
            before = groups[met[k]]
            total += math.exp(of_group[met[k]] + before - highest) - math.exp(before - highest)
        top[row] = -1
        scores[row] = 0
        first = n_set
        for k in range(n):
            place = touched[k]
            group = place // GROUP
            ratio = math.exp(evidence[place])
            own = math.exp(of_group[group] + groups[group] - highest) / total
            inside, out = rates[place, INSIDE] * ratio, rates[place, OUT] * ratio
            p = own * inside / (1 - rates[place, INSIDE] + inside) + (1 - own) * out / (1 - rates[place, OUT] + out)
            best(names[place], p, top[row], scores[row])
            if p > threshold:
                set_ids[n_set] = names[place]
                n_set += 1
        for k in range(n):
            evidence[touched[k]] = 0
            of_group[touched[k] // GROUP] = 0
        for i in range(start, stop):
            at[ids[i]] = 0
        if n_set == first and top[row, 0] >= 0:
            set_ids[n_set] = top[row, 0]
            n_set += 1
        set_ids[first:n_set].sort()
        set_indptr[row + 1] = n_set
