"""The estimators: their parameters, and which solver they hand a checked problem to."""

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

from fastlr.data.problem import Problem
from fastlr.data.row_scale import RowScale
from fastlr.data.targets import Targets
from fastlr.kernels.backend import BACKENDS, resolve_backend
from fastlr.linear_model.streaming import StreamClassifier
from fastlr.objective.penalties import ElasticNet
from fastlr.schedules import NAMED, Schedule
from fastlr.solvers.stochastic.registry import OPTIMIZERS
from fastlr.store import Store
from fastlr.store.problem import StoredTargets
from fastlr.training.checkpoint import check_arguments
from fastlr.training.config import TrainingConfig
from fastlr.training.evaluation import held_out_rows
from fastlr.training.plan import make_plan, scale_of
from fastlr.training.run import run_stream
from fastlr.training.session import TrainingResult, TrainingSession
from fastlr.training.sklearn_callbacks import CallbackSupportMixin, make_tasks, with_callbacks
from fastlr.utils.parallel import resolve_n_jobs

# Parameters that do not identify a training in a checkpoint; the backend that runs is compared by itself.
IRRELEVANT = ("verbose", "backend")


class SGDClassifier(CallbackSupportMixin, StreamClassifier):
    """Logistic regression trained by stochastic, mini-batch or batch gradient descent on sparse rows.

    Minimises ``F(W, b) = (1 / sum(s)) * sum_i s_i * loss(y_i, x_i W + b) + alpha * ((1 - l1_ratio) / 2 * ||W||_2^2 +
    l1_ratio * ||W||_1)``, where ``s_i`` is sample weight times class weight and the loss is the cross-entropy: of one
    output for two classes, of one output a class (softmax) for more. A step follows the gradient of one row, or the
    mean gradient of a batch, and then takes the proximal step of the penalty for *every* feature (FOBOS [1]_), which is
    owed and paid lazily [2]_: a step costs its rows' non-zeros, however many features there are.

    The defaults need no tuning and no scaling: the learning rate and ``alpha`` are chosen in units of the rows' mean
    squared norm, so that ``X``, ``1000 * X`` and ``X / 1000`` give the same predictions.

    Parameters
    ----------
    loss : {"log_loss"}, default="log_loss"
        The cross-entropy; there is no other.
    penalty : {"l2", "l1", "elasticnet", None}, default="l2"
        What is added to the loss. The intercept is never penalised.
    alpha : float or "auto", default="auto"
        Strength of the penalty, 0 or more; ``1 / (C * sum(s))`` for the ``C`` of scikit-learn's ``LogisticRegression``.
        ``"auto"`` is ``1e-6 * q`` for L2 and ``1e-6 * sqrt(q)`` for L1, with ``q`` the mean squared norm of a row, and
        for the elastic net these two mixed by ``l1_ratio``: scikit-learn's 1e-4 is far too strong for tf-idf text.
        AdaGrad and FTRL take a tenth of that.
    l1_ratio : float, default=0.15
        Share of L1 in the elastic net, between 0 and 1; only ``penalty="elasticnet"`` reads it.
    fit_intercept : bool, default=True
        Whether there is an intercept.
    optimizer : {"sgd", "adagrad", "ftrl"}, default="sgd"
        What a step does with the gradient: follow it, or let every weight have a rate of its own, which falls as its
        squared gradients add up. AdaGrad [5]_ in its dual-averaging form and FTRL-proximal [6]_ compute each weight
        from its sums ``z`` of gradients and ``n`` of their squares, and from the penalty due so far:
        ``-soft(z, due_l1) / (s * sqrt(n) / eta0 + due_l2)``, exactly and at the cost of the non-zeros. ``s`` is the
        largest value of the feature so far and a square counts ``sum_f (x_f / s_f) ** 2`` times, over the row, so that
        predictions do not depend on the unit of any one feature [7]_ (the penalties aside). No step overshoots: the
        gradient is taken at the end of the step, along its direction (an implicit step). The rate is ``eta0``; there
        are no schedules, no averages and no full batches, and training goes on only from sums that the model has kept,
        not from weights alone: not with added classes, nor from the earlier epoch that ``early_stopping`` chose.
    max_iter : int or None, default=None
        Epochs: passes over the rows. None plans them, as the automatic rate falls to zero over the planned steps:
        220,000 rows in all, but at least 5 epochs and at most 100. For 1,000 to 90,000 rows, where ``learning_rate``
        and ``eta0`` are "auto" too, a pilot over up to 5,000 of them finds out how well labels are learned: up to what
        share ``r`` of the labels' entropy the loss of rows not seen before falls. Only ``(0.95 - r) / 0.2`` of these
        epochs are made, but no less than 12% of them, nor fewer than 5; below ``r = 0.6`` as many as have 450,000 rows,
        but no more than 9 for that. Where it is not the plan that ends the training
        (``tol``, ``early_stopping``, ``batch_size="full"``), None is 1000, and any number the most there may be.
    tol : float or None, default=None
        With a number, training ends once the objective, penalty included, has not been lower than its best by ``tol``
        for ``n_iter_no_change`` epochs. None (not scikit-learn's 1e-3) makes all epochs, as planned. With
        ``early_stopping`` it is the validation loss that must fall, and None is 0. With ``batch_size="full"`` training
        ends once no entry of the gradient exceeds ``tol``; None is 1e-4 there.
    n_iter_no_change : int, default=5
        Epochs without progress that end the training, if ``tol`` or ``early_stopping`` is to end it. The automatic rate
        then falls to zero over this many epochs, and again as often as there is progress.
    early_stopping : bool, default=False
        Whether training ends when the validation loss has not fallen for ``n_iter_no_change`` epochs; the weights are
        then those of the epoch of the lowest loss. Validated on are the last ``eval_set`` given to `fit`, or else rows
        held out of ``X``.
    validation_fraction : float, default=0.1
        Share of the rows that early stopping holds out, at random, of each class its share. They have no part in
        training. Only read if there is no ``eval_set``.
    shuffle : bool, default=True
        Whether each epoch, or call of `partial_fit`, goes through the rows in a random order of its own. Of more than
        4,096 rows, unless they come sorted by class, blocks of 8 neighbours stay together: that is up to twice as fast.
    batch_size : int or "full", default=1
        Rows a step. ``"full"`` is batch gradient descent: every step follows the gradient of all rows, divided, like
        the penalty, by ``sum(s)``.
    learning_rate : {"auto", "constant", "step", "exponential", "linear", "polynomial", "invscaling", "optimal", \
            "lipschitz"}, schedule or callable, default="auto"
        The rate of step ``t`` = 0, 1, ...; a schedule of `fastlr.schedules`, with an ``eta0`` of its own and more to
        choose, or any function of ``t``; or by name, for ``T`` planned steps:

        - ``"auto"``: ``eta0 * (1 - t / T)`` over the ``T`` planned steps of `fit`; with ``tol`` or ``early_stopping``,
          which leave the end open, ``T`` is ``n_iter_no_change`` epochs, and after them the rate starts again from
          ``eta0`` [4]_, so that training ends, like a planned one, at a rate of zero; in `partial_fit`, which cannot
          know ``T`` either, ``4 * eta0 / (1 + t / 3000) ** 0.75``; for ``batch_size="full"``, ``eta0``;
        - ``"constant"``: ``eta0``;
        - ``"step"``: ``eta0``, a tenth of it after half of the epochs and a hundredth after three quarters;
        - ``"exponential"``: ``eta0 * 0.01 ** (t / T)``;
        - ``"linear"``: ``eta0 * (1 - t / T)``;
        - ``"polynomial"``: ``eta0 * (1 - t / T) ** power_t``;
        - ``"invscaling"``: ``eta0 / (t + 1) ** power_t``, as in scikit-learn;
        - ``"optimal"``: ``1 / (alpha * (t0 + t))`` with ``t0 = alpha ** -0.75`` [3]_, as in scikit-learn;
        - ``"lipschitz"``: ``1 / L``, with ``L`` an upper bound of the curvature of every step's loss, computed from the
          data: see `fastlr.schedules.Lipschitz`.

        `partial_fit` does not know ``T``, nor epochs, and refuses those that need them.
    eta0 : float or "auto", default="auto"
        First rate, of the names that have one above. ``"auto"`` is 0.8 times the mean of ``1 / ||x_i||^2`` for single
        rows of weight 1, ``sqrt(n_classes / 20)`` times that, but at most 4 times, for more than 20 classes,
        ``18 / n`` times that for two classes that are easily learned (see ``max_iter``) in ``n < 18`` epochs, more for
        batches of rows that share few features, and ``1 / L`` for ``batch_size="full"``, with ``L`` an upper bound of
        the loss's curvature. The intercept then has a rate of its own, that of a feature of the rows' size, which is
        what makes it free of the features' scale; in `partial_fit`, whose rate does not fall to zero, 0.03 times that,
        as every row moves it. For AdaGrad it is 1, for FTRL 0.6.
    power_t : float, default=0.5
        Exponent of ``"invscaling"`` and ``"polynomial"``.
    average : bool or int, default=False
        Whether the model is the mean of the iterates, the weights after each step, instead of the last of them: of all,
        or of those from this step, counted from 1, on. It is their exact mean under every penalty [8]_. Training
        itself goes on from the last iterate, in `partial_fit` too; a mean begins anew, and training goes on from it,
        when weights are set, classes are added, or parameters ask for other steps (``penalty``, ``dtype``,
        ``backend``, ...).
    class_weight : dict, "balanced" or None, default=None
        Weight of each class, 1 where the dict does not name it. ``"balanced"`` gives every class the same total weight;
        in `partial_fit` by the running counts of all rows that have come, those of the call included.
    random_state : int, RandomState instance or None, default=None
        Draws the order of the rows. An int makes the weights bit-identical from run to run.
    warm_start : bool, default=False
        Whether `fit` starts from the weights there are.
    n_jobs : int or None, default=None
        Threads; -1 is one a processor, None is one. In `fit` and `partial_fit` each takes the steps of its share of the
        rows on weights of its own, and once or a few times an epoch their moves are added up: see
        ``fastlr.solvers.stochastic.local_sgd``; of a full batch it makes its share of the gradient. So the model
        depends on the number of threads, but given that it is the same to the bit. Rows too few to be worth it, for the
        number of features, are trained on by fewer threads. ``average``, the other optimizers, ``backend="numpy"`` and
        stores train in one thread and refuse more. Predictions do not depend on it.
    deterministic : bool, default=True
        Whether several threads make the same model each time. If not, they train the same weights at the same time,
        without a lock (Hogwild [9]_): the model is another one each time, whatever ``random_state``, and a training
        that is gone on from a checkpoint is too. It takes no copy of the weights a thread, and threads are worth it for
        fewer rows: those that are few beside the features. Where threads as they are by default are worth it too, they
        make the better model. Where two threads move a weight at the same moment, one of the moves may be lost, and the
        penalty comes once for some hundreds of steps or more, which leaves fewer weights that are not 0. A penalty
        that is too strong for that is trained with by one thread, and batches of more than 16,384 scores by threads as
        by default. It changes nothing of one thread, nor of a full batch.
    verbose : int, default=0
        Whether to show a progress bar, on standard error: live in a terminal or a notebook, lines in a log file. It has
        the mean loss of the epoch so far, the learning rate, and the time left; where the end is not planned, to the
        soonest end there may be.
    history : {"auto", "full"}, default="auto"
        What ``history_`` holds of each epoch: what costs next to nothing, or also what costs a pass over the weights.
        ``tol``, ``early_stopping`` and an ``eval_set`` need that pass, so with them "auto" is "full".
    dtype : {None, "float32", "float64"}, default=None
        Type of the weights, to which ``X`` is converted. None is float32 for float32 ``X``, otherwise float64.
    backend : {None, "auto", "numba", "cython", "numpy"}, default=None
        What runs the inner loops; None follows `fastlr.get_backend`.

    Attributes
    ----------
    coef_ : ndarray of shape (n_outputs, n_features)
        Weights; ``n_outputs`` is 1 for two classes. After `fit` a view of a C-ordered ``(n_features, n_outputs)``
        array.
    intercept_ : ndarray of shape (n_outputs,)
    classes_ : ndarray of shape (n_classes,)
        Sorted labels.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Only if ``X`` had string column names.
    n_iter_ : int
        Epochs made.
    t_ : int
        Steps made since `fit` began, or since the first `partial_fit`.
    alpha_, l1_ratio_ : float
        The penalty that was used.
    backend_ : str
        The backend that ran.
    history_ : dict of ndarray of shape (n_epochs,)
        What happened in each epoch of `fit`; ``pandas.DataFrame(model.history_)`` is a table of it.

        - "epoch": 1, 2, ...; "seconds" since training began, watching included; "steps" made so far;
        - "nonzeros_per_second" of the epoch's steps, watching not included;
        - "learning_rate" of its first step;
        - "training_loss": the mean over the epoch, each row's before its own step (so of the first epoch it is high);
        - "gradient_norm", its largest entry, at the beginning of the epoch: with ``batch_size="full"``;
        - "objective": that training loss plus the penalty at the end of the epoch; "nonzero_weights" then: where
          ``history`` is, or counts as, "full";
        - "validation_loss" and "validation_accuracy" at the end of the epoch, over the held-out rows or the
          ``eval_set``, weighted as the objective is; of a list, "validation_0_loss", "validation_1_loss", ...
    best_epoch_ : int
        The epoch, counted from 1, whose weights these are; with ``early_stopping``.
    best_loss_ : float
        Its validation loss; with ``early_stopping``.
    validation_indices_ : ndarray of shape (n_held_out,)
        The rows of ``X`` that were held out; with ``early_stopping`` and no ``eval_set``.

    See Also
    --------
    train_validation_test_split : Rows to train on, to stop by, and to judge by.
    sklearn.linear_model.SGDClassifier : One model a class instead of softmax; more losses.

    Notes
    -----
    With scikit-learn 1.9 or later, ``set_callbacks`` takes its callbacks, ``ProgressBar`` and ``ScoringMonitor`` for
    example. They are told of `fit`, whose tasks are the epochs, and may stop it; the model that they are shown is the
    one that `fit` would then return.

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
        "loss": [StrOptions({"log_loss"})],
        "penalty": [StrOptions({"l2", "l1", "elasticnet"}), None],
        "alpha": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
        "l1_ratio": [Interval(Real, 0, 1, closed="both")],
        "fit_intercept": ["boolean"],
        "optimizer": [StrOptions(set(OPTIMIZERS))],
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "tol": [Interval(Real, 0, None, closed="left"), None],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "shuffle": ["boolean"],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"full"})],
        "learning_rate": [StrOptions({"auto", *NAMED}), HasMethods("rates"), callable],
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
        l1_ratio: float = 0.15,
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
        eval_set: Any = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 60.0,
        resume: bool = False,
    ) -> SGDClassifier:
        """Train on all of ``X``, from zero weights unless ``warm_start``.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), or Store
            CSR of float32 or float64 is used as it is, unsorted and duplicate indices too; anything else is converted.
            Of a store two parts of 32 megabytes are in memory at a time, and its rows come in an order that depends on
            ``random_state`` and on its files; a store of up to two parts makes the model of the same matrix, bit for
            bit. ``early_stopping`` without an ``eval_set`` reads it twice an epoch.
        y : array of shape (n_samples,), default=None
            Labels; two classes or more. Only those of a store may be left out, which has its own.
        sample_weight : array of shape (n_samples,), default=None
            Weights, 0 or more; a row of weight 0 is as good as absent. None is those of a store, if it has any.
        eval_set : tuple (X, y) or (X, y, sample_weight), Store, or list of such, default=None
            Rows to evaluate the weights on after each epoch, for ``history_``. They train nothing; if
            ``early_stopping``, the last of them is what it looks at.
        checkpoint : str or path, default=None
            A file to which is written where the training stands: at its beginning, every ``checkpoint_every`` seconds
            and at its end. A crash leaves the last one or a new one, whole. It stays when `fit` is done.
        checkpoint_every : float, default=60.0
            Seconds from the end of one write to the next, 0 or more. A write goes through all weights, and waits for
            the disk.
        resume : bool, default=False
            Whether to go on from ``checkpoint``, to the same weights, bit for bit, as if nothing had come between
            (unless several threads are not ``deterministic``). If there is no such file yet, training begins, so that
            one script does for the first run and the next. The data, the ``eval_set``, the parameters (but for
            ``verbose``), the backend and the version of fastlr must be those of the file. False begins anew, and
            overwrites it.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the input is malformed, not finite, or of one class only, if ``eval_set`` is, or holds another class, if
            training diverges, or if the file to resume from is damaged or of another training. The model is then as it
            was before.
        OSError
            If the checkpoint cannot be written or read. The model is then as it was before.
        KeyboardInterrupt
            On Ctrl-C, within a fraction of a second, with the steps made so far as a fitted model; with
            ``early_stopping``, with the best weights so far. The checkpoint is that of the last write.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If ``max_iter`` came before ``tol`` was met.
        """
        with self._unchanged_on_error():
            self._validate_params()
            check_arguments(checkpoint, checkpoint_every, resume, self.early_stopping, eval_set, self.random_state)
            result = self._fit(X, y, sample_weight, eval_set, checkpoint, checkpoint_every, resume)
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
        self, X: Any, y: Any, sample_weight: Any, eval_set: Any, checkpoint: Any, checkpoint_every: float, resume: bool
    ) -> TrainingResult:
        """Check the input, train, and set the fitted attributes."""
        config = self._config()
        backend = resolve_backend(self.backend)
        warm = self.warm_start and hasattr(self, "classes_")
        self._refuse_store(X)
        targets = self._check_input(X, y, sample_weight, not warm, self.dtype)
        classes, mass = targets.classes, targets.class_mass()
        problem = self._checked_problem(targets, mass, warm)
        self._class_mass = dict(zip(classes.tolist(), mass.tolist(), strict=True))
        random = check_random_state(self.random_state)
        seed = random.randint(2**31 - 1) if self.shuffle else None
        evaluation_sets = self._check_eval_set(eval_set, problem.dtype, classes, mass)
        for name in ("best_epoch_", "best_loss_", "validation_indices_"):
            vars(self).pop(name, None)
        if self.early_stopping and not evaluation_sets:
            held_out = held_out_rows(problem, float(self.validation_fraction), random)
            evaluation_sets["validation"], problem = problem.subset(held_out), problem.exclude(held_out)
            self.validation_indices_ = held_out

        session = TrainingSession(
            config, problem, backend, seed, evaluation_sets=evaluation_sets, full_history=self.history == "full"
        )
        session.start(self._start_optimizer(config, problem, backend, warm))
        plan, monitor, optimizer = session.plan, session.monitor, session.optimizer
        self._set_penalty(plan.penalty)
        self._coherence = plan.coherence
        if checkpoint is not None:
            parameters = {name: value for name, value in self.get_params(deep=False).items() if name not in IRRELEVANT}
            parameters["n_jobs"] = resolve_n_jobs(self.n_jobs)
            session.save_to(checkpoint, checkpoint_every, resume, parameters, classes)

        def attributes_of(weights: np.ndarray, intercept: np.ndarray) -> dict[str, Any]:
            return {"classes_": classes, "coef_": weights.T, "intercept_": intercept.astype(weights.dtype)}

        trained_on = problem if hasattr(self, "validation_indices_") else None
        monitor.tasks = make_tasks(self, X, y, sample_weight, trained_on, plan.max_iter)
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
        if monitor.tasks is not None and not result.interrupted:
            monitor.tasks.fit_done()
        return result

    def partial_fit(self, X: Any, y: Any = None, classes: Any = None, sample_weight: Any = None) -> SGDClassifier:
        """Go once through the rows of ``X``, from the weights there are; the cost does not depend on ``n_features``.

        Unshuffled calls over consecutive chunks, of multiples of ``batch_size`` rows, make the same weights, to the
        bit, as one unshuffled epoch of `fit`, where neither the rate nor ``alpha`` is automatic. With
        ``batch_size="full"`` a call is one step over all of its rows.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), or Store
            A store is read in parts; see `fit`.
        y : array of shape (n_samples,), default=None
            Labels. Only those of a store may be left out, which has its own.
        classes : array of shape (n_classes,), default=None
            All labels that may come; needed in the first call, unless a store brings its own. A later call may name
            more, besides those there are: they begin with weights of 0, which changes no ratio of the others'
            probabilities. Two classes become a softmax of three then, their one output ``w`` the outputs ``(-w / 2, w /
            2, 0)``. A label that was never named is an error.
        sample_weight : array of shape (n_samples,), default=None
            Weights, 0 or more. If all are 0 (times the class weights), nothing changes, not even ``t_``; only a first
            call takes the classes and the features from such rows.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the input is malformed or not finite, ``y`` holds a label not in ``classes``, ``classes`` lacks one that
            was there, or ``early_stopping`` is set, in which cases nothing has changed; or if training diverges, in
            which case the steps before the failing one have been made.
        KeyboardInterrupt
            On Ctrl-C, within a fraction of a second; the steps made so far stay.
        """
        with self._unchanged_on_error():
            self._validate_params()
            if self.early_stopping:
                raise ValueError(
                    "partial_fit has no early_stopping: it makes one pass, over rows it never sees again. Use fit, "
                    "or set early_stopping=False."
                )
            config = self._config()
            backend = resolve_backend(self.backend)
            first = not hasattr(self, "classes_")
            if classes is None and first and y is None and isinstance(X, Store):
                classes = X.code_classes()
            classes = self._check_partial_classes(classes, first)
            dtype = self.dtype if first or self.dtype is not None else self._kept_dtype()
            self._refuse_store(X)
            targets = self._check_input(X, y, sample_weight, first, dtype, classes)
            mass = targets.class_mass()
            if not first:
                seen = vars(self).get("_class_mass", {})  # files of older models have none
                mass += [seen.get(label, 0.0) for label in classes.tolist()]
            problem = targets.problem(self.class_weight, mass)
            if first:
                self.classes_ = classes
                self.n_iter_ = 1
                self.t_ = 0
                self._scale = RowScale()
                self._coherence = None
                self._n_calls = 0
            elif problem.n_active == 0:
                return self
            elif len(classes) > len(self.classes_):
                self._add_classes(classes)
            self._class_mass = dict(zip(classes.tolist(), mass.tolist(), strict=True))
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

    def _checked_problem(self, targets: Targets | StoredTargets, mass: np.ndarray, warm: bool) -> Problem:
        """Return the problem of a fit; a warm one must be of the classes there are."""
        if warm and not np.array_equal(targets.classes, self.classes_):
            raise ValueError(
                f"warm_start goes on with the classes {self.classes_.tolist()}, but y holds {targets.classes.tolist()}."
            )
        problem = targets.problem(self.class_weight, mass)
        if problem.n_active == 0:
            raise ValueError("All rows have zero weight (sample_weight times class_weight): there is nothing to fit.")
        return problem

    def _set_penalty(self, penalty: ElasticNet) -> None:
        self.alpha_, self.l1_ratio_, self._l1, self._l2 = penalty.alpha, penalty.l1_ratio, penalty.l1, penalty.l2

    def _check_eval_set(
        self, eval_set: Any, dtype: np.dtype, classes: np.ndarray, mass: np.ndarray
    ) -> dict[str, Problem]:
        """Return the checked sets, under the names of their columns in ``history_``."""
        if eval_set is None:
            return {}
        several = isinstance(eval_set, list)
        sets = [(one, None) if isinstance(one, Store) else one for one in (eval_set if several else [eval_set])]
        if not sets or not all(isinstance(one, tuple) and len(one) in (2, 3) for one in sets):
            found = [type(one).__name__ for one in sets] if several else type(eval_set).__name__
            raise ValueError(
                f"eval_set must be (X, y), (X, y, sample_weight) or a list of such tuples, or of stores; got {found}."
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
