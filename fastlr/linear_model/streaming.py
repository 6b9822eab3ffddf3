"""A classifier that a stream trains: weights that owe penalty between calls, and classes and features that come."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_is_fitted

from fastlr.data.problem import Problem
from fastlr.kernels.backend import resolve_backend
from fastlr.linear_model.base import LinearClassifier
from fastlr.solvers.stochastic.optimizer import Optimizer
from fastlr.solvers.stochastic.resize import with_classes, with_features
from fastlr.solvers.stochastic.spec import OptimizerSpec
from fastlr.store import Store
from fastlr.store.stored_rows import refuse_store
from fastlr.training.config import TrainingConfig
from fastlr.utils.parallel import resolve_n_jobs


class StreamClassifier(LinearClassifier):
    """Base of a classifier with `partial_fit`.

    Its weights are kept in one of two forms: as ``_coef``, to be shown, or as ``_steps``, of the kind ``_steps_kind``,
    in training by `partial_fit`. Both are there after somebody looked between two calls, and ``_coef`` is then a
    settled copy.
    """

    @property
    def coef_(self) -> np.ndarray | sp.csr_array:
        """Weights, shape (n_outputs, n_features)."""
        coef = self.__dict__.get("_coef")
        if coef is None:
            if self.__dict__.get("_steps") is None:
                raise AttributeError(f"This {type(self).__name__} has no coef_ before it is fitted.")
            coef = self._coef = self._steps.settled().T
            coef.flags.writeable = False  # a copy: a change would not reach the weights in training; assign to coef_
        return coef

    @coef_.setter
    def coef_(self, coef: np.ndarray | sp.csr_array) -> None:
        if self.__dict__.get("_steps") is not None:
            self._intercept = self.intercept_
            self._steps = None
        self._coef = coef

    @property
    def intercept_(self) -> np.ndarray:
        """Intercepts, shape (n_outputs,)."""
        if self.__dict__.get("_steps") is not None:
            return self._steps.intercept.astype(self.coef_.dtype)
        if "_intercept" not in self.__dict__:
            raise AttributeError(f"This {type(self).__name__} has no intercept_ before it is fitted.")
        return self._intercept

    @intercept_.setter
    def intercept_(self, intercept: np.ndarray) -> None:
        if self.__dict__.get("_steps") is not None:
            self._coef = self.coef_
            self._steps = None
        self._intercept = intercept

    def _kept_dtype(self) -> np.dtype:
        """Return the type of the weights there are, without settling them."""
        weights = self._steps.weights if self.__dict__.get("_steps") is not None else self._coef
        return np.dtype(np.float32 if weights.dtype == np.float32 else np.float64)

    def _start_steps(self, settings: TrainingConfig, problem: Problem, backend: str, warm: bool) -> Optimizer:
        """Return the steps of a fit, from zero weights, or from those there are, which stay as they are.

        Those of AdaGrad and FTRL go on from a copy of the steps there are, their count begun anew.
        """
        kind = settings.kind(problem, backend)
        if settings.optimizer == "sgd":
            return kind.start(*self._starting_weights(problem, warm))
        if not warm:
            return kind.start()
        if self.__dict__.get("_steps") is None or self._steps_kind != kind:
            raise ValueError(
                f"optimizer={settings.optimizer!r} goes on from its sums of gradients, not from weights alone: it "
                "cannot after coef_ or intercept_ were set, classes were added, early_stopping went back to an earlier "
                "epoch, or optimizer, eta0, dtype or backend were changed. Fit anew."
            )
        steps = copy.deepcopy(self._steps)
        steps.n_steps, steps.loss = 0, 0.0
        return steps

    def _partial_steps(self, settings: TrainingConfig, problem: Problem, backend: str) -> Optimizer:
        """Return the steps that partial_fit goes on with: those there are, unless the parameters ask for others."""
        settings.refuse_contradictions(backend)
        asked = settings.kind(problem, backend)
        if self.__dict__.get("_steps") is not None and self._steps_kind == asked:
            return self._steps
        fitted = self.__dict__.get("_coef") is not None or self.__dict__.get("_steps") is not None
        steps = self._start_steps(settings, problem, backend, fitted)
        steps.n_steps = self.t_
        self._steps_kind = asked
        return steps

    def _training_state(self) -> dict[str, Any] | None:
        """Return the weights in training by partial_fit, and what is owed, as values for a file; None after fit."""
        if self.__dict__.get("_steps") is None:
            return None
        return {"kind": self._steps_kind.fields(), "state": self._steps.state_dict()}

    def _resume_training(self, kept: Mapping[str, Any]) -> None:
        """Go on from what `_training_state` returned, on another compiled backend if that one is missing.

        Raises
        ------
        ValueError
            If it does not fit the other attributes.
        """
        if not (isinstance(kept, dict) and set(kept) == {"kind", "state"} and isinstance(kept["state"], dict)):
            raise ValueError("the state of the training is malformed")
        shape = (self.n_features_in_, 1 if len(self.classes_) == 2 else len(self.classes_))
        kind = OptimizerSpec.checked(kept["kind"], shape)
        try:
            resolve_backend(kind.backend)
        except ImportError:
            kind = kind._replace(backend=resolve_backend("auto"))
        steps = kind.start()
        steps.load_state_dict(kept["state"])
        if steps.n_steps != self.t_:
            raise ValueError(f"t_ is {self.t_}, but the training has made {steps.n_steps} steps")
        self._steps, self._steps_kind = steps, kind

    def _refuse_store(self, X: Any) -> None:
        """Raise ValueError if ``X`` is a store and the parameters need a matrix to train on."""
        if isinstance(X, Store) and resolve_n_jobs(self.n_jobs) > 1:
            raise ValueError(
                f"n_jobs={self.n_jobs!r} does not go with a store: it trains in one thread, while another reads, "
                "n_jobs=None."
            )
        if self.batch_size == "full":
            refuse_store(X, "batch_size='full'")

    def _check_partial_classes(self, classes: Any, first: bool) -> np.ndarray:
        if classes is None:
            if first:
                raise ValueError("classes must be passed on the first call to partial_fit: all labels that will come.")
            return self.classes_
        try:
            classes = column_or_1d(classes)
            classes = self._check_classes(classes, "classes") if len(classes) else classes
        except (TypeError, ValueError) as error:
            raise ValueError(f"classes must be a 1-D array of two labels or more: {error}") from error
        if len(classes) < 2:
            raise ValueError("classes must be a 1-D array of two labels or more; it is empty.")
        missing = [] if first else [label for label in self.classes_.tolist() if label not in set(classes.tolist())]
        if missing:
            raise ValueError(
                f"classes={classes.tolist()} lacks {missing} of the labels that the model has, "
                f"{self.classes_.tolist()}: classes may name more of them, but not fewer."
            )
        return classes

    def _add_classes(self, classes: np.ndarray) -> None:
        """Give the model more classes; see `fastlr.solvers.stochastic.resize`."""
        coef, intercept = self._checked_weights(self.n_features_in_)
        coef = coef.toarray() if sp.issparse(coef) else coef
        weights, intercept = with_classes(coef.T, intercept, self.classes_, classes)
        self._steps, self._coef, self._intercept = None, weights.T, intercept.astype(weights.dtype)
        self.classes_ = classes

    def resize_features(self, n_features: int) -> StreamClassifier:
        """Add features behind those there are, with weights of 0, for a vocabulary that has grown.

        Parameters
        ----------
        n_features : int
            How many there are to be: ``n_features_in_`` or more.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there are more features already, or the model knows them by their names.
        sklearn.exceptions.NotFittedError
            Before `fit` or `partial_fit`.

        Examples
        --------
        >>> from fastlr import SGDClassifier
        >>> model = SGDClassifier().partial_fit([[1.0], [0.0]], [0, 1], classes=[0, 1])
        >>> model.resize_features(2).partial_fit([[0.0, 1.0], [1.0, 0.0]], [1, 0]).coef_.shape
        (1, 2)
        """
        check_is_fitted(self)
        if not isinstance(n_features, Integral) or isinstance(n_features, bool) or n_features < self.n_features_in_:
            raise ValueError(
                f"n_features must be an integer, {self.n_features_in_} or more, as there are that many features "
                f"already; got {n_features!r}."
            )
        if hasattr(self, "feature_names_in_"):
            raise ValueError(
                "resize_features cannot name the new features, and the model knows its features by their names. Train "
                "it on matrices without column names."
            )
        n_features = int(n_features)
        if self.__dict__.get("_steps") is not None:
            n_outputs = 1 if len(self.classes_) == 2 else len(self.classes_)
            self._steps.resize(n_features)
            self._steps_kind = self._steps_kind._replace(shape=(n_features, n_outputs))
            self._coef = None
        else:
            coef, _ = self._checked_weights(self.n_features_in_)
            if sp.issparse(coef):
                self._coef = sp.csr_array((coef.data, coef.indices, coef.indptr), shape=(coef.shape[0], n_features))
            else:
                self._coef = with_features(coef.T, n_features).T
        self.n_features_in_ = n_features
        return self
