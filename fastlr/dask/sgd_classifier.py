"""`SGDClassifier` on a Dask cluster."""

from __future__ import annotations

import os
from typing import Any

from fastlr.dask.driver import DaskDriver
from fastlr.dask.estimator import OnCluster, driving, partitioned_rows
from fastlr.dask.inputs import is_distributed
from fastlr.linear_model.sgd_classifier import SGDClassifier as Local


class SGDClassifier(OnCluster, Local):
    """The model of `fastlr.SGDClassifier`, from rows on a Dask cluster.

    The partitions train like threads of local SGD: four times per epoch their updates are merged. Only the columns that
    a partition touches travel. With one partition the model is that of the local class, up to rounding. It depends on
    the partitions, and neither on the number of workers nor on their threads. See the guide on Dask.

    Parameters
    ----------
    client : distributed.Client or None, default=None
        The cluster; None is the current client.
    **parameters
        Those of `fastlr.SGDClassifier`; ``optimizer`` must be "sgd" and ``batch_size`` a number. ``n_jobs`` is for
        predictions in memory; a partition is worked on in one thread. The attribute ``validation_indices_`` is not set,
        as the rows held out stay where they are.

    See Also
    --------
    fastlr.dask.LogisticRegression : The exact optimum, with a certificate.
    fastlr.SGDClassifier : The same for rows in memory or on disk, which is faster if they fit there.

    Examples
    --------
    >>> import dask.array as da
    >>> from dask.distributed import Client
    >>> from fastlr.dask import SGDClassifier
    >>> X = da.from_array([[0.0], [1.0], [2.0], [3.0]], chunks=(2, 1))
    >>> y = da.from_array([0, 1, 0, 1], chunks=2)
    >>> with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0"):
    ...     model = SGDClassifier(random_state=0, max_iter=2).fit(X, y)
    >>> model.to_local().predict([[3.0]])
    array([1])
    """

    local = Local

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
        X : dask array, list of delayed objects, list of paths or URLs, Store or list of stores
            Rows in partitions: blocks of CSR matrices, CSR arrays or NumPy arrays.
        y : dask array, series or bag, array, or list with the labels of each partition, default=None
            Labels of two or more classes, in the partitions of ``X``. None uses those of files and stores.
        sample_weight : float, dask array, array, or list with the weights of each partition, default=None
            Weights, 0 or more.
        coef_init, intercept_init : array, default=None
            Weights and intercepts to start from; see `fastlr.SGDClassifier.fit`.
        eval_set : tuple (X, y) or (X, y, sample_weight), Store, or list of these, default=None
            Rows to evaluate the weights on after each epoch, for ``history_``, in memory or in partitions;
            ``early_stopping`` looks at the last of them.
        checkpoint : str or path, default=None
            File to write the state of the training to, between two merges.
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
            If an argument is malformed, a partition cannot be read, or training diverges; the message names the
            partition. The model is unchanged.
        MemoryError
            If workers run out of memory. The model is unchanged.
        ConnectionError
            If the scheduler is lost. The model is unchanged.
        KeyboardInterrupt
            On Ctrl-C, after all tasks have been cancelled. The model has the steps up to the last merge, or the best
            weights so far with ``early_stopping``.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If training stopped at ``max_iter`` before reaching ``tol``.
        UserWarning
            If columns are so far from 0, relative to their spread, that little is learned from them.
        """
        self._validate_params()
        self._refuse_partitions()
        with driving(self.client) as driver:
            several = isinstance(eval_set, list)
            sets = [_in_partitions(driver, one) for one in (eval_set if several else [eval_set])]
            return super().fit(
                partitioned_rows(driver, X, y, sample_weight), coef_init=coef_init, intercept_init=intercept_init,
                eval_set=sets if several else sets[0], checkpoint=checkpoint, checkpoint_every=checkpoint_every,
                resume=resume,
            )  # fmt: skip

    def partial_fit(self, X: Any, y: Any = None, classes: Any = None, sample_weight: Any = None) -> SGDClassifier:
        """Train on a chunk of rows in memory, once, from the current weights; see `fastlr.SGDClassifier.partial_fit`.

        Parameters
        ----------
        X, y, classes, sample_weight
            As for the local class.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As the local class, and if ``X`` is in partitions.
        """
        if is_distributed(X, self.of_texts):
            raise ValueError("partial_fit does not support rows in partitions; use fit.")
        return super().partial_fit(X, y, classes, sample_weight)


def _in_partitions(driver: DaskDriver, one: Any) -> Any:
    """Return an evaluation set as local estimators take it: rows in partitions have their labels beside them."""
    if isinstance(one, tuple) and len(one) in (2, 3) and is_distributed(one[0], of_texts=False):
        return partitioned_rows(driver, *one, *[None] * (3 - len(one)))
    return one
