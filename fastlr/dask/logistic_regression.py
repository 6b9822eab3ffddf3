"""`LogisticRegression` on a Dask cluster."""

from __future__ import annotations

import os
from typing import Any

from fastlr.dask.estimator import OnCluster, driving, partitioned_rows
from fastlr.linear_model.logistic_regression import LogisticRegression as Local


class LogisticRegression(OnCluster, Local):
    """The exact model of `fastlr.LogisticRegression`, with its certificate, from rows on a Dask cluster.

    Parameters, attributes and the certificate are those of `fastlr.LogisticRegression`. The model depends on the
    partitions, and neither on the number of workers nor on their threads.

    Parameters
    ----------
    client : distributed.Client or None, default=None
        The cluster; None is the current client.
    **parameters
        Those of `fastlr.LogisticRegression`. Solvers that pass over all rows are supported: "newton", "lbfgs",
        "owlqn", "gd" and "nesterov". ``n_jobs`` is for predictions in memory; a partition is worked on in one thread.

    See Also
    --------
    fastlr.LogisticRegression : The same for rows in memory or on disk, which is faster if they fit there.

    Examples
    --------
    >>> import dask.array as da
    >>> from dask.distributed import Client
    >>> from fastlr.dask import LogisticRegression
    >>> X = da.from_array([[0.0], [1.0], [2.0], [3.0]], chunks=(2, 1))
    >>> y = da.from_array([0, 1, 0, 1], chunks=2)
    >>> with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0"):
    ...     model = LogisticRegression().fit(X, y)
    ...     model.predict(X).compute()
    array([0, 0, 1, 1])
    """

    local = Local

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
        X : dask array, list of delayed objects, list of paths or URLs, Store or list of stores
            Rows in partitions: blocks of CSR matrices, CSR arrays or NumPy arrays.
        y : dask array, series or bag, array, or list with the labels of each partition, default=None
            Labels of two or more classes, in the partitions of ``X``. None uses those of files and stores.
        sample_weight : float, dask array, array, or list with the weights of each partition, default=None
            Weights, 0 or more.
        checkpoint : str or path, default=None
            File to write the state of the training to, between iterations. Needs the solver "newton" or "owlqn".
        checkpoint_every : float, default=60.0
            Seconds between writes of the checkpoint, 0 or more.
        resume : bool, default=False
            Whether to continue from the checkpoint if the file exists, to the same weights, bit for bit. Data,
            partitions and parameters must be equal.

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
            On Ctrl-C, after all tasks have been cancelled. The best model so far is kept, with ``converged_=False``.
        """
        with driving(self.client) as driver:
            rows = partitioned_rows(driver, X, y, sample_weight)
            return super().fit(rows, checkpoint=checkpoint, checkpoint_every=checkpoint_every, resume=resume)
