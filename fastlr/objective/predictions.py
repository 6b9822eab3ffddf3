"""Probabilities of all classes for the scores of many rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastlr.kernels.kernel_set import KernelSet
from fastlr.objective.losses import LOSSES
from fastlr.utils.arrays import CHUNK_SIZE, chunked_slices


def class_probabilities(scores: np.ndarray, kernels: KernelSet, dtype: Any = None, log: bool = False) -> np.ndarray:
    """Return the probabilities that belong to scores, or their logarithms.

    Parameters
    ----------
    scores : ndarray of float32 or float64, shape (n_samples, n_outputs)
    kernels : KernelSet
        Of the loss.
    dtype : {None, np.float32, np.float64}
        Type of the result; None is that of the scores. All is computed in float64.
    log : bool, default=False

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
    """
    dtype = scores.dtype if dtype is None else dtype
    if not kernels.supports("probabilities"):
        loss, z = LOSSES[kernels.loss], scores.astype(np.float64)
        return (loss.log_probabilities(z) if log else loss.probabilities(z)).astype(dtype, copy=False)
    n_samples, n_outputs = scores.shape
    if n_outputs == 1:
        kernel = kernels.log_probabilities_binary if log else kernels.probabilities_binary
    else:
        kernel = kernels.log_probabilities_softmax if log else kernels.probabilities_softmax
    n_classes = max(n_outputs, 2)
    size = max(CHUNK_SIZE // n_classes, 1)
    out, block = np.empty((n_samples, n_classes), dtype), np.empty((min(size, n_samples), n_classes))
    for rows in chunked_slices(n_samples, size):
        n = rows.stop - rows.start
        block[:n, -n_outputs:] = scores[rows]
        kernel(np.ravel(block) if n_outputs == 1 else block, 0, n)
        out[rows] = block[:n]
    return out
