"""The exact estimator: logistic regression solved to a certificate."""

from __future__ import annotations

import math
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

from fastlr.data.problem import Problem
from fastlr.kernels.backend import BACKENDS, resolve_backend
from fastlr.linear_model.base import LinearClassifier
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.exact.certified import Solution
from fastlr.solvers.exact.registry import OWN, SYNONYMS, resolve_solver
from fastlr.solvers.exact.solve import Task, minimise
from fastlr.solvers.exact.start import Start
from fastlr.training.history import History
from fastlr.utils.parallel import resolve_n_jobs
from fastlr.utils.progress_bar import ProgressBar

# Penalties by their older names, as the share of L1 in them; None of "elasticnet" is what l1_ratio says.
PENALTIES = {"l2": 0.0, "l1": 1.0, "elasticnet": None}


def elastic_net(C: float, l1_ratio: float) -> ElasticNet:
    """Return the strengths of the penalty beside the sum of the losses.

    Raises
    ------
    ValueError
        If ``1 / C`` is out of range.
    """
    if math.isinf(C):
        return ElasticNet.from_strengths(0.0, 0.0)
    strength = 1.0 / float(C)
    if strength == np.inf:
        raise ValueError(f"C={C!r} is so small that 1 / C is out of range.")
    return ElasticNet.from_strengths(strength * float(l1_ratio), strength * (1.0 - float(l1_ratio)))


class LogisticRegression(LinearClassifier):
    """Logistic regression, solved to a proven distance from the optimum.

    Minimises ``P(W, b) = sum_i s_i * loss(y_i, x_i W + b) + (l1_ratio * ||W||_1 + (1 - l1_ratio) / 2 * ||W||_2^2) /
    C``, where ``s_i`` is sample weight times class weight and the loss is the cross-entropy: of one output for two
    classes, of one output a class (softmax) for more. The intercept is free: never penalised, and no feature. Every
    choice of probabilities for the rows gives a lower bound ``D`` of the optimum, and `fit` ends once it has computed
    that ``(P - D) / P`` is at most ``tol`` [1]_.

    Parameters
    ----------
    penalty : {"l2", "l1", "elasticnet", None}, default="deprecated"
        The older spelling, with a ``FutureWarning``: ``l1_ratio=0``, ``l1_ratio=1``, an ``l1_ratio`` between, and
        ``C=inf`` say the same.
    C : float, default=1.0
        Inverse of the strength of the penalty, above 0; ``inf`` is no penalty.
    l1_ratio : float, default=0.0
        Share of L1 in the penalty: 0 is L2, 1 is L1, between is the elastic net.
    dual : bool, default=False
        Whether ``solver="auto"`` is to be "sdca", which solves the dual problem; for an L2 penalty.
    tol : float, default=1e-5
        Relative duality gap at which training ends, ``(P - D) / P``: the model's objective is then proven to exceed the
        least one by no more than this part of itself. Without a penalty there is no useful bound, and ``tol`` is the
        largest entry of the gradient of the mean loss.
    fit_intercept : bool, default=True
        Whether there is an intercept.
    intercept_scaling : float, default=1
        Has no effect: the intercept is not a feature with a value of its own.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class, 1 where the dict does not name it. ``"balanced"`` gives every class the same total weight.
    random_state : int, RandomState instance or None, default=None
        Draws the order of the rows for "sdca", and of the features for "coordinate". An int makes the weights
        bit-identical from run to run.
    solver : str, default="auto"
        What computes the model:

        - ``"auto"``: what was measured to be fastest for the penalty, the size and the backend;
        - ``"sdca"``: stochastic dual coordinate ascent, for ``l1_ratio`` below 1;
        - ``"newton"``: Newton's method with truncated conjugate gradients, for L2 or no penalty;
        - ``"lbfgs"``: L-BFGS of scipy, for L2 or no penalty;
        - ``"coordinate"``: proximal Newton with coordinate descent over the features that count, for a penalty with L1;
        - ``"gd"`` and ``"nesterov"``: batch gradient descent with the step 1/L, plain and accelerated, for every
          penalty.

        Of scikit-learn's other names "newton-cg" and "newton-cholesky" are "newton" here, and "liblinear", "sag" and
        "saga" are "auto". With ``backend="numpy"``, and of a store, "auto" is "newton" or "nesterov".
    max_iter : int, default=1000
        Iterations at most: epochs of "sdca", steps of "newton", "coordinate", "gd" and "nesterov", runs of up to
        50 steps of "lbfgs".
    verbose : int, default=0
        Whether to show a progress bar, on standard error.
    warm_start : bool, default=False
        Whether `fit` starts from the weights there are.
    n_jobs : int or None, default=None
        Threads; -1 is one a processor, None is one. Passes over all rows are divided among them: gradients, products
        with the Hessian, certificates and predictions; not the steps of "sdca" and "coordinate", each of which needs
        the one before. Given the number of threads the model is the same to the bit. ``backend="numpy"`` runs in one.
    backend : {None, "auto", "numba", "cython", "numpy"}, default=None
        What runs the inner loops; None follows `fastlr.get_backend`.
    dtype : {None, "float32", "float64"}, default=None
        Type of the weights, to which ``X`` is converted. None is float32 for float32 ``X``, otherwise float64. The
        smallest gap that can be certified in float32 is about 1e-7.

    Attributes
    ----------
    coef_ : ndarray of shape (n_outputs, n_features)
        Weights, a view of a C-ordered ``(n_features, n_outputs)`` array; ``n_outputs`` is 1 for two classes.
    intercept_ : ndarray of shape (n_outputs,)
    classes_ : ndarray of shape (n_classes,)
        Sorted labels.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Only if ``X`` had string column names.
    n_iter_ : ndarray of shape (1,)
        Iterations made.
    converged_ : bool
        Whether ``tol`` was met.
    duality_gap_ : float
        The relative gap, ``(objective_ - dual_objective_) / objective_``; nan without a penalty.
    objective_ : float
        ``P / sum(s)``, the objective of `fastlr.objective` for ``alpha = 1 / (C * sum(s))``.
    dual_objective_ : float
        ``D / sum(s)``: no model has a lower objective. Minus infinity without a penalty.
    history_ : dict of ndarray
        How the certificate came down: "iteration", "seconds" since the solver began, "objective", "dual_objective" and
        "duality_gap" at each that was computed; the last two not without a penalty.
    solver_ : str
        The solver that ran.
    backend_ : str
        The backend that ran.

    See Also
    --------
    LogisticRegressionCV : Chooses ``C`` and ``l1_ratio`` by cross-validation.
    duality_gap : How far any linear classifier is from the optimum.
    SGDClassifier : Near the optimum in a few passes over the rows.

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
        "penalty": [StrOptions({*PENALTIES, "deprecated"}), None],
        "C": [Interval(Real, 0, None, closed="right")],
        "l1_ratio": [Interval(Real, 0, 1, closed="both"), None],
        "dual": ["boolean"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "fit_intercept": ["boolean"],
        "intercept_scaling": [Interval(Real, 0, None, closed="neither")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "random_state": ["random_state"],
        "solver": [StrOptions({*OWN, *SYNONYMS})],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
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

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> LogisticRegression:
        """Solve the problem of all of ``X``, from zero weights unless ``warm_start``.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), or Store
            CSR of float32 or float64 is used as it is, unsorted and duplicate indices too; anything else is converted.
            Of a store a few blocks of 32 megabytes are in memory at a time, and of every row the label, the weight and
            some six numbers a class, eight with ``backend="numpy"``; it is read once for each pass over the rows. The
            model is that of the same rows in memory, to rounding. "newton", "lbfgs", "gd" and "nesterov" take a store.
        y : array of shape (n_samples,), default=None
            Labels; two classes or more. Only those of a store may be left out, which has its own.
        sample_weight : array of shape (n_samples,), default=None
            Weights, 0 or more; a row of weight 0 is as good as absent, and of weight 2 as good as the row twice. None
            is those of a store, if it has any.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the input is malformed, not finite, or of one class only, or if the solver cannot have the penalty, the
            backend or a store. The model is then as it was before.
        OSError
            If a file of a store cannot be read; the model is as it was before.
        KeyboardInterrupt
            On Ctrl-C, within a fraction of a second, with the best model so far as a fitted one, not ``converged_``. Of
            a store that takes two passes over the rows, for the model's certificate; a second Ctrl-C does without, and
            leaves the model that was certified last.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If ``tol`` was not met, with what was; or if the classes are separable and there is no penalty.
        FutureWarning
            If ``penalty`` is given, or ``l1_ratio`` is None.
        """
        complaint, interrupted = None, False
        with self._unchanged_on_error():
            self._validate_params()
            penalty = self._penalty()
            backend = resolve_backend(self.backend)
            warm = self.warm_start and hasattr(self, "classes_")
            problem, classes = self._check_problem(X, y, sample_weight, warm, self.dtype)
            problem = replace(problem, n_threads=resolve_n_jobs(self.n_jobs))
            solver = resolve_solver(self.solver, self.dual, problem, penalty, backend)
            weights, intercept = self._starting_weights(problem, warm)
            if not self.fit_intercept:
                intercept[:] = 0.0
            seed = check_random_state(self.random_state).randint(2**31 - 1)
            task = Task(penalty, self.fit_intercept, solver, backend, seed, float(self.tol), int(self.max_iter))
            solution = Solution(weights, intercept)
            try:
                with self._progress(problem) as progress:
                    complaint = minimise(problem, task, Start(weights, intercept), solution, progress)
            except KeyboardInterrupt:
                interrupted = True
            self.classes_ = classes
            self._set_solution(problem, task, solution)
        if interrupted:
            raise KeyboardInterrupt
        if complaint:
            warnings.warn(complaint, ConvergenceWarning, stacklevel=2)
        return self

    def _penalty(self) -> ElasticNet:
        """Return the strengths of the penalty; warn of parameters spelt in the older way."""
        if self.penalty != "deprecated":
            warnings.warn(
                "penalty was deprecated in scikit-learn 1.8. Instead of penalty='l2' say l1_ratio=0, of 'l1' "
                "l1_ratio=1, of 'elasticnet' an l1_ratio between, and of None C=inf.",
                FutureWarning,
                stacklevel=3,
            )
        elif self.l1_ratio is None:
            warnings.warn(
                "l1_ratio=None was deprecated in scikit-learn 1.8; l1_ratio=0 says the same.",
                FutureWarning,
                stacklevel=3,
            )
        return elastic_net(*self._C_and_l1_ratio())

    def _C_and_l1_ratio(self) -> tuple[float, float]:
        if self.penalty is None:
            return np.inf, self.l1_ratio or 0.0
        if self.penalty == "elasticnet" and self.l1_ratio is None:
            raise ValueError("penalty='elasticnet' needs l1_ratio, a number between 0 and 1; it is None.")
        older = PENALTIES.get(self.penalty)
        return self.C, (self.l1_ratio or 0.0) if older is None else older

    def _set_solution(self, problem: Problem, task: Task, solution: Solution) -> None:
        """Set the fitted attributes, but for the classes."""
        self.coef_ = solution.weights.T
        self.intercept_ = solution.intercept.astype(self.coef_.dtype)
        self.n_iter_ = np.array([max(solution.n_iter, 1)], np.int32)
        self.converged_ = solution.converged
        self.objective_ = solution.primal / problem.total_weight
        self.dual_objective_ = solution.dual / problem.total_weight
        self.duality_gap_ = solution.gap if task.penalty else np.nan
        self.solver_ = task.solver
        self.backend_ = task.backend

    @contextmanager
    def _progress(self, problem: Problem) -> Iterator[Callable[[Solution], None]]:
        """Keep ``history_``, and show a bar over the iterations if ``verbose``; yield what is told of one done."""
        history, begun, last, gap = History(), time.perf_counter(), None, "?"
        bar = ProgressBar(type(self).__name__, self.max_iter, " iterations") if self.verbose else None

        def advance(solution: Solution) -> None:
            nonlocal last, gap
            if (solution.primal, solution.dual) != last and solution.primal < np.inf:
                last = solution.primal, solution.dual
                gap = f"{solution.gap:.1e}"
                certified = solution.dual > -np.inf
                history.append(
                    iteration=solution.n_iter,
                    seconds=time.perf_counter() - begun,
                    objective=solution.primal / problem.total_weight,
                    dual_objective=solution.dual / problem.total_weight if certified else None,
                    duality_gap=solution.gap if certified else None,
                )
            if bar is not None:
                bar.add(1)
                if bar.is_due():
                    bar.move(gap=gap)

        try:
            yield advance
        finally:
            self.history_ = history.columns()
            if bar is not None:
                bar.move(gap=gap)
                bar.close()
