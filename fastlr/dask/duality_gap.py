"""The duality gap of a linear classifier on rows on a Dask cluster."""

from __future__ import annotations

from typing import Any

from distributed import Client

from fastlr.dask.estimator import driving, partitioned_rows
from fastlr.linear_model.duality_gap import duality_gap as local_gap
from fastlr.objective.duality import DualityGap


def duality_gap(
    model: Any, X: Any, y: Any = None, sample_weight: Any = None, *, client: Client | None = None
) -> DualityGap:
    """Return a bound of a linear classifier's distance from its optimum, as `fastlr.duality_gap`, on a cluster.

    Parameters
    ----------
    model : estimator
        As for `fastlr.duality_gap`, or one of `fastlr.dask`.
    X, y, sample_weight
        The training data, as for ``fastlr.dask.LogisticRegression.fit``.
    client : distributed.Client or None, default=None
        The cluster; None is the current client.

    Returns
    -------
    DualityGap

    Raises
    ------
    ValueError, TypeError, OSError, MemoryError, ConnectionError
        As `fastlr.duality_gap`, and as ``fastlr.dask.LogisticRegression.fit``.
    """
    with driving(client) as driver:
        return local_gap(model, partitioned_rows(driver, X, y, sample_weight))
