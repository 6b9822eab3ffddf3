"""Documents to sparse rows: n-grams are hashed or counted in one pass over the bytes."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastlr.text.count_vectorizer import CountVectorizer
    from fastlr.text.documents import Documents
    from fastlr.text.hasher import Hasher
    from fastlr.text.hashing_vectorizer import HashingVectorizer
    from fastlr.text.tfidf_transformer import TfidfTransformer
    from fastlr.text.tfidf_vectorizer import TfidfVectorizer

__all__ = ["CountVectorizer", "Documents", "Hasher", "HashingVectorizer", "TfidfTransformer", "TfidfVectorizer"]

# Imported at first use, because the transformers import scikit-learn, and reading and hashing need only NumPy.
_HOMES = {
    "CountVectorizer": "fastlr.text.count_vectorizer",
    "Documents": "fastlr.text.documents",
    "Hasher": "fastlr.text.hasher",
    "HashingVectorizer": "fastlr.text.hashing_vectorizer",
    "TfidfTransformer": "fastlr.text.tfidf_transformer",
    "TfidfVectorizer": "fastlr.text.tfidf_vectorizer",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'fastlr.text' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
