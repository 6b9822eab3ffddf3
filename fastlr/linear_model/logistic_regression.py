"""The exact estimator: logistic regression with a certified duality gap."""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions

import fastlr
from fastlr.kernels.backend import BACKENDS
from fastlr.linear_model.base import LinearClassifier
from fastlr.linear_model.fit_state import FitState
from fastlr.objective.penalties import L1_RATIOS, NO_PENALTY, ElasticNet
from fastlr.objective.row_passes import LocalPasses, PassSource, RowPasses
from fastlr.solvers.exact.registry import NAMES, resolve_solver
from fastlr.solvers.exact.solve import minimise
from fastlr.solvers.exact.task import Iterate, Solution, Start, Task
from fastlr.training.checkpoint import Checkpoint, check_arguments, stable_text
from fastlr.training.history import History
from fastlr.training.sklearn_callbacks import CallbackSupportMixin, WatchedIterates, begin_fit, with_callbacks
from fastlr.utils.checksum import checksum
from fastlr.utils.parallel import resolve_n_jobs
from fastlr.utils.progress_bar import ProgressBar


def elastic_net(C: float, l1_ratio: float) -> ElasticNet:
    """Return the penalty beside the sum of the losses.

    Raises
    ------
    ValueError
        If ``1 / C`` is out of range.
    """
    if math.isinf(C):
        return NO_PENALTY
    strength = 1.0 / float(C)
    if strength == np.inf:
        raise ValueError(f"C={C!r} is too small: 1 / C is not a finite number.")
    return ElasticNet.from_strengths(strength * float(l1_ratio), strength * (1.0 - float(l1_ratio)))


def refuse_separate_labels(y: Any, sample_weight: Any) -> None:
    """Raise ValueError if labels or weights are passed beside rows in partitions, which have their own."""
    if y is not None or sample_weight is not None:
        raise ValueError("Rows in partitions have their labels and weights beside them: pass neither.")


def _warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn on behalf of the caller of `fit`."""
    warnings.warn(message, category, stacklevel=4)


class LogisticRegression(CallbackSupportMixin, LinearClassifier):
    """Logistic regression, solved to a proven distance from the optimum.

    Minimises ``P(W, b) = sum_i s_i * loss(y_i, x_i W + b) + (l1_ratio * ||W||_1 + (1 - l1_ratio) / 2 * ||W||_2^2) /
    C``, where ``s_i`` is sample weight times class weight and the loss is the log-loss: of one score for two classes,
    of one score a class (softmax) for more. The intercept is not penalised. During training every solver yields lower
    bounds ``D`` of the least objective, and `fit` ends once ``(P - D) / P``, the relative duality gap, is at most
    ``tol`` [1]_.

    Parameters
    ----------
    penalty : {"l2", "l1", "elasticnet", None}, default="deprecated"
        Deprecated. Use ``l1_ratio=0`` for "l2", ``l1_ratio=1`` for "l1", an ``l1_ratio`` in between for "elasticnet",
        and ``C=inf`` for None.
    C : float, default=1.0
        Inverse of the penalty's strength, above 0: smaller values regularize more, ``inf`` means no penalty.
    alpha : float, default=None
        Strength of the penalty beside the mean of the losses, 0 or more, as in `SGDClassifier`: another way to write
        ``C = 1 / (alpha * sum(s))``, which regularizes alike however many rows there are. None uses ``C``.
    l1_ratio : float, default=0.0
        Share of L1 in the penalty: 0 is L2, 1 is L1, values in between are the elastic net. L1 makes weights sparse.
    dual : bool, default=False
        Let ``solver="auto"`` choose "sdca", which solves the dual problem. Needs an L2 penalty.
    tol : float, default=1e-5
        Relative duality gap at which training ends: the model's objective then exceeds the least possible one by at
        most this part of itself. Without a penalty, the largest entry of the gradient of the mean loss.
    fit_intercept : bool, default=True
        Whether to fit an intercept.
    intercept_scaling : float, default=1
        Has no effect. The intercept is never penalised, so its scale does not matter.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class; classes that a dict omits weigh 1. A dict that names every class may name further ones.
        ``"balanced"`` gives all classes the same total weight.
    random_state : int, RandomState instance or None, default=None
        Draws the order of rows in "sdca" and of features in "coordinate". Pass an int for bit-identical results.
    solver : str, default="auto"
        The algorithm. All reach the same optimum, so "auto" is the best choice unless you compare solvers.

        - ``"auto"``: the solver measured to be fastest for the penalty, the size and the backend;
        - ``"sdca"``: stochastic dual coordinate ascent, for L2 and the elastic net;
        - ``"newton"``: Newton's method with truncated conjugate gradients, for L2 or no penalty;
        - ``"lbfgs"``: SciPy's L-BFGS, for L2 or no penalty;
        - ``"coordinate"``: proximal Newton with coordinate descent over the features in use, for L1 and the elastic
          net;
        - ``"owlqn"``: orthant-wise L-BFGS, for every penalty;
        - ``"gd"``: batch gradient descent with the step 1 / L, for every penalty;
        - ``"nesterov"``: accelerated batch gradient descent, for every penalty.

        scikit-learn's names are accepted: "newton-cg" and "newton-cholesky" mean "newton"; "liblinear", "sag" and
        "saga" mean "auto".
    max_iter : int, default=1000
        Maximum number of iterations, each about a pass over the rows ("lbfgs": a run of up to 50 steps). 0 keeps the
        start as it is: zeros, or the current weights with ``warm_start``.
    verbose : int, default=0
        If not 0, show a progress bar on standard error, with the objective of the latest iterate and the last certified
        gap.
    warm_start : bool, default=False
        Start `fit` from the current weights. "sdca" keeps its state in dual variables, which it derives from the
        weights, so a warm start of one iteration may find nothing better; the weights then stay as they are.
    n_jobs : int or None, default=None
        Number of threads for passes over all rows: gradients, products with the Hessian, certificates and predictions.
        None means one, -1 one a processor. The steps of "sdca" and "coordinate" run in one thread.
    backend : {None, "auto", "cython", "numba", "numpy"}, default=None
        What runs the inner loops; None follows `fastlr.get_backend`.
    dtype : {None, "float32", "float64"}, default=None
        Type of the weights, to which ``X`` is converted. None is float32 for float32 ``X`` and float64 otherwise. In
        float32 no gap below about 1e-7 can be certified.

    Attributes
    ----------
    coef_ : ndarray of shape (n_outputs, n_features)
        Weights; ``n_outputs`` is 1 for two classes. A view of a C-ordered ``(n_features, n_outputs)`` array.
    intercept_ : ndarray of shape (n_outputs,)
        Intercepts.
    classes_ : ndarray of shape (n_classes,)
        Sorted labels.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Only if ``X`` had string column names.
    C_ : float
        ``C``, or what ``alpha`` stands for.
    n_iter_ : ndarray of shape (1,)
        Number of iterations.
    converged_ : bool
        Whether ``tol`` was met.
    duality_gap_ : float
        The relative gap, ``(objective_ - dual_objective_) / objective_``; nan without a penalty.
    objective_ : float
        ``P / sum(s)``, which is the objective of `fastlr.objective` for ``alpha = 1 / (C * sum(s))``.
    dual_objective_ : float
        ``D / sum(s)``: no model has a lower objective. Minus infinity without a penalty.
    history_ : dict of ndarray
        Progress at each certificate: "iteration", "seconds", "objective" and, with a penalty, "dual_objective" and
        "duality_gap".
    solver_ : str
        The solver that ran.
    backend_ : str
        The backend that ran.

    See Also
    --------
    LogisticRegressionCV : Chooses ``C`` and ``l1_ratio`` by cross-validation.
    duality_gap : The distance of any linear classifier from the optimum.
    SGDClassifier : Comes near the optimum in a few passes over the rows.

    Notes
    -----
    With scikit-learn 1.9 or later, ``set_callbacks`` accepts its callbacks. They are notified of each iteration of
    `fit` and may stop it.

    References
    ----------
    .. [1] Shalev-Shwartz and Zhang (2013), "Stochastic dual coordinate ascent methods for regularized loss
       minimization".

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from fastlr import LogisticRegression
    >>> X = TfidfVectorizer().fit_transform(["good film", "bad film", "good plot", "bad plot"])
    >>> model = LogisticRegression().fit(X, ["+", "-", "+", "-"])
    >>> model.predict(X)
    array(['+', '-', '+', '-'], dtype='<U1')
    >>> model.duality_gap_ <= model.tol
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "penalty": [StrOptions({*L1_RATIOS, "deprecated"}), None],
        "C": [Interval(Real, 0, None, closed="right")],
        "alpha": [Interval(Real, 0, None, closed="left"), None],
        "l1_ratio": [Interval(Real, 0, 1, closed="both"), None],
        "dual": ["boolean"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "fit_intercept": ["boolean"],
        "intercept_scaling": [Interval(Real, 0, None, closed="neither")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "random_state": ["random_state"],
        "solver": [StrOptions(set(NAMES))],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "n_jobs": [None, Integral],
        "backend": [StrOptions(set(BACKENDS)), None],
        "dtype": [StrOptions({"float32", "float64"}), Options(type, {np.float32, np.float64}), None],
    }

    def __init__(
        self,
        penalty: str | None = "deprecated",
        *,
        C: float = 1.0,
        alpha: float | None = None,
        l1_ratio: float | None = 0.0,
        dual: bool = False,
        tol: float = 1e-5,
        fit_intercept: bool = True,
        intercept_scaling: float = 1,
        class_weight: Mapping[Any, float] | str | None = None,
        random_state: int | np.random.RandomState | None = None,
        solver: str = "auto",
        max_iter: int = 1000,
        verbose: int = 0,
        warm_start: bool = False,
        n_jobs: int | None = None,
        backend: str | None = None,
        dtype: Any = None,
    ) -> None:
        self.penalty = penalty
        self.C = C
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.dual = dual
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.intercept_scaling = intercept_scaling
        self.class_weight = class_weight
        self.random_state = random_state
        self.solver = solver
        self.max_iter = max_iter
        self.verbose = verbose
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.backend = backend
        self.dtype = dtype

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 60.0,
        resume: bool = False,
    ) -> LogisticRegression:
        """Fit the model, from zero weights unless ``warm_start``.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), or Store
            A CSR matrix of float32 or float64 is used without a copy, even with unsorted or duplicate indices. A store
            is read once for each pass over the rows, a few blocks of 32 MB at a time, by the solvers "newton",
            "lbfgs", "gd" and "nesterov". See the guide on out-of-core training.
        y : array of shape (n_samples,), default=None
            Labels of two or more classes. May be omitted for a store, which has its own.
        sample_weight : float or array of shape (n_samples,), default=None
            Weights, 0 or more. A weight of 2 equals the row twice, a weight of 0 equals no row. None means 1, or a
            store's own weights.
        checkpoint : str or path, default=None
            File to write the state of the training to, between iterations. Needs the solver "newton" or "owlqn".
        checkpoint_every : float, default=60.0
            Seconds between writes of the checkpoint, 0 or more.
        resume : bool, default=False
            Whether to continue from the checkpoint if the file exists, to the same weights, bit for bit. Data and
            parameters must be equal; ``max_iter`` may be larger.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the input is malformed, not finite or of a single class, if both ``C`` and ``alpha`` are set, or if the
            solver does not support the penalty, the backend or a store. The model is then unchanged.
        OSError
            If a file of a store cannot be read. The model is then unchanged.
        KeyboardInterrupt
            On Ctrl-C, within a fraction of a second. The best model so far is kept, with ``converged_=False``. For a
            store, two passes over the rows certify it first; a second Ctrl-C skips them and keeps the model certified
            last.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If ``tol`` was not met, or if there is no penalty and the classes are separable or partly separable.
        FutureWarning
            If ``penalty`` is given, or ``l1_ratio`` is None.
        UserWarning
            If ``penalty`` contradicts ``l1_ratio``, ``C`` or ``alpha``.
        """
        with self._unchanged_on_error():
            self._validate_params()
            self._check_penalty()
            check_arguments(checkpoint, checkpoint_every, resume, False, None, self.random_state)
            complaint, interrupted = self._fit(X, y, sample_weight, checkpoint, checkpoint_every, resume)
        if interrupted:
            raise KeyboardInterrupt
        if complaint:
            warnings.warn(complaint, ConvergenceWarning, stacklevel=2)
        return self

    @with_callbacks
    def _fit(
        self, X: Any, y: Any, sample_weight: Any, checkpoint: Any, checkpoint_every: float, resume: bool
    ) -> tuple[str | None, bool]:
        """Check the input, train, and set the fitted attributes; return a warning, and whether Ctrl-C was pressed."""
        complaint, interrupted = None, False
        warm = self.warm_start and hasattr(self, "classes_")
        passes, classes = self._check_passes(X, y, sample_weight, warm)
        C, l1_ratio = self._C(passes.total_weight), self._l1_ratio()
        penalty = elastic_net(C, l1_ratio)
        solver = resolve_solver(self.solver, self.dual, passes, penalty)
        weights, intercept = self._starting_weights(passes, warm)
        if penalty.kind == "l2" and not warm and self.max_iter:
            weights, intercept = passes.first_model(penalty.l2, self.fit_intercept)
            weights = weights.astype(passes.dtype, copy=False)
        if not self.fit_intercept:
            intercept[:] = 0.0
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        task = Task(penalty, self.fit_intercept, solver, passes.kernels, seed, float(self.tol), int(self.max_iter))
        solution = Solution(weights, intercept)

        def attributes_of(weights: np.ndarray, intercept: np.ndarray) -> dict[str, Any]:
            intercept = intercept.astype(weights.dtype)
            return {"classes_": classes, "C_": C, "coef_": weights.copy().T, "intercept_": intercept}

        start = Start(weights, intercept)
        fit_task = begin_fit(self, X, y, sample_weight, task.max_iter)
        watched = None if fit_task is None else WatchedIterates(fit_task, attributes_of)
        saver, state = None, FitState(start, solution)
        if checkpoint is not None:
            identity = self._identity(passes, classes, start)
            saver = Checkpoint(checkpoint, checkpoint_every, identity, {"fit": state}, None)
            saver.open(resume)

        def watch(iterates: Iterator[Iterate]) -> Iterator[Iterate]:
            iterates = iterates if saver is None else state.watch(iterates)
            return iterates if watched is None else watched(iterates)

        try:
            with self._progress(passes) as progress:

                def advance(solution: Solution) -> None:
                    progress(solution)
                    if saver is not None:
                        saver.tick()

                complaint = minimise(passes, task, start, solution, advance, watch)
        except KeyboardInterrupt:
            interrupted = True
        self.classes_, self.C_ = classes, C
        self._set_solution(passes, task, solution)
        if fit_task is not None and not interrupted:
            fit_task.end(dict)
        return (None if watched is not None and watched.stopped else complaint), interrupted

    def _identity(self, passes: RowPasses, classes: np.ndarray, start: Start) -> dict[str, str]:
        """Return what identifies the training in a checkpoint."""
        unused = {"max_iter", "n_jobs", "verbose", "backend", "random_state"}
        # A subclass that trains elsewhere may have more parameters, on which the model does not depend.
        names = set(LogisticRegression._get_param_names()) - unused
        parameters = {name: value for name, value in self.get_params().items() if name in names}
        return {
            "the version of fastlr": fastlr.__version__,
            "the backend": passes.kernels.name,
            **{name: stable_text(value) for name, value in sorted(parameters.items())},
            "the shape of X": str(passes.shape),
            "the type of X": str(passes.dtype),
            "the classes": stable_text(classes.tolist()),
            "the checksum of the rows": passes.fingerprint(),
            "the checksum of the weights to start from": checksum(start.weights, start.intercept),
        }

    def _check_passes(self, X: Any, y: Any, sample_weight: Any, warm: bool) -> tuple[RowPasses, np.ndarray]:
        """Return passes over the checked rows, and the classes of these."""
        if isinstance(X, PassSource):
            refuse_separate_labels(y, sample_weight)
            passes, classes = X.passes(self.class_weight, self.dtype, self._kernels)
            self._check_warm_classes(classes, warm)
            self._check_active(passes.n_active)
            self.n_features_in_ = passes.shape[1]
            return passes, classes
        problem, classes = self._check_problem(X, y, sample_weight, warm, self.dtype)
        return LocalPasses(replace(problem, n_threads=resolve_n_jobs(self.n_jobs)), self._kernels), classes

    def _check_penalty(self) -> None:
        """Raise an error or warn if parameters of the penalty are deprecated or contradict each other."""
        if self.alpha is not None and self.C != 1.0:
            raise ValueError(f"C={self.C!r} and alpha={self.alpha!r} are mutually exclusive: set one of them.")
        if self.penalty == "deprecated":
            if self.l1_ratio is None:
                _warn("'l1_ratio=None' was deprecated in scikit-learn 1.8. Use l1_ratio=0.", FutureWarning)
            return
        _warn(
            "'penalty' was deprecated in scikit-learn 1.8. Use l1_ratio=0 instead of 'l2', l1_ratio=1 instead of "
            "'l1', an l1_ratio in between instead of 'elasticnet', and C=inf instead of None.",
            FutureWarning,
        )
        if self.penalty == "elasticnet" and self.l1_ratio is None:
            raise ValueError("penalty='elasticnet' needs an l1_ratio between 0 and 1; got None.")
        if self.penalty in ("l1", "l2") and self.l1_ratio not in (None, L1_RATIOS[self.penalty]):
            _warn(
                f"Inconsistent values: penalty={self.penalty} with l1_ratio={self.l1_ratio}. The penalty counts, and "
                "l1_ratio is ignored. Set only l1_ratio."
            )
        if self.penalty is None and (self.alpha is not None or self.C != 1.0):
            ignored = f"C={self.C!r}" if self.alpha is None else f"alpha={self.alpha!r}"
            _warn(f"Setting penalty=None will ignore the {ignored}. For no penalty, set only C=inf.")

    def _C(self, total_weight: float) -> float:
        """Return the inverse of the penalty's strength, for rows of this total weight."""
        if self.penalty is None or self.alpha == 0:
            return np.inf
        if self.alpha is None:
            return float(self.C)
        C = 1.0 / (float(self.alpha) * total_weight)
        if not 0.0 < C < np.inf:
            raise ValueError(f"alpha={self.alpha!r} is out of range: 1 / (alpha * sum(s)) is {C}.")
        return C

    def _l1_ratio(self) -> float:
        """Return the share of L1 in the penalty."""
        named = None if self.penalty is None else L1_RATIOS.get(self.penalty)
        return float(self.l1_ratio or 0.0) if named is None else named

    def _C_and_l1_ratio(self) -> tuple[float, float]:
        # Models that were saved by older versions have no C_.
        return getattr(self, "C_", np.inf if self.penalty is None else self.C), self._l1_ratio()

    def _set_solution(self, passes: RowPasses, task: Task, solution: Solution) -> None:
        """Set the fitted attributes except the classes."""
        self.coef_ = solution.weights.T
        self.intercept_ = solution.intercept.astype(self.coef_.dtype)
        self.n_iter_ = np.array([solution.n_iter], np.int32)
        self.converged_ = solution.converged
        self.objective_ = solution.primal / passes.total_weight
        self.dual_objective_ = solution.dual / passes.total_weight
        self.duality_gap_ = solution.gap if task.penalty else np.nan
        self.solver_ = task.solver
        self.backend_ = task.kernels.name

    @contextmanager
    def _progress(self, passes: RowPasses) -> Iterator[Callable[[Solution], None]]:
        """Keep ``history_`` and, if ``verbose``, show a bar; yield the function to call after each iteration."""
        history, begun, last, value, gap = History(), time.perf_counter(), None, "?", "?"
        bar = ProgressBar(type(self).__name__, self.max_iter, " iterations") if self.verbose else None

        def advance(solution: Solution) -> None:
            nonlocal last, value, gap
            objective = solution.latest if np.isfinite(solution.latest) else solution.primal
            if np.isfinite(objective):
                value = f"{objective / passes.total_weight:.6g}"
            if (solution.primal, solution.dual) != last and solution.primal < np.inf:
                last = solution.primal, solution.dual
                gap = f"{solution.gap:.1e}"
                certified = solution.dual > -np.inf
                history.append(
                    iteration=solution.n_iter,
                    seconds=time.perf_counter() - begun,
                    objective=solution.primal / passes.total_weight,
                    dual_objective=solution.dual / passes.total_weight if certified else None,
                    duality_gap=solution.gap if certified else None,
                )
            if bar is not None:
                bar.add(min(solution.n_iter, 1))  # 0 for the start
                if bar.is_due():
                    bar.move(objective=value, gap=gap)

        try:
            yield advance
        finally:
            self.history_ = history.columns()
            if bar is not None:
                bar.move(objective=value, gap=gap)
                bar.close()
