"""Support for the callbacks of scikit-learn 1.9 and later: a fit is a task, and each epoch or iteration is a subtask.

``estimator.set_callbacks(ProgressBar(), ScoringMonitor(scoring="neg_log_loss"))`` registers callbacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from fastlr.data.weights import check_sample_weight
from fastlr.objective.row_passes import PassSource
from fastlr.solvers.exact.task import Iterate
from fastlr.store.row_source import row_source

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands in for the class of scikit-learn in versions without callbacks."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method unchanged."""
        return method


Attributes = Callable[[], dict[str, Any]]


class ShownRows:
    """Rows as callbacks are shown them, copied only if one asks for them.

    Parameters
    ----------
    X, y, sample_weight : array, array, array or None
        As passed to `fit`; all None for rows in partitions, which are not shown.
    rows : ndarray or None
        The numbers of the rows to show; None is all.
    """

    def __init__(self, X: Any, y: Any, sample_weight: Any, rows: np.ndarray | None) -> None:
        self._arrays, self._rows, self._subsets = (X, y, sample_weight), rows, dict[int, Any]()

    def of(self, rows: np.ndarray) -> ShownRows:
        """Return the rows of these numbers."""
        return ShownRows(*self._arrays, rows)

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the hooks."""
        if self._arrays[0] is None:
            return {}
        found: dict[str, Any] = {"X": lambda: self._subset(0), "y": lambda: self._subset(1)}
        if self._arrays[2] is not None:
            found["metadata"] = lambda: {"sample_weight": self._subset(2)}
        return found

    def _subset(self, k: int) -> Any:
        if self._rows is None:
            return self._arrays[k]
        if k not in self._subsets:
            self._subsets[k] = _safe_indexing(self._arrays[k], self._rows)
        return self._subsets[k]


class FitTask:
    """A task of a fit, of which the estimator's callbacks are notified; it begins when it is created.

    Parameters
    ----------
    estimator : estimator with callbacks
    context : sklearn.callback.CallbackContext
    shown : ShownRows
    attributes : callable, default=None
        Returns the attributes of the model that the task starts from.
    """

    def __init__(self, estimator: Any, context: Any, shown: ShownRows, attributes: Attributes | None = None) -> None:
        self.estimator, self.context, self.shown = estimator, context, shown
        context.call_on_fit_task_begin(estimator=estimator, reconstruction_attributes=attributes, **shown.arguments())

    def subtask(
        self,
        name: str,
        max_subtasks: int = 0,
        task_id: int | None = None,
        shown: ShownRows | None = None,
        attributes: Attributes | None = None,
    ) -> FitTask:
        """Begin a part of this task; parts that may overlap need a ``task_id``."""
        context = self.context.subcontext(task_name=name, task_id=task_id, max_subtasks=max_subtasks)
        return FitTask(self.estimator, context, self.shown if shown is None else shown, attributes)

    def end(self, attributes: Attributes | None = None) -> bool:
        """Notify that it ended, with the attributes of the model so far; return whether a callback wants to stop."""
        return self.context.call_on_fit_task_end(
            estimator=self.estimator, reconstruction_attributes=attributes, **self.shown.arguments()
        )


def begin_fit(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any,
    max_subtasks: int,
    *,
    trained_on: np.ndarray | None = None,
    sequential: bool = True,
) -> FitTask | None:
    """Begin the task of a whole fit; return None if the estimator has no callbacks.

    Parameters
    ----------
    estimator : estimator with callbacks
    X, y, sample_weight : array, Store or PassSource, array or None, float, array or None
        As passed to `fit`.
    max_subtasks : int
        The most epochs, iterations or folds.
    trained_on : ndarray, default=None
        The numbers of the rows to train on; None is all.
    sequential : bool, default=True
        Whether no subtasks overlap.

    Raises
    ------
    ValueError
        If callbacks would have to be shown some rows of a store.
    """
    if not getattr(estimator, "_skl_callbacks", None):
        return None
    if isinstance(X, PassSource):
        return FitTask(estimator, _context(estimator, max_subtasks, sequential), ShownRows(None, None, None, None))
    source = row_source(X)
    if not source.in_memory and trained_on is not None:
        raise ValueError("Callbacks cannot be shown some rows of a store: with early_stopping, pass an eval_set.")
    y = source.labels() if y is None else y
    sample_weight = source.weights() if sample_weight is None else check_sample_weight(sample_weight, _num_samples(y))
    return FitTask(estimator, _context(estimator, max_subtasks, sequential), ShownRows(X, y, sample_weight, trained_on))


def _context(estimator: Any, max_subtasks: int, sequential: bool) -> Any:
    return estimator._init_callback_context(max_subtasks=max_subtasks, sequential_subtasks=sequential)


class WatchedIterates:
    """Makes each iterate of an exact solver after its start a subtask, until a callback wants to stop.

    Parameters
    ----------
    task : FitTask
    attributes_of : callable
        Returns the attributes of the model, given its weights and intercepts.

    Attributes
    ----------
    stopped : bool
        Whether a callback has ended the training.
    """

    def __init__(self, task: FitTask, attributes_of: Callable[[np.ndarray, np.ndarray], dict[str, Any]]) -> None:
        self.task, self.attributes_of, self.stopped = task, attributes_of, False

    def __call__(self, iterates: Iterator[Iterate]) -> Iterator[Iterate]:
        """Yield iterates; the last one before a stop asks for a certificate."""
        start = next(iterates)
        yield start
        model = partial(self.attributes_of, start.weights, start.intercept)
        while not self.stopped:
            iteration = self.task.subtask("iteration", attributes=model)
            item = next(iterates, None)
            if item is None:
                iteration.end()
                return
            model = partial(self.attributes_of, item.weights, item.intercept)
            self.stopped = iteration.end(model)
            yield item._replace(guess=0.0) if self.stopped else item
