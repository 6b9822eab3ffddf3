"""Numeric rows as a source of training rows: an `fastlr.SGDClassifier` is trained with each strength of the penalty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Event
from typing import Any

import numpy as np

from fastlr.data.problem import class_mass, combine_weights
from fastlr.files.row_batches import RowBatch, label_name, with_columns
from fastlr.files.row_corpus import RowCorpus
from fastlr.linear_model.sgd_classifier import SGDClassifier
from fastlr.store import Store
from fastlr.training.penalty_search import ROWS_SHARE, Candidate, WeightedCodes, check_known

# Strengths of the penalty to try besides the automatic one, unless the user gives one, as multiples of that. Test
# log-loss with 0.1 / 1 / 10 / 100 times: tf-idf of 2,000 abstracts of 20 classes .716 / .727 / .829 / 1.16, of 20,000
# .476 / .480 / .531 / .902, of 20,000 titles of 200 classes 2.59 / 2.62 / 2.94 / 4.29; 14,000 rows of noisy linear
# data .403 / .402 / .399 / .430.
FACTORS = (0.1, 10.0)

# Columns of a model's history that are removed, because the same rows must make the same model file.
TIMES = ("seconds", "nonzeros_per_second")

# Weight matrices in memory at a time, at most: while a model is trained, the best one so far is kept.
N_WEIGHTS = 4


class RowSource:
    """Labelled rows that models are trained on; see `TrainingSource` for its methods.

    Parameters
    ----------
    parameters : mapping
        Parameters of `fastlr.SGDClassifier`. With ``alpha="auto"`` a few multiples of the automatic strength are tried.
        The keys of ``class_weight`` are names of labels.
    C : float or None
        If given, ``alpha`` is ``1 / (C * sum(s))`` for weights ``s`` of the rows to train on.
    n_features : int or None
        Number of columns; None takes that of the widest row.
    memory : int or None
        Bytes that training may take.
    seed : int
    """

    noun = "rows"

    def __init__(
        self,
        parameters: Mapping[str, Any],
        *,
        C: float | None = None,
        n_features: int | None = None,
        memory: int | None = None,
        seed: int = 0,
    ) -> None:
        self.parameters, self.class_weight = {**parameters, "class_weight": None}, parameters.get("class_weight")
        self.C, self.memory, self.seed = C, memory, seed
        max_bytes = None if memory is None else int(ROWS_SHARE * memory)
        self.corpus, self._others = RowCorpus(max_bytes, n_features), RowCorpus(max_bytes)

    def __enter__(self) -> RowSource:
        return self

    def __exit__(self, *error: object) -> None:
        self.corpus.close()
        self._others.close()

    def collect(self, data: Store | Iterable[RowBatch]) -> WeightedCodes:
        """Take in the rows to train on; refuse more weights than fit into the memory."""
        self.corpus.collect(data)
        self._check_memory()
        corpus = self.corpus
        self._mass = class_mass(corpus.codes, corpus.weights, len(corpus.classes))
        corpus.weights = self._weighted(corpus.weights, corpus.codes)
        return corpus.codes, corpus.weights

    def _weighted(self, weights: np.ndarray | None, codes: np.ndarray) -> np.ndarray | None:
        """Return the weights of rows times those of their classes."""
        return combine_weights(weights, self.class_weight, np.array(self.class_names()), codes, self._mass)

    def class_names(self) -> Sequence[Any]:
        """Return the labels as files have them."""
        return [label_name(label) for label in self.corpus.classes.tolist()]

    def max_fraction(self) -> float:
        """Return 1: rows held out stay where they are."""
        return 1.0

    def prepare(self, held_out: np.ndarray, total_weight: float) -> None:
        """Give the rows held out the weight 0, which is the same as leaving them out."""
        # Weights of 1 are given even if no rows are held out: losses in the history depend on it in the last digits.
        weights = np.ones(len(self.corpus)) if self.corpus.weights is None else self.corpus.weights.copy()
        weights[held_out] = 0.0
        self._weights: np.ndarray | None = weights
        self._total_weight = total_weight
        self._validation, self._validation_rows = self.corpus, held_out

    def collect_validation(self, data: Store | Iterable[RowBatch]) -> WeightedCodes:
        """Take in rows to validate on, of which those of weight 0 are left out."""
        others = self._others
        others.collect(data)
        self._weights = self.corpus.weights
        codes = codes_among(self.corpus.classes, others)
        weights = self._weighted(others.weights, codes)
        rows = np.arange(len(others)) if weights is None else np.flatnonzero(weights)
        self._validation, self._validation_rows = others, rows
        return codes[rows], None if weights is None else weights[rows]

    def candidates(self) -> Sequence[Candidate]:
        """Return the strength that ``C`` or the parameters give, which may be automatic."""
        return [{} if self.C is None else {"alpha": 1.0 / (self.C * self._total_weight)}]

    def train(self, candidate: Candidate, cancelled: Event) -> SGDClassifier:
        """Return the model of a candidate. It is trained in the main thread, which Ctrl-C interrupts by itself."""
        model = SGDClassifier(**{**self.parameters, "random_state": self.seed, **candidate})
        model.fit(self.corpus.X, self.corpus.labels(), sample_weight=self._weights)
        for name in TIMES:
            del model.history_[name]
        return model

    def probabilities(self, model: SGDClassifier) -> Iterator[np.ndarray]:
        """Yield the probabilities of the rows to validate on."""
        first = 0
        for X in self._validation.chunks():
            last = first + X.shape[0]
            rows = self._validation_rows[slice(*np.searchsorted(self._validation_rows, [first, last]))]
            if len(rows):
                X, _ = with_columns(X[rows - first], model.n_features_in_)
                yield model.predict_proba(X)
            first = last

    def further_candidates(self, best: SGDClassifier) -> Sequence[Candidate]:
        """Return multiples of the automatic strength."""
        if best.alpha != "auto" or best.penalty is None:
            return []
        # The automatic strengths of L1 and L2 have units of their own, so that the share of L1 is known only now.
        share = {"l1_ratio": best.l1_ratio_} if best.penalty == "elasticnet" else {}
        return [{"alpha": factor * best.alpha_, **share} for factor in FACTORS]

    def _check_memory(self) -> None:
        n_features, n_classes = self.corpus.X.shape[1], len(self.corpus.classes)
        size = N_WEIGHTS * n_features * (1 if n_classes == 2 else n_classes) * self.corpus.X.dtype.itemsize
        if self.memory is not None and size > self.memory:
            raise ValueError(
                f"training needs {size / 1e6:,.0f} MB for the weights of {n_features:,} features and {n_classes:,} "
                f"classes, but the limit is {self.memory / 1e6:,.0f} MB; raise it by --memory"
            )


def codes_among(classes: np.ndarray, corpus: RowCorpus) -> np.ndarray:
    """Return the codes of a corpus's labels among classes, to which they are matched by name.

    Raises
    ------
    ValueError
        If a label is not among them.
    """
    places = {label_name(label): k for k, label in enumerate(classes.tolist())}
    names = [label_name(label) for label in corpus.classes.tolist()]
    check_known([name for name in names if name not in places])
    return np.array([places[name] for name in names], np.int32)[corpus.codes]
