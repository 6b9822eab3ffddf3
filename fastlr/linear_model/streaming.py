"""Classifiers with `partial_fit`: weights that stay in training between calls, and classes and features added later."""

from __future__ import annotations

import copy
from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from fastlr.data.labels import as_labels, as_values, find_codes
from fastlr.data.protocols import TrainingProblem
from fastlr.kernels.backend import resolve_backend
from fastlr.linear_model.base import LinearClassifier
from fastlr.solvers.stochastic.optimizer import Optimizer
from fastlr.solvers.stochastic.resize import with_classes, with_features
from fastlr.solvers.stochastic.spec import OptimizerConfig, config_from_fields, create_optimizer
from fastlr.store.row_source import refuse_store, row_source
from fastlr.training.config import TrainingConfig
from fastlr.utils.parallel import resolve_n_jobs


def _checked_init(name: str, value: Any, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return a copy of initial values of a shape, of which the first entry may be left out if it is 1."""
    try:
        array = check_array(
            value, dtype=np.float64, ensure_2d=False, allow_nd=True, copy=True, ensure_min_samples=0, input_name=name
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of finite numbers: {error}") from error
    largest = np.abs(array).max(initial=0.0)
    if largest > np.finfo(dtype).max:
        raise ValueError(f"{name} holds {largest:g}, which {dtype} cannot hold.")
    array = array.astype(dtype)
    if array.shape != shape and not (shape[0] == 1 and array.shape == shape[1:]):
        raise ValueError(f"{name} must be an array of shape {shape}; found shape {array.shape}.")
    return array.reshape(shape)


class StreamClassifier(LinearClassifier):
    """Base of a classifier with `partial_fit`.

    Its weights are in ``_coef`` after `fit`, and in ``_optimizer``, created for ``_optimizer_config``, while
    `partial_fit` trains them. If someone reads ``coef_`` between two calls, both are there, and ``_coef`` is a copy
    with all deferred penalties applied.
    """

    batch_size: int | str
    t_: int

    _coef: Any = None
    _intercept: Any = None
    _optimizer: Optimizer | None = None
    _optimizer_config: OptimizerConfig | None = None

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a pickle, in which the optimizer may still have its former name."""
        renamed = {"_steps": "_optimizer", "_steps_kind": "_optimizer_config"}
        super().__setstate__({renamed.get(name, name): value for name, value in state.items()})

    @property
    def coef_(self) -> np.ndarray | sp.csr_array:
        """Weights, shape (n_outputs, n_features)."""
        if self._coef is None:
            if self._optimizer is None:
                raise AttributeError(f"This {type(self).__name__} has no coef_ before it is fitted.")
            self._coef = self._optimizer.model_weights().T
            self._coef.flags.writeable = False  # changes to a copy would not reach the weights in training
        return self._coef

    @coef_.setter
    def coef_(self, coef: np.ndarray | sp.csr_array) -> None:
        if self._optimizer is not None:
            self._intercept = self.intercept_
            self._optimizer = None
        self._coef = coef

    @property
    def intercept_(self) -> np.ndarray:
        """Intercepts, shape (n_outputs,)."""
        if self._optimizer is not None:
            return self._optimizer.intercept.astype(self.coef_.dtype)
        if self._intercept is None:
            raise AttributeError(f"This {type(self).__name__} has no intercept_ before it is fitted.")
        return self._intercept

    @intercept_.setter
    def intercept_(self, intercept: np.ndarray) -> None:
        if self._optimizer is not None:
            self._coef = self.coef_
            self._optimizer = None
        self._intercept = intercept

    def _kept_dtype(self) -> np.dtype:
        """Return the type of the current weights, without applying deferred penalties."""
        weights = self._coef if self._optimizer is None else self._optimizer.weights
        return np.dtype(np.float32 if weights.dtype == np.float32 else np.float64)

    def _start_optimizer(
        self,
        config: TrainingConfig,
        problem: TrainingProblem,
        backend: str,
        warm: bool,
        initial: tuple[Any, Any] = (None, None),
    ) -> Optimizer:
        """Return the optimizer of a fit, from zero weights or, if ``warm``, from a copy of the current ones.

        ``initial`` has weights and intercepts to start from instead, unless they are None. An optimizer that cannot
        start from weights continues as a copy of the current one, with its step count at 0.
        """
        asked = config.optimizer_config(problem, backend)
        if config.optimizer_spec.starts_from_weights:
            weights, intercept = self._starting_weights(problem, warm)
            coef_init, intercept_init = initial
            if coef_init is not None:
                weights = np.ascontiguousarray(_checked_init("coef_init", coef_init, weights.T.shape, weights.dtype).T)
            if intercept_init is not None:
                intercept = _checked_init("intercept_init", intercept_init, intercept.shape, intercept.dtype)
            return create_optimizer(asked, weights, intercept)
        for name, value in zip(("coef_init", "intercept_init"), initial, strict=True):
            if value is not None:
                raise ValueError(f"optimizer={config.optimizer!r} cannot start from weights: leave {name}=None.")
        if not warm:
            return create_optimizer(asked)
        current = self._continuing(asked)
        if current is None:
            raise ValueError(
                f"optimizer={config.optimizer!r} cannot continue from weights alone: its state is lost after coef_ or "
                "intercept_ were set, classes were added, early_stopping returned to an earlier epoch, optimizer, eta0 "
                "or dtype were changed, or backend was changed from or to 'numpy'. Fit again without warm_start."
            )
        optimizer = copy.deepcopy(current)
        optimizer.make_writeable()
        optimizer.n_steps, optimizer.loss = 0, 0.0
        return optimizer

    def _continuing(self, asked: OptimizerConfig) -> Optimizer | None:
        """Return the current optimizer if it can continue for a configuration, perhaps on another backend."""
        config, optimizer = self._optimizer_config, self._optimizer
        if optimizer is None or config is None or config._replace(backend=asked.backend) != asked:
            return None
        return optimizer if optimizer.move_to(asked.backend) or config == asked else None

    def _stream_optimizer(self, config: TrainingConfig, problem: TrainingProblem, backend: str) -> Optimizer:
        """Return the optimizer for partial_fit: the current one, unless the parameters ask for another."""
        config.refuse_contradictions(backend)
        asked = config.optimizer_config(problem, backend)
        current = self._continuing(asked)
        if current is not None:
            current.make_writeable()
            self._optimizer_config = asked
            return current
        fitted = self._coef is not None or self._optimizer is not None
        before = None if self._optimizer is None else self._optimizer_config
        if before is not None and asked.average and before._replace(backend=asked.backend) == asked:
            raise ValueError(
                f"The mean of the steps taken with backend={before.backend!r} cannot continue with {asked.backend!r}: "
                f"set backend={before.backend!r}, or fit again."
            )
        optimizer = self._start_optimizer(config, problem, backend, fitted)
        optimizer.n_steps = self.t_
        self._optimizer_config = asked
        return optimizer

    def _training_state(self) -> dict[str, Any] | None:
        """Return the state of the optimizer that partial_fit trains, as values for a file; None after `fit`."""
        if self._optimizer is None or self._optimizer_config is None:
            return None
        return {"kind": self._optimizer_config.fields(), "state": self._optimizer.state_dict()}

    def _resume_training(self, kept: Any) -> None:
        """Continue from what `_training_state` returned, on another compiled backend if that one is missing.

        Raises
        ------
        ValueError
            If it does not match the other attributes.
        """
        if not (isinstance(kept, dict) and set(kept) == {"kind", "state"} and isinstance(kept["state"], dict)):
            raise ValueError("the state of the training is malformed")
        shape = (self.n_features_in_, 1 if len(self.classes_) == 2 else len(self.classes_))
        config = config_from_fields(kept["kind"], shape)
        try:
            resolve_backend(config.backend)
        except ImportError:
            config = config._replace(backend=resolve_backend("auto"))
        optimizer = create_optimizer(config)
        optimizer.load_state_dict(kept["state"])
        if optimizer.n_steps != self.t_:
            raise ValueError(f"t_ is {self.t_}, but the training has taken {optimizer.n_steps} steps")
        self._optimizer, self._optimizer_config = optimizer, config

    def _refuse_store(self, X: Any) -> None:
        """Raise ValueError if ``X`` is a store and the parameters need a matrix in memory."""
        if not row_source(X).in_memory and resolve_n_jobs(self.n_jobs) > 1:
            raise ValueError(
                f"a store supports only n_jobs=None (one thread trains while another reads); got {self.n_jobs!r}."
            )
        if self.batch_size == "full":
            refuse_store(X, "batch_size='full'")

    def _check_partial_classes(self, classes: Any, first: bool) -> np.ndarray:
        if classes is None:
            if first:
                raise ValueError("classes must be passed in the first call to partial_fit: all labels that may occur.")
            return self.classes_
        try:
            classes = as_labels(classes, "classes")
            if classes.ndim != 1:
                raise ValueError(f"it has the shape {classes.shape}.")
            classes = self._check_classes(classes, "classes") if len(classes) else classes
        except (TypeError, ValueError) as error:
            raise ValueError(f"classes must be a 1-D array of two labels or more: {error}") from error
        if len(classes) < 2:
            raise ValueError("classes must be a 1-D array of two labels or more; it is empty.")
        lacking = np.zeros(0, bool) if first else ~find_codes(self.classes_, classes)[1]
        if lacking.any():
            raise ValueError(
                f"classes={as_values(classes)} lacks {as_values(self.classes_[lacking])}, but the model has the labels "
                f"{as_values(self.classes_)}: classes can be added, not removed."
            )
        return classes

    def _add_classes(self, classes: np.ndarray) -> None:
        """Add classes to the model; see `fastlr.solvers.stochastic.resize`."""
        coef, intercept = self._checked_weights(self.n_features_in_)
        coef = coef.toarray() if sp.issparse(coef) else coef
        weights, intercept = with_classes(coef.T, intercept, self.classes_, classes)
        self._optimizer, self._coef, self._intercept = None, weights.T, intercept.astype(weights.dtype)
        self.classes_ = classes

    def resize_features(self, n_features: int) -> StreamClassifier:
        """Append features with weights of 0, for a vocabulary that has grown.

        Parameters
        ----------
        n_features : int
            New number of features, ``n_features_in_`` or more.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the model has more features already, or was trained on features with names.
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
                f"n_features must be an integer, at least the {self.n_features_in_} features of the model; "
                f"got {n_features!r}."
            )
        if hasattr(self, "feature_names_in_"):
            raise ValueError(
                "resize_features cannot name the new features of a model that was trained on features with names. "
                "Train it on matrices without column names."
            )
        n_features = int(n_features)
        if self._optimizer is not None and self._optimizer_config is not None:
            self._optimizer.resize(n_features)
            self._optimizer_config = self._optimizer_config._replace(
                shape=(n_features, self._optimizer_config.shape[1])
            )
            self._coef = None
        else:
            coef, _ = self._checked_weights(self.n_features_in_)
            if sp.issparse(coef):
                self._coef = sp.csr_array((coef.data, coef.indices, coef.indptr), shape=(coef.shape[0], n_features))
            else:
                self._coef = with_features(coef.T, n_features).T
        self.n_features_in_ = n_features
        return self
