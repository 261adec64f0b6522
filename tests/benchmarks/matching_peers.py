"""Run in the environment of Valentine: score all pairs of columns of different tables: `ALGORITHM TABLES.json`.

Prints a JSON list of [table, column, table, column, score]. Nothing of the product is imported here, nor this by the product.
"""

import itertools
import json
import sys
from pathlib import Path

import pandas as pd
from valentine import valentine_match
from valentine.algorithms import Coma, DistributionBased, SimilarityFlooding
from valentine.algorithms.coma.similarity import tfidf

STOP_WORDS = frozenset(["a", "an", "and", "are", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with"])
"""COMA would fetch a list of these from the network; the commonest do."""

ALGORITHMS = {
    "COMA": lambda: Coma(use_instances=True),
    "SimilarityFlooding": SimilarityFlooding,
    "DistributionBased": DistributionBased,
}


def main() -> None:
    """Match every pair of tables."""
    tfidf._english_stopwords = lambda: STOP_WORDS
    algorithm, path = sys.argv[1:]
    tables = json.loads(Path(path).read_text(encoding="utf-8"))
    frames = {name: pd.DataFrame(columns) for name, columns in tables.items()}
    found = []
    for one, other in itertools.combinations(frames, 2):
        matches = valentine_match(
            [frames[one], frames[other]], ALGORITHMS[algorithm](), [one, other], instance_sample_size=None
        )
        for pair, score in matches.items():
            found.append([pair.source_table, pair.source_column, pair.target_table, pair.target_column, score])
    print(json.dumps(found))  # noqa: T201


main()
