"""Rows in partitions as the ``X`` of an estimator's ``fit``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from fastlr.data.labels import as_values, join_classes
from fastlr.distributed import partition
from fastlr.distributed.driver import Driver, Handle
from fastlr.distributed.folds import encode_with_weights, stratified_folds
from fastlr.distributed.passes import PartitionedPasses, plus
from fastlr.distributed.scoring import Scoring
from fastlr.distributed.tree import fold
from fastlr.kernels.kernel_set import KernelSet
from fastlr.linear_model.folds import FoldRows


class PartitionedRows:
    """Rows in partitions, with their labels and weights: pass them as ``X`` to ``LogisticRegression.fit``.

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
        driver, partitions = self.driver, range(len(self.blocks))
        blocks = [driver.submit(partition.read, block, partition=k) for k, block in enumerate(self.blocks)]
        targets = [driver.submit(partial(partition.check, dtype), block, partition=k) for k, block in enumerate(blocks)]
        del blocks
        surveys = driver.gather([driver.submit(partition.survey, targets[k], partition=k) for k in partitions])
        first = surveys[0]
        classes, common = first.classes, first.dtype
        for k, found in enumerate(surveys[1:], 1):
            if self.same_width and found.n_features != first.n_features:
                raise ValueError(
                    f"Partition {k} has {found.n_features} features, but partition 0 has {first.n_features}."
                )
            try:
                classes = join_classes(classes, found.classes)
            except ValueError as error:
                raise ValueError(f"Partition {k}: {error}") from error
            common = np.result_type(common, found.dtype)
        classes = np.sort(classes)
        if len(classes) < 2:
            raise ValueError(f"A classifier needs at least two classes; y has 1 class: {as_values(classes)}.")
        masses = [driver.submit(partition.class_mass, targets[k], classes, partition=k) for k in partitions]
        mass = fold(driver.gather(masses), plus)
        make = partial(encode, kernels.name, kernels.loss, common, class_weight, classes, mass)
        pieces = [driver.submit(make, targets[k], partition=k) for k in partitions]
        del targets
        shape = fold([found.n_samples for found in surveys], plus), max(found.n_features for found in surveys)
        return PartitionedPasses(driver, pieces, shape, common, kernels), classes
