"""A problem whose rows stay on disk, and are read in parts, each of many pieces from all over the store.

Rows on disk are often sorted, by class or by date, and training on them sequentially would forget the earlier part
while learning the later. So the store is divided into as many stretches as a part has pieces (`fastlr.store.pieces`),
and every part gets one piece of each stretch, drawn at random: every part resembles the whole. The rows of a part are
shuffled like those of a problem in memory. Single rows are never read in random order.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from fastlr.data.labels import encode_labels
from fastlr.data.problem import Problem, class_mass, combine_weights
from fastlr.data.rows import Rows
from fastlr.store.pieces import PIECE_BYTES, Buffer, cut_shards, read_rows
from fastlr.store.store import Store
from fastlr.store.stored_rows import StoredRows
from fastlr.utils.arrays import frozen
from fastlr.utils.parallel import prefetch_one
from fastlr.utils.sums import dot, sum_of

# Two parts are in memory at a time: one is trained on while the next is read.
PART_BYTES = 1 << 25

# On 158,000 titles sorted by their 200 classes, parts of 1,024 pieces give the same test log-loss as shuffled rows;
# with 512, 256 and 64 pieces it is .4%, 2% and 19% higher. Smaller pieces would take longer to find than to read.
MIN_PIECE_BYTES = 1 << 15


def deal(n_pieces: int, n_parts: int, rng: np.random.Generator | None) -> Iterator[np.ndarray]:
    """Yield the pieces of each part, increasing: neighbours without ``rng``, otherwise drawn as described above."""
    if rng is None:
        yield from np.array_split(np.arange(n_pieces), n_parts)
        return
    dealt = np.full((-(-n_pieces // n_parts), n_parts), -1)
    for k, row in enumerate(dealt):
        stretch = np.arange(k * n_parts, min((k + 1) * n_parts, n_pieces))
        row[rng.permutation(n_parts)[: len(stretch)]] = stretch
    for part in dealt.T:
        yield part[part >= 0]


class StoredTargets:
    """The labels and weights of the rows of a store: its own, or others passed for it.

    Parameters
    ----------
    store : Store
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    dtype : dtype
        Type that the values are converted to.
    y, sample_weight : ndarray of shape (n_samples,) or None
        Used instead of those of the store.

    Raises
    ------
    ValueError
        If the rows have no labels, or a label is not among the classes.
    """

    def __init__(
        self,
        store: Store,
        classes: np.ndarray,
        dtype: np.dtype,
        y: np.ndarray | None = None,
        sample_weight: np.ndarray | None = None,
    ) -> None:
        self.store, self.classes, self.dtype, self.sample_weight = store, classes, np.dtype(dtype), sample_weight
        self.codes = None if y is None else encode_labels(y, classes)
        self.rank = encode_labels(store.code_classes(), classes) if y is None else np.empty(0, np.int32)
        firsts = np.cumsum([0, *(shard.entry.n_samples for shard in store.shards)])
        self.firsts = firsts.tolist()

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_samples, n_features)``."""
        return self.store.shape

    def of_all(self, classes: np.ndarray, dtype: np.dtype) -> StoredTargets:
        """Return the rows as a part of others: with the classes of all, and values of this type."""
        y = None if self.codes is None else self.classes[self.codes]
        return StoredTargets(self.store, classes, dtype, y, self.sample_weight)

    def read(self, shard: int, start: int, stop: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the class codes, int32, and the weights or None, of rows of a shard."""
        first = self.firsts[shard]
        with self.store.shards[shard].opened() as reader:
            if self.codes is not None:
                labels = self.codes[first + start : first + stop]
            else:
                labels = self.rank[reader.labels(start, stop)]
            if self.sample_weight is not None:
                return labels, self.sample_weight[first + start : first + stop]
            return labels, reader.weights(start, stop)

    def all(self) -> Iterator[tuple[int, np.ndarray, np.ndarray | None]]:
        """Yield the number of a shard's first row, and what `read` returns for all its rows."""
        for k, shard in enumerate(self.store.shards):
            yield self.firsts[k], *self.read(k, 0, shard.entry.n_samples)

    @functools.cached_property
    def _counted(self) -> tuple[np.ndarray, np.ndarray, bool]:
        """The sum of the sample weights of each class, its rows, and whether classes are mixed: see `Problem.mixed`."""
        mass, counts, n_same, last = np.zeros(len(self.classes)), np.zeros(len(self.classes)), 0, -1
        for _, labels, weights in self.all():
            mass += class_mass(labels, weights, len(self.classes))
            counts += class_mass(labels, None, len(self.classes))
            n_same += int(np.count_nonzero(labels[1:] == labels[:-1])) + int(labels[0] == last)
            last = labels[-1]
        shares = counts / sum_of(counts)
        chance = dot(shares, shares)
        return mass, counts, n_same <= (chance + 0.1 * (1.0 - chance)) * (len(self.store) - 1)

    def class_mass(self) -> np.ndarray:
        """Return the sum of the sample weights of each class."""
        return self._counted[0].copy()

    def class_counts(self) -> np.ndarray:
        """Return the number of rows of each class."""
        return self._counted[1].copy()

    @property
    def piece_bytes(self) -> int:
        """Size of the pieces: small if rows are sorted by class, so that every part has all classes."""
        if self._counted[2]:
            return PIECE_BYTES
        return min(PIECE_BYTES, max(PART_BYTES // (4 * len(self.classes)), MIN_PIECE_BYTES))

    def problem(self, class_weight: Mapping[Any, float] | str | None, mass: np.ndarray) -> Problem | StoredProblem:
        """Return the problem, in memory if two parts hold all rows; ``"balanced"`` uses the sums ``mass``."""
        problem, store = StoredProblem(self, class_weight, mass), self.store
        if problem.n_parts > 2:
            return problem
        rows = read_rows(store.shards, problem.pieces, store.shape[1], self.dtype, Buffer(), None)
        return self._problem_of(rows, class_weight, mass)

    def in_blocks(self, class_weight: Mapping[Any, float] | str | None, mass: np.ndarray | None = None) -> Problem:
        """Return the problem for passes over all rows; only the rows stay on disk."""
        return self._problem_of(StoredRows(self.store, self.dtype), class_weight, mass)

    def _problem_of(
        self, rows: Rows | StoredRows, class_weight: Mapping[Any, float] | str | None, mass: np.ndarray | None
    ) -> Problem:
        labels, weights = zip(*(both for _, *both in self.all()), strict=True)
        labels = frozen(np.concatenate(labels))
        weights = None if weights[0] is None else np.concatenate(weights)
        s = combine_weights(weights, class_weight, self.classes, labels, mass)
        return Problem.make(rows, labels, s, len(self.classes))


class StoredProblem:
    """Rows of a store with their labels and weights, in parts: a `fastlr.data.protocols.TrainingProblem`.

    Parameters
    ----------
    targets : StoredTargets
    class_weight : mapping, "balanced" or None
    mass : ndarray of shape (n_classes,)
        The sums of sample weights that ``"balanced"`` uses.
    chosen : ndarray or None, default=None
        Numbers of rows, increasing: those active, if ``kept``, or those absent. None is all rows.
    kept : bool, default=True
    again : ndarray or None, default=None
        Numbers of active rows, not decreasing, that an epoch visits once more each time they are named.

    Raises
    ------
    ValueError
        If the sum of the weights is not finite.
    """

    def __init__(
        self,
        targets: StoredTargets,
        class_weight: Mapping[Any, float] | str | None,
        mass: np.ndarray,
        chosen: np.ndarray | None = None,
        kept: bool = True,
        again: np.ndarray | None = None,
    ) -> None:
        store = targets.store
        self._targets, self._class_weight, self._mass = targets, class_weight, mass
        self._chosen, self._kept, self._again = chosen, kept, again
        self.shape, self.dtype, self.n_classes = store.shape, targets.dtype, len(targets.classes)
        self.pieces = cut_shards(store.shards, targets.piece_bytes)
        n_bytes = sum(shard.entry_bytes * shard.entry.nnz + 8 * shard.entry.n_samples for shard in store.shards)
        self.n_parts = min(-(-n_bytes // PART_BYTES), len(self.pieces))
        self._count()

    def _count(self) -> None:
        """Set ``n_active``, ``n_nonzeros`` and ``total_weight``, and the rows active before each piece."""
        self.n_nonzeros, self.total_weight = 0, 0.0
        present_before = np.zeros(len(self.pieces) + 1, np.int64)
        firsts = np.searchsorted(self.pieces["shard"], np.arange(len(self._targets.store.shards) + 1))
        for k, (first, labels, weights) in enumerate(self._targets.all()):
            s, active = self._weigh(first, labels, weights)
            shard = self._targets.store.shards[k]
            with shard.opened() as reader:
                lengths = np.diff(reader.indptr(0, len(labels)))
            again = self._visited_again(first, len(labels))
            self.n_nonzeros += int(lengths[active].sum()) + int(lengths[again].sum())
            ones = float(len(active) + len(again))
            self.total_weight += ones if s is None else sum_of(s) + sum_of(s[again])
            active = np.sort(np.concatenate([active, again]))
            here = np.arange(firsts[k], firsts[k + 1])
            bounds = np.append(self.pieces["start"][here], len(labels))
            present_before[here + 1] = np.diff(np.searchsorted(active, bounds))
        self._present_before = np.cumsum(present_before)
        self.n_active = int(self._present_before[-1])
        if not np.isfinite(self.total_weight):
            raise ValueError("The sum of sample_weight times class_weight is not finite; scale the weights down.")

    def _weigh(
        self, first: int, labels: np.ndarray, weights: np.ndarray | None
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """Return ``s`` of neighbouring rows from the row ``first`` on, None if all are 1, and which are active."""
        with np.errstate(over="ignore"):
            s = combine_weights(weights, self._class_weight, self._targets.classes, labels, self._mass)
        stays = np.ones(len(labels), bool) if s is None else s != 0
        if self._chosen is not None:
            a, b = np.searchsorted(self._chosen, [first, first + len(labels)])
            among = np.zeros(len(labels), bool)
            among[self._chosen[a:b] - first] = True
            stays &= among == self._kept
            s = s if s is None else s * stays
        return s, np.flatnonzero(stays)

    def _visited_again(self, first: int, n: int) -> np.ndarray:
        """Return the numbers, within ``n`` rows from the row ``first`` on, of those that an epoch visits again."""
        if self._again is None:
            return np.empty(0, np.intp)
        a, b = np.searchsorted(self._again, [first, first + n])
        return self._again[a:b] - first

    @property
    def n_outputs(self) -> int:
        """Number of scores per row: one for two classes, otherwise one per class."""
        return 1 if self.n_classes == 2 else self.n_classes

    def exclude(self, absent: np.ndarray) -> StoredProblem:
        """Return the problem of all rows but ``absent``."""
        return StoredProblem(self._targets, self._class_weight, self._mass, absent, kept=False)

    def repeat(self, rows: np.ndarray, times: int) -> StoredProblem:
        """Return the problem in which an epoch visits the active rows of these numbers so many times."""
        again = np.repeat(np.sort(rows), times - 1)
        return StoredProblem(self._targets, self._class_weight, self._mass, self._chosen, self._kept, again)

    def subset(self, chosen: np.ndarray) -> StoredProblem:
        """Return the problem of the rows ``chosen``."""
        return StoredProblem(self._targets, self._class_weight, self._mass, chosen)

    def targets(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield parts of the rows: the number of the first, the labels, and which of them are active."""
        for first, labels, weights in self._targets.all():
            yield first, labels, self._weigh(first, labels, weights)[1]

    def identity(self) -> dict[str, tuple[np.ndarray, ...]]:
        """Return arrays that identify the store, and the labels and weights passed for it."""
        targets = self._targets
        given = {"X": None, "y": targets.codes, "weights": targets.sample_weight}
        arrays: dict[str, tuple[np.ndarray, ...]] = {
            name: () if array is None else (array,) for name, array in given.items()
        }
        arrays["X"] = (np.frombuffer(bytes.fromhex(targets.store.fingerprint), np.uint8),)
        if self._chosen is not None:
            arrays["weights"] += (self._chosen, np.array([self._kept]))
        if self._again is not None:
            arrays["weights"] += (self._again,)
        return arrays

    @property
    def active_rows(self) -> np.ndarray:
        """The numbers of the rows that count."""
        again = np.empty(0, np.intp) if self._again is None else self._again
        return np.concatenate([*(first + active for first, _, active in self.targets()), again])

    def sample(self, n: int) -> Problem:
        """Return a copy of up to ``n`` active rows, at equal distances."""
        numbers = np.arange(0, self.n_active, max(1, self.n_active // n))[:n]
        pieces = np.searchsorted(self._present_before, numbers, "right") - 1
        sample: Problem | None = None
        n_taken = 0
        for k in np.unique(pieces):
            part = self._read(self.pieces[k : k + 1], Buffer(), sample)  # after the rows taken so far
            here = numbers[pieces == k] - self._present_before[k]
            sample = part.take(part.active_rows[np.r_[:n_taken, n_taken + here]])
            n_taken += len(here)
        return sample  # type: ignore[return-value]  # there is at least one active row

    def parts(self) -> Iterator[Problem]:
        """Yield problems, each in memory while it is looked at, which together have all the rows, in their order."""
        for part, _ in self.shuffled_parts(None, 1):
            yield part

    def shuffled_parts(
        self, rng: np.random.Generator | None, batch_size: int, chosen: slice = slice(None)
    ) -> Iterator[tuple[Problem, np.ndarray]]:
        """Yield the chosen parts with the order of their rows; see `fastlr.data.protocols.TrainingProblem`.

        A part is valid until the next one is requested.
        """
        return prefetch_one(self._shuffled_parts(rng, batch_size, chosen))

    def _shuffled_parts(
        self, rng: np.random.Generator | None, batch_size: int, chosen: slice
    ) -> Iterator[tuple[Problem, np.ndarray]]:
        parts = list(deal(len(self.pieces), self.n_parts, rng))[chosen]
        buffers, carried = [Buffer(), Buffer()], None
        n_left = int(sum(np.diff(self._present_before)[numbers].sum() for numbers in parts))
        for numbers in parts:
            part = self._read(self.pieces[numbers], buffers[0], carried)
            order = part.active_rows if rng is None else part.shuffled(part.active_rows, rng)
            _ = part.largest  # computed here, while the previous part is trained on
            # Rows that do not fill a mini-batch are carried over to the next part.
            n = len(order) if len(order) == n_left else len(order) - len(order) % batch_size
            carried = None if n == len(order) else part.take(order[n:])
            if n:
                n_left -= n
                buffers.reverse()
                yield part, order[:n]

    def _read(self, pieces: np.ndarray, buffer: Buffer, carried: Problem | None) -> Problem:
        """Return the problem of the rows of pieces, after the rows carried over."""
        store = self._targets.store
        carried_rows = None if carried is None else carried.rows
        rows = read_rows(store.shards, pieces, store.shape[1], self.dtype, buffer, carried_rows)
        all_labels, all_weights, all_active, visited_again, row = [], [], [], [], 0
        if carried is not None:
            row = carried.shape[0]
            all_labels.append(carried.labels)
            all_weights.append(carried.sample_weight)
            all_active.append(np.arange(row))
        for shard, start, stop, _, _, first in pieces.tolist():
            codes, given = self._targets.read(shard, start, stop)
            s, here = self._weigh(first, codes, given)
            all_labels.append(codes)
            all_weights.append(np.empty(0) if s is None else s)
            all_active.append(row + here)
            visited_again.append(row + self._visited_again(first, stop - start))
            row += stop - start
        all_active += visited_again  # at the end, as in `Problem.repeat`
        labels, weights, active = (frozen(np.concatenate(parts)) for parts in (all_labels, all_weights, all_active))
        return Problem(rows, labels, weights, active, self.n_classes)
