"""Predictions for rows in partitions: one task for each, and nothing before they are asked for."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import dask.array as da
import numpy as np
from dask.delayed import delayed
from distributed import Future

from fastlr.dask.blocks import matrix_of, texts_of
from fastlr.dask.inputs import cut_X
from fastlr.data.labels import as_labels, label_accuracy
from fastlr.data.weights import check_sample_weight
from fastlr.distributed.driver import Driver, call
from fastlr.distributed.partition import Block
from fastlr.distributed.passes import plus
from fastlr.distributed.tree import fold
from fastlr.files.file_block import FileBlock
from fastlr.store import Store
from fastlr.utils.sums import sum_of


def predictions(model: Any, method: str, X: Any, of_texts: bool) -> da.Array:
    """Return what a method of a local estimator returns for each partition, as a lazy array."""
    cut = cut_X(X, of_texts, with_labels=False)
    sample = _predict(model, method, of_texts, ["a"] if of_texts else np.zeros((1, model.n_features_in_)))
    model = delayed(model, pure=False)
    sizes = [np.nan] * len(cut) if cut.sizes is None else cut.sizes
    task = delayed(call, pure=False)
    return da.concatenate(
        [
            da.from_delayed(
                task(k, _predict, model, method, of_texts, part), (size, *sample.shape[1:]), meta=sample[:0]
            )
            for k, (part, size) in enumerate(zip(cut.parts, sizes, strict=True))
        ]
    )


def _predict(model: Any, method: str, of_texts: bool, X: Any) -> np.ndarray:
    X = X.read() if isinstance(X, FileBlock) else X
    X = X.X if isinstance(X, Block) else X
    return getattr(model, method)(texts_of(X) if of_texts else matrix_of(X))


def accuracy(driver: Driver, model: Any, blocks: Sequence[Future]) -> float:
    """Return the weighted share of the rows of all partitions whose class is predicted correctly."""
    correct, total = sums_over(driver, _correct, model, blocks)
    if not 0.0 < total < np.inf:
        raise ValueError("sample_weight must have a finite sum above 0.")
    return float(correct / total)


def _correct(model: Any, X: Any, y: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Return the weight of the rows that are predicted correctly, and of all rows."""
    total = float(len(y)) if weights is None else sum_of(weights)
    share = label_accuracy(y, model.predict(X), weights) if total else 0.0
    return np.array([share * total, total])


def sums_over(driver: Driver, function: Callable[..., np.ndarray], model: Any, blocks: Sequence[Future]) -> np.ndarray:
    """Return the sum over the partitions of ``function(model, X, y, weights)``."""
    shared = driver.put(model)
    task = functools.partial(_of_block, function)
    return fold(
        driver.gather([driver.submit(task, shared, block, partition=k) for k, block in enumerate(blocks)]), plus
    )


def _of_block(function: Callable[..., np.ndarray], model: Any, block: Block) -> np.ndarray:
    X, y, sample_weight = block
    if isinstance(X, Store):
        y = X.labels() if y is None else y
        sample_weight = X.weights() if sample_weight is None else sample_weight
    y = as_labels(y)
    return function(model, X, y, check_sample_weight(sample_weight, len(y)))
