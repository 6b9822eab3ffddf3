"""Support for the callbacks of scikit-learn 1.9 and later: a fit is a task, and each epoch is a subtask.

``estimator.set_callbacks(ProgressBar(), ScoringMonitor(scoring="neg_log_loss"))`` registers callbacks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.utils import _safe_indexing

from fastlr.data.protocols import TrainingProblem
from fastlr.store.row_source import row_source

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands in for the class of scikit-learn in versions without callbacks."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method unchanged."""
        return method


class FitTasks:
    """The tasks of one fit, of which the estimator's callbacks are notified.

    Parameters
    ----------
    estimator : estimator with callbacks
    X, y, sample_weight : array, array, array or None
        As passed to `fit`.
    trained_on : TrainingProblem or None
        Which of their rows are trained on; None is all.
    max_iter : int
        The most epochs.
    """

    def __init__(
        self, estimator: Any, X: Any, y: Any, sample_weight: Any, trained_on: TrainingProblem | None, max_iter: int
    ) -> None:
        self.estimator = estimator
        arrays = X, y, sample_weight
        subsets: dict[int, Any] = {}

        def rows_of(k: int) -> Any:
            if trained_on is None or arrays[k] is None:
                return arrays[k]
            if k not in subsets:  # a copy, made only if a callback asks for it
                subsets[k] = _safe_indexing(arrays[k], trained_on.active_rows)
            return subsets[k]

        self.data = {"X": lambda: rows_of(0), "y": lambda: rows_of(1)}
        if sample_weight is not None:
            self.data["metadata"] = lambda: {"sample_weight": rows_of(2)}
        self.fit = estimator._init_callback_context(max_subtasks=max_iter)
        self.fit.call_on_fit_task_begin(estimator=estimator, **self.data)
        self.epoch: Any = None

    def epoch_begins(self) -> None:
        """Notify that an epoch begins."""
        self.epoch = self.fit.subcontext(task_name="epoch")
        self.epoch.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def epoch_done(self, attributes: Callable[[], dict[str, Any]]) -> bool:
        """Notify that it ended, with the attributes of the model so far; return whether a callback wants to stop."""
        return self.epoch.call_on_fit_task_end(
            estimator=self.estimator, reconstruction_attributes=attributes, **self.data
        )

    def fit_done(self) -> None:
        """Notify that the estimator is fitted."""
        self.fit.call_on_fit_task_end(estimator=self.estimator, reconstruction_attributes=dict, **self.data)


def make_tasks(
    estimator: Any, X: Any, y: Any, sample_weight: Any, trained_on: TrainingProblem | None, max_iter: int
) -> FitTasks | None:
    """Return the tasks of a fit; None if the estimator has no callbacks.

    Raises
    ------
    ValueError
        If callbacks would have to be shown some rows of a store.
    """
    if not getattr(estimator, "_skl_callbacks", None):
        return None
    source = row_source(X)
    if not source.in_memory and trained_on is not None:
        raise ValueError("Callbacks cannot be shown some rows of a store: with early_stopping, pass an eval_set.")
    y = source.labels() if y is None else y
    sample_weight = source.weights() if sample_weight is None else sample_weight
    return FitTasks(estimator, X, y, sample_weight, trained_on, max_iter)
