"""Reference implementation of hashing, against which the kernels are tested."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fastlr.text.documents import Documents
    from fastlr.text.hasher import Hasher
from fastlr.text.ngrams import column_of, decode, extract_ngrams


def hash_documents(hasher: Hasher, documents: Documents) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows of documents, like `Hasher.transform`."""
    indptr: list[int] = [0]
    indices: list[int] = []
    data: list[float] = []
    for i, document in enumerate(documents):
        counts: Counter[int] = Counter()
        for _, h in extract_ngrams(hasher, decode(document, documents.name(i), hasher.decode_error)):
            counts[column_of(h, hasher.n_features)] += -1 if hasher.signed and h % 2 else 1
        row = {column: _weigh(count, hasher.weighting) for column, count in counts.items()}
        powers = [value * value if hasher.norm == "l2" else abs(value) for value in row.values()]
        norm = (math.sqrt(sum(powers)) if hasher.norm == "l2" else sum(powers)) or 1.0
        indices += row.keys()
        data += [value / norm if hasher.norm else value for value in row.values()]
        indptr.append(len(indices))
    return np.array(indptr, np.int64), np.array(indices, np.int32), np.array(data, hasher.dtype)


def _weigh(count: int, weighting: str) -> float:
    if weighting == "binary":
        return math.copysign(1.0, count)
    if weighting == "log" and count:
        return math.copysign(1.0 + math.log(abs(count)), count)
    return float(count)
