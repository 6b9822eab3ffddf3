"""`TextClassifier` on a Dask cluster."""

from __future__ import annotations

from typing import Any

from fastlr.dask.estimator import OnCluster, driving
from fastlr.dask.inputs import blocks_of
from fastlr.distributed.texts import fit_texts
from fastlr.text.classifier import TextClassifier as Local


class TextClassifier(OnCluster, Local):
    """The model of `fastlr.TextClassifier`, from documents on a Dask cluster.

    Every worker hashes the documents of its partitions once. One reduction counts in how many documents each column
    occurs. The rows stay where they are, and the partitions train like threads of local SGD: a few times per epoch
    their updates are merged. The model depends on the partitions, and neither on the number of workers nor on their
    threads. See the guide on Dask.

    Parameters
    ----------
    client : distributed.Client or None, default=None
        The cluster; None is the current client.
    **parameters
        Those of `fastlr.TextClassifier`; ``optimizer`` must be "sgd".

    Examples
    --------
    >>> import dask.bag as db
    >>> from dask.distributed import Client
    >>> from fastlr.dask import TextClassifier
    >>> texts = db.from_sequence(["good film", "bad film", "a good plot", "a bad plot"] * 5, npartitions=2)
    >>> labels = db.from_sequence(["+", "-", "+", "-"] * 5, npartitions=2)
    >>> with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0"):
    ...     model = TextClassifier(validation_fraction=0).fit(texts, labels)
    >>> model.to_local().predict(["good music"]).tolist()
    ['+']
    """

    local = Local
    of_texts = True
    _PARAMETERS = (*Local._PARAMETERS, "client")  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.to_local())

    def fit(self, texts: Any, y: Any = None, sample_weight: Any = None) -> TextClassifier:  # type: ignore[override]
        """Train on documents and their labels.

        Parameters
        ----------
        texts : dask bag, series, dataframe of one column or array, list of delayed objects, or list of paths or URLs
            Documents in partitions.
        y : dask bag, series or array, array, or list with the labels of each partition, default=None
            Labels of two or more classes, in the partitions of ``texts``. None uses those of files.
        sample_weight : float, dask array, array, or list with the weights of each partition, default=None
            Weights, 0 or more.

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
        model = self.to_local()
        with driving(self.client) as driver:
            fit_texts(model, driver, driver.load(blocks_of(texts, y, sample_weight, self.of_texts)))
        vars(self).update(vars(model))
        return self
