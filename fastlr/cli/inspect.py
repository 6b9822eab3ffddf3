"""``fastlr inspect``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from fastlr.cli._options import (
    Command,
    backend_option,
    check_stdout,
    load_model,
    model_argument,
    one_line_errors,
    takes_rows,
)

# What n-grams are made of, by analyzer.
UNITS = {
    "word": "words",
    "char": "characters",
    "char_wb": "characters within white space",
    "whitespace": "tokens between white space",
}


@click.command(cls=Command)
@model_argument
@click.option(
    "--word",
    "words",
    multiple=True,
    metavar="WORD",
    help="Show the weights of a word or n-gram instead; can be repeated.",
)
@click.option(
    "--top", metavar="N", type=click.IntRange(1), default=10, show_default=True, help="Number of words per class."
)
@backend_option
@one_line_errors
def inspect(model: str, words: tuple[str, ...], top: int, backend: str | None) -> None:
    """Describe a model, and show the words with the largest weights.

    A text model stores hashes of words, and the words themselves of a sample of its training documents: these are
    shown. The features of a model of numeric features are shown by number, counted from 1 as in svmlight.

    \b
    Examples:
      fastlr inspect reviews.fastlr
      fastlr inspect reviews.fastlr --word excellent --word "not good"
    """  # noqa: D301
    check_stdout()
    loaded = load_model(model, backend, None)
    if takes_rows(loaded):
        if words:
            raise ValueError(f"{model}: --word does not apply to a model of numeric features")
        click.echo(_report_of_rows(loaded, top))
        return
    click.echo(_weights_of(loaded, words) if words else _report(loaded, top))


def _per_class(weights: Any) -> Any:
    """Return weights with a column per class: two classes share a single output, for the second one."""
    import numpy as np

    return np.hstack([-weights, weights]) if weights.shape[1] == 1 else weights


def _weights_of(loaded: Any, words: tuple[str, ...]) -> str:
    import numpy as np

    from fastlr.cli._tables import align
    from fastlr.text.feature_names import column_of_ngram

    linear = loaded._fitted()
    names = [str(label) for label in loaded.classes_.tolist()]
    rows = [("word", *names)]
    for word in words:
        column = column_of_ngram(word, linear.hasher)
        place = -1 if column is None else int(linear.columns.places_of(column))
        weights = ["-"] * len(names)
        if place >= 0:
            scaled = linear.weights[place : place + 1] * linear.columns.weights[place]
            weights = [f"{weight:+.3f}" for weight in np.ravel(_per_class(scaled)).tolist()]
        rows.append((word, *weights))
    if len(names) > len(words):
        rows = list(zip(*rows, strict=True))
    return align(rows, "<" + ">" * (len(rows[0]) - 1))


def _report(loaded: Any, top: int) -> str:
    import numpy as np

    from fastlr.cli._tables import align

    linear, names = loaded._fitted(), [str(label) for label in loaded.classes_.tolist()]
    smallest, largest = linear.hasher.ngram_range
    penalty = f"{loaded.penalty} penalty, alpha {loaded.alpha_:.1e}" if loaded.penalty else "no penalty"
    facts = [
        ("classes", f"{len(names):,}", ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")),
        ("features", f"{len(linear.columns):,}", f"of {linear.hasher.n_features:,} hashed columns"),
        ("n-grams", f"{smallest} to {largest}", UNITS[linear.hasher.analyzer]),
        ("weights", f"{linear.weights.size:,}", f"{np.mean(linear.weights == 0):.1%} are 0"),
        ("documents", f"{loaded.n_texts_:,}", f"{loaded.n_iter_} passes, {penalty}"),
    ]
    if loaded.data_columns_:
        facts.append(("columns", "", str(loaded.data_columns_)))
    scores = loaded.validation_
    if scores:
        facts.append(("accuracy", f"{scores['accuracy']:.2%}", f"on {scores['n']:,} held-out documents"))
        facts.append(("log-loss", f"{scores['log_loss']:.4f}", ""))
    places = np.array(sorted(loaded.words_), np.int64)
    importance = _per_class(linear.weights[places]) * linear.columns.importance(places, loaded.n_texts_)[:, None]
    rows = _largest(names, importance, top, lambda place: loaded.words_[int(places[place])])
    return "\n\n".join([align(facts, "<><"), align([("class", "words with the largest weights"), *rows], "<<")])


def _report_of_rows(loaded: Any, top: int) -> str:
    import numpy as np
    import scipy.sparse as sp

    from fastlr.cli._scoring import class_names
    from fastlr.cli._tables import align

    names, coef = class_names(loaded), loaded.coef_
    weights = _per_class(coef.toarray().T if sp.issparse(coef) else coef.T)
    n_weights = coef.shape[0] * coef.shape[1]
    n_zero = n_weights - (coef.count_nonzero() if sp.issparse(coef) else np.count_nonzero(coef))
    facts = [
        ("classes", f"{len(names):,}", ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")),
        ("features", f"{loaded.n_features_in_:,}", "numeric"),
        ("weights", f"{n_weights:,}", f"{n_zero / n_weights:.1%} are 0"),
        ("passes", f"{int(np.max(loaded.n_iter_)):,}", _penalty_of(loaded)),
        ("model", type(loaded).__name__, ""),
    ]
    shown = getattr(loaded, "feature_names_in_", None)
    rows = _largest(names, weights, top, lambda j: str(j + 1 if shown is None else shown[j]))
    return "\n\n".join([align(facts, "<><"), align([("class", "features with the largest weights"), *rows], "<<")])


def _largest(names: list[str], weights: Any, top: int, name_of: Callable[[int], str]) -> list[tuple[str, str]]:
    """Return the names of the features with the ``top`` largest positive weights for each class."""
    import numpy as np

    rows = []
    for k, name in enumerate(names):
        best = [place for place in np.argsort(-weights[:, k], kind="stable")[:top].tolist() if weights[place, k] > 0]
        rows.append((name, ", ".join(map(name_of, best))))
    return rows


def _penalty_of(loaded: Any) -> str:
    """Return the penalty of a model."""
    if hasattr(loaded, "alpha_"):
        return f"{loaded.penalty} penalty, alpha {loaded.alpha_:.1e}" if loaded.penalty else "no penalty"
    return f"C {getattr(loaded, 'C_', loaded.get_params().get('C')):.3g}"
