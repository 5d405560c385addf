"""Kernels of the choice among rules: what each rule's label sets were worth, faded, and which rule to follow."""

from __future__ import annotations

from streams.jit import jit

#: What is wanted: for all but MACRO the worth of a rule is its faded hits / its faded mass.
MICRO, MACRO, EXAMPLE, SUBSET, HAMMING = range(5)
#: How fast old rows are forgotten: half of them after about 1,400.
FADE = 0.9995
#: Another rule is followed when it leads by so much, divided by the faded rows: by at least .002 in the long run.
LEAD = 4.0
#: What a label is in a row, in `truth`: nothing, it holds, it is known not to hold (partial rows).
HOLDS, ABSENT = 1, 2
#: The macro counts are kept times a scale that grows with every row; from here on it is taken out of them.
MOST_SCALE = 1e100
#: Places in `totals`: faded rows, scale of the macro counts.
ROWS, SCALE = 0, 1


@jit
def chosen_rule(hits, mass, n_rows):  # type: ignore[no-untyped-def]
    """Return the best rule if it leads the first, which is the default, by enough; the default otherwise."""
    best, best_worth = 0, 0.0
    if n_rows > 0.0:
        first = hits[0] / mass[0] if mass[0] > 0.0 else 0.0
        best_worth = first + LEAD / n_rows
        for rule in range(1, len(hits)):
            worth = hits[rule] / mass[rule] if mass[rule] > 0.0 else 0.0
            if worth > best_worth:
                best, best_worth = rule, worth
    return best


@jit
def mark_truth(row, label_indptr, label_indices, status, known_indptr, known_indices, truth, clear):  # type: ignore[no-untyped-def]
    """Write what the known labels of a row are to `truth`, or zeros again; return how many hold."""
    if status[row] == 1:
        for i in range(known_indptr[row], known_indptr[row + 1]):
            truth[known_indices[i]] = 0 if clear else ABSENT
    for i in range(label_indptr[row], label_indptr[row + 1]):
        truth[label_indices[i]] = 0 if clear else HOLDS
    return label_indptr[row + 1] - label_indptr[row]


@jit
def judge(want, right, predicted, true):  # type: ignore[no-untyped-def]
    """Return what a label set adds to the hits and to the mass of its rule."""
    if want == MICRO:
        return 2.0 * right, 1.0 * (predicted + true)
    if want == EXAMPLE:
        return (2.0 * right / (predicted + true) if predicted + true > 0 else 1.0), 1.0
    if want == SUBSET:
        return (1.0 if right == predicted and right == true else 0.0), 1.0
    return -1.0 * (predicted + true - 2 * right), 1.0


@jit
def move_label(rule, k, hit, mass, label_hits, label_mass, hits):  # type: ignore[no-untyped-def]
    """Add to the counts of one label of one rule; the rule's sum of F1 over its labels, `hits[rule]`, follows."""
    if label_mass[rule, k] > 0.0:
        hits[rule] -= label_hits[rule, k] / label_mass[rule, k]
    label_hits[rule, k] += hit
    label_mass[rule, k] += mass
    hits[rule] += label_hits[rule, k] / label_mass[rule, k]


@jit
def rescale(hits, totals, label_hits, label_mass):  # type: ignore[no-untyped-def]
    """Take the scale out of the macro counts, and add the sums of F1 up anew."""
    for rule in range(len(hits)):
        hits[rule] = 0.0
        for k in range(label_hits.shape[1]):
            label_hits[rule, k] /= totals[SCALE]
            label_mass[rule, k] /= totals[SCALE]
            if label_mass[rule, k] > 0.0:
                hits[rule] += label_hits[rule, k] / label_mass[rule, k]
    totals[SCALE] = 1.0


@jit
def choose_block(  # type: ignore[no-untyped-def]
    want, indptrs, ids, starts, label_indptr, label_indices, status, known_indptr, known_indices, limits,
    hits, mass, totals, label_hits, label_mass, truth, learn, out_indptr, out,
):  # fmt: skip
    """Give every row the label set of the rule that was worth most so far; let known labels judge all rules' sets.

    Parameters
    ----------
    want : MICRO, MACRO, EXAMPLE, SUBSET or HAMMING
    indptrs, ids, starts : int64 (R, n + 1), int32, int64 (R,): label sets by R rules, those of rule r from starts[r] on
    label_indptr ... limits : the rows' labels, see `ihomer.rows.Rows`
    hits, mass, totals : float64 (R,), (R,), (2,): faded
    label_hits, label_mass : float64 (R, L): for MACRO, times totals[SCALE]
    truth : int8 scratch (L,), all zero at entry and at return
    learn : whether rows judge
    out_indptr, out : int64 (n + 1,), int32 (n * L,): the label sets, written
    """
    at = 0
    out_indptr[0] = 0
    for row in range(len(limits) - 1):
        rule = chosen_rule(hits, mass, totals[ROWS])
        for i in range(starts[rule] + indptrs[rule, row], starts[rule] + indptrs[rule, row + 1]):
            out[at] = ids[i]
            at += 1
        out_indptr[row + 1] = at
        if not learn or status[row] == 0:
            continue
        true = mark_truth(row, label_indptr, label_indices, status, known_indptr, known_indices, truth, False)
        totals[ROWS] = FADE * totals[ROWS] + 1.0
        if want == MACRO:
            totals[SCALE] /= FADE
        for r in range(len(hits)):
            right = predicted = 0
            for i in range(starts[r] + indptrs[r, row], starts[r] + indptrs[r, row + 1]):
                holds = truth[ids[i]] == HOLDS
                if status[row] == 2 or truth[ids[i]] != 0:
                    predicted += 1
                    right += holds
                    if want == MACRO:
                        hit = 2.0 * totals[SCALE] if holds else 0.0
                        move_label(r, ids[i], hit, totals[SCALE], label_hits, label_mass, hits)
            if want == MACRO:
                for i in range(label_indptr[row], label_indptr[row + 1]):
                    move_label(r, label_indices[i], 0.0, totals[SCALE], label_hits, label_mass, hits)
                mass[r] = limits[row + 1]
            else:
                more_hits, more_mass = judge(want, right, predicted, true)
                hits[r] = FADE * hits[r] + more_hits
                mass[r] = FADE * mass[r] + more_mass
        mark_truth(row, label_indptr, label_indices, status, known_indptr, known_indices, truth, True)
        if totals[SCALE] > MOST_SCALE:
            rescale(hits, totals, label_hits, label_mass)
