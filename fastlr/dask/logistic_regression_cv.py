"""`LogisticRegressionCV` on a Dask cluster."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from distributed import Future

from fastlr.dask.driver import DaskDriver
from fastlr.dask.estimator import OnCluster, driving, partitioned_rows
from fastlr.dask.predictions import sums_over
from fastlr.data.labels import encode_labels
from fastlr.distributed.scoring import Scoring
from fastlr.linear_model.logistic_regression_cv import LogisticRegressionCV as Local


class LogisticRegressionCV(OnCluster, Local):  # type: ignore[misc]  # `score` takes no metadata
    """The model of `fastlr.LogisticRegressionCV`, with its certificates, from rows on a Dask cluster.

    Parameters, attributes and certificates are those of `fastlr.LogisticRegressionCV`. The folds are those of the same
    rows in memory: stratified, in the order of the rows. Every partition trains and scores on its rows of a fold;
    nothing is moved or copied. The model depends on the partitions, and neither on the number of workers nor on their
    threads.

    Parameters
    ----------
    client : distributed.Client or None, default=None
        The cluster; None is the current client.
    **parameters
        Those of `fastlr.LogisticRegressionCV`. ``cv`` must be None or an integer. ``scoring`` must be "neg_log_loss",
        None or the name of a metric of predicted classes, such as "accuracy" or "f1_macro". Solvers are those of
        ``fastlr.dask.LogisticRegression``. ``n_jobs`` is for predictions in memory.

    See Also
    --------
    fastlr.LogisticRegressionCV : The same for rows in memory, which is faster if they fit there.

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> from dask.distributed import Client
    >>> from fastlr.dask import LogisticRegressionCV
    >>> X = da.from_array(np.arange(40.0).reshape(20, 2) % 7, chunks=(10, 2))
    >>> y = da.from_array(np.arange(20) % 2, chunks=10)
    >>> with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0"):
    ...     model = LogisticRegressionCV(Cs=[0.01, 1.0], cv=2).fit(X, y)
    >>> model.scores_.shape
    (2, 1, 2)
    """

    local = Local

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> LogisticRegressionCV:  # type: ignore[override]
        """Choose ``C`` and ``l1_ratio``, then fit the model of all rows.

        Parameters
        ----------
        X, y, sample_weight
            As for ``fastlr.dask.LogisticRegression.fit``. Weights also count in the scores.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError, OSError
            If an argument is malformed, or a partition cannot be read; the message names it. The model is unchanged.
        MemoryError
            If workers run out of memory. The model is unchanged.
        ConnectionError
            If the scheduler is lost. The model is unchanged.
        KeyboardInterrupt
            On Ctrl-C, after all tasks have been cancelled. The model is unchanged.
        """
        with driving(self.client) as driver:
            super().fit(partitioned_rows(driver, X, y, sample_weight), None)
        return self

    def _score_blocks(self, driver: DaskDriver, blocks: Sequence[Future]) -> float:
        scoring = Scoring(self.scoring)
        return scoring.value(self.classes_, sums_over(driver, partial(_sums, scoring), self.to_local(), blocks))


def _sums(scoring: Scoring, model: Local, X: Any, y: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Return what a partition adds to the sums of a metric."""
    scores = model.decision_function(X).reshape(len(y), -1)
    return scoring.sums(scores, encode_labels(y, model.classes_), weights, len(model.classes_), scores.dtype)
