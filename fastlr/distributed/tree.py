"""Sums over partitions in a binary tree that is fixed by their numbers.

Neighbours are added, then neighbouring sums, until one is left. So the bits of a sum depend on the partitions alone:
not on where they are, or on which of them is done first.

A partition's sums over the columns are only of the columns that its rows touch. Which columns these are, and how those
of two nodes of the tree lie among those of both, is found once (`Merge`); afterwards only values travel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from fastlr.distributed.driver import Driver, Handle

Value = TypeVar("Value")

# The process that drives a training adds up the sums itself, in the order of the tree, if all partitions together have
# at most so many: then tasks, at a millisecond or more each, would cost more than the bytes.
FEW = 1 << 18


def fold(values: Sequence[Value], add: Callable[[Value, Value], Value]) -> Value:
    """Return the sum of values of this process, added in the order of the tree."""
    values = list(values)
    while len(values) > 1:
        pairs = [add(*values[k : k + 2]) for k in range(0, len(values) - 1, 2)]
        values = pairs + values[2 * len(pairs) :]
    return values[0]


def tree_sum(driver: Driver, handles: Sequence[Handle], add: Callable[[Value, Value], Value]) -> Handle:
    """Return the handle of the sum of tasks' results, of which the ``k``-th is that of partition ``k``."""

    def submit(left: tuple[int, Handle], right: tuple[int, Handle]) -> tuple[int, Handle]:
        return left[0], driver.submit(add, left[1], right[1], partition=left[0])

    return fold(list(enumerate(handles)), submit)[1]


class Merge(NamedTuple):
    """The columns of a node of the tree, increasing, and where those of its two children are among them."""

    columns: np.ndarray
    left: np.ndarray
    right: np.ndarray


def leaf(columns: np.ndarray) -> Merge:
    """Return the node of a partition with these columns."""
    nothing = np.empty(0, np.intp)
    return Merge(columns, nothing, nothing)


def merge(left: Merge, right: Merge) -> Merge:
    """Return the node above two nodes."""
    columns = np.union1d(left.columns, right.columns)
    return Merge(columns, places(columns, left), places(columns, right))


class HasColumns(Protocol):
    """A node of the tree, or a partition, which is a leaf."""

    @property
    def columns(self) -> np.ndarray:
        """Its columns, increasing."""


def columns_of(node: HasColumns) -> np.ndarray:
    """Return the columns of a node."""
    return node.columns


def places(columns: np.ndarray, node: HasColumns) -> np.ndarray:
    """Return where the columns of a node are among those of all; those that all lack are left out."""
    return np.searchsorted(columns, node.columns)


class Sums(NamedTuple):
    """Sums over rows.

    Attributes
    ----------
    columns : ndarray of shape (n_columns, n_outputs)
        For the columns of a node.
    rest : ndarray of float64, shape (n,)
        Others, such as those for the intercepts.
    """

    columns: np.ndarray
    rest: np.ndarray


def add_sums(node: Merge, left: Sums, right: Sums) -> Sums:
    """Return the sum of two children's sums for the columns of their node."""
    n = len(node.columns)
    if len(node.left) == n:
        columns = left.columns.copy()
    else:
        columns = np.zeros((n, left.columns.shape[1]), left.columns.dtype)
        columns[node.left] = left.columns
    if len(node.right) == n:
        columns += right.columns
    else:
        columns[node.right] += right.columns
    return Sums(columns, left.rest + right.rest)


class ColumnTree:
    """The tree for sums over columns.

    Parameters
    ----------
    driver : Driver
    columns : sequence of Handle
        Of the columns that each partition touches, increasing.
    width : int
        Number of sums for each column.

    Attributes
    ----------
    columns : ndarray of shape (n_columns,)
        All columns that a partition touches, increasing.
    """

    def __init__(self, driver: Driver, columns: Sequence[Handle], width: int) -> None:
        self.driver = driver
        level = [(k, driver.submit(leaf, own, partition=k)) for k, own in enumerate(columns)]
        self.levels: list[list[Handle]] = []
        while len(level) > 1:
            pairs = [
                (k, driver.submit(merge, left, right, partition=k))
                for (k, left), (_, right) in zip(level[::2], level[1::2], strict=False)
            ]
            self.levels.append([node for _, node in pairs])
            level = pairs + level[2 * len(pairs) :]
        k, root = level[0]
        self.columns: np.ndarray = driver.gather([driver.submit(columns_of, root, partition=k)])[0]
        self.few = len(columns) * len(self.columns) * width <= FEW
        if self.few:
            self.levels = [driver.gather(nodes) for nodes in self.levels]

    def total(self, handles: Sequence[Handle]) -> Sums:
        """Return the sum of `Sums` over the partitions, for `columns`."""
        if self.few:
            sums: list[Sums] = self.driver.gather(handles)
            for nodes in self.levels:
                added = [add_sums(node, *sums[2 * i : 2 * i + 2]) for i, node in enumerate(nodes)]
                sums = added + sums[2 * len(added) :]
            return sums[0]
        level = list(enumerate(handles))
        for nodes in self.levels:
            pairs = [
                (level[2 * i][0], self.driver.submit(
                    add_sums, node, level[2 * i][1], level[2 * i + 1][1], partition=level[2 * i][0]
                ))
                for i, node in enumerate(nodes)
            ]  # fmt: skip
            level = pairs + level[2 * len(pairs) :]
        return self.driver.gather([level[0][1]])[0]
