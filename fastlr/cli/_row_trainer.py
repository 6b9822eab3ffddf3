"""Training on rows of numbers as on texts: some are held out, and the strength of the penalty is chosen by them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fastlr.cli._row_corpus import RowCorpus
from fastlr.files.row_batches import label_name, with_columns
from fastlr.linear_model.sgd_classifier import SGDClassifier
from fastlr.text.holdout import hold_out
from fastlr.utils.arrays import sum_of

# Strengths of the penalty to try besides the automatic one, where none is given, as multiples of that. Test log-loss
# with 0.1 / 1 / 10 / 100 times: tf-idf of 2,000 abstracts of 20 classes .716 / .727 / .829 / 1.16, of 20,000 .476 /
# .480 / .531 / .902, of 20,000 titles of 200 classes 2.59 / 2.62 / 2.94 / 4.29; 14,000 rows of noisy linear data
# .403 / .402 / .399 / .430.
FACTORS = (0.1, 10.0)

# What a model's history has of the time that its training took: the same rows are to make the same model.
TIMES = ("seconds", "nonzeros_per_second")

# Weights that there are at a time, at most, while a model is trained, and the best one so far is kept.
N_WEIGHTS = 4


class TrainedRows(NamedTuple):
    """A model, and how good it is on the rows that it was validated on, if there were any.

    Attributes
    ----------
    model : SGDClassifier
    scores : dict or None
        ``"accuracy"`` and ``"log_loss"``, weighted as the rows are, and ``"n"``, how many rows these were.
    """

    model: SGDClassifier
    scores: dict[str, float] | None


def train_rows(
    corpus: RowCorpus,
    parameters: dict[str, Any],
    *,
    C: float | None = None,
    validation_fraction: float = 0.1,
    evaluation: RowCorpus | None = None,
    memory: int | None = None,
    seed: int = 0,
) -> TrainedRows:
    """Train on rows with each strength of the penalty that there is to try; return the best model.

    Parameters
    ----------
    corpus : RowCorpus
    parameters : dict
        Of `SGDClassifier`. With ``alpha="auto"`` a few multiples of the automatic strength are tried.
    C : float or None
        In place of ``alpha``, which is ``1 / (C * sum(s))`` over the rows to train on.
    validation_fraction : float
        Share of the rows of each class that is held out. Where it comes to no row, as it may where there are few,
        nothing is validated on, and the strength is the automatic one.
    evaluation : RowCorpus or None
        What is validated on, instead of rows held out.
    memory : int or None
        Bytes that the weights are to fit into.
    seed : int

    Raises
    ------
    ValueError
        If there is one class, the weights do not fit, or ``evaluation`` has a class of its own.
    """
    if len(corpus.classes) < 2:
        found = [label_name(label) for label in corpus.classes.tolist()]
        raise ValueError(f"A classifier needs two classes or more; there is 1: {found}.")
    _check_memory(corpus, memory)
    weights = np.ones(len(corpus)) if corpus.weights is None else corpus.weights.copy()
    chosen, validated = None, evaluation
    if evaluation is None:
        chosen = hold_out(corpus.codes, weights, validation_fraction, np.random.default_rng(seed))
        validated = corpus if len(chosen) else None
        weights[chosen] = 0.0
    total = sum_of(weights)
    if not 0.0 < total < np.inf:
        raise ValueError("The weights of the rows to train on must have a finite sum above 0.")
    codes = None if validated is None else codes_among(corpus.classes, validated)
    # Rows held out weigh 0, with which they are as good as absent.
    trained_with = corpus.weights if chosen is None else weights

    def attempt(**changes: Any) -> TrainedRows:
        model = SGDClassifier(**{**parameters, "random_state": seed, **changes})
        model.fit(corpus.X, corpus.labels(), sample_weight=trained_with)
        for name in TIMES:
            del model.history_[name]
        return TrainedRows(model, None if validated is None else scores_of(model, validated, codes, chosen))

    if C is not None:
        return attempt(alpha=1.0 / (C * total))
    best = attempt()
    if validated is not None and best.model.alpha == "auto" and best.model.penalty is not None:
        strength = best.model.alpha_
        # The automatic strengths of L1 and L2 have units of their own, so that its share of L1 is known only now.
        share = {"l1_ratio": best.model.l1_ratio_} if best.model.penalty == "elasticnet" else {}
        for factor in FACTORS:
            other = attempt(alpha=factor * strength, **share)
            if other.scores["log_loss"] < best.scores["log_loss"]:
                best = other
    return best


def _check_memory(corpus: RowCorpus, memory: int | None) -> None:
    n_features, n_outputs = corpus.X.shape[1], 1 if len(corpus.classes) == 2 else len(corpus.classes)
    size = N_WEIGHTS * n_features * n_outputs * corpus.X.dtype.itemsize
    if memory is not None and size > memory:
        raise ValueError(
            f"Weights of {n_features:,} features and {len(corpus.classes):,} classes take {size / 1e6:,.0f} MB while "
            f"they are trained, more than the {memory / 1e6:,.0f} MB there are: --memory says how much there may be."
        )


def codes_among(classes: np.ndarray, corpus: RowCorpus) -> np.ndarray:
    """Return the codes that the labels of a corpus have among classes, which are the same if their names are.

    Raises
    ------
    ValueError
        If there is a label that is not among them.
    """
    places = {label_name(label): k for k, label in enumerate(classes.tolist())}
    names = [label_name(label) for label in corpus.classes.tolist()]
    new = [name for name in names if name not in places]
    if new:
        raise ValueError(f"What is validated on has labels that nothing is trained on: {new[:5]}.")
    return np.array([places[name] for name in names], np.int32)[corpus.codes]


def scores_of(
    model: SGDClassifier, corpus: RowCorpus, codes: np.ndarray, chosen: np.ndarray | None
) -> dict[str, float]:
    """Return how good a model is on the rows of a corpus, or on those ``chosen``, increasing, of them."""
    loss = right = total = 0.0
    n = first = 0
    for X in corpus.chunks():
        last = first + X.shape[0]
        rows = np.arange(first, last)
        if chosen is not None:
            rows = chosen[slice(*np.searchsorted(chosen, [first, last]))]
        if len(rows):
            X, _ = with_columns(X[rows - first], model.n_features_in_)
            p, own = model.predict_proba(X), codes[rows]
            s = np.ones(len(rows)) if corpus.weights is None else corpus.weights[rows]
            with np.errstate(over="ignore"):  # weights that are too large are refused below
                loss -= float(s @ np.log(np.maximum(p[np.arange(len(rows)), own], 1e-15, dtype=np.float64)))
                right += float(s @ (p.argmax(axis=1) == own))
            total, n = total + sum_of(s), n + int(np.count_nonzero(s))
        first = last
    if not 0.0 < total < np.inf:
        raise ValueError("The weights of the rows to validate on must have a finite sum above 0.")
    return {"accuracy": right / total, "log_loss": loss / total, "n": n}
