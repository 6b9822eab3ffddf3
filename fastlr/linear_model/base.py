"""The base of all linear classifiers: input checks and predictions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_is_fitted, validate_data

from fastlr import kernels
from fastlr.data.dense_rows import DenseRows
from fastlr.data.labels import as_labels, as_values, encode_labels, find_classes, label_accuracy
from fastlr.data.passes import n_parts, over_rows
from fastlr.data.problem import Problem
from fastlr.data.protocols import PartitionedSource, TargetSource, TrainingProblem
from fastlr.data.rows import Block, RowBlocks, Rows
from fastlr.data.targets import Targets
from fastlr.data.validation import as_rows, check_rows, to_csr
from fastlr.data.weights import check_sample_weight
from fastlr.kernels.backend import resolve_backend
from fastlr.kernels.kernel_set import KernelSet
from fastlr.linear_model.array_api import refuse_other_arrays
from fastlr.objective.functions import most_probable
from fastlr.objective.losses import LOG_LOSS
from fastlr.objective.predictions import class_probabilities
from fastlr.objective.row_passes import RowPasses
from fastlr.store import Store
from fastlr.store.problem import StoredTargets
from fastlr.store.row_source import row_source
from fastlr.utils.arrays import frozen
from fastlr.utils.parallel import resolve_n_jobs

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression


def _by_chunks(method: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """Let a method that takes a matrix also take a store, chunk by chunk."""

    @functools.wraps(method)
    def apply(self: LinearClassifier, X: Any) -> np.ndarray:
        results = [method(self, chunk.X) for chunk in row_source(X)]
        return results[0] if len(results) == 1 else np.concatenate(results)

    return apply


def _used_features(rows: Rows, coef: sp.csr_array) -> tuple[Rows, np.ndarray]:
    """Return the rows over the features that have a weight other than 0, and a last one for all others; their weights.

    So sparse weights take no more memory than they must, and the scores are those of the dense ones, bit for bit.
    """
    used = np.unique(coef.indices)
    places = np.full(coef.shape[1], len(used), rows.indices.dtype)
    places[used] = np.arange(len(used))
    weights = np.zeros((coef.shape[0], len(used) + 1), coef.dtype)
    weights[:, :-1] = coef[:, used].toarray()
    return replace(rows, indices=frozen(places[rows.indices]), shape=(rows.shape[0], len(used) + 1)), weights


class LinearClassifier(ClassifierMixin, BaseEstimator):
    """Base of the classifiers.

    A subclass has the attributes ``coef_``, ``intercept_`` and ``classes_``, and the parameters declared below.
    """

    coef_: Any
    intercept_: Any
    classes_: np.ndarray
    n_features_in_: int
    n_iter_: Any
    fit_intercept: bool
    class_weight: Mapping[Any, float] | str | None
    n_jobs: int | None
    backend: str | None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    @property
    def _kernels(self) -> KernelSet:
        """The kernels of the loss that ``loss`` names; of the log-loss for an estimator without this parameter."""
        return kernels.load(resolve_backend(self.backend), getattr(self, "loss", LOG_LOSS.name))

    @contextmanager
    def _unchanged_on_error(self) -> Iterator[None]:
        """Restore every attribute if the block raises."""
        before = vars(self).copy()
        try:
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def _training_state(self) -> dict[str, Any] | None:
        """Return the state of a training in progress; None if there is none."""
        return None

    def _resume_training(self, kept: Any) -> None:
        """Continue from what `_training_state` returned."""
        raise ValueError(f"{type(self).__name__} has no training state to resume")

    def _check_X(self, X: Any, reset: bool) -> Any:
        """Return ``X`` as a CSR matrix whose arrays are not checked yet, or as a finite dense float array."""
        refuse_other_arrays(X=X)
        if not sp.issparse(X):
            return validate_data(self, X, reset=reset, accept_sparse="csr", dtype=[np.float64, np.float32])
        X = to_csr(X)
        for n, things in zip(X.shape, ("sample", "feature"), strict=True):
            if n == 0:
                raise ValueError(f"Found array with 0 {things}(s) (shape={X.shape}) while a minimum of 1 is required.")
        # The rest of scikit-learn's checks take longer than the scores of a row, and `as_rows` has its own.
        validate_data(self, X, reset=reset, skip_check_array=True)
        return X

    def _check_fit_input(
        self, X: Any, y: Any, sample_weight: Any, reset: bool, dtype: Any
    ) -> tuple[Rows, np.ndarray, Any]:
        """Return the checked rows, the labels unchanged, and the sample weights as float64, or None."""
        if y is None:
            raise ValueError(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None.")
        rows = check_rows(self._check_X(X, reset), dtype)
        return rows, *self._check_targets(y, sample_weight, rows.shape[0])

    @staticmethod
    def _check_targets(y: Any, sample_weight: Any, n_samples: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the labels as an array of their own type, and the sample weights as float64, or None."""
        refuse_other_arrays(y=y, sample_weight=sample_weight)
        y = as_labels(y)
        if y.ndim != 1:
            y = column_or_1d(y, warn=True)
        if len(y) != n_samples:
            raise ValueError(f"Found input variables with inconsistent numbers of samples: {[n_samples, len(y)]}")
        return y, check_sample_weight(sample_weight, n_samples)

    @staticmethod
    def _check_classes(y: np.ndarray, name: str = "y") -> np.ndarray:
        classes = find_classes(y)
        if len(classes) < 2:
            raise ValueError(f"A classifier needs at least two classes; {name} has 1 class: {as_values(classes)}.")
        return classes

    def _check_input(
        self, X: Any, y: Any, sample_weight: Any, reset: bool, dtype: Any, classes: np.ndarray | None = None
    ) -> TargetSource:
        """Return checked rows with their labels and weights; if ``classes`` is None, they are found in the labels."""
        if isinstance(X, PartitionedSource):
            return self._check_partitions(X, y, sample_weight, reset, dtype, classes)
        if not isinstance(X, Store):
            rows, y, sample_weight = self._check_fit_input(X, y, sample_weight, reset, dtype)
            classes = self._check_classes(y) if classes is None else classes
            return Targets(rows, classes, encode_labels(y, classes), sample_weight)
        validate_data(self, X, reset=reset, skip_check_array=True)
        labels = X.code_classes() if y is None else y
        if y is not None or sample_weight is not None:
            labels_or_zeros = np.zeros(len(X), np.int8) if y is None else y
            checked, sample_weight = self._check_targets(labels_or_zeros, sample_weight, len(X))
            y, labels = (None, labels) if y is None else (checked, checked)
        classes = self._check_classes(labels) if classes is None else classes
        return StoredTargets(X, classes, X.dtype if dtype is None else dtype, y, sample_weight)

    def _check_partitions(
        self, X: PartitionedSource, y: Any, sample_weight: Any, reset: bool, dtype: Any, classes: np.ndarray | None
    ) -> TargetSource:
        """Return checked rows in partitions; files may have fewer features than the model, as they leave out zeros."""
        if y is not None or sample_weight is not None:
            raise ValueError("Rows in partitions have their labels and weights beside them: pass neither.")
        targets = X.targets(dtype, classes)
        n_features = targets.shape[1]
        if reset:
            self.n_features_in_ = n_features
        elif n_features > self.n_features_in_ or (X.same_width and n_features < self.n_features_in_):
            raise ValueError(
                f"X has {n_features} features, but {type(self).__name__} is expecting {self.n_features_in_} features "
                "as input."
            )
        return targets

    def _check_problem(
        self, X: Any, y: Any, sample_weight: Any, warm: bool, dtype: Any
    ) -> tuple[Problem[RowBlocks], np.ndarray]:
        """Return the checked problem of a fit over all rows at once, and its classes."""
        targets = self._check_input(X, y, sample_weight, not warm, dtype)
        self._check_warm_classes(targets.classes, warm)
        problem = targets.in_blocks(self.class_weight)
        self._check_active(problem.n_active)
        return problem, targets.classes

    def _check_warm_classes(self, classes: np.ndarray, warm: bool) -> None:
        if warm and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start continues with the classes {as_values(self.classes_)}, but y has {as_values(classes)}."
            )

    @staticmethod
    def _check_active(n_active: int) -> None:
        if n_active == 0:
            raise ValueError("All rows have zero weight (sample_weight times class_weight): there is nothing to fit.")

    def _starting_weights(self, problem: TrainingProblem | RowPasses, warm: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return the weights and intercepts to start from: zeros, or copies of the fitted ones."""
        dtype = problem.dtype
        if not warm:
            return np.zeros((problem.shape[1], problem.n_outputs), dtype), np.zeros(problem.n_outputs)
        coef, intercept = self._checked_weights(problem.shape[1])
        coef = coef.toarray() if sp.issparse(coef) else coef
        with np.errstate(over="ignore"):
            weights = np.array(coef.T, dtype=dtype, order="C")
        if not (np.isfinite(weights).all() and np.isfinite(intercept).all()):
            raise ValueError(f"coef_ or intercept_ has NaN, infinity or a value too large for {weights.dtype}.")
        return weights, intercept

    @_by_chunks
    def decision_function(self, X: Any) -> np.ndarray:
        """Return the scores ``X @ coef_.T + intercept_``.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), or Store

        Returns
        -------
        ndarray of shape (n_samples,) for two classes, otherwise (n_samples, n_classes)
            Log-odds of ``classes_[1]``, or the scores whose softmax gives the probabilities.

        Raises
        ------
        ValueError
            If ``X`` is malformed, has NaN or infinity, or another number of features than in `fit`.
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        scores = self._scores(X)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def _scores(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        X = self._check_X(X, reset=False)
        coef, intercept = self._checked_weights(X.shape[1])
        rows: Rows | DenseRows
        if sp.issparse(X):
            rows = as_rows(X, coef.dtype)
            if sp.issparse(coef):
                rows, coef = _used_features(rows, coef)
        else:
            with np.errstate(over="ignore"):
                rows = DenseRows(X.astype(coef.dtype, copy=False))
            coef = coef.toarray() if sp.issparse(coef) else coef
        call = self._kernels
        write = call.scores_binary if coef.shape[0] == 1 else call.scores_softmax
        weights, intercept = frozen(coef.T), frozen(intercept)
        scores = np.empty((rows.shape[0], coef.shape[0]), coef.dtype)
        n_threads = resolve_n_jobs(self.n_jobs) if call.threads else 1

        def score(block: Block, _: int, start: int, stop: int) -> None:
            X = block.rows
            write(X.indptr, X.indices, X.data, weights, intercept, start, stop, block.of(scores))

        over_rows(rows, n_parts(rows, coef.shape[0], n_threads), score)
        if not np.isfinite(scores).all():  # a value that is not finite makes the score not finite, whatever its weight
            rows.refuse_infinite()
        return scores

    def _checked_weights(self, n_features: int) -> tuple[Any, np.ndarray]:
        """Return ``coef_``, dense or CSR, and ``intercept_``, checked because users can set them."""
        coef, intercept = self.coef_, np.asarray(self.intercept_)
        n_outputs = 1 if len(self.classes_) == 2 else len(self.classes_)
        if sp.issparse(coef):
            rows = check_rows(to_csr(coef))
            coef = rows.csr
        else:
            coef = np.asarray(coef)
        for name, array, shape in (
            ("coef_", coef, (n_outputs, n_features)),
            ("intercept_", intercept, (n_outputs,)),
        ):
            if array.shape != shape or array.dtype.kind not in "biuf":
                raise ValueError(
                    f"{name} must be an array of real numbers of shape {shape}; found {array.dtype} of shape "
                    f"{array.shape}."
                )
        if coef.dtype not in (np.float32, np.float64) or not coef.dtype.isnative:
            coef = coef.astype(np.float64)
        return coef, intercept.astype(np.float64)

    @_by_chunks
    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each row.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), or Store

        Returns
        -------
        ndarray of shape (n_samples,)

        Raises
        ------
        ValueError, sklearn.exceptions.NotFittedError
            As for `decision_function`.
        """
        codes = most_probable(self._scores(X))
        return self.classes_[codes]

    @_by_chunks
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), or Store

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``; each row sums to 1.

        Raises
        ------
        ValueError, sklearn.exceptions.NotFittedError
            As for `decision_function`.
        """
        return class_probabilities(self._scores(X), self._kernels)

    @_by_chunks
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of `predict_proba`, which stays finite where the probability underflows to 0.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), or Store

        Returns
        -------
        ndarray of shape (n_samples, n_classes)

        Raises
        ------
        ValueError, sklearn.exceptions.NotFittedError
            As for `decision_function`.
        """
        return class_probabilities(self._scores(X), self._kernels, log=True)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return the accuracy: the fraction of rows whose class is predicted correctly.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), or Store
        y : array of shape (n_samples,), default=None
            Labels. None uses those of a store.
        sample_weight : float or array of shape (n_samples,), default=None
            Weights, 0 or more. None uses those of a store, if ``y`` is None too.

        Returns
        -------
        float

        Raises
        ------
        ValueError, sklearn.exceptions.NotFittedError
            As for `decision_function`.
        """
        if y is None:
            source = row_source(X)
            source.code_classes()  # an error if a store has no labels
            sample_weight = source.weights() if sample_weight is None else sample_weight
            y = source.labels()
        predicted = self.predict(X)
        y, sample_weight = self._check_targets(y, sample_weight, len(predicted))
        return label_accuracy(y, predicted, sample_weight)

    def sparsify(self) -> LinearClassifier:
        """Convert ``coef_`` to a sparse CSR array, for models with many zero weights; `densify` converts it back.

        Returns
        -------
        self
        """
        check_is_fitted(self)
        self.coef_ = sp.csr_array(self.coef_)
        return self

    def densify(self) -> LinearClassifier:
        """Convert ``coef_`` to an ndarray.

        Returns
        -------
        self
        """
        check_is_fitted(self)
        if sp.issparse(self.coef_):
            self.coef_ = self._checked_weights(self.n_features_in_)[0].toarray()
        return self

    def to_sklearn(self) -> LogisticRegression:
        """Return a fitted scikit-learn ``LogisticRegression`` with the same predictions, for use without fastlr.

        Its weights are a copy. It has this model's ``fit_intercept`` and ``class_weight``, and its ``C`` and
        ``l1_ratio`` if there are any; other parameters have scikit-learn's defaults.

        Returns
        -------
        sklearn.linear_model.LogisticRegression
            With the same classes, and the same probabilities up to rounding.

        Raises
        ------
        ValueError
            If ``coef_`` or ``intercept_`` was set to an array of the wrong shape or type.
        sklearn.exceptions.NotFittedError
            Before `fit`.

        Examples
        --------
        >>> from fastlr import SGDClassifier
        >>> model = SGDClassifier(random_state=0).fit([[0.0], [1.0]], ["-", "+"])
        >>> model.to_sklearn().predict([[1.0]])
        array(['+'], dtype='<U1')
        """
        from sklearn.linear_model import LogisticRegression

        check_is_fitted(self)
        coef, _ = self._checked_weights(self.n_features_in_)
        parameters: dict[str, Any] = {"fit_intercept": self.fit_intercept, "class_weight": self.class_weight}
        C, l1_ratio = self._C_and_l1_ratio()
        if C is not None:
            parameters["C"] = C
        if l1_ratio:
            parameters |= {"l1_ratio": l1_ratio, "solver": "saga"}
            if LogisticRegression().penalty != "deprecated":  # before scikit-learn 1.8
                parameters["penalty"] = "elasticnet"
        model = LogisticRegression(**parameters)
        model.coef_ = coef.copy() if sp.issparse(coef) else np.array(coef, order="K")
        model.intercept_ = np.array(self.intercept_)
        model.classes_ = self.classes_.copy()
        model.n_iter_ = np.array([np.max(self.n_iter_)], np.int32)
        model.n_features_in_ = self.n_features_in_
        if hasattr(self, "feature_names_in_"):
            model.feature_names_in_ = self.feature_names_in_.copy()
        return model

    def _C_and_l1_ratio(self) -> tuple[float | None, float | None]:
        """Return scikit-learn's parameters of the penalty; None if the model has no equivalent."""
        return None, None
