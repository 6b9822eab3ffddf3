"""The duality gap of any linear classifier that minimises the log-loss."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression as ScikitLogisticRegression
from sklearn.linear_model import SGDClassifier as ScikitSGDClassifier
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import check_is_fitted

from fastlr import kernels
from fastlr.data.labels import as_values
from fastlr.kernels.backend import resolve_backend
from fastlr.kernels.kernel_set import KernelSet
from fastlr.linear_model.logistic_regression import LogisticRegression, elastic_net
from fastlr.linear_model.sgd_classifier import SGDClassifier
from fastlr.objective.duality import Certifier, DualityGap
from fastlr.objective.penalties import L1_RATIOS, NO_PENALTY, ElasticNet
from fastlr.objective.row_passes import LocalPasses, PassSource, RowPasses
from fastlr.utils.sums import sum_of


def duality_gap(model: Any, X: Any, y: Any = None, sample_weight: Any = None) -> DualityGap:
    """Return a bound of a fitted linear classifier's distance from the optimum of its own objective.

    The objective is ``F(W, b) = (1 / sum(s)) * sum_i s_i * loss(y_i, x_i W + b) + alpha * (l1_ratio * ||W||_1 +
    (1 - l1_ratio) / 2 * ||W||_2^2)`` with the model's own penalty and class weights: ``s_i`` is sample weight times
    class weight, and ``alpha = 1 / (C * sum(s))`` if the model has a ``C``. The model's probabilities give a lower
    bound ``D`` of the objective of every model, so ``F`` exceeds the least objective by at most ``F - D`` [1]_. See the
    page on reading a duality gap.

    Parameters
    ----------
    model : estimator
        A fitted ``LogisticRegression``, ``LogisticRegressionCV`` or ``SGDClassifier`` of fastlr or scikit-learn. Its
        ``coef_`` and ``intercept_`` may have been set by hand.
    X : array or sparse matrix of shape (n_samples, n_features), or Store
        The training data. A store is read a few blocks of rows at a time.
    y : array of shape (n_samples,), default=None
        Labels, all of them in ``model.classes_``. May be omitted for a store, which has its own.
    sample_weight : float or array of shape (n_samples,), default=None
        Weights, 0 or more. None means 1, or a store's own weights.

    Returns
    -------
    DualityGap
        Named tuple ``(relative, primal, dual)`` with the values ``(F - D) / F``, ``F`` and ``D``. Without a penalty no
        useful bound exists: ``relative`` is nan and ``dual`` minus infinity.

    Raises
    ------
    TypeError
        If ``model`` is none of these estimators.
    ValueError
        If the input is malformed or does not fit the model, or if the model minimises another objective, as
        one-vs-rest models of several classes and losses other than the log-loss do.
    sklearn.exceptions.NotFittedError
        If the model is not fitted.

    References
    ----------
    .. [1] Shalev-Shwartz and Zhang (2013), "Stochastic dual coordinate ascent methods for regularized loss
       minimization".

    Examples
    --------
    >>> import fastlr
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1]
    >>> model = LogisticRegression(tol=1e-10).fit(X, y)
    >>> fastlr.duality_gap(model, X, y).relative < 1e-9
    True
    >>> model.coef_ += 0.1
    >>> fastlr.duality_gap(model, X, y).relative > 1e-4
    True
    """
    _check_model(model)
    # A model of fastlr with these weights checks them, and the input, as its own.
    proxy = LogisticRegression(class_weight=model.class_weight)
    call = kernels.load(resolve_backend(getattr(model, "backend", None)))
    if isinstance(X, PassSource):
        passes, classes = X.passes(model.class_weight, np.float64, call)
        if not np.array_equal(classes, model.classes_):
            raise ValueError(f"y has the classes {as_values(classes)}, but the model {as_values(model.classes_)}.")
        proxy.n_features_in_, n_active = passes.shape[1], passes.n_active
    else:
        passes, n_active = _local_passes(model, proxy, X, y, sample_weight, call)
    if not n_active:
        raise ValueError("All rows have zero weight (sample_weight times class_weight), so there is no objective.")
    proxy.classes_, proxy.coef_, proxy.intercept_ = model.classes_, model.coef_, model.intercept_
    coef, intercept = proxy._checked_weights(proxy.n_features_in_)
    weights = np.ascontiguousarray((coef.toarray() if hasattr(coef, "toarray") else coef).T, dtype=np.float64)
    if not (np.isfinite(weights).all() and np.isfinite(intercept).all()):
        raise ValueError("coef_ or intercept_ of the model holds NaN or infinity.")
    penalty = _penalty(model, passes)
    certifier = Certifier(passes, penalty, bool(model.fit_intercept or intercept.any()))
    gap = certifier.gap_of(weights, intercept)
    return gap if penalty else gap._replace(relative=np.nan)


def _local_passes(
    model: Any, proxy: LogisticRegression, X: Any, y: Any, sample_weight: Any, call: KernelSet
) -> tuple[RowPasses, int]:
    """Return passes over rows in memory or in a store, and the number of rows that count."""
    targets = proxy._check_input(X, y, sample_weight, True, np.float64, model.classes_)
    class_weight = model.class_weight
    if class_weight == "balanced" and not _balances_weights(model):
        counts = targets.class_counts()
        per_class = sum_of(counts) / (len(counts) * counts)
        class_weight = dict(zip(as_values(model.classes_), per_class.tolist(), strict=True))
    problem = targets.in_blocks(class_weight)
    return LocalPasses(problem, call), problem.n_active


def _check_model(model: Any) -> None:
    """Raise an error for models that minimise another objective."""
    name = type(model).__name__
    if isinstance(model, (OneVsRestClassifier, OneVsOneClassifier)):
        raise ValueError(f"{name} holds several models, each with its own objective. Pass one of them.")
    if not isinstance(model, (LogisticRegression, SGDClassifier, ScikitLogisticRegression, ScikitSGDClassifier)):
        raise TypeError(
            f"duality_gap needs a LogisticRegression, LogisticRegressionCV or SGDClassifier, of fastlr or of "
            f"scikit-learn; got {name}."
        )
    check_is_fitted(model, "classes_")
    if getattr(model, "loss", "log_loss") != "log_loss":
        raise ValueError(f"duality_gap supports only the log-loss; this {name} has loss={model.loss!r}.")
    several = len(model.classes_) > 2
    one_against_rest = (
        isinstance(model, ScikitSGDClassifier)
        or getattr(model, "multi_class", None) == "ovr"
        or (isinstance(model, ScikitLogisticRegression) and model.solver == "liblinear")
    )
    if several and one_against_rest:
        raise ValueError(f"This {name} holds {len(model.classes_)} one-vs-rest models, each with its own objective.")
    if not several and getattr(model, "multi_class", None) == "multinomial":
        raise ValueError(
            "duality_gap does not support multi_class='multinomial' with two classes, a softmax of two outputs."
        )


def _balances_weights(model: Any) -> bool:
    """Return whether the model's "balanced" class weights consider sample weights: not in every scikit-learn."""
    if isinstance(model, ScikitLogisticRegression):
        return "sample_weight" in inspect.signature(compute_class_weight).parameters
    return not isinstance(model, ScikitSGDClassifier)


def _penalty(model: Any, passes: RowPasses) -> ElasticNet:
    """Return the model's penalty beside the sum of the losses."""
    if isinstance(model, SGDClassifier):
        alpha = model.alpha_ * passes.total_weight
        return ElasticNet.from_strengths(alpha * model.l1_ratio_, alpha * (1.0 - model.l1_ratio_))
    if isinstance(model, ScikitSGDClassifier):
        # Every row takes one step with the whole penalty, whatever its weight.
        alpha = 0.0 if model.penalty is None else model.alpha * passes.shape[0]
        share = L1_RATIOS.get(model.penalty)
        share = model.l1_ratio if share is None else share
        return ElasticNet.from_strengths(alpha * share, alpha * (1.0 - share))
    if isinstance(model, LogisticRegression):
        return elastic_net(model._C(passes.total_weight), model._l1_ratio())
    C, l1_ratio = (model.C_, model.l1_ratio_) if hasattr(model, "C_") else (model.C, model.l1_ratio)
    C, l1_ratio = np.ravel(C)[0], np.ravel(l1_ratio)[0]
    penalty = getattr(model, "penalty", "deprecated")
    if penalty is None:
        return NO_PENALTY
    if penalty in ("l1", "l2"):
        l1_ratio = L1_RATIOS[penalty]
    return elastic_net(C, l1_ratio or 0.0)
