"""Whether differences between learners over many data sets mean anything."""

from ihomer.evaluation.statistics.bayes import SignedRank, bayesian_signed_rank
from ihomer.evaluation.statistics.critical_difference import critical_difference_svg
from ihomer.evaluation.statistics.friedman import Friedman, friedman
from ihomer.evaluation.statistics.nemenyi import Nemenyi, critical_difference, nemenyi
from ihomer.evaluation.statistics.ranks import MeanRanks, mean_ranks
from ihomer.evaluation.statistics.scores import Scores
from ihomer.evaluation.statistics.wilcoxon import PairTest, WilcoxonHolm, wilcoxon_holm, wilcoxon_p_value
from ihomer.evaluation.statistics.wins import WinTieLoss, win_tie_loss

__all__ = [
    "Friedman",
    "MeanRanks",
    "Nemenyi",
    "PairTest",
    "Scores",
    "SignedRank",
    "WilcoxonHolm",
    "WinTieLoss",
    "bayesian_signed_rank",
    "critical_difference",
    "critical_difference_svg",
    "friedman",
    "mean_ranks",
    "nemenyi",
    "wilcoxon_holm",
    "wilcoxon_p_value",
    "win_tie_loss",
]
