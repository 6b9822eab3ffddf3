"""Choosing the penalty by cross-validation over row subsets of one matrix."""

from __future__ import annotations

import copy
import itertools
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple

import numpy as np
import scipy.sparse as sp
from sklearn import get_config
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing, check_random_state, indexable
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _check_method_params, _num_samples, check_is_fitted

from fastlr import kernels
from fastlr.data.labels import encode_labels
from fastlr.data.passes import summed
from fastlr.data.problem import Problem
from fastlr.data.rows import Rows
from fastlr.data.targets import Targets
from fastlr.data.validation import to_csr
from fastlr.kernels.backend import resolve_backend
from fastlr.linear_model.folds import (
    FAR,
    Fold,
    FoldRows,
    FoldSource,
    LocalFold,
    check_folds,
    classes_in,
    neg_log_loss,
    of_all_classes,
    shown_classes,
    training_problem,
    with_labels,
)
from fastlr.linear_model.logistic_regression import LogisticRegression, elastic_net, refuse_separate_labels
from fastlr.linear_model.regularization_path import check_Cs, walk, warn_of
from fastlr.objective.penalties import L1_RATIOS
from fastlr.objective.row_passes import LocalPasses, RowPasses
from fastlr.solvers.exact.registry import resolve_solver
from fastlr.solvers.exact.solve import minimise
from fastlr.solvers.exact.task import Solution, Start, Task
from fastlr.store.row_source import refuse_store
from fastlr.training.sklearn_callbacks import FitTask, WatchedIterates, begin_fit, with_callbacks
from fastlr.utils.sums import mean_of


class Search(NamedTuple):
    """What all folds share.

    Attributes
    ----------
    passes : RowPasses
        Over all rows.
    folds : list of callable
        Each returns the `FoldRows` of a fold, given an ``l1_ratio``.
    Cs : ndarray of shape (n_Cs,)
    seed : int
    task : FitTask or None
        Of which callbacks are notified.
    """

    passes: RowPasses
    folds: list[Callable[[float], FoldRows]]
    Cs: np.ndarray
    seed: int
    task: FitTask | None


class LocalRows(NamedTuple):
    """Rows in memory.

    Attributes
    ----------
    problem : Problem
    X : array, sparse matrix or DataFrame of shape (n_samples, n_features)
        The rows, as scorers take them.
    y : ndarray of shape (n_samples,)
        Labels.
    score_parameters : dict
        What scorers take besides, such as the ``sample_weight`` of all rows.
    """

    problem: Problem[Rows]
    X: Any
    y: np.ndarray
    score_parameters: dict[str, Any]


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
    complete : bool
        Whether the training rows have all classes, or there is no intercept, so that the models are finite.
    """

    path: np.ndarray
    scores: np.ndarray
    n_iter: np.ndarray
    complaints: dict[float, str]
    complete: bool


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
        The folds. None means 5 stratified folds, an integer that many. ``train`` and ``test`` are whatever indexes an
        array: numbers of rows, also negative or repeated, or a boolean mask.
    dual : bool, default=False
        As in `LogisticRegression`.
    penalty : {"l2", "l1", "elasticnet"}, default="deprecated"
        Deprecated. Use ``l1_ratios=(0,)`` for "l2", ``l1_ratios=(1,)`` for "l1".
    scoring : str, callable or None, default="neg_log_loss"
        Score on the held-out rows by which candidates are compared, and what `score` returns: a scorer's name, or
        ``scorer(estimator, X, y)`` for rows in the type of ``X``. None means accuracy. Sample weights are passed on.
        Metrics with a parameter ``labels`` are given all classes. A candidate whose score is NaN in a fold is not
        chosen.
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
        Fit the best candidate to all rows. If False, the model is the mean of the folds' best models, without those
        that lack a class.
    intercept_scaling : float, default=1.0
        Has no effect.
    random_state : int, RandomState instance or None, default=None
        As in `LogisticRegression`.
    use_legacy_attributes : bool, default=False
        For compatibility with scikit-learn. True is an error: only the attributes below exist, not scikit-learn's older
        ones.
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
        Weights, followed by the intercept. Without the last column if ``fit_intercept=False``. If a fold's training
        rows lack a class, its weights are 0 and its intercept is minus infinity.
    n_iter_ : ndarray of shape (n_folds, n_l1_ratios, n_Cs)
        Number of iterations.
    coef_, intercept_, classes_, n_features_in_, feature_names_in_, backend_
        As in `LogisticRegression`.
    converged_, duality_gap_, objective_, dual_objective_, history_, solver_
        As in `LogisticRegression`, for the final fit. Not set with ``refit=False``.

    See Also
    --------
    regularization_path : Models for many ``C``.

    Notes
    -----
    If the training rows of a fold lack a class, no finite intercept of it is optimal. The fold's model is then the
    limit: it is trained on the other classes alone, and the class has probability 0. The log-loss clips
    probabilities to ``eps``, the resolution of their type, as scikit-learn's does. So a held-out row of that class
    costs 36 (16 in float32), whatever the candidate. With ``fit_intercept=False`` a finite model is optimal, and is
    used as it is.

    With scikit-learn 1.9 or later, ``set_callbacks`` accepts its callbacks. They are notified of each fold, of each
    ``C`` in it, and of each iteration of the final fit, which they may stop.

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
        "use_legacy_attributes": ["boolean"],
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
    def fit(  # type: ignore[override]
        self, X: Any, y: Any, sample_weight: Any = None, **params: Any
    ) -> LogisticRegressionCV:
        """Choose ``C`` and ``l1_ratio``, then fit the model of all rows.

        Parameters
        ----------
        X : array, sparse matrix or DataFrame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
            Labels of two or more classes.
        sample_weight : float or array of shape (n_samples,), default=None
            Weights, 0 or more, in training and in the scores. With metadata routing, the scores are weighted if the
            scorer requests it.
        **params
            ``groups``, which is passed to the splitter. With metadata routing, whatever the splitter or the scorer
            requests.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As for `LogisticRegression`; if there are no folds, or one has no rows or is no index of rows; or for other
            ``params`` without metadata routing. The model is then unchanged.
        KeyboardInterrupt
            On Ctrl-C. The model is then unchanged.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If a model did not reach ``tol``.
        FutureWarning
            If ``penalty`` is given, or ``l1_ratios`` is None.
        UserWarning
            If some scores are NaN or infinite.
        """
        with self._unchanged_on_error():
            self._validate_params()
            self._check_legacy()
            Cs, l1_ratios = check_Cs(self.Cs), self._check_l1_ratios()
            complaints, n_fits = self._search(X, y, sample_weight, params, Cs, l1_ratios)
        warn_of(complaints, n_fits)
        n_bad = self.scores_.size - np.count_nonzero(np.isfinite(self.scores_))
        if n_bad:
            warnings.warn(
                f"{n_bad} of {self.scores_.size} scores are NaN or infinite. A candidate whose score is NaN in a fold "
                "is chosen only if all are, and then the first.",
                UserWarning,
                stacklevel=2,
            )
        return self

    @with_callbacks
    def _search(
        self, X: Any, y: Any, sample_weight: Any, params: dict[str, Any], Cs: np.ndarray, l1_ratios: np.ndarray
    ) -> tuple[dict[float, str], int]:
        """Check the input, try all candidates and set the fitted attributes.

        Return warnings by ``C``, and the number of fits that they are among.
        """
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        self.backend_ = resolve_backend(self.backend)
        if isinstance(X, FoldSource):
            passes, folds, shown = *self._partitioned(X, y, sample_weight, params), (X, None, None)
        else:
            passes, folds, shown = self._local(X, y, sample_weight, params)
        n_parts = len(folds) * len(l1_ratios) + self.refit
        task = begin_fit(self, *shown, n_parts, sequential=False)
        search = Search(passes, folds, Cs, seed, task)
        # Rows in partitions have one driver, whose tasks run side by side.
        n_jobs = self.n_jobs if passes.problem is not None else 1
        results: list[FoldPath] = Parallel(n_jobs=n_jobs, prefer="threads")(
            delayed(self._follow)(search, k, fold, l1_ratio)
            for k, (fold, l1_ratio) in enumerate(itertools.product(folds, l1_ratios))
        )
        grid = (len(folds), len(l1_ratios), len(Cs))
        self.Cs_, self.l1_ratios_ = Cs, l1_ratios
        self.coefs_paths_ = np.reshape([found.path for found in results], (*grid, *results[0].path.shape[1:]))
        self.scores_ = np.reshape([found.scores for found in results], grid)
        n_iter = np.reshape([found.n_iter for found in results], grid)
        complaints = {C: text for found in results for C, text in found.complaints.items()}
        n_fits = self.scores_.size
        complete = np.array([found.complete for found in results[:: len(l1_ratios)]])
        if self.refit:
            complaint = self._refit(search, complete)
            if complaint:
                complaints, n_fits = {self.C_: complaint, **complaints}, n_fits + 1
        else:
            self._average(complete)
        self.n_iter_ = n_iter
        if task is not None:
            task.end(dict)
        return complaints, n_fits

    def _local(
        self, X: Any, y: Any, sample_weight: Any, params: dict[str, Any]
    ) -> tuple[RowPasses, list[Callable[[float], FoldRows]], tuple[Any, Any, Any]]:
        """Return passes over rows in memory, their folds, and the rows, labels and weights that callbacks are shown."""
        refuse_store(X, type(self).__name__)
        targets = self._check_input(X, y, sample_weight, True, self.dtype)
        assert isinstance(targets, Targets)
        problem = targets.problem(self.class_weight, targets.class_mass())
        self._check_active(problem.n_active)
        y, n_samples = shown_classes(targets.classes)[targets.labels], len(targets.labels)
        split_parameters, score_parameters = self._route(targets.sample_weight, params)
        # scikit-learn makes a splitter of a list of folds, too, which unpacks a fold that is no pair without a word.
        made = hasattr(self.cv, "__iter__") and not hasattr(self.cv, "split")
        splits = self.cv if made else check_cv(self.cv, y, classifier=True).split(X, y, **split_parameters)
        folds = check_folds(splits, n_samples)
        rows = to_csr(X) if sp.issparse(X) else indexable(X)[0]
        self.classes_, self.n_features_in_ = targets.classes, problem.shape[1]
        local = LocalRows(problem, rows, y, score_parameters)
        return (
            LocalPasses(problem, self._kernels),
            [partial(self._local_fold, local, fold) for fold in folds],
            (rows, targets.classes[targets.labels], targets.sample_weight),
        )

    def _local_fold(self, rows: LocalRows, fold: Fold, l1_ratio: float) -> LocalFold:
        """Return the rows of a fold."""
        training = training_problem(rows.problem, fold)
        score = self._fold_scorer(rows, fold, l1_ratio)
        return LocalFold(fold.train, training, classes_in(training) | (not self.fit_intercept), score, self._kernels)

    def _partitioned(
        self, X: FoldSource, y: Any, sample_weight: Any, params: dict[str, Any]
    ) -> tuple[RowPasses, list[Callable[[float], FoldRows]]]:
        """Return passes over rows in partitions, and their folds."""
        refuse_separate_labels(y, sample_weight)
        self._refuse_parameters(set(params), "fit")
        if not (self.cv is None or isinstance(self.cv, Integral)):
            raise ValueError(
                f"cv must be None or an integer for rows in partitions, whose folds are made where they are; got "
                f"{self.cv!r}."
            )
        n_folds = check_cv(self.cv, np.arange(2), classifier=True).get_n_splits()
        passes, self.classes_, folds = X.folds(
            n_folds, self.scoring, self.class_weight, self.fit_intercept, self.dtype, self._kernels
        )
        self._check_active(passes.n_active)
        self.n_features_in_ = passes.shape[1]
        return passes, [partial(_same, fold) for fold in folds]

    def _check_legacy(self) -> None:
        if self.use_legacy_attributes:
            raise ValueError(
                "use_legacy_attributes=True is not supported. Pass False, or leave it out: C_ and l1_ratio_ are "
                "numbers, and scores_, coefs_paths_ and n_iter_ arrays, as in scikit-learn with "
                "use_legacy_attributes=False."
            )

    def _route(self, sample_weight: np.ndarray | None, params: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parameters of `fit` that the splitter takes, and those that the scorer takes."""
        if get_config()["enable_metadata_routing"]:
            routed = process_routing(self, "fit", sample_weight=sample_weight, **params)
            return routed.splitter.split, routed.scorer.score
        self._refuse_parameters(params.keys() - {"groups"}, "fit")
        return params, {} if sample_weight is None else {"sample_weight": sample_weight}

    def _refuse_parameters(self, names: set[str], method: str) -> None:
        if names:
            raise ValueError(
                f"{type(self).__name__}.{method}(..., {', '.join(sorted(names))}=...) is only supported if "
                "enable_metadata_routing=True: call sklearn.set_config(enable_metadata_routing=True)."
            )

    def get_metadata_routing(self) -> MetadataRouter:
        """Return how metadata is routed: from `fit` to the splitter and the scorer, and from `score` to the scorer.

        Returns
        -------
        sklearn.utils.metadata_routing.MetadataRouter
        """
        return (
            MetadataRouter(owner=type(self).__name__)
            .add_self_request(self)
            .add(splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split"))
            .add(
                scorer=self._scorer(),
                method_mapping=MethodMapping().add(caller="fit", callee="score").add(caller="score", callee="score"),
            )
        )

    def _check_l1_ratios(self) -> np.ndarray:
        l1_ratios = self.l1_ratios
        if self.penalty != "deprecated":
            warnings.warn(
                "'penalty' was deprecated in scikit-learn 1.8. Use l1_ratios=(0,) instead of 'l2', l1_ratios=(1,) "
                "instead of 'l1', and l1_ratios in between instead of 'elasticnet'.",
                FutureWarning,
                stacklevel=3,
            )
            if self.penalty != "elasticnet":
                named = (L1_RATIOS[self.penalty],)
                if l1_ratios is not None and tuple(np.ravel(l1_ratios)) not in ((0.0,), named):
                    warnings.warn(
                        f"Inconsistent values: penalty={self.penalty!r} with l1_ratios={l1_ratios!r}. The penalty "
                        "counts, and l1_ratios is ignored. Set only l1_ratios.",
                        UserWarning,
                        stacklevel=3,
                    )
                l1_ratios = named
        elif l1_ratios is None:
            warnings.warn(
                "'l1_ratios=None' was deprecated in scikit-learn 1.8. Use l1_ratios=(0,).",
                FutureWarning,
                stacklevel=3,
            )
            l1_ratios = (0.0,)
        numbers = [] if l1_ratios is None or np.ndim(l1_ratios) != 1 else list(l1_ratios)
        if not numbers or not all(isinstance(share, Real) and 0 <= float(share) <= 1 for share in numbers):
            raise ValueError(f"l1_ratios must be numbers between 0 and 1; got {self.l1_ratios!r}.")
        return np.array(numbers, np.float64)

    def _follow(self, search: Search, number: int, fold_of: Callable[[float], FoldRows], l1_ratio: float) -> FoldPath:
        """Solve for all ``C`` on the training rows of a fold, and score the models on its test rows.

        ``number`` counts the folds and ratios.
        """
        passes, Cs, fold = search.passes, search.Cs, fold_of(l1_ratio)
        n_features, n_outputs = passes.shape[1], passes.n_outputs
        path = np.zeros((len(Cs), n_outputs, n_features + self.fit_intercept), passes.dtype)
        scores, n_iter = np.empty(len(Cs)), np.zeros(len(Cs), np.int32)
        complaints: dict[float, str] = {}

        task = None
        if search.task is not None:
            shown = None if fold.train is None else search.task.shown.of(fold.train)
            task = search.task.subtask("fold", max_subtasks=len(Cs), task_id=number, shown=shown)
        points = self._models(search, fold, l1_ratio)
        for _ in Cs:
            part = None if task is None else task.subtask("C")
            place, solution, complaint = next(points)
            weights, intercept = solution.weights, solution.intercept
            if not fold.present.all():
                weights, intercept = of_all_classes(weights, intercept, fold.present)
            path[place, :, :n_features] = weights.T
            if self.fit_intercept:
                path[place, :, -1] = intercept
            scores[place], n_iter[place] = fold.score(Cs[place], weights, intercept), solution.n_iter
            if complaint:
                complaints[Cs[place]] = complaint
            if part is not None:
                part.end(partial(self._attributes, float(Cs[place]), float(l1_ratio), weights, intercept))
        if task is not None:
            task.end()
        return FoldPath(path, scores, n_iter, complaints, bool(fold.present.all()))

    def _models(self, search: Search, fold: FoldRows, l1_ratio: float) -> Iterator[tuple[int, Solution, str | None]]:
        """Yield the place of each ``C``, its model of the classes present, and its warning."""
        Cs, n_present = search.Cs, np.count_nonzero(fold.present)
        if n_present == 1:
            zero = np.zeros((search.passes.shape[1], 1), search.passes.dtype)
            yield from ((place, Solution(zero, np.zeros(1)), None) for place in range(len(Cs)))
            return
        if n_present == 2 < len(fold.present):
            # Two columns of scores have half the squares of one, and the same absolute values.
            Cs, l1_ratio = Cs * (2.0 / (1.0 + l1_ratio)), 2.0 * l1_ratio / (1.0 + l1_ratio)
        for place, _, solution, complaint in walk(fold.passes(), self, Cs, l1_ratio, search.seed):
            yield place, solution, complaint

    def _fold_scorer(
        self, rows: LocalRows, fold: Fold, l1_ratio: float
    ) -> Callable[[float, np.ndarray, np.ndarray], float]:
        """Return the function that scores a model of a fold, given its ``C``, weights and intercepts."""
        test = fold.test
        parameters = _check_method_params(rows.X, rows.score_parameters, test)
        s = parameters.get("sample_weight")
        if s is not None and not np.any(s):
            raise ValueError("cv makes a fold whose test rows all have zero weight.")
        if self.scoring == "neg_log_loss":
            call = kernels.load(self.backend_)

            def log_loss(C: float, weights: np.ndarray, intercept: np.ndarray) -> float:
                return neg_log_loss(rows.problem, test, s, weights, intercept, call)

            return log_loss
        X, y = _safe_indexing(rows.X, test), rows.y[test]
        classes = shown_classes(self.classes_)
        scorer = with_labels(self._scorer(), classes)

        def score(C: float, weights: np.ndarray, intercept: np.ndarray) -> float:
            model = LogisticRegression(C=C, l1_ratio=l1_ratio, fit_intercept=self.fit_intercept, backend=self.backend)
            model.classes_, model.n_features_in_ = classes, self.n_features_in_
            if hasattr(self, "feature_names_in_"):
                model.feature_names_in_ = self.feature_names_in_
            model.coef_, model.intercept_, model.C_ = weights.T, np.clip(intercept, -FAR, FAR), C
            value = scorer(model, X, y, **parameters)
            try:
                return float(value)
            except (TypeError, ValueError) as error:
                raise ValueError(f"scoring must return a number; got {value!r}.") from error

        return score

    def _scorer(self) -> Callable[..., float]:
        return get_scorer("accuracy" if self.scoring is None else self.scoring)

    def _refit(self, search: Search, complete: np.ndarray) -> str | None:
        """Solve for all rows and the best candidate, from the mean of the models of the complete folds."""
        passes, seed = search.passes, search.seed
        at_ratio, at_C = _best(summed(self.scores_.copy()) / len(self.scores_))
        self.C_, self.l1_ratio_ = float(self.Cs_[at_C]), float(self.l1_ratios_[at_ratio])
        start = Start.zero(passes)
        if complete.any():
            self._set_mean(self.coefs_paths_[complete, at_ratio, at_C])
            start = Start(*self._starting_weights(passes, True))
        penalty = elastic_net(self.C_, self.l1_ratio_)
        solver = resolve_solver(self.solver, self.dual, passes, penalty)
        task = Task(penalty, self.fit_intercept, solver, passes.kernels, seed, float(self.tol), int(self.max_iter))
        solution = Solution(start.weights, start.intercept)
        part, watched = None, None
        if search.task is not None:
            part = search.task.subtask("refit", max_subtasks=task.max_iter, task_id=self.scores_[..., 0].size)
            watched = WatchedIterates(part, partial(self._attributes, self.C_, self.l1_ratio_))
        with self._progress(passes) as progress:
            complaint = minimise(passes, task, start, solution, progress, watched)
        self._set_solution(passes, task, solution)
        if part is not None:
            part.end(dict)
        return None if watched is not None and watched.stopped else complaint

    @staticmethod
    def _attributes(C: float, l1_ratio: float, weights: np.ndarray, intercept: np.ndarray) -> dict[str, Any]:
        """Return the attributes of a model that callbacks are shown."""
        intercept = np.clip(intercept, -FAR, FAR).astype(weights.dtype)
        return {"C_": C, "l1_ratio_": l1_ratio, "coef_": weights.copy().T, "intercept_": intercept}

    def _C(self, total_weight: float) -> float:
        return self.C_

    def _l1_ratio(self) -> float:
        return self.l1_ratio_

    def _C_and_l1_ratio(self) -> tuple[float, float]:
        return self.C_, self.l1_ratio_

    def _average(self, complete: np.ndarray) -> None:
        """Take the mean of the best models of the complete folds."""
        if not complete.any():
            raise ValueError("refit=False needs a fold whose training rows have all classes. Pass refit=True.")
        folds = np.flatnonzero(complete)
        best = [_best(self.scores_[k]) for k in folds]
        self.C_ = mean_of([self.Cs_[at_C] for _, at_C in best])
        self.l1_ratio_ = mean_of([self.l1_ratios_[at_ratio] for at_ratio, _ in best])
        paths = [self.coefs_paths_[k, at_ratio, at_C] for k, (at_ratio, at_C) in zip(folds, best, strict=True)]
        self._set_mean(np.stack(paths))

    def _set_mean(self, paths: np.ndarray) -> None:
        """Set ``coef_`` and ``intercept_`` to the mean of models, given as in ``coefs_paths_``."""
        mean = (summed(paths.astype(np.float64)) / len(paths)).astype(paths.dtype)
        self.coef_ = np.ascontiguousarray(mean[:, : self.n_features_in_].T).T
        self.intercept_ = mean[:, -1].copy() if self.fit_intercept else np.zeros(len(mean), mean.dtype)

    def score(  # type: ignore[override]
        self, X: Any, y: Any, sample_weight: Any = None, **params: Any
    ) -> float:
        """Return the score by ``scoring``, which is minus the log-loss by default, not the accuracy.

        Parameters
        ----------
        X : array, sparse matrix or DataFrame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
        sample_weight : float or array of shape (n_samples,), default=None
        **params
            What the scorer requests, with metadata routing.

        Returns
        -------
        float
        """
        routed = get_config()["enable_metadata_routing"]
        if not routed:
            self._refuse_parameters(set(params), "score")
        check_is_fitted(self)
        y, sample_weight = self._check_targets(y, sample_weight, _num_samples(X))
        classes, model = shown_classes(self.classes_), self
        if classes is not self.classes_:
            model, y = copy.copy(self), classes[encode_labels(y, self.classes_)]
            model.classes_ = classes
        if routed:
            params = process_routing(self, "score", sample_weight=sample_weight, **params).scorer.score
        else:
            params = {} if sample_weight is None else {"sample_weight": sample_weight}
        return with_labels(self._scorer(), classes)(model, X, y, **params)


def _same(fold: FoldRows, l1_ratio: float) -> FoldRows:
    """Return the fold itself, whose rows do not depend on the penalty."""
    return fold


def _best(scores: np.ndarray) -> tuple[int, int]:
    """Return where the greatest of the scores of shape (n_l1_ratios, n_Cs) is, the first by ``C`` among equals.

    NaN is the least of all.
    """
    by_C = scores.T.ravel()
    known = np.flatnonzero(~np.isnan(by_C))
    at_C, at_ratio = divmod(int(known[np.argmax(by_C[known])]) if len(known) else 0, len(scores))
    return at_ratio, at_C
