"""What the estimators have in common: the client, lazy predictions, and the way back to an ordinary estimator."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from distributed import Client, Future, default_client

from fastlr.dask.driver import DaskDriver
from fastlr.dask.inputs import are_paths, blocks_of, is_distributed
from fastlr.dask.predictions import accuracy, predictions
from fastlr.distributed.partitioned_rows import PartitionedRows
from fastlr.distributed.sgd_problem import PartitionedTargets


def driver_of(client: Client | None) -> DaskDriver:
    """Return a driver for a client, or for the current one.

    Raises
    ------
    ValueError
        If there is no client.
    """
    if client is None:
        try:
            client = default_client()
        except ValueError as error:
            raise ValueError("There is no Dask client: create one, Client(address), or pass client.") from error
    return DaskDriver(client)


@contextmanager
def driving(client: Client | None) -> Iterator[DaskDriver]:
    """Yield a driver as `driver_of` returns it; at the end, all tasks that have not ended are cancelled."""
    driver = driver_of(client)
    try:
        yield driver
    finally:
        driver.cancel()


class LoadedRows(PartitionedRows):
    """Rows of one fit. What was loaded is let go of once it is checked, as the checked rows take its place."""

    def targets(self, dtype: Any, classes: np.ndarray | None = None) -> PartitionedTargets:
        """Return the checked rows; see `fastlr.distributed.partitioned_rows.PartitionedRows`."""
        found = super().targets(dtype, classes)
        self.blocks.clear()
        return found


def partitioned_rows(driver: DaskDriver, X: Any, y: Any, sample_weight: Any) -> PartitionedRows:
    """Return rows with numeric features, in partitions, as ``X`` of local estimators."""
    blocks = driver.load(blocks_of(X, y, sample_weight, of_texts=False))
    return LoadedRows(driver, blocks, same_width=not are_paths(X))


class OnCluster:
    """Mixin of a class that trains on a cluster, before that of the local estimator.

    It adds one parameter, ``client``, to those of the local estimator.
    """

    local: Any
    of_texts = False
    client: Client | None

    def __init_subclass__(cls) -> None:
        """Give the class the parameters of the local one, and ``client``, where help and scikit-learn look for them."""

        def __init__(self: Any, *arguments: Any, client: Client | None = None, **parameters: Any) -> None:
            cls.local.__init__(self, *arguments, **parameters)
            self.client = client

        signature = inspect.signature(cls.local.__init__)
        own = inspect.Parameter("client", inspect.Parameter.KEYWORD_ONLY, default=None)
        __init__.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*signature.parameters.values(), own]
        )
        cls.__init__ = __init__  # type: ignore[method-assign]

    def __sklearn_clone__(self) -> Any:
        """Return an unfitted estimator for the same cluster; a client cannot be copied."""
        return type(self)(**self.get_params(deep=False))  # type: ignore[attr-defined]

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for a pickle, without the client."""
        own: Any = super()
        state = own.__getstate__() if hasattr(own, "__getstate__") else vars(self)
        return {**state, "client": None}

    def to_local(self) -> Any:
        """Return an estimator of the local class with the same parameters and fitted attributes.

        Returns
        -------
        estimator
            It needs neither Dask nor a cluster.
        """
        model: Any = object.__new__(self.local)
        vars(model).update({name: value for name, value in vars(self).items() if name != "client"})
        return model

    def _predict(self, method: str, X: Any) -> Any:
        """Return what a method of the local estimator returns: lazily, for rows in partitions."""
        local = self.to_local()
        return (
            predictions(local, method, X, self.of_texts)
            if is_distributed(X, self.of_texts)
            else getattr(local, method)(X)
        )

    def decision_function(self, X: Any) -> Any:
        """Return the scores; see the local class. For rows in partitions the result is a lazy dask array."""
        return self._predict("decision_function", X)

    def predict(self, X: Any) -> Any:
        """Return the most probable classes; see the local class. For rows in partitions, they are a lazy dask array."""
        return self._predict("predict", X)

    def predict_proba(self, X: Any) -> Any:
        """Return the probabilities; see the local class. For rows in partitions, they are a lazy dask array."""
        return self._predict("predict_proba", X)

    def predict_log_proba(self, X: Any) -> Any:
        """Return the logarithms of the probabilities; see the local class. For rows in partitions, they are lazy."""
        return self._predict("predict_log_proba", X)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return the score on labelled rows, in memory or in partitions: that of the local class.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`, or data in memory.

        Returns
        -------
        float

        Raises
        ------
        ValueError, TypeError
            As for `fit`.
        """
        if not is_distributed(X, self.of_texts):
            return self.to_local().score(X, y, sample_weight)
        driver = driver_of(self.client)
        blocks = driver.load(blocks_of(X, y, sample_weight, self.of_texts))
        return self._score_blocks(driver, blocks)

    def _score_blocks(self, driver: DaskDriver, blocks: Sequence[Future]) -> float:
        """Return the score on the rows of blocks: accuracy, unless the local class has another one."""
        return accuracy(driver, self.to_local(), blocks)
