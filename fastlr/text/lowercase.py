"""Lower-casing of the two letters whose lower case is not one character of its own: "İ" and the final "Σ"."""

from __future__ import annotations

import numpy as np

from fastlr.text.documents import Documents
from fastlr.text.ngrams import decode


def lower_in_context(documents: Documents, decode_error: str) -> Documents:
    """Return the documents with those that contain "İ" or "Σ" in lower case, as ``str.lower`` makes it.

    The kernels lower-case character by character, which gives the same for all other letters. "İ" becomes an "i" and a
    combining dot, and the lower case of "Σ" depends on the letters around it.

    Raises
    ------
    InvalidDocument
        If one of those documents is not UTF-8 and ``decode_error`` is "strict".
    """
    at = np.concatenate([documents.find_pairs(first, second, second) for first, second in map(str.encode, "İΣ")])
    if len(at) == 0:
        return documents
    at.sort()
    # Both bytes are inside the document.
    contains = np.searchsorted(at, documents.starts) < np.searchsorted(at, documents.stops - 1)
    numbers = np.flatnonzero(contains)
    texts = [decode(documents[i], documents.name(i), decode_error).lower().encode() for i in numbers.tolist()]
    return documents.replace(numbers, texts)
