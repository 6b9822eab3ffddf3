"""`SGDClassifier`: its parameters, `fit` and `partial_fit`."""

from __future__ import annotations

import dataclasses
import os
import warnings
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, Options, StrOptions

from fastlr import kernels
from fastlr.data.labels import as_values
from fastlr.data.protocols import PartitionedSource, TrainingProblem
from fastlr.data.row_scale import RowScale
from fastlr.data.uncentred import uncentred_columns
from fastlr.kernels.backend import BACKENDS, resolve_backend
from fastlr.linear_model.streaming import StreamClassifier
from fastlr.objective.losses import LOSSES
from fastlr.objective.penalties import L1_RATIOS, ElasticNet
from fastlr.schedules import NAMED, Schedule
from fastlr.solvers.stochastic.registry import OPTIMIZERS
from fastlr.store import Store
from fastlr.store.row_source import row_source
from fastlr.training.checkpoint import check_arguments
from fastlr.training.config import TrainingConfig
from fastlr.training.evaluation import held_out_rows, refuse_none
from fastlr.training.partitioned import PartitionedProblem
from fastlr.training.plan import make_plan, scale_of
from fastlr.training.run import run_stream
from fastlr.training.session import TrainingResult, TrainingSession
from fastlr.training.sklearn_callbacks import CallbackSupportMixin, begin_fit, with_callbacks
from fastlr.utils.parallel import resolve_n_jobs

# Parameters that do not identify a training in a checkpoint; the backend that runs is compared by itself.
IRRELEVANT = ("verbose", "backend")

# A column whose mean is more than this many standard deviations from 0 is warned of: with the default optimizer in fit,
# and otherwise. See `fastlr.data.uncentred` for the losses.
UNCENTRED_PLAIN, UNCENTRED = 30, 10


class SGDClassifier(CallbackSupportMixin, StreamClassifier):
    """Logistic regression trained by stochastic gradient descent on sparse rows.

    Minimises the mean log-loss plus a penalty,

    ``F(W, b) = sum_i s_i * loss(y_i, x_i W + b) / sum_i s_i + alpha * (l1_ratio * ||W||_1 + (1 - l1_ratio) / 2 *
    ||W||_2^2)``,

    where ``s_i`` is sample weight times class weight. Two classes have one output; more classes form one softmax model
    with one output per class. A step follows the gradient of one row, or the mean gradient of a batch, and then applies
    the penalty to all features by a proximal step [1]_. Penalties are deferred until a feature is next used [2]_, so a
    step costs time proportional to the non-zeros of its rows, however many features there are.

    The defaults need no tuning: the learning rate, the number of epochs and ``alpha`` are chosen from the data, so that
    ``X``, ``1000 * X`` and ``X / 1000`` give the same predictions. See the page on the automatic learning rate. Columns
    far from 0 relative to their spread, such as a year, must be centred; a warning names them.

    Parameters
    ----------
    loss : {"log_loss"}, default="log_loss"
        The only loss.
    penalty : {"l2", "l1", "elasticnet", None}, default="l2"
        ``"l1"`` and ``"elasticnet"`` set weights to 0: `fit` ends with a pass over all rows that removes the noise of
        the last steps from weights that are 0 at the optimum, except with ``early_stopping``. The intercept is never
        penalised.
    alpha : float or "auto", default="auto"
        Strength of the penalty, 0 or more: ``1 / (C * sum(s))`` for the ``C`` of `LogisticRegression`. ``"auto"`` is
        weak, about ``1e-6`` for rows of length 1. See the guide on choosing C.
    l1_ratio : float or None, default=0.15
        Share of L1 in the elastic net, from 0 to 1; ignored with other penalties, which accept None too.
    fit_intercept : bool, default=True
        Whether to fit an intercept.
    optimizer : {"sgd", "adagrad", "ftrl"}, default="sgd"
        ``"adagrad"`` [5]_ and ``"ftrl"`` [6]_, normalized as in [7]_, have a learning rate per weight, which suits
        features of very different scales; they support neither schedules, averaging, full batches nor threads. See the
        guide on learning rates.
    max_iter : int or None, default=None
        Number of epochs. None plans 5 to 100, fewer for more rows or noisier labels, or allows up to 1000 if ``tol``,
        ``early_stopping``, an adaptive rate or ``batch_size="full"`` ends the training. See the page on the automatic
        learning rate.
    tol : float or None, default=None
        Stop when the objective has not improved by ``tol`` for ``n_iter_no_change`` epochs; None runs all epochs. With
        ``early_stopping`` it is the validation loss (None means 0), with ``batch_size="full"`` the largest entry of the
        gradient (None means 1e-4). With ``learning_rate="adaptive"`` None means 1e-3.
    n_iter_no_change : int, default=5
        Number of epochs without improvement after which ``tol`` or ``early_stopping`` ends the training, or
        ``learning_rate="adaptive"`` divides the rate.
    early_stopping : bool, default=False
        Whether to stop when the loss on held-out rows no longer improves, and keep the weights of the best epoch. The
        rows are the last ``eval_set`` given to `fit`, or else held out of ``X``. See the guide on early stopping.
    validation_fraction : float, default=0.1
        Fraction of the rows to hold out for ``early_stopping``, stratified by class; ignored with an ``eval_set``.
    shuffle : bool, default=True
        Whether to go through the rows in a new random order in each epoch, or call of `partial_fit`. Small blocks of
        neighbouring rows stay together unless the rows are sorted by class, which is up to twice as fast.
    batch_size : int or "full", default=1
        Rows per step. 1 is fastest on sparse rows; ``"full"`` is batch gradient descent.
    learning_rate : {"auto", "constant", "adaptive", "step", "exponential", "linear", "polynomial", "invscaling", \
            "optimal", "lipschitz"}, schedule or callable, default="auto"
        A schedule by name, an object of `fastlr.schedules`, or a function of the step. ``"auto"`` falls linearly to 0
        over the planned steps, and restarts [4]_ if the end is not planned; ``"adaptive"`` divides ``eta0`` by 5
        wherever ``tol`` or ``early_stopping`` would end the training, until it is below 1e-6; ``"optimal"`` is that of
        [3]_. See the guide on learning rates.
    eta0 : float or "auto", default="auto"
        First learning rate. ``"auto"`` computes it from the norms of the rows; for AdaGrad it is 1, for FTRL 0.6. See
        the page on the automatic learning rate.
    power_t : float, default=0.5
        Exponent of the schedules ``"invscaling"`` and ``"polynomial"``.
    average : bool or int, default=False
        Whether the model is the mean of the weights after each step [8]_; an integer is the first step to count, from
        1. Use it with a constant rate: the automatic rate gains nothing. See the guide on learning rates.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class, 1 for classes missing in the dict. A dict that names every class may name further ones.
        ``"balanced"`` gives all classes the same total weight, in `partial_fit` according to all rows seen so far. See
        the guide on imbalanced classes.
    random_state : int, RandomState instance or None, default=None
        Seed of the row orders. With an integer, the weights are bit-identical from run to run.
    warm_start : bool, default=False
        Whether `fit` starts from the current weights.
    n_jobs : int or None, default=None
        Number of threads; None means 1, and -1 one per processor. Training in several threads gives a different model
        for each number of threads, and supports neither ``average``, other optimizers, stores nor the NumPy backend;
        predictions do not depend on it. See the guide on threads.
    deterministic : bool, default=True
        If False, several threads update the same weights without a lock (Hogwild [9]_): results are not reproducible,
        but no thread copies the weights. See the guide on threads.
    verbose : int, default=0
        Whether to show a progress bar on standard error.
    history : {"auto", "full"}, default="auto"
        ``"full"`` also records the objective and the number of non-zero weights of each epoch, at the cost of a pass
        over the weights. ``tol``, ``early_stopping`` and ``eval_set`` imply it.
    dtype : {None, "float32", "float64"}, default=None
        Type of the weights; ``X`` is converted to it. None means float32 for float32 ``X``, otherwise float64.
    backend : {None, "auto", "cython", "numba", "numpy"}, default=None
        What runs the inner loops; None means `fastlr.get_backend()`. See the guide on backends.

    Attributes
    ----------
    coef_ : ndarray of shape (n_outputs, n_features)
        Weights; ``n_outputs`` is 1 for two classes. After `fit`, the transposed view of a C-ordered array.
    intercept_ : ndarray of shape (n_outputs,)
        Intercepts.
    classes_ : ndarray of shape (n_classes,)
        Sorted labels.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of ``X``, if it has any.
    n_iter_ : int
        Number of epochs run.
    t_ : int
        Number of steps taken since `fit` began, or since the first `partial_fit`.
    alpha_, l1_ratio_ : float
        The penalty that was used.
    backend_ : str
        The backend that was used.
    history_ : dict of ndarray of shape (n_epochs,)
        Numbers recorded in each epoch of `fit`: "epoch", "seconds", "steps", "nonzeros_per_second", "learning_rate",
        "training_loss", and where they apply "gradient_norm", "objective", "nonzero_weights", "validation_loss" and
        "validation_accuracy". See the guide on the training history.
    best_epoch_ : int
        With ``early_stopping``, the epoch that the weights are from, counted from 1.
    best_loss_ : float
        With ``early_stopping``, the validation loss of that epoch.
    validation_indices_ : ndarray of shape (n_held_out,)
        With ``early_stopping`` and no ``eval_set``, the rows of ``X`` that were held out.

    See Also
    --------
    LogisticRegression : The exact optimum, with a certificate.
    train_validation_test_split : Rows to train on, to stop by, and to evaluate on.
    sklearn.linear_model.SGDClassifier : One-vs-rest instead of softmax; more losses.

    Notes
    -----
    With scikit-learn 1.9 or later, ``set_callbacks`` accepts its callbacks, such as ``ProgressBar`` and
    ``ScoringMonitor``. They are notified of each epoch of `fit` and may stop it.

    References
    ----------
    .. [1] Duchi and Singer (2009), "Efficient online and batch learning using forward backward splitting".
    .. [2] Lipton and Elkan (2015), "Efficient elastic net regularization for sparse linear models", arXiv:1505.06449.
    .. [3] Bottou (2012), "Stochastic gradient descent tricks".
    .. [4] Loshchilov and Hutter (2017), "SGDR: stochastic gradient descent with warm restarts".
    .. [5] Duchi, Hazan and Singer (2011), "Adaptive subgradient methods for online learning and stochastic
       optimization".
    .. [6] McMahan et al. (2013), "Ad click prediction: a view from the trenches".
    .. [7] Ross, Mineiro and Langford (2013), "Normalized online learning".
    .. [8] Polyak and Juditsky (1992), "Acceleration of stochastic approximation by averaging".
    .. [9] Niu, Recht, Re and Wright (2011), "Hogwild!: a lock-free approach to parallelizing stochastic gradient
       descent".

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from fastlr import SGDClassifier
    >>> X = TfidfVectorizer().fit_transform(["good film", "bad film", "good plot", "bad plot"])
    >>> model = SGDClassifier(random_state=0).fit(X, ["+", "-", "+", "-"])
    >>> model.predict(X)
    array(['+', '-', '+', '-'], dtype='<U1')
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "loss": [StrOptions(set(LOSSES))],
        "penalty": [StrOptions(set(L1_RATIOS)), None],
        "alpha": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
        "l1_ratio": [Interval(Real, 0, 1, closed="both"), None],
        "fit_intercept": ["boolean"],
        "optimizer": [StrOptions(set(OPTIMIZERS))],
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "tol": [Interval(Real, 0, None, closed="left"), None],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "shuffle": ["boolean"],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"full"})],
        "learning_rate": [StrOptions({"auto", "adaptive", *NAMED}), HasMethods("rates"), callable],
        "eta0": [Interval(Real, 0, None, closed="neither"), StrOptions({"auto"})],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "average": [Interval(Integral, 0, None, closed="left"), "boolean"],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "n_jobs": [Integral, None],
        "deterministic": ["boolean"],
        "verbose": ["verbose"],
        "history": [StrOptions({"auto", "full"})],
        "dtype": [StrOptions({"float32", "float64"}), Options(type, {np.float32, np.float64}), None],
        "backend": [StrOptions(set(BACKENDS)), None],
    }

    def __init__(
        self,
        loss: str = "log_loss",
        *,
        penalty: str | None = "l2",
        alpha: float | str = "auto",
        l1_ratio: float | None = 0.15,
        fit_intercept: bool = True,
        optimizer: str = "sgd",
        max_iter: int | None = None,
        tol: float | None = None,
        n_iter_no_change: int = 5,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        shuffle: bool = True,
        batch_size: int | str = 1,
        learning_rate: str | Schedule | Callable[[int], float] = "auto",
        eta0: float | str = "auto",
        power_t: float = 0.5,
        average: bool | int = False,
        class_weight: Mapping[Any, float] | str | None = None,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        n_jobs: int | None = None,
        deterministic: bool = True,
        verbose: int = 0,
        history: str = "auto",
        dtype: Any = None,
        backend: str | None = None,
    ) -> None:
        self.loss = loss
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.optimizer = optimizer
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.shuffle = shuffle
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.eta0 = eta0
        self.power_t = power_t
        self.average = average
        self.class_weight = class_weight
        self.random_state = random_state
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.deterministic = deterministic
        self.verbose = verbose
        self.history = history
        self.dtype = dtype
        self.backend = backend

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        coef_init: Any = None,
        intercept_init: Any = None,
        eval_set: Any = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 60.0,
        resume: bool = False,
    ) -> SGDClassifier:
        """Train on all of ``X``, from zero weights unless ``warm_start``.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), or Store
            CSR of float32 or float64 is used without a copy; anything else is converted. A store is read in parts, of
            which two are in memory at a time: see the guide on out-of-core training.
        y : array of shape (n_samples,), default=None
            Labels of two or more classes. None uses those of a store.
        sample_weight : float or array of shape (n_samples,), default=None
            Weights, 0 or more; a row of weight 0 counts as absent. None means 1, or the weights of a store.
        coef_init : array of shape (n_outputs, n_features), or (n_features,) for two classes, default=None
            Weights to start from. None means zeros, or the current weights with ``warm_start``. AdaGrad and FTRL start
            from zeros only.
        intercept_init : array of shape (n_outputs,), or a number for two classes, default=None
            Intercepts to start from, likewise. With ``fit_intercept=False`` they stay as they are.
        eval_set : tuple (X, y) or (X, y, sample_weight), Store, or list of these, default=None
            Rows to evaluate the weights on after each epoch, for ``history_``; ``early_stopping`` looks at the last of
            them.
        checkpoint : str or path, default=None
            File to write the state of the training to, from which an interrupted training can be resumed. See the guide
            on checkpoints.
        checkpoint_every : float, default=60.0
            Seconds between writes of the checkpoint, 0 or more.
        resume : bool, default=False
            Whether to continue from the checkpoint if the file exists, to the same weights, bit for bit. Data,
            parameters, backend and version of fastlr must be the same as before.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the input is malformed, not finite, or has only one class; if ``coef_init`` or ``intercept_init`` has
            another shape; if ``eval_set`` is malformed or has other classes; if training diverges; or if the checkpoint
            is damaged or of another training. The model is unchanged then.
        OSError
            If the checkpoint cannot be written or read. The model is unchanged then.
        KeyboardInterrupt
            On Ctrl-C, within a fraction of a second. The model is fitted with the steps taken so far, or has the best
            weights so far with ``early_stopping``.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If training stopped at ``max_iter`` before reaching ``tol``.
        UserWarning
            If columns are so far from 0, relative to their spread, that little is learned from them.
        """
        with self._unchanged_on_error():
            self._validate_params()
            check_arguments(checkpoint, checkpoint_every, resume, self.early_stopping, eval_set, self.random_state)
            initial = coef_init, intercept_init
            result = self._fit(X, y, sample_weight, initial, eval_set, checkpoint, checkpoint_every, resume)
        if result.interrupted:
            raise KeyboardInterrupt
        if not result.converged:
            warnings.warn(
                f"Training stopped at max_iter={self.n_iter_} before reaching tol={self._config().tolerance}. Increase "
                "max_iter, tol or the learning rate.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    @with_callbacks
    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        initial: tuple[Any, Any],
        eval_set: Any,
        checkpoint: Any,
        checkpoint_every: float,
        resume: bool,
    ) -> TrainingResult:
        """Check the input, train, and set the fitted attributes."""
        config = self._config()
        backend = resolve_backend(self.backend)
        warm = self.warm_start and hasattr(self, "classes_")
        if isinstance(X, PartitionedSource):
            self._refuse_partitions()
            config = dataclasses.replace(config, n_jobs=None)  # a partition is worked on in one thread
        else:
            self._refuse_store(X)
        targets = self._check_input(X, y, sample_weight, not warm, self.dtype)
        classes, mass = targets.classes, targets.class_mass()
        self._check_warm_classes(classes, warm)
        problem = targets.problem(self.class_weight, mass)
        del targets  # rows in partitions are there twice otherwise
        self._check_active(problem.n_active)
        self._class_mass = dict(zip(as_values(classes), mass.tolist(), strict=True))
        random = check_random_state(self.random_state)
        seed = random.randint(2**31 - 1) if self.shuffle else None
        evaluation_sets = self._check_eval_set(eval_set, problem.dtype, classes, mass)
        for name in ("best_epoch_", "best_loss_", "validation_indices_"):
            self.__dict__.pop(name, None)
        if self.early_stopping and not evaluation_sets:
            fraction = float(self.validation_fraction)
            if isinstance(problem, PartitionedProblem):
                evaluation_sets["validation"], problem = problem.hold_out(fraction, random)
            else:
                held_out = held_out_rows(problem, fraction, random)
                refuse_none(len(held_out), problem.n_active)
                evaluation_sets["validation"], problem = problem.subset(held_out), problem.exclude(held_out)
                self.validation_indices_ = held_out

        self._warn_of_uncentred_columns(problem, stream=False)
        session = TrainingSession(
            config, problem, backend, seed, evaluation_sets=evaluation_sets, full_history=self.history == "full"
        )
        session.start(self._start_optimizer(config, problem, backend, warm, initial))
        plan, monitor, optimizer = session.plan, session.monitor, session.optimizer
        self._set_penalty(plan.penalty)
        self._coherence = plan.coherence
        if checkpoint is not None:
            # A subclass that trains elsewhere may have more parameters, on which the model does not depend.
            names = set(SGDClassifier._get_param_names()) - set(IRRELEVANT)
            parameters = {name: value for name, value in self.get_params(deep=False).items() if name in names}
            parameters["n_jobs"] = resolve_n_jobs(self.n_jobs)
            session.save_to(checkpoint, checkpoint_every, resume, parameters, classes)

        def attributes_of(weights: np.ndarray, intercept: np.ndarray) -> dict[str, Any]:
            return {"classes_": classes, "coef_": weights.T, "intercept_": intercept.astype(weights.dtype)}

        trained_on = problem.active_rows if hasattr(self, "validation_indices_") else None
        monitor.fit_task = begin_fit(self, X, y, sample_weight, plan.max_iter, trained_on=trained_on)
        monitor.attributes_of = attributes_of
        if self.verbose:
            session.show_progress(type(self).__name__)
        result = session.run()

        stopping = monitor.stopping
        if stopping is not None and stopping.keep_best and stopping.best_epoch:
            self.best_epoch_, self.best_loss_ = stopping.best_epoch, stopping.best
        self.classes_ = classes
        self.backend_ = backend
        self.n_iter_ = result.n_iter
        self.t_ = optimizer.n_steps
        self._scale = session.scale
        self._n_calls = 0
        self._optimizer = None
        self._coef = result.weights.T
        self._intercept = result.intercept.astype(result.weights.dtype)
        if not config.optimizer_spec.starts_from_weights and (stopping is None or stopping.best_weights is None):
            # Weights alone do not suffice to continue.
            self._optimizer, self._coef.flags.writeable = optimizer, False
            self._optimizer_config = config.optimizer_config(problem, backend)
        self.history_ = monitor.history.columns()
        if monitor.fit_task is not None and not result.interrupted:
            monitor.fit_task.end(dict)
        return result

    def partial_fit(self, X: Any, y: Any = None, classes: Any = None, sample_weight: Any = None) -> SGDClassifier:
        """Train on a chunk of rows, once, from the current weights; the cost does not depend on ``n_features``.

        Without shuffling, and with neither an automatic rate nor an automatic ``alpha``, calls over consecutive chunks
        of multiples of ``batch_size`` rows give the same weights, bit for bit, as one epoch of `fit`, except that an L1
        penalty leaves noise on some weights that `fit` sets to 0. With ``batch_size="full"``, a call is one step over
        all of its rows. See the guide on streams.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), or Store
            Rows; see `fit`.
        y : array of shape (n_samples,), default=None
            Labels. None uses those of a store.
        classes : array of shape (n_classes,), default=None
            All labels that may occur; required in the first call unless ``X`` is a store. A later call can add classes:
            they start with weights of 0, which changes no ratio of the other classes' probabilities.
        sample_weight : float or array of shape (n_samples,), default=None
            Weights, 0 or more. A call whose rows all have weight 0 changes nothing, except that a first call sets the
            classes and the number of features.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the input is malformed or not finite, if ``y`` has a label not in ``classes``, if ``classes`` lacks one
            of the model's, or if ``early_stopping`` is set; the model is unchanged then. If training diverges, the
            steps before the failing one have been taken.
        KeyboardInterrupt
            On Ctrl-C, within a fraction of a second; the steps taken so far are kept.
        """
        with self._unchanged_on_error():
            self._validate_params()
            if self.early_stopping:
                raise ValueError(
                    "partial_fit does not support early_stopping, because it sees each row only once. Use fit, or set "
                    "early_stopping=False."
                )
            if isinstance(X, PartitionedSource):
                raise ValueError("partial_fit does not support rows in partitions; use fit.")
            config = self._config()
            backend = resolve_backend(self.backend)
            first = not hasattr(self, "classes_")
            if classes is None and first and y is None:
                classes = row_source(X).code_classes()
            classes = self._check_partial_classes(classes, first)
            dtype = self.dtype if first or self.dtype is not None else self._kept_dtype()
            self._refuse_store(X)
            targets = self._check_input(X, y, sample_weight, first, dtype, classes)
            mass = targets.class_mass()
            if not first:
                seen = vars(self).get("_class_mass", {})  # older model files have none
                mass += [seen.get(label, 0.0) for label in as_values(classes)]
            problem = targets.problem(self.class_weight, mass)
            if first:
                self.classes_ = classes
                self.n_iter_ = 1
                self.t_ = 0
                self._scale = RowScale()
                self._coherence = None
                self._n_calls = 0
                self._warn_of_uncentred_columns(problem, stream=True)
            elif problem.n_active == 0:
                return self
            elif len(classes) > len(self.classes_):
                self._add_classes(classes)
            self._class_mass = dict(zip(as_values(classes), mass.tolist(), strict=True))
            scale = scale_of(config, problem, backend, self._scale)
            self._set_penalty(config.penalty_of(scale))
            self._scale = scale
            optimizer = self._stream_optimizer(config, problem, backend)
            rng = None
            if self.shuffle:
                if self._n_calls == 0:
                    self._seed = check_random_state(self.random_state).randint(2**31 - 1)
                rng = np.random.default_rng([self._seed, self._n_calls])
            self._n_calls += bool(problem.n_active)
            self.backend_ = backend
            self._optimizer = optimizer
            if problem.n_active == 0:
                return self
            plan = make_plan(config, problem, scale, backend, stream=True, coherence=self._coherence)
            self._coherence = plan.coherence
            self._coef = None

        try:
            run_stream(optimizer, problem, config, plan, rng)
        finally:
            self._coef = None
            self.t_ = optimizer.n_steps
        return self

    def _config(self) -> TrainingConfig:
        """Return the parameters that a training depends on."""
        return TrainingConfig(**{field.name: getattr(self, field.name) for field in dataclasses.fields(TrainingConfig)})

    def _refuse_partitions(self) -> None:
        """Raise ValueError if the parameters do not support rows in partitions."""
        if self.optimizer != "sgd":
            raise ValueError(f"optimizer={self.optimizer!r} needs all rows in one process; use optimizer='sgd'.")
        if self.batch_size == "full":
            raise ValueError(
                "batch_size='full' does not support rows in partitions; use an integer, or LogisticRegression, whose "
                "steps are over all rows."
            )
        backend = resolve_backend(self.backend)
        if not kernels.load(backend).supports("local_sgd"):
            raise ValueError(f"Rows in partitions need backend='cython' or 'numba'; found {backend!r}.")

    def _warn_of_uncentred_columns(self, problem: TrainingProblem, stream: bool) -> None:
        """Warn if there are columns from which this training hardly learns."""
        if not self.fit_intercept:  # an intercept is what such a column resembles
            return
        plain = self.optimizer == "sgd" and self.batch_size != "full" and not stream
        ratio = UNCENTRED_PLAIN if plain else UNCENTRED
        columns = uncentred_columns(problem, ratio)
        if len(columns) == 0:
            return
        names = [str(name) for name in getattr(self, "feature_names_in_", np.arange(problem.shape[1]))[columns[:5]]]
        more = f" and {len(columns) - 5} others" if len(columns) > 5 else ""
        warnings.warn(
            f"SGDClassifier hardly learns from columns far from 0 relative to their spread: {', '.join(names)}{more} "
            f"(mean over {ratio} standard deviations). Centre them, for example with "
            "sklearn.preprocessing.StandardScaler, or use LogisticRegression, which needs no scaling.",
            UserWarning,
            stacklevel=3 if stream else 5,  # the caller of `partial_fit`, or of `fit` in scikit-learn's wrapper
        )

    def _set_penalty(self, penalty: ElasticNet) -> None:
        self.alpha_, self.l1_ratio_, self._l1, self._l2 = penalty.alpha, penalty.l1_ratio, penalty.l1, penalty.l2

    def _check_eval_set(
        self, eval_set: Any, dtype: np.dtype, classes: np.ndarray, mass: np.ndarray
    ) -> dict[str, TrainingProblem]:
        """Return the checked sets, by the prefix of their columns in ``history_``."""
        if eval_set is None:
            return {}
        several = isinstance(eval_set, list)
        sets = [
            (one, None) if isinstance(one, (Store, PartitionedSource)) else one
            for one in (eval_set if several else [eval_set])
        ]
        if not sets or not all(isinstance(one, tuple) and len(one) in (2, 3) for one in sets):
            found = [type(one).__name__ for one in sets] if several else type(eval_set).__name__
            raise ValueError(
                f"eval_set must be (X, y), (X, y, sample_weight), a store, or a list of these; got {found}."
            )
        checked = {}
        for k, one in enumerate(sets):
            try:
                X, y, weights = one if len(one) == 3 else (*one, None)
                name = f"validation_{k}" if len(sets) > 1 else "validation"
                targets = self._check_input(X, y, weights, False, dtype, classes)
                checked[name] = targets.problem(self.class_weight, mass)
                if checked[name].n_active == 0:
                    raise ValueError("The sum of sample_weight times class_weight must be above 0.")
            except (TypeError, ValueError) as error:
                raise ValueError(f"eval_set{[k] if several else ''}: {error}") from error
        return checked
