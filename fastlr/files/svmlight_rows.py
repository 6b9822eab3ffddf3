"""svmlight's lines, also called libsvm's: ``label index:value index:value ... # comment``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp

from fastlr.files.batches import BadLines
from fastlr.files.row_batches import RowBatch
from fastlr.files.streams import ReadError
from fastlr.files.svmlight import has_underscores, parse

# float32, so that rows take two thirds of the space; a model's training is noisier than that.
DTYPE = np.float32
LARGEST = float(np.finfo(DTYPE).max)

# scikit-learn, which parses the lines, has indices of 32 bits.
MAX_INDEX = 2**31 - 1

# Integers up to this are told from each other by float64.
MAX_LABEL = 2**53

# Of what is wrong, as many characters are shown.
MAX_SHOWN = 20


class BadLine(ValueError):
    """A line that is no row; the message says why."""


def read_svmlight(
    blocks: Iterable[bytearray], with_labels: bool, zero_based: bool, bad: BadLines
) -> Iterator[RowBatch]:
    """Yield the rows of lines. Labels are whole numbers; what is not wanted of them may be any number.

    Features are counted from 1, unless ``zero_based``: a file that is read as it comes cannot be looked through for a 0
    first, and the files to train and to predict on are to be read alike.
    """
    first, number = 0 if zero_based else 1, 1
    for block in blocks:
        text, n_lines = bytes(block), block.count(b"\n")
        found = None if has_underscores(text) else _parsed(text)
        if found is None or not _is_good(*found, first, with_labels):
            found = _parsed(_good_lines(text, number, first, with_labels, bad))
            bad.check()
            if found is None or not _is_good(*found, first, with_labels):
                raise ReadError(f"lines {number} to {number + n_lines - 1} are not svmlight")
        number += n_lines
        X, y = found
        if len(y):
            shape = len(y), max(X.shape[1] - first, 1)
            rows = sp.csr_array((X.data, (X.indices - first).astype(np.int32), X.indptr), shape=shape)
            yield RowBatch(rows, y.astype(np.int64) if with_labels else None, None, len(block))


def _parsed(text: bytes) -> tuple[sp.csr_matrix, np.ndarray] | None:
    try:
        return parse(text, DTYPE)
    except (ValueError, OverflowError):
        return None


def _is_good(X: sp.csr_matrix, y: np.ndarray, first: int, with_labels: bool) -> bool:
    """Tell whether there is nothing in the rows that was parsed but is no row."""
    if not np.isfinite(X.data).all() or int(X.indices.min(initial=MAX_INDEX)) < first:
        return False
    return not with_labels or bool((np.isfinite(y) & (y == np.floor(y)) & (np.abs(y) <= MAX_LABEL)).all())


def _good_lines(text: bytes, number: int, first: int, with_labels: bool, bad: BadLines) -> bytes:
    """Return the lines that are rows; the others are taken note of."""
    good = []
    for place, line in enumerate(text.split(b"\n")[:-1], number):
        try:
            check_line(line, first, with_labels)
        except BadLine as error:
            bad.add([place], str(error))
        else:
            good.append(line + b"\n")
    return b"".join(good)


def check_line(line: bytes, first: int, with_labels: bool) -> None:
    """Say what is wrong with a line.

    Raises
    ------
    BadLine
        If anything is.
    """
    words = line.partition(b"#")[0].split()
    if not words:
        return
    label = _number(words[0])
    if label is None or (with_labels and not math.isfinite(label)):
        raise BadLine(f"its label {_shown(words[0])} is no number")
    if with_labels and not (label.is_integer() and abs(label) <= MAX_LABEL):
        raise BadLine(f"its label {_shown(words[0])} is no whole number")
    last = -1
    for word in words[2:] if words[1:2] and words[1].startswith(b"qid:") else words[1:]:
        name, colon, value = word.partition(b":")
        index, number = _number(name, int), _number(value)
        if not colon or index is None or number is None:
            raise BadLine(f"{_shown(word)} is no index:value")
        if index < first:
            hint = "; --zero-based counts features from 0" if index == 0 else ""
            raise BadLine(f"index {index}, where the first is {first}{hint}")
        if index > MAX_INDEX:
            raise BadLine(f"index {_shown(name)} is above {MAX_INDEX}")
        if index <= last:
            raise BadLine(f"index {index} comes behind {last}: they must increase")
        if not abs(number) <= LARGEST:
            raise BadLine(f"value {_shown(value)} of index {index} is not finite")
        last = index


def _number(word: bytes, kind: Callable[[bytes], Any] = float) -> Any:
    """Return a number; None for a word that is none, or that only Python takes for one."""
    try:
        return None if b"_" in word else kind(word)
    except ValueError:
        return None


def _shown(word: bytes) -> str:
    """Return a word as an error quotes it."""
    text = word.decode("utf-8", "replace")
    return repr(text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}...")
