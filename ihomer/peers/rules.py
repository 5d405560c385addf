"""Adaptive model rules by binary relevance, as river has them."""

from __future__ import annotations

from typing import Any

from river import linear_model, rules
from river.rules.amrules import RegRule
from river.tree.split_criterion import VarianceRatioSplitCriterion

from ihomer.peers.binary_relevance import BinaryRelevance
from ihomer.peers.inputs import NumericInputs


def adaptive_model_rules(
    n_min: int = 200,
    delta: float = 1e-5,
    tau: float = 0.05,
    fading_factor: float = 0.99,
    anomaly_threshold: float = -0.75,
    m_min: int = 30,
) -> BinaryRelevance:
    """Return adaptive model rules for every label, on features as they are; a rule's head is a logistic regression.

    Duarte, Gama & Bifet, "Adaptive model rules from high-speed data streams", TKDD 10, 2016; river's `AMRules`, which
    regresses: as in the published comparison on 0 and 1, and a label is predicted where more than .5 comes out.

    Parameters
    ----------
    n_min
        Rows that a rule sees between two tests for a further condition.
    delta, tau
        One minus the confidence of such a condition, and the bound below which two are equally good.
    fading_factor
        Of the errors that are watched, per row.
    anomaly_threshold, m_min
        Rows that score lower under a rule that saw more than `m_min` rows are not learned by it.
    """
    model = _Rules(
        n_min=n_min,
        delta=delta,
        tau=tau,
        pred_type="model",
        pred_model=linear_model.LogisticRegression(),  # type: ignore[arg-type]
        fading_factor=fading_factor,
        anomaly_threshold=anomaly_threshold,
        m_min=m_min,
    )
    return BinaryRelevance(model, NumericInputs)


class _Criterion(VarianceRatioSplitCriterion):
    """river's criterion, which gains nothing where labels do not vary (there river divides by zero)."""

    def merit_of_split(self, pre_split_dist: Any, post_split_dist: Any) -> float:
        if pre_split_dist.get() <= 0:
            return 0.0
        merit: float = super().merit_of_split(pre_split_dist, post_split_dist)  # type: ignore[no-untyped-call]
        return merit


class _Rule(RegRule):
    """river's rule, which is only expanded by the better of two features (river fails where there is none)."""

    def expand(self, delta: float, tau: float) -> tuple[Any, bool]:
        if len(self.splitters) < 2:
            self._last_expansion_attempt_at = self.total_weight
            return self, False
        expanded: tuple[Any, bool] = super().expand(delta, tau)  # type: ignore[no-untyped-call]
        return expanded


class _Rules(rules.AMRules):
    def _new_rule(self) -> _Rule:
        made = super()._new_rule()
        criterion = _Criterion(self.min_samples_split)
        rule: _Rule = _Rule(  # type: ignore[no-untyped-call]
            made.template_splitter, criterion, made.pred_model, made.drift_detector
        )
        return rule
