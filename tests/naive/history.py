"""The history of one label as the list of its known truths: every number is counted anew."""

from __future__ import annotations

from tests.naive.linear import log_odds


def scores(truths: list[bool]) -> list[float]:
    """Markov, prior, fast and slow score after these truths; before the first one the label did not hold."""
    known = len(truths)
    prior = (sum(truths) + 0.5) / (known + 1)
    before = [False, *truths]
    after_same = [truth for last, truth in zip(before, truths, strict=False) if last == before[-1]]
    markov = (sum(after_same) + 2 * prior) / (len(after_same) + 2)
    fast = sum(0.2 * 0.8**age for age, truth in enumerate(reversed(truths)) if truth)
    slow = sum(0.03 * 0.97**age for age, truth in enumerate(reversed(truths)) if truth)
    return [
        0.7 * log_odds(markov, 0.003) + 0.5,
        0.5 * log_odds(prior, 0.001) + 0.5,
        0.5 * log_odds((fast + 0.1 * prior) / 1.1, 0.003) + 0.5,
        0.5 * log_odds((slow + 0.3 * prior) / (1 - 0.97**known + 0.3), 0.003) + 0.5,
    ]
