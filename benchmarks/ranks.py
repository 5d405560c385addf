"""Published results that learners can be ranked among."""

from __future__ import annotations

import csv
from pathlib import Path

#: Data set -> its name in the published tables of MLHAT (Esteban, Cano, Zafra & Ventura 2024, 17 online methods).
PUBLISHED_NAMES = {
    "flags": "Flags", "waterquality": "WaterQuality", "emotions": "Emotions", "virusgo": "VirusGO", "birds": "Birds",
    "yeast": "Yeast", "scene": "Scene", "gnegative": "Gnegative", "plant": "Plant", "human_go": "Human",
    "medical": "Medical", "enron": "Enron", "langlog": "Langlog", "stackex_chess": "Stackex", "tmc2007_500": "Tmc",
    "d20ng": "D20ng", "corel5k": "Corel5k", "bibtex": "Bibtex", "imdb": "Imdb", "yahoo_society_636": "YahooSociety",
}  # fmt: skip
#: Score -> file of the published tables.
FILES = {
    "micro-F1": "micro_f1.csv",
    "example-F1": "example_f1.csv",
    "macro-F1": "macro_f1.csv",
    "subset acc.": "subset_acc.csv",
}
#: Many label sets of these are empty, and MLHAT alone was scored with an empty prediction for them as right.
SCORED_ELSEWISE = {"example-F1": ("birds", "langlog")}

#: Data set -> learner -> value; the larger the better.
Scores = dict[str, dict[str, float]]


def published(directory: Path, score: str, names: list[str]) -> Scores:
    """Return the published values of those data sets that have some which compare, by our name of the set."""
    with (directory / FILES[score]).open(newline="") as file:
        rows = {row.pop("Dataset"): row for row in csv.DictReader(file)}
    usable = [name for name in names if name in PUBLISHED_NAMES and name not in SCORED_ELSEWISE.get(score, ())]
    return {name: {k: float(v) for k, v in rows[PUBLISHED_NAMES[name]].items()} for name in usable}
