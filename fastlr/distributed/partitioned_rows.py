"""Rows in partitions as the ``X`` of an estimator's ``fit``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from fastlr.distributed import partition
from fastlr.distributed.driver import Driver, Handle
from fastlr.distributed.folds import encode_with_weights, stratified_folds
from fastlr.distributed.passes import PartitionedPasses, plus
from fastlr.distributed.scoring import Scoring
from fastlr.distributed.sgd_problem import PartitionedTargets
from fastlr.distributed.tree import fold
from fastlr.kernels.kernel_set import KernelSet
from fastlr.linear_model.folds import FoldRows


class PartitionedRows:
    """Rows in partitions, with their labels and weights: pass them as ``X`` to the `fit` of an estimator.

    Results depend on the partitions alone: not on the driver, or on the number of its threads, processes or machines.

    Parameters
    ----------
    driver : Driver
    blocks : sequence
        For each partition a `fastlr.distributed.partition.Block`, an object whose ``read`` returns one where the task
        runs, or a handle of either.
    same_width : bool, default=True
        Whether partitions with different numbers of features are an error; otherwise the greatest number counts, as for
        rows of files that do not say how many features there are.
    """

    def __init__(self, driver: Driver, blocks: Sequence[Handle], same_width: bool = True) -> None:
        if not len(blocks):
            raise ValueError("There are no partitions, so there is nothing to fit.")
        self.driver, self.blocks, self.same_width = driver, list(blocks), same_width

    def passes(
        self, class_weight: Mapping[Any, float] | str | None, dtype: Any, kernels: KernelSet
    ) -> tuple[PartitionedPasses, np.ndarray]:
        """Return passes over the checked rows, and the classes of all partitions.

        Raises
        ------
        ValueError, TypeError, OSError
            If a partition cannot be read or is malformed, or partitions do not fit each other.
        """
        return self._passes(partition.encode, class_weight, dtype, kernels)

    def folds(
        self,
        n_folds: int,
        scoring: Any,
        class_weight: Mapping[Any, float] | str | None,
        fit_intercept: bool,
        dtype: Any,
        kernels: KernelSet,
    ) -> tuple[PartitionedPasses, np.ndarray, list[FoldRows]]:
        """Return passes over the checked rows, the classes, and stratified folds; see `fastlr.distributed.folds`.

        Raises
        ------
        ValueError, TypeError, OSError
            As `passes`, and if the scoring needs all rows in one place, or there are fewer rows of each class than
            folds.
        """
        metric = Scoring(scoring)
        passes, classes = self._passes(encode_with_weights, class_weight, dtype, kernels)
        return passes, classes, stratified_folds(passes, classes, n_folds, metric, fit_intercept)

    def _passes(
        self,
        encode: Callable[..., partition.Piece],
        class_weight: Mapping[Any, float] | str | None,
        dtype: Any,
        kernels: KernelSet,
    ) -> tuple[PartitionedPasses, np.ndarray]:
        """Return passes over the pieces that a function makes of checked rows, and the classes."""
        driver, found = self.driver, self.targets(dtype)
        mass = found.class_mass()
        make = partial(encode, kernels.name, kernels.loss, found.dtype, class_weight, found.classes, mass)
        pieces = [driver.submit(make, each, partition=k) for k, each in enumerate(found.targets)]
        shape, dtype, classes = found.shape, found.dtype, found.classes
        del found  # the rows as they were given
        return PartitionedPasses(driver, pieces, shape, dtype, kernels), classes

    def targets(self, dtype: Any, classes: np.ndarray | None = None) -> PartitionedTargets:
        """Return the checked rows with their labels and weights.

        Parameters
        ----------
        dtype : dtype or None
            Type that the values are converted to.
        classes : ndarray or None, default=None
            All classes; None finds them.

        Raises
        ------
        ValueError, TypeError, OSError
            If a partition cannot be read or is malformed, or partitions do not fit each other.
        """
        driver, partitions = self.driver, range(len(self.blocks))
        blocks = [driver.submit(partition.read, block, partition=k) for k, block in enumerate(self.blocks)]
        targets = [driver.submit(partial(partition.check, dtype), block, partition=k) for k, block in enumerate(blocks)]
        del blocks
        surveys = driver.gather([driver.submit(partition.survey, targets[k], partition=k) for k in partitions])
        with_rows = {k: found for k, found in enumerate(surveys) if found.n_samples}
        if not with_rows:
            raise ValueError("All partitions are empty, so there is nothing to fit.")
        common = np.result_type(*(found.dtype for found in with_rows.values()))
        for k, found in enumerate(surveys):
            if self.same_width and found.n_features != surveys[0].n_features:
                raise ValueError(
                    f"Partition {k} has {found.n_features} features, but partition 0 has {surveys[0].n_features}."
                )
        if classes is None:
            classes = partition.all_classes({k: found.classes for k, found in with_rows.items()})
        masses = [driver.submit(partition.class_mass, targets[k], classes, partition=k) for k in partitions]
        shape = fold([found.n_samples for found in surveys], plus), max(found.n_features for found in surveys)
        return PartitionedTargets(driver, targets, shape, classes, common, masses)
