"""The learners that have a name, in one table: what documentation, the command line and comparisons read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

#: ours; global: one model for all labels; local: a model per label; trivial: no features at all.
Family = Literal["ours", "global", "local", "trivial"]


@dataclass(slots=True, frozen=True)
class Learner:
    """A learner with a name.

    Parameters
    ----------
    family
        What kind it is.
    factory
        `module:object` of the class or function that makes it; its docstring names source and parameters.
    what
        What it is, in a few words.
    source
        The publication, in short.
    parameters
        Those that make it what it is.
    extra
        What must be installed beside, if anything: an extra of this project.
    """

    family: Family
    factory: str
    what: str
    source: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    extra: str | None = None


_IHOMER: Final = "ihomer.model:IHOMER"
_NEVES: Final = "Neves et al. 2025"

CATALOGUE: Final[Mapping[str, Learner]] = {
    "ihomer": Learner("ours", _IHOMER, "the default: balanced", _NEVES),
    "ihomer-fast": Learner("ours", _IHOMER, "a few microseconds an instance", _NEVES, {"preset": "fast"}),
    "ihomer-balanced": Learner("ours", _IHOMER, "with a memory of 32,768 rows", _NEVES, {"preset": "balanced"}),
    "ihomer-accurate": Learner("ours", _IHOMER, "all experts, whatever they cost", _NEVES, {"preset": "accurate"}),
    "ihomer-many": Learner("ours", _IHOMER, "for very many labels", _NEVES, {"label_space": "many"}),
    "ihomer-paper": Learner("ours", _IHOMER, "as the paper has it, an MLHAT per cluster", _NEVES, {"preset": "paper"}),
    "linear": Learner("ours", "ihomer.learners.linear:LinearLearner", "one linear model per label", "Crammer et al. 2009"),
    "mlhat": Learner("ours", "ihomer.learners.mlhat:MLHAT", "multi-label Hoeffding adaptive tree", "Esteban et al. 2024"),
    "mlht": Learner("global", "ihomer.peers.label_tree:MLHT", "multi-label Hoeffding tree", "Read et al. 2012"),
    "mlhtps": Learner("global", "ihomer.peers.label_tree:MLHTPS", "the same, pruned sets at its leaves", "Read et al. 2012"),
    "isoupt": Learner("global", "ihomer.peers.isoup:ISOUPTree", "iSOUP-Tree", "Osojnik et al. 2017"),
    "mlbels": Learner("global", "ihomer.peers.mlbels:MLBELS", "broad ensemble learning system", "Bakhshi & Can 2024"),
    "cc": Learner("global", "ihomer.peers.chains:ClassifierChain", "chain of logistic regressions", "Read et al. 2011"),
    "mcc": Learner("global", "ihomer.peers.chains:MonteCarloChain", "the same, label sets drawn from it", "Read et al. 2014"),
    "vw": Learner("local", "ihomer.peers.vw:VowpalWabbit", "Vowpal Wabbit, a linear model per label",
                  "Langford et al. 2007", extra="peers"),
    "vw-plt": Learner("global", "ihomer.peers.vw:VowpalWabbitPLT", "Vowpal Wabbit, a probabilistic label tree",
                      "Jasinska et al. 2016", extra="peers"),
    "knn": Learner("local", "ihomer.peers.neighbours:NearestNeighbours", "5 nearest of the last 200 rows", "Aha et al. 1991"),
    "nb": Learner("local", "ihomer.peers.bayes:gaussian_naive_bayes", "Gaussian naive Bayes", "river"),
    "amr": Learner("local", "ihomer.peers.rules:adaptive_model_rules", "adaptive model rules", "Duarte et al. 2016"),
    "ht": Learner("local", "ihomer.peers.trees:hoeffding_tree", "Hoeffding tree", "Domingos & Hulten 2000"),
    "hat": Learner("local", "ihomer.peers.trees:hoeffding_adaptive_tree", "Hoeffding adaptive tree", "Bifet & Gavaldà 2009"),
    "efdt": Learner("local", "ihomer.peers.trees:extremely_fast_decision_tree", "extremely fast decision tree",
                    "Manapragada et al. 2018"),
    "sgt": Learner("local", "ihomer.peers.trees:stochastic_gradient_tree", "stochastic gradient tree", "Gouk et al. 2019"),
    "mt": Learner("local", "ihomer.peers.trees:mondrian_tree", "Mondrian tree", "Mourtada et al. 2021"),
    "arf": Learner("local", "ihomer.peers.forests:adaptive_random_forest", "adaptive random forest", "Gomes et al. 2017"),
    "amf": Learner("local", "ihomer.peers.forests:aggregated_mondrian_forest", "aggregated Mondrian forest",
                   "Mourtada et al. 2021"),
    "abalr": Learner("local", "ihomer.peers.linear:adwin_bagging", "ADWIN bagging of logistic regressions",
                     "Bifet et al. 2009"),
    "abolr": Learner("local", "ihomer.peers.linear:adwin_boosting", "ADWIN boosting of logistic regressions",
                     "Oza & Russell 2001"),
    "lr": Learner("local", "ihomer.peers.linear:logistic_regression", "logistic regression, scaled features", "river"),
    "no-change": Learner("trivial", "ihomer.evaluation.baselines:NoChange", "the previous label set", "folklore"),
    "majority-set": Learner("trivial", "ihomer.evaluation.baselines:MajoritySet", "the most frequent label set", "folklore"),
    "label-prior": Learner("trivial", "ihomer.evaluation.baselines:LabelPrior", "labels of more than half of the rows",
                           "folklore"),
}  # fmt: skip

#: Further names of presets: those of the parameter `preset`.
ALIASES: Final[Mapping[str, str]] = {
    "fast": "ihomer-fast",
    "balanced": "ihomer-balanced",
    "accurate": "ihomer-accurate",
    "paper": "ihomer-paper",
}
