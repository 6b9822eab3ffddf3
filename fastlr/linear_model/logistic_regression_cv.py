"""Choosing the penalty by cross-validation over row subsets of one matrix."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple

import numpy as np
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.parallel import Parallel, delayed

from fastlr import kernels
from fastlr.data.passes import summed
from fastlr.data.problem import Problem
from fastlr.kernels.backend import resolve_backend
from fastlr.linear_model.logistic_regression import LogisticRegression, elastic_net
from fastlr.linear_model.regularization_path import check_Cs, walk, warn_of
from fastlr.objective.full_batch import scores_of
from fastlr.objective.losses import LOG_LOSS
from fastlr.objective.penalties import L1_RATIOS
from fastlr.solvers.exact.registry import resolve_solver
from fastlr.solvers.exact.solve import minimise
from fastlr.solvers.exact.task import Solution, Start, Task
from fastlr.store.row_source import refuse_store
from fastlr.utils.arrays import chunked_slices, frozen
from fastlr.utils.sums import mean_of

# Held-out rows are copied in chunks of this many.
HELD_OUT = 4096


class FoldPath(NamedTuple):
    """The models of one fold and ``l1_ratio`` for all ``C``.

    Attributes
    ----------
    path : ndarray of shape (n_Cs, n_outputs, n_features + 1)
        Weights and intercepts, as in ``coefs_paths_``.
    scores, n_iter : ndarray of shape (n_Cs,)
        Scores on the held-out rows, and iterations.
    complaints : dict of float to str
        Warnings about models that fell short of ``tol``, by ``C``.
    """

    path: np.ndarray
    scores: np.ndarray
    n_iter: np.ndarray
    complaints: dict[float, str]


class LogisticRegressionCV(LogisticRegression):
    """Logistic regression whose ``C`` and ``l1_ratio`` are chosen by cross-validation.

    For each fold and ``l1_ratio``, the models of all ``C`` are solved in increasing order of ``C``, each starting from
    the previous one. A fold is a vector of row weights, so ``X`` is never copied.

    Parameters
    ----------
    Cs : int or array of shape (n_Cs,), default=10
        Candidates for ``C``, above 0; ``inf`` means no penalty. An integer stands for so many values from 1e-4 to 1e4,
        equally spaced on a log scale.
    l1_ratios : array of shape (n_l1_ratios,), default=(0.0,)
        Candidates for ``l1_ratio``, between 0 (L2) and 1 (L1).
    fit_intercept : bool, default=True
        Whether to fit an intercept.
    cv : int, splitter or iterable of (train, test), default=None
        The folds. None means 5 stratified folds, an integer that many.
    dual : bool, default=False
        As in `LogisticRegression`.
    penalty : {"l2", "l1", "elasticnet"}, default="deprecated"
        Deprecated. Use ``l1_ratios=(0,)`` for "l2", ``l1_ratios=(1,)`` for "l1".
    scoring : str, callable or None, default="neg_log_loss"
        Score on the held-out rows by which candidates are compared: a scorer's name, or ``scorer(estimator, X, y)``.
        None means accuracy. Sample weights are passed on.
    solver : str, default="auto"
        As in `LogisticRegression`.
    tol : float, default=1e-5
        Relative duality gap of every model.
    max_iter : int, default=1000
        Maximum number of iterations of each model.
    class_weight : dict, "balanced" or None, default=None
        As in `LogisticRegression`. "balanced" weights come from all rows, not from each fold's.
    n_jobs : int or None, default=None
        Number of threads; each solves for one fold and ``l1_ratio`` at a time. Results do not depend on it.
    verbose : int, default=0
        If not 0, show a progress bar for the final fit.
    refit : bool, default=True
        Fit the best candidate to all rows. If False, the model is the mean of the folds' best models.
    intercept_scaling : float, default=1.0
        Has no effect.
    random_state : int, RandomState instance or None, default=None
        As in `LogisticRegression`.
    use_legacy_attributes : {False}, default=False
        For compatibility with scikit-learn. Only the attributes below exist, not scikit-learn's older ones.
    backend, dtype
        As in `LogisticRegression`.

    Attributes
    ----------
    C_, l1_ratio_ : float
        The best candidate; with ``refit=False``, the mean of the folds' best.
    Cs_ : ndarray of shape (n_Cs,)
        Values of ``C`` that were tried.
    l1_ratios_ : ndarray of shape (n_l1_ratios,)
        Values of ``l1_ratio`` that were tried.
    scores_ : ndarray of shape (n_folds, n_l1_ratios, n_Cs)
        Scores on the held-out rows.
    coefs_paths_ : ndarray of shape (n_folds, n_l1_ratios, n_Cs, n_outputs, n_features + 1)
        Weights, followed by the intercept. Without the last column if ``fit_intercept=False``.
    n_iter_ : ndarray of shape (n_folds, n_l1_ratios, n_Cs)
        Number of iterations.
    coef_, intercept_, classes_, n_features_in_, feature_names_in_, backend_
        As in `LogisticRegression`.
    converged_, duality_gap_, objective_, dual_objective_, history_, solver_
        As in `LogisticRegression`, for the final fit. Not set with ``refit=False``.

    See Also
    --------
    regularization_path : Models for many ``C``.

    Examples
    --------
    >>> import numpy as np
    >>> from fastlr import LogisticRegressionCV
    >>> X, y = np.arange(40.0).reshape(20, 2) % 7, np.arange(20) % 2
    >>> model = LogisticRegressionCV(Cs=[0.01, 1.0], cv=2).fit(X, y)
    >>> model.scores_.shape
    (2, 1, 2)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **{
            name: constraint
            for name, constraint in LogisticRegression._parameter_constraints.items()
            if name not in ("C", "alpha", "l1_ratio", "warm_start")
        },
        "penalty": [StrOptions({*L1_RATIOS, "deprecated"})],
        "Cs": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "l1_ratios": ["array-like", None],
        "cv": ["cv_object"],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "refit": ["boolean"],
        "use_legacy_attributes": [Options(bool, {False})],
    }

    def __init__(
        self,
        *,
        Cs: Any = 10,
        l1_ratios: Any = (0.0,),
        fit_intercept: bool = True,
        cv: Any = None,
        dual: bool = False,
        penalty: str = "deprecated",
        scoring: str | Callable[..., float] | None = "neg_log_loss",
        solver: str = "auto",
        tol: float = 1e-5,
        max_iter: int = 1000,
        class_weight: Mapping[Any, float] | str | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        refit: bool = True,
        intercept_scaling: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
        use_legacy_attributes: bool = False,
        backend: str | None = None,
        dtype: Any = None,
    ) -> None:
        self.Cs = Cs
        self.l1_ratios = l1_ratios
        self.fit_intercept = fit_intercept
        self.cv = cv
        self.dual = dual
        self.penalty = penalty
        self.scoring = scoring
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.class_weight = class_weight
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.refit = refit
        self.intercept_scaling = intercept_scaling
        self.random_state = random_state
        self.use_legacy_attributes = use_legacy_attributes
        self.backend = backend
        self.dtype = dtype

    # Unlike in `LogisticRegression`, y is required: folds need labels in memory.
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> LogisticRegressionCV:  # type: ignore[override]
        """Choose ``C`` and ``l1_ratio``, then fit the model of all rows.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
        y : array of shape (n_samples,)
            Labels of two or more classes.
        sample_weight : array of shape (n_samples,), default=None
            Weights, 0 or more.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As for `LogisticRegression`, and if there are no folds or one has no rows. The model is then unchanged.
        KeyboardInterrupt
            On Ctrl-C. The model is then unchanged.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If a model did not reach ``tol``.
        FutureWarning
            If ``penalty`` is given, or ``l1_ratios`` is None.
        """
        with self._unchanged_on_error():
            self._validate_params()
            Cs, l1_ratios = check_Cs(self.Cs), self._check_l1_ratios()
            refuse_store(X, type(self).__name__)
            problem, classes = self._check_problem(X, y, sample_weight, False, self.dtype)
            seed = check_random_state(self.random_state).randint(2**31 - 1)
            y, weighted = np.asarray(y).ravel(), sample_weight is not None
            weights = np.asarray(sample_weight, np.float64) if weighted else None
            folds = list(check_cv(self.cv, y, classifier=True).split(X, y))
            if not folds:
                raise ValueError("cv makes no folds.")
            self.classes_, self.n_features_in_ = classes, problem.shape[1]
            self.backend_ = resolve_backend(self.backend)

            def follow(train: np.ndarray, test: np.ndarray, l1_ratio: float) -> FoldPath:
                return self._follow(problem, y, weights, train, test, Cs, l1_ratio, seed)

            results: list[FoldPath] = Parallel(n_jobs=self.n_jobs, prefer="threads")(
                delayed(follow)(train, test, l1_ratio) for train, test in folds for l1_ratio in l1_ratios
            )
            grid = (len(folds), len(l1_ratios), len(Cs))
            self.Cs_, self.l1_ratios_ = Cs, l1_ratios
            self.coefs_paths_ = np.reshape([found.path for found in results], (*grid, *results[0].path.shape[1:]))
            self.scores_ = np.reshape([found.scores for found in results], grid)
            n_iter = np.reshape([found.n_iter for found in results], grid)
            complaints = {C: text for found in results for C, text in found.complaints.items()}
            n_fits = self.scores_.size
            if self.refit:
                complaint = self._refit(problem, seed)
                if complaint:
                    complaints, n_fits = {self.C_: complaint, **complaints}, n_fits + 1
            else:
                self._average(problem)
            self.n_iter_ = n_iter
        warn_of(complaints, n_fits)
        return self

    def _check_l1_ratios(self) -> np.ndarray:
        l1_ratios = self.l1_ratios
        if self.penalty != "deprecated":
            warnings.warn(
                "penalty is deprecated, as in scikit-learn 1.8. Use l1_ratios=(0,) instead of 'l2', l1_ratios=(1,) "
                "instead of 'l1', and l1_ratios in between instead of 'elasticnet'.",
                FutureWarning,
                stacklevel=3,
            )
            if self.penalty != "elasticnet":
                l1_ratios = (L1_RATIOS[self.penalty],)
        elif l1_ratios is None:
            warnings.warn(
                "l1_ratios=None is deprecated, as in scikit-learn 1.8. Use l1_ratios=(0,).",
                FutureWarning,
                stacklevel=3,
            )
            l1_ratios = (0.0,)
        numbers = [] if l1_ratios is None or np.ndim(l1_ratios) != 1 else list(l1_ratios)
        if not numbers or not all(isinstance(share, Real) and 0 <= float(share) <= 1 for share in numbers):
            raise ValueError(f"l1_ratios must be numbers between 0 and 1; got {self.l1_ratios!r}.")
        return np.array(numbers, np.float64)

    def _follow(
        self,
        problem: Problem,
        y: np.ndarray,
        sample_weight: np.ndarray | None,
        train: np.ndarray,
        test: np.ndarray,
        Cs: np.ndarray,
        l1_ratio: float,
        seed: int,
    ) -> FoldPath:
        """Solve for all ``C`` on the rows ``train``, and score the models on the rows ``test``."""
        times = np.bincount(train, minlength=problem.rows.shape[0])
        fold = Problem.make(problem.rows, problem.labels, frozen(problem.weights() * times), problem.n_classes)
        if len(fold.active_rows) == 0 or not (len(test) if sample_weight is None else sample_weight[test].any()):
            raise ValueError("cv makes a fold that has no rows, or only rows of zero weight, to train or to test on.")
        n_features, n_outputs = problem.shape[1], problem.n_outputs
        path = np.empty((len(Cs), n_outputs, n_features + self.fit_intercept), problem.dtype)
        scores, n_iter = np.empty(len(Cs)), np.empty(len(Cs), np.int32)
        complaints: dict[float, str] = {}
        for place, _, solution, complaint in walk(fold, self, Cs, l1_ratio, seed):
            path[place, :, :n_features] = solution.weights.T
            if self.fit_intercept:
                path[place, :, -1] = solution.intercept
            scores[place] = self._score(problem, y, sample_weight, test, solution)
            n_iter[place] = solution.n_iter
            if complaint:
                complaints[Cs[place]] = complaint
        return FoldPath(path, scores, n_iter, complaints)

    def _score(
        self, problem: Problem, y: np.ndarray, sample_weight: np.ndarray | None, test: np.ndarray, solution: Solution
    ) -> float:
        """Return the score of a fold's model on the rows ``test``."""
        s = None if sample_weight is None else sample_weight[test]
        if self.scoring == "neg_log_loss":
            logs = np.empty(len(test))
            for chunk in chunked_slices(len(test), HELD_OUT):
                held_out = test[chunk]
                scores = scores_of(problem.take(held_out), solution.weights, kernels.load(self.backend_))
                logs[chunk] = -LOG_LOSS.value(scores + solution.intercept, problem.labels[held_out])
            return mean_of(logs, s)
        model = LogisticRegression(backend=self.backend)
        model.classes_, model.n_features_in_ = self.classes_, problem.shape[1]
        model.coef_, model.intercept_ = solution.weights.T, solution.intercept
        weights = {} if s is None else {"sample_weight": s}
        return float(self._scorer()(model, problem.rows.csr[test], y[test], **weights))

    def _scorer(self) -> Callable[..., float]:
        return get_scorer("accuracy" if self.scoring is None else self.scoring)

    def _refit(self, problem: Problem, seed: int) -> str | None:
        """Solve for all rows and the best candidate, from the mean of the folds' models."""
        mean = summed(self.scores_.copy()) / len(self.scores_)
        at_C, at_ratio = np.unravel_index(np.argmax(mean.T), mean.T.shape)
        self.C_, self.l1_ratio_ = float(self.Cs_[at_C]), float(self.l1_ratios_[at_ratio])
        self._set_mean(self.coefs_paths_[:, at_ratio, at_C])
        start = Start(*self._starting_weights(problem, True))
        penalty = elastic_net(self.C_, self.l1_ratio_)
        call = kernels.load(self.backend_)
        solver = resolve_solver(self.solver, self.dual, problem, penalty, call)
        task = Task(penalty, self.fit_intercept, solver, call, seed, float(self.tol), int(self.max_iter))
        solution = Solution(start.weights, start.intercept)
        with self._progress(problem) as progress:
            complaint = minimise(problem, task, start, solution, progress)
        self._set_solution(problem, task, solution)
        return complaint

    def _C(self, total_weight: float) -> float:
        return self.C_

    def _l1_ratio(self) -> float:
        return self.l1_ratio_

    def _C_and_l1_ratio(self) -> tuple[float, float]:
        return self.C_, self.l1_ratio_

    def _average(self, problem: Problem) -> None:
        """Take the mean of the folds' best models."""
        by_fold = self.scores_.transpose(0, 2, 1)
        best = [np.unravel_index(np.argmax(scores), scores.shape) for scores in by_fold]
        self.C_ = mean_of([self.Cs_[at_C] for at_C, _ in best])
        self.l1_ratio_ = mean_of([self.l1_ratios_[at_ratio] for _, at_ratio in best])
        self._set_mean(np.stack([self.coefs_paths_[k, at_ratio, at_C] for k, (at_C, at_ratio) in enumerate(best)]))

    def _set_mean(self, paths: np.ndarray) -> None:
        """Set ``coef_`` and ``intercept_`` to the mean of models, given as in ``coefs_paths_``."""
        mean = (summed(paths.astype(np.float64)) / len(paths)).astype(paths.dtype)
        self.coef_ = np.ascontiguousarray(mean[:, : self.n_features_in_].T).T
        self.intercept_ = mean[:, -1].copy() if self.fit_intercept else np.zeros(len(mean), mean.dtype)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # type: ignore[override]
        """Return the score by ``scoring``.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
        y : array of shape (n_samples,)
        sample_weight : array of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        return self._scorer()(self, X, y, **weights)
