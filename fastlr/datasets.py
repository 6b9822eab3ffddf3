"""Synthetic bags of words that follow the laws of real text, of any size, in memory or on disk.

Words follow a double power law of their rank [1]_: Zipf's law, flattened at the very top as in Mandelbrot's, and
falling more steeply beyond a rank of some thousands, where a language's common vocabulary ends. Lengths of documents
are log-normal. ``benchmarks/plot_datasets.py`` draws both laws beside those of real corpora.

.. [1] Gerlach and Altmann (2013), "Stochastic model for the vocabulary growth in natural languages", Physical Review X.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions, validate_params

# Words of one chunk: few enough for its temporaries to stay in the cache, many enough to hide the calls' overhead.
CHUNK_LENGTH = 1 << 17

ARRAYS = ("data", "indices", "indptr", "labels")


@dataclass(frozen=True)
class WordLaw:
    """Ranks of words, 0 the most frequent, with density ``(rank + shift) ** -exponent``, and steeper in the tail.

    Attributes
    ----------
    n_words : int
    exponent, shift : float
        Zipf's exponent, and Mandelbrot's shift of the rank; the shift is more than 0.
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
        """The exponent and the ends, in shifted ranks, of the head and, if there is one, of the tail."""
        end, turn = self.n_words + self.shift, self.tail_rank + self.shift
        if turn >= end:
            return [(self.exponent, self.shift, end)]
        return [(self.exponent, self.shift, turn), (self.tail_exponent, turn, end)]

    @property
    def _masses(self) -> np.ndarray:
        """What the pieces integrate to, before normalisation."""
        masses = [_integral(*piece) for piece in self._pieces]
        if len(masses) > 1:
            masses[1] *= (self.tail_rank + self.shift) ** (self.tail_exponent - self.exponent)
        return np.array(masses)

    def cdf(self, rank: Any) -> np.ndarray:
        """Return the share of the words of rank less than ``rank``, which runs from 0 to ``n_words``."""
        masses = self._masses
        x = np.asarray(rank, dtype=np.float64) + self.shift
        total = np.zeros(x.shape)
        for (exponent, low, high), mass in zip(self._pieces, masses, strict=True):
            total += mass * _integral(exponent, low, np.clip(x, low, high)) / _integral(exponent, low, high)
        return total / masses.sum()

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Return independent ranks, int64: the inverse of `cdf`, which needs no table, at uniform numbers."""
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
    return np.log(high / low) if power == 0.0 else (np.power(high, power) - low**power) / power


def _inverse(exponent: float, low: float, high: float, share: np.ndarray) -> np.ndarray:
    """Return up to where the integral from ``low`` is ``share`` of that to ``high``."""
    power = 1.0 - exponent
    if power == 0.0:
        return low * (high / low) ** share
    return (low**power + share * (high**power - low**power)) ** (1.0 / power)


def _bit(words: np.ndarray, classes: np.ndarray, seed: int) -> np.ndarray:
    """Return a fair coin, thrown once for every pair of a word and a class: the top bit of a hash (splitmix64)."""
    h = words.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + classes.astype(np.uint64)
    h = h * np.uint64(0xD1342543DE82EF95) + np.uint64(seed)
    h ^= h >> np.uint64(30)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(27)
    h *= np.uint64(0x94D049BB133111EB)
    return (h >> np.uint64(63)).astype(bool)


@dataclass(frozen=True)
class _Corpus:
    """What every chunk of rows is drawn from; a chunk depends on these and on its number alone."""

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
            # A class sends back half of the words that it dislikes, at most once each. So word w of class k has the
            # probability p(w) * (1 - sharpness * bit(w, k) + constant), and over all classes the law stays what it was.
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
        """Return by what to multiply ranks, modulo their number, to scatter frequent words among the features."""
        n = self.law.n_words
        stride = round(0.6180339887498949 * n)
        while math.gcd(stride, n) != 1:
            stride += 1
        return stride

    def rows(self, n_samples: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        """Yield chunks, the last one cut, with ``n_samples`` rows in all."""
        for number, start in enumerate(range(0, n_samples, self.rows_per_chunk)):
            lengths, indices, data, labels = self.chunk(number)
            lengths, labels = lengths[: n_samples - start], labels[: n_samples - start]
            nnz = int(lengths.sum())
            yield lengths, indices[:nnz], data[:nnz], labels


class _NpyFile:
    """A one-dimensional ``.npy`` file that grows, so that nobody has to know its length beforehand."""

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
    """Draw documents as rows of a sparse matrix, and their classes.

    Rows are drawn in chunks that depend on ``random_state`` and on their number alone: the same rows come in memory and
    on disk, and a larger sample begins with the rows of a smaller one.

    Parameters
    ----------
    n_samples : int, default=10_000
        Documents.
    n_features : int, default=50_000
        Words in the vocabulary; those that never come have an empty column. Less than 2 ** 31.
    mean_length : float, default=100.0
        Mean number of words in a document, repetitions included; 1 or more. The non-zeros are fewer.
    n_classes : int, default=2
        Classes, all equally frequent.
    sharpness : float, default=0.5
        How much classes differ, between 0 and 1. A class dislikes a random half of the words; the others are up to
        ``(2 + sharpness) / (2 - sharpness)`` times as frequent in it. At 0, words say nothing about the class.
    length_spread : float, default=0.55
        Standard deviation of the logarithm of the lengths, at most 5; abstracts have 0.51, titles 0.60.
    exponent, shift : float, default=0.9, 0.6
        Word ``r`` = 0, 1, ... by frequency has a probability of about ``(r + shift) ** -exponent``, ``shift > 0``.
    tail_exponent, tail_rank : float, default=1.75, 3000.0
        Beyond ``tail_rank`` the exponent is ``tail_exponent``. The same number as ``exponent`` makes one power law of
        all ranks, as that of hashed n-grams, which reaches many more features.
    weighting : {"log", "counts"}, default="log"
        The values: ``1 + log(count)`` in rows of norm 1, or the counts themselves.
    dtype : {np.float64, np.float32}, default=np.float64
        Type of the values.
    index_dtype : {None, np.int32, np.int64}, default=None
        Type of the indices; None is int32 where that suffices.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same rows every time.
    path : str or Path, default=None
        A folder, made if need be, to write the arrays to as ``.npy`` files, a chunk at a time; `load_bag_of_words`
        opens them again. The matrix returned is then memory-mapped and read-only.

    Returns
    -------
    X : csr_matrix of shape (n_samples, n_features)
        Indices are sorted and free of duplicates.
    y : ndarray of int64, shape (n_samples,)
        Classes, 0 to ``n_classes - 1``.

    Raises
    ------
    ValueError
        If an argument is out of its range, or there are too many non-zeros for ``index_dtype``.

    See Also
    --------
    sklearn.datasets.make_classification : Dense features without the laws of text.

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
    """Open what `make_bag_of_words` wrote to a folder; nothing is read before it is used.

    Parameters
    ----------
    path : str or Path
        The folder.

    Returns
    -------
    X : csr_matrix of shape (n_samples, n_features)
        Over memory-mapped, read-only arrays.
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
        raise FileNotFoundError(f"path: {folder} holds no complete bag of words.")
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
        raise ValueError(f"index_dtype: {indptr[-1]} non-zeros are too many for {index}; pass np.int64.")
    return indptr.astype(index)


def _csr(data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, shape: tuple[int, int]) -> sp.csr_matrix:
    """Return the matrix over these very arrays: scipy's constructor would copy int64 indices that fit int32."""
    X = sp.csr_matrix(shape, dtype=data.dtype)
    X.data, X.indices, X.indptr = data, indices, indptr
    X.has_canonical_format = True
    return X
