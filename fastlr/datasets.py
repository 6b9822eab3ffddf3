"""Synthetic bags of words of any size that follow the statistics of real text, in memory or on disk.

Word frequencies follow a double power law of the rank [1]_: Zipf's law, flattened at the top as in Mandelbrot's, and
steeper beyond a rank of some thousands, where a language's common vocabulary ends. Document lengths are log-normal.
``benchmarks/experiments/plot_datasets.py`` draws both distributions beside those of real corpora.

.. [1] Gerlach and Altmann (2013), "Stochastic model for the vocabulary growth in natural languages", Physical Review X.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions, validate_params

# Words in a chunk: few enough that temporaries stay in the cache, many enough to hide the overhead of calls.
CHUNK_LENGTH = 1 << 17

ARRAYS = ("data", "indices", "indptr", "labels")


@dataclass(frozen=True)
class WordLaw:
    """A distribution of word ranks, from 0 for the most frequent word.

    The density is ``(rank + shift) ** -exponent``, and steeper in the tail.

    Attributes
    ----------
    n_words : int
    exponent, shift : float
        Zipf's exponent and Mandelbrot's shift of the rank, which is above 0.
    tail_exponent : float
        The exponent beyond ``tail_rank``; the density is continuous there.
    tail_rank : float
    """

    n_words: int
    exponent: float
    shift: float
    tail_exponent: float
    tail_rank: float

    @property
    def _pieces(self) -> list[tuple[float, float, float]]:
        """The exponent and the ends, in shifted ranks, of the head and of the tail, if there is one."""
        end, turn = self.n_words + self.shift, self.tail_rank + self.shift
        if turn >= end:
            return [(self.exponent, self.shift, end)]
        return [(self.exponent, self.shift, turn), (self.tail_exponent, turn, end)]

    @property
    def _masses(self) -> np.ndarray:
        """The integrals over the pieces, before normalisation."""
        masses = [_integral(*piece) for piece in self._pieces]
        if len(masses) > 1:
            masses[1] *= (self.tail_rank + self.shift) ** (self.tail_exponent - self.exponent)
        return np.array(masses)

    def cdf(self, rank: Any) -> np.ndarray:
        """Return the probability of a rank below ``rank``, which is between 0 and ``n_words``."""
        masses = self._masses
        x = np.asarray(rank, dtype=np.float64) + self.shift
        total = np.zeros(x.shape)
        for (exponent, low, high), mass in zip(self._pieces, masses, strict=True):
            total += mass * _integral(exponent, low, np.clip(x, low, high)) / _integral(exponent, low, high)
        return total / masses.sum()

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Draw independent ranks, int64, by the inverse of `cdf`, which needs no table."""
        masses = self._masses
        u = rng.random(size) * masses.sum()
        head, *tail = self._pieces
        x = _inverse(*head, np.minimum(u / masses[0], 1.0))
        if tail:
            beyond = np.flatnonzero(u > masses[0])
            x[beyond] = _inverse(*tail[0], (u[beyond] - masses[0]) / masses[1])
        return np.minimum((x - self.shift).astype(np.int64), self.n_words - 1)  # rounding may reach the very end


def _integral(exponent: float, low: float, high: Any) -> Any:
    """Integrate ``x ** -exponent`` from ``low`` to ``high``."""
    power = 1.0 - exponent
    if power == 0.0:
        return np.log(high / low)
    # Both by NumPy, whose powers may differ from Python's in the last digit: the integral to ``low`` itself is 0.
    return (np.power(high, power) - np.power(low, power)) / power


def _inverse(exponent: float, low: float, high: float, share: np.ndarray) -> np.ndarray:
    """Return the point up to which the integral from ``low`` is ``share`` of that to ``high``."""
    power = 1.0 - exponent
    if power == 0.0:
        return low * (high / low) ** share
    return (low**power + share * (high**power - low**power)) ** (1.0 / power)


def _bit(words: np.ndarray, classes: np.ndarray, seed: int) -> np.ndarray:
    """Return a fair coin flip for each pair of a word and a class: the top bit of a hash (splitmix64)."""
    h = words.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + classes.astype(np.uint64)
    h = h * np.uint64(0xD1342543DE82EF95) + np.uint64(seed)
    h ^= h >> np.uint64(30)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(27)
    h *= np.uint64(0x94D049BB133111EB)
    return (h >> np.uint64(63)).astype(bool)


@dataclass(frozen=True)
class _Corpus:
    """The distribution of the rows; a chunk of rows depends only on these fields and on its number."""

    law: WordLaw
    mean_length: float
    length_spread: float
    n_classes: int
    sharpness: float
    weighting: str
    dtype: np.dtype
    seed: int

    @property
    def rows_per_chunk(self) -> int:
        return max(1, round(CHUNK_LENGTH / self.mean_length))

    def chunk(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return the chunk's lengths (non-zeros a row), indices, data and labels."""
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(number,)))
        n_rows, n_words = self.rows_per_chunk, self.law.n_words
        labels = rng.integers(0, self.n_classes, n_rows)
        mu = math.log(self.mean_length) - 0.5 * self.length_spread**2
        lengths = np.maximum(np.rint(rng.lognormal(mu, self.length_spread, n_rows)), 1.0).astype(np.int64)
        words = self.law.draw(rng, int(lengths.sum()))
        if self.sharpness > 0.0:
            # Each class dislikes half of the words and redraws a share of them once. So word w of class k has the
            # probability p(w) * (1 - sharpness * bit(w, k) + constant), and the distribution over all classes is p.
            disliked = rng.random(len(words)) < self.sharpness
            disliked &= _bit(words, np.repeat(labels, lengths), self.seed)
            again = np.flatnonzero(disliked)
            words[again] = self.law.draw(rng, len(again))
        starts = n_words * np.arange(n_rows + 1)
        keys = (words * self._stride() + self.seed) % n_words + np.repeat(starts[:-1], lengths)
        keys.sort()
        first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        counts = np.diff(first, append=len(keys))
        keys = keys[first]
        indptr = np.searchsorted(keys, starts)
        lengths = np.diff(indptr)
        indices = keys - np.repeat(starts[:-1], lengths)
        if self.weighting == "counts":
            return lengths, indices, counts.astype(self.dtype), labels
        data = 1.0 + np.log(counts)
        data /= np.repeat(np.sqrt(np.add.reduceat(data * data, indptr[:-1])), lengths)
        return lengths, indices, data.astype(self.dtype), labels

    def _stride(self) -> int:
        """Return a factor for ranks, modulo their number, that scatters frequent words among the features."""
        n = self.law.n_words
        stride = round(0.6180339887498949 * n)
        while math.gcd(stride, n) != 1:
            stride += 1
        return stride

    def rows(self, n_samples: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        """Yield chunks with ``n_samples`` rows in all; the last one is cut."""
        for number, start in enumerate(range(0, n_samples, self.rows_per_chunk)):
            lengths, indices, data, labels = self.chunk(number)
            lengths, labels = lengths[: n_samples - start], labels[: n_samples - start]
            nnz = int(lengths.sum())
            yield lengths, indices[:nnz], data[:nnz], labels


class _NpyFile:
    """A one-dimensional ``.npy`` file that grows as arrays are appended."""

    def __init__(self, path: Path, dtype: Any) -> None:
        self.file: BinaryIO = path.open("wb")
        self.dtype = np.dtype(dtype)
        self.length = 0
        self._write_header()

    def _write_header(self) -> None:
        # NumPy pads the header, so that it keeps its size whatever the length.
        header = {"descr": self.dtype.str, "fortran_order": False, "shape": (self.length,)}
        self.file.seek(0)
        np.lib.format.write_array_header_1_0(self.file, header)

    def append(self, array: np.ndarray) -> None:
        self.file.write(np.ascontiguousarray(array, dtype=self.dtype).data)
        self.length += len(array)

    def close(self) -> None:
        self._write_header()
        self.file.close()


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "n_features": [Interval(Integral, 1, 2**31 - 1, closed="both")],
        "mean_length": [Interval(Real, 1, None, closed="left")],
        "n_classes": [Interval(Integral, 1, None, closed="left")],
        "sharpness": [Interval(Real, 0, 1, closed="both")],
        "length_spread": [Interval(Real, 0, 5, closed="both")],
        "exponent": [Interval(Real, 0, 10, closed="left")],
        "shift": [Interval(Real, 0, None, closed="neither")],
        "tail_exponent": [Interval(Real, 0, 10, closed="left")],
        "tail_rank": [Interval(Real, 1, None, closed="left")],
        "weighting": [StrOptions({"log", "counts"})],
        "dtype": [StrOptions({"float32", "float64"}), Options(type, {np.float32, np.float64})],
        "index_dtype": [StrOptions({"int32", "int64"}), Options(type, {np.int32, np.int64}), None],
        "random_state": ["random_state"],
        "path": [str, Path, None],
    },
    prefer_skip_nested_validation=True,
)
def make_bag_of_words(
    n_samples: int = 10_000,
    n_features: int = 50_000,
    *,
    mean_length: float = 100.0,
    n_classes: int = 2,
    sharpness: float = 0.5,
    length_spread: float = 0.55,
    exponent: float = 0.9,
    shift: float = 0.6,
    tail_exponent: float = 1.75,
    tail_rank: float = 3000.0,
    weighting: str = "log",
    dtype: Any = np.float64,
    index_dtype: Any = None,
    random_state: int | np.random.RandomState | None = None,
    path: str | Path | None = None,
) -> tuple[sp.csr_matrix, np.ndarray]:
    """Draw documents as rows of a sparse matrix, with their classes.

    Rows in memory and on disk are the same, and a larger sample starts with the rows of a smaller one.

    Parameters
    ----------
    n_samples : int, default=10_000
        Number of documents.
    n_features : int, default=50_000
        Size of the vocabulary, less than 2 ** 31. Words that do not occur have an empty column.
    mean_length : float, default=100.0
        Mean number of words in a document, 1 or more. Repeated words share a non-zero.
    n_classes : int, default=2
        Number of classes, all equally frequent.
    sharpness : float, default=0.5
        How much classes differ, between 0 and 1. A random half of the words is up to ``(2 + sharpness) / (2 -
        sharpness)`` times as frequent in a class as the other half. With 0, words say nothing about the class.
    length_spread : float, default=0.55
        Standard deviation of the logarithm of the lengths, at most 5. Abstracts have 0.51, titles 0.60.
    exponent, shift : float, default=0.9, 0.6
        The word of rank ``r`` = 0, 1, ... has a probability of about ``(r + shift) ** -exponent``; ``shift > 0``.
    tail_exponent, tail_rank : float, default=1.75, 3000.0
        The exponent beyond ``tail_rank``. The same value as ``exponent`` gives one power law for all ranks, like that
        of hashed n-grams, which reaches many more features.
    weighting : {"log", "counts"}, default="log"
        Values: ``1 + log(count)`` with rows scaled to norm 1, or the counts.
    dtype : {np.float64, np.float32}, default=np.float64
        Type of the values.
    index_dtype : {None, np.int32, np.int64}, default=None
        Type of the indices; None means int32 if it suffices.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same rows every time.
    path : str or Path, default=None
        Folder in which to write the arrays as ``.npy`` files, chunk by chunk, for `load_bag_of_words`. The matrix
        returned is then memory-mapped and read-only.

    Returns
    -------
    X : csr_matrix of shape (n_samples, n_features)
        With sorted indices and no duplicates.
    y : ndarray of int64, shape (n_samples,)
        Classes, 0 to ``n_classes - 1``.

    Raises
    ------
    ValueError
        If an argument is out of range, or there are too many non-zeros for ``index_dtype``.

    See Also
    --------
    sklearn.datasets.make_classification : Dense features, unlike text.

    Examples
    --------
    >>> from fastlr.datasets import make_bag_of_words
    >>> X, y = make_bag_of_words(1000, 5000, mean_length=20, n_classes=3, random_state=0)
    >>> X.shape, y.shape, sorted(set(y.tolist()))
    ((1000, 5000), (1000,), [0, 1, 2])
    """
    if index_dtype is None:
        index_dtype = np.int32 if 1.1 * n_samples * mean_length < 2**31 else np.int64
    index_dtype = np.dtype(index_dtype)
    corpus = _Corpus(
        WordLaw(int(n_features), float(exponent), float(shift), float(tail_exponent), float(tail_rank)),
        float(mean_length),
        float(length_spread),
        int(n_classes),
        float(sharpness),
        weighting,
        np.dtype(dtype),
        int(check_random_state(random_state).randint(2**31 - 1)),
    )
    chunks = corpus.rows(int(n_samples))
    if path is not None:
        _write(chunks, Path(path), (int(n_samples), int(n_features)), corpus.dtype, index_dtype)
        return load_bag_of_words(path)
    lengths, indices, data, labels = zip(
        *((a, b.astype(index_dtype), c, d) for a, b, c, d in chunks),
        strict=True,
    )
    indptr = _indptr(np.concatenate(lengths), index_dtype)
    X = _csr(np.concatenate(data), np.concatenate(indices), indptr, (n_samples, n_features))
    return X, np.concatenate(labels)


def load_bag_of_words(path: str | Path) -> tuple[sp.csr_matrix, np.ndarray]:
    """Open the rows that `make_bag_of_words` wrote to a folder; nothing is read before it is used.

    Parameters
    ----------
    path : str or Path
        The folder.

    Returns
    -------
    X : csr_matrix of shape (n_samples, n_features)
        With memory-mapped, read-only arrays.
    y : ndarray of int64, shape (n_samples,)

    Raises
    ------
    FileNotFoundError
        If the folder does not hold a complete matrix.

    Examples
    --------
    >>> import tempfile
    >>> from fastlr.datasets import load_bag_of_words, make_bag_of_words
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     X, y = make_bag_of_words(100, 50, mean_length=5, random_state=0, path=folder)
    ...     load_bag_of_words(folder)[0].shape
    (100, 50)
    """
    folder = Path(path)
    if not (folder / "shape.npy").exists():  # written last
        raise FileNotFoundError(f"path={os.fspath(path)!r} does not hold a complete bag of words.")
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
    shape = tuple(np.load(folder / "shape.npy").tolist())
    return _csr(arrays["data"], arrays["indices"], arrays["indptr"], shape), np.array(arrays["labels"])


def _write(chunks: Iterator[Any], folder: Path, shape: tuple[int, int], dtype: np.dtype, index: np.dtype) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shape.npy").unlink(missing_ok=True)
    files = {
        name: _NpyFile(folder / f"{name}.npy", kind)
        for name, kind in (("data", dtype), ("indices", index), ("labels", np.int64))
    }
    all_lengths = []
    try:
        for lengths, indices, data, labels in chunks:
            all_lengths.append(lengths.astype(np.int32))
            files["indices"].append(indices)
            files["data"].append(data)
            files["labels"].append(labels)
    finally:
        for file in files.values():
            file.close()
    np.save(folder / "indptr.npy", _indptr(np.concatenate(all_lengths), index))
    np.save(folder / "shape.npy", np.array(shape))


def _indptr(lengths: np.ndarray, index: np.dtype) -> np.ndarray:
    indptr = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=indptr[1:])
    if indptr[-1] > np.iinfo(index).max:
        raise ValueError(f"There are {indptr[-1]} non-zeros, too many for index_dtype={index}. Pass np.int64.")
    return indptr.astype(index)


def _csr(data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, shape: tuple[int, int]) -> sp.csr_matrix:
    """Return a matrix over these arrays; SciPy's constructor would copy int64 indices that fit int32."""
    X = sp.csr_matrix(shape, dtype=data.dtype)
    X.data, X.indices, X.indptr = data, indices, indptr
    X.has_canonical_format = True
    return X
